package webhook

import (
	"context"
	"sync"
	"time"
)

// task is a report whose file is to be written.
type task struct {
	id    string
	since time.Time // when it was accepted
	tries int       // that did not work
}

// queue hands out tasks, the one first that came first.
type queue struct {
	mu    sync.Mutex // guards tasks
	some  *sync.Cond // there are
	tasks []task
}

func newQueue() *queue {
	q := &queue{}
	q.some = sync.NewCond(&q.mu)
	return q
}

func (q *queue) put(t task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = append(q.tasks, t)
	q.some.Signal()
}

// next waits for a task; false when ctx ends before.
func (q *queue) next(ctx context.Context) (t task, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.some.Broadcast()
	})()
	for len(q.tasks) == 0 && ctx.Err() == nil {
		q.some.Wait()
	}
	if ctx.Err() != nil {
		return t, false
	}
	t = q.tasks[0]
	if q.tasks = q.tasks[1:]; len(q.tasks) == 0 {
		q.tasks = nil // and their room with them
	}
	return t, true
}
