package charge

import "testing"

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 64_583: "64.6 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", -1: "0 B",
		2_000_000_000: "2.0 GB", 1 << 62: "4.6 EB",
	} {
		if got := FormatBytes(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestFormatBytesOfKeepsItsWidth(t *testing.T) {
	for part, want := range map[int64]string{
		0: " 0.0 of 20.0 MB", 6_300_000: " 6.3 of 20.0 MB", 20_000_000: "20.0 of 20.0 MB", -1: " 0.0 of 20.0 MB",
	} {
		if got := FormatBytesOf(part, 20_000_000); got != want {
			t.Errorf("%d: got %q, want %q", part, got, want)
		}
	}
	if got := FormatBytesOf(7, 500); got != "  7 of 500 B" {
		t.Errorf("got %q", got)
	}
}
