package main

import (
	"context"
	"net"
	"time"
)

// roundTrip is how far away a delayed host is.
const roundTrip = 40 * time.Millisecond

// delayed forwards connections to a host as if it were a round trip away: every byte takes half of one, and the first
// ones wait for a whole one more, which is what opening the connection takes.
func (l *lab) delayed(ctx context.Context, host string) (addr string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	l.stops = append(l.stops, listener.Close)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				server, err := new(net.Dialer).DialContext(ctx, "tcp", host)
				if err != nil {
					_ = client.Close()
					return
				}
				open := time.Now().Add(roundTrip)
				go carry(client, server, open)
				carry(server, client, open)
			}()
		}
	}()
	return listener.Addr().String(), nil
}

// parcel is what one read brought and when it is to arrive.
type parcel struct {
	bytes []byte
	due   time.Time
}

// carry takes what comes from one connection to the other, nothing of it before the connection is open.
func carry(from, to net.Conn, open time.Time) {
	way := make(chan parcel, 4096)
	go func() {
		defer close(way)
		for {
			p := parcel{bytes: make([]byte, 32<<10)}
			n, err := from.Read(p.bytes)
			p.bytes, p.due = p.bytes[:n], time.Now()
			if p.due.Before(open) {
				p.due = open
			}
			p.due = p.due.Add(roundTrip / 2)
			way <- p
			if err != nil {
				return
			}
		}
	}()
	defer func() {
		_, _ = to.Close(), from.Close()
		for range way { // lets the reader end
		}
	}()
	for p := range way {
		<-time.After(time.Until(p.due))
		if _, err := to.Write(p.bytes); err != nil {
			return
		}
	}
}
