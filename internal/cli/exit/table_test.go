package exit

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func of(kind charge.Kind) error { return &charge.Error{Kind: kind, Reason: string(kind)} }

func signal(name string, number int) error {
	s := Signal{Name: name, Number: number}
	return &charge.Error{Kind: charge.KindInterrupted, Reason: s.Error(), Err: s}
}

func TestCode(t *testing.T) {
	for want, err := range map[int]error{
		0: nil, 1: errors.New("unclassified"), 2: of(charge.KindCertificate), 3: of(charge.KindNotFound), 4: of(charge.KindAuth),
		5: fmt.Errorf("wrapped: %w", of(charge.KindTemporary)), 6: of(charge.KindFailed), 7: of(charge.KindOutput),
		8: of(charge.KindDeadline), 9: of(charge.KindLocked), 10: of(charge.KindMissing), 129: signal("SIGHUP", 1), 130: of(charge.KindInterrupted), 143: signal("SIGTERM", 15),
	} {
		if got := Code(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

// Each code of an error has its weight, and the first that is present decides, whatever the order of the ends is.
func TestJoin(t *testing.T) {
	kinds := []charge.Kind{
		charge.KindAuth, charge.KindUsage, charge.KindFailed, charge.KindOutput, charge.KindNotFound, charge.KindRefused,
		charge.KindTemporary, charge.KindDeadline, charge.KindLocked, charge.KindMissing,
	}
	var codes []string
	for i, kind := range kinds {
		codes = append(codes, fmt.Sprint(Code(of(kind))))
		errs := []error{nil}
		for _, lesser := range kinds[i:] {
			errs = append([]error{of(lesser)}, errs...)
		}
		if got, want := Code(Join(errs...)), Code(of(kind)); got != want {
			t.Errorf("%s and lesser ones: %d, want %d", kind, got, want)
		}
	}
	if got := strings.Join(codes, " "); got != Order() {
		t.Errorf("the order is %s, want %s", Order(), got)
	}
	for _, row := range Table() {
		if row.Code > 0 && row.Code < 128 && !slices.Contains(byWeight, row.Code) {
			t.Errorf("%d has no weight", row.Code)
		}
	}
	if err := Join(of(charge.KindAuth), signal("SIGINT", 2)); Code(err) != 130 {
		t.Errorf("a signal ends the run with %d", Code(err))
	}
	one := of(charge.KindFailed)
	if Join(nil, nil) != nil || !errors.Is(Join(nil, one), one) {
		t.Error("no end is an end, or one is not itself")
	}
}

// The command that continues is told after what it continues, of several ends once, and never after what is final.
func TestContinue(t *testing.T) {
	later := Command{Path: []string{"reports", "wait"}, IDs: []string{"rpt_1"}}
	lost := &charge.Error{Kind: charge.KindUsage, HTTPStatus: 409, MayExist: true}
	for name, tc := range map[string]struct {
		err  error
		want []string // the kinds of the ends that tell it
		ends int
	}{
		"temporary":    {Continue(of(charge.KindTemporary), later), []string{"temporary"}, 1},
		"locked":       {Continue(of(charge.KindLocked), later), []string{"locked"}, 1},
		"signal":       {Continue(signal("SIGTERM", 15), later), []string{"interrupted"}, 1},
		"fate unknown": {Continue(lost, later), []string{"usage"}, 1},
		"failed":       {Continue(of(charge.KindFailed), later), nil, 1},
		"output":       {Continue(of(charge.KindOutput), later), nil, 1},
		"anyway":       {ContinueAnyway(of(charge.KindOutput), later), []string{"output"}, 1},
		"several":      {Continue(Join(of(charge.KindTemporary), of(charge.KindFailed), of(charge.KindLocked)), later), []string{"temporary"}, 3},
		"all final":    {Continue(Join(of(charge.KindOutput), of(charge.KindFailed)), later), nil, 2},
		"hidden":       {Instead(ContinueAnyway(of(charge.KindDeadline), later), of(charge.KindOutput)), []string{"output"}, 1},
		"only hidden":  {Instead(of(charge.KindDeadline), of(charge.KindOutput)), nil, 1},
	} {
		var told []string
		problems := Describe(tc.err, "")
		for _, p := range problems {
			hinted := slices.Contains(p.Hints, "continue with: "+later.String())
			if resume := p.Object.(*Object).Resume; hinted != (resume != nil && *resume == later.String()) {
				t.Errorf("%s: the hints are %q, and resume is %v", name, p.Hints, resume)
			}
			if hinted {
				told = append(told, p.Kind)
			}
		}
		if diff := cmp.Diff(tc.want, told); diff != "" || len(problems) != tc.ends {
			t.Errorf("%s: %d ends\n%s", name, len(problems), diff)
		}
	}
	if Continue(nil, later) != nil || ContinueAnyway(nil, later) != nil {
		t.Error("a good end is continued")
	}
}

// A shell reads the words that were meant, whatever is in them, and all ids through the pipe.
func TestCommandInAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("rpt_%032d", i)
	}
	for name, c := range map[string]Command{
		"plain":  {Path: []string{"reports", "wait"}, IDs: []string{"rpt_1"}, Args: []string{"--timeout", "0"}},
		"odd":    {Path: []string{"reports", "sync"}, Args: []string{"--fleet", "", "--name", "{type} it's $HOME `id` \\ \"x\"; rm *", "--param", "a=\n!b\tc~#&|<>"}},
		"twenty": {Path: []string{"reports", "download"}, IDs: many[:20], Args: []string{"--dir", "out"}},
		"many":   {Path: []string{"reports", "download"}, IDs: many, Args: []string{"--dir", "out"}},
	} {
		want := slices.Clone(c.Path)
		if len(c.IDs) <= 20 {
			want = append(want, c.IDs...)
		} else {
			want = append(want, "-")
		}
		want = append(want, c.Args...)
		show := `chargectl() { printf '%s\0' "$@"; if [ "$3" = - ]; then cat; fi; }` + "\n" + c.String()
		out, err := exec.CommandContext(t.Context(), sh, "-c", show).Output()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := strings.Split(string(out), "\x00")
		stdin := got[len(got)-1]
		if diff := cmp.Diff(want, got[:len(got)-1]); diff != "" {
			t.Errorf("%s: %s\n%s", name, c, diff)
		}
		if len(c.IDs) > 20 && stdin != strings.Join(c.IDs, "\n")+"\n" {
			t.Errorf("%s: stdin is %d bytes", name, len(stdin))
		}
	}
}
