package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	small = 48 << 10
	large = 100 << 20
)

// rows is the table, in its order.
func rows() []row {
	const hello = "a Go program that prints a line"
	return []row{
		{what: "`chargectl version`", against: hello, aim: "2.4", measure: start("version")},
		{what: "`chargectl --help`", against: hello, aim: "2.4", measure: start("--help")},
		{what: "`chargectl config path`", against: hello, aim: "2.4", measure: start("config", "path")},
		{what: "completing a word", against: hello, aim: "2.4", measure: start("__complete", "reports", "li")},
		{what: "memory of `version`", aim: "9.5 MiB", measure: func(ctx context.Context, l *lab) (string, string, error) {
			return l.memory(ctx, 20, contender{commands: [][]string{{l.chargectl, "version"}}})
		}},
		{what: "the stripped binary", aim: "12.5 MB", measure: size},
		{what: "`reports get`, HTTP", against: "`curl -s`", aim: "0.7", needs: []string{"curl"}, measure: get(clear, systemRoots)},
		{what: "`reports get`, HTTPS, the system has one CA", against: "`curl -s`", aim: "0.6", needs: []string{"curl"}, measure: get(tls2, systemRoots)},
		{what: "`reports get`, HTTPS, `CHARGE_CA_FILE`", against: "`curl -s --cacert`", aim: "0.7", needs: []string{"curl"}, measure: get(tls2, fileOfRoots)},
		{what: "`reports download` of 48 KiB, HTTPS", against: "two `curl`", aim: "0.42", needs: []string{"curl"}, measure: downloadSmall(tls11)},
		{what: "`reports download` of 48 KiB, HTTP", against: "two `curl`", aim: "0.42", needs: []string{"curl"}, measure: downloadSmall(clear)},
		{what: "100 MB, HTTP", against: "`curl -s -o`", aim: "0.95", needs: []string{"curl"}, measure: downloadLarge(clear)},
		{what: "100 MB, HTTPS by HTTP/1.1", against: "`curl -s -o`", aim: "0.85", needs: []string{"curl"}, measure: downloadLarge(tls11)},
		{what: "100 MB, HTTPS, the host offers HTTP/2", against: "`curl -s -o`", aim: "0.85", needs: []string{"curl"}, measure: downloadLarge(tls2)},
		{what: "1,000 ready reports of 48 KiB from ids, HTTPS", against: "`curl -Z --parallel-max 8` of known links", aim: "1.4", needs: []string{"curl"}, measure: downloadMany("curl")},
		{what: "the same", against: "`aria2c -j 8` of known links", needs: []string{"aria2c"}, measure: downloadMany("aria2c")},
		{what: "the same", against: "`wget -i` of known links", needs: []string{"wget"}, measure: downloadMany("wget")},
		{what: "200 ready reports of 48 KiB, HTTPS, 40 ms round trip", against: "`curl -Z --parallel-max 8` of known links", aim: "0.7", needs: []string{"curl"}, measure: downloadFar},
		{what: "`reports sync` of a complete folder of 1,008 files", against: "`chargectl version`", aim: "1.8", measure: syncComplete},
		{what: "requests a report in all, sync of 1,000: 60 s ± 50 %", aim: "2.6, delay 8 %", measure: requests("a minute")},
		{what: "the same: 300 s ± 50 %", aim: "2.6, delay 8 %", measure: requests("five minutes")},
		{what: "the same: 1,200 s, log-normal", aim: "2.6, delay 8 %", measure: requests("twenty minutes, some much longer")},
		{what: "makespan of 1,000 reports of 5 min, the server takes 30 at a time", against: "the best under that limit", aim: "1.0", measure: makespan(30)},
		{what: "the same, 100 at a time", against: "the best under that limit", aim: "1.0", measure: makespan(100)},
		{what: "the same, 300 at a time", against: "the best under that limit", aim: "1.0", measure: makespan(300)},
		{what: "the same, all at once", against: "5 min", aim: "1.0", measure: makespan(1000)},
		{what: "`reports list` of 100,000, tab-separated", against: "`--jsonl`", aim: "1.08", measure: listTime},
		{what: "the same: memory of `--json`", aim: "130 MiB", measure: listMemory},
		{what: "create to file, ready after 1.0 s, 40 ms round trip", against: "`curl` in a loop with `sleep 1`", aim: "1.0", needs: []string{"curl"}, measure: createToFile},
		{what: "flushes (fsync) of a file with its receipt", aim: "3", needs: []string{"strace"}, measure: flushes},
	}
}

func start(args ...string) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (string, string, error) {
		return l.race(ctx, 100, contender{commands: [][]string{append([]string{l.chargectl}, args...)}}, contender{commands: [][]string{{l.hello}}})
	}
}

func size(_ context.Context, l *lab) (figure, spread string, err error) {
	info, err := os.Stat(l.chargectl)
	if err != nil {
		return "", "", err
	}
	return fmt.Sprintf("%.2f MB", float64(info.Size())/1e6), "", nil
}

// trust is where a program finds the certificate that it trusts.
type trust int

const (
	systemRoots trust = iota
	fileOfRoots
)

// trusting gives the environment for both programs, and what curl needs besides.
func (l *lab) trusting(from trust) (env, curl []string) {
	if from == fileOfRoots {
		return []string{"CHARGE_CA_FILE=" + l.trust}, []string{"--cacert", l.trust}
	}
	return []string{"SSL_CERT_FILE=" + l.trust, "SSL_CERT_DIR=" + filepath.Join(l.dir, "none"), "CURL_CA_BUNDLE=" + l.trust}, nil
}

// curl is a curl that is as quiet as ours, and fails where the server refuses.
func (l *lab) curl(more ...string) []string {
	return append([]string{"curl", "-sSf", "-H", "Authorization: Bearer " + key}, more...)
}

func get(how security, from trust) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (string, string, error) {
		c, err := l.newCatalogue(ctx, 1, small, "https://"+l.files.secure, how)
		if err != nil {
			return "", "", err
		}
		env, more := l.trusting(from)
		return l.race(ctx, 60,
			contender{env: append(env, "CHARGE_BASE_URL="+c.base), commands: [][]string{{l.chargectl, "reports", "get", reportID(0)}}},
			contender{env: env, commands: [][]string{l.curl(append(more, c.url(0))...)}})
	}
}

// origin is where files are at.
func (l *lab) origin(how security) string {
	switch how {
	case clear:
		return "http://" + l.files.plain
	case tls11:
		return "https://" + l.files.secure
	default:
		return "https://" + l.files.http2
	}
}

func downloadSmall(how security) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (string, string, error) { return l.download(ctx, 60, small, how) }
}

func downloadLarge(how security) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (string, string, error) { return l.download(ctx, 15, large, how) }
}

// download fetches one report and its file, the small one with its get on both sides, the large one without on curl's.
func (l *lab) download(ctx context.Context, pairs, size int, how security) (figure, spread string, err error) {
	if err := l.makeFiles(1, size); err != nil {
		return "", "", err
	}
	api := how
	if how == tls11 {
		api = tls2
	}
	c, err := l.newCatalogue(ctx, 1, size, l.origin(how), api)
	if err != nil {
		return "", "", err
	}
	env, _ := l.trusting(systemRoots)
	file := []string{"curl", "-sSf", "-o", "DIR/report.csv", fmt.Sprintf("%s/%d/%s.csv", l.origin(how), size, reportID(0))}
	theirs := contender{env: env, leaves: 1, commands: [][]string{file}}
	if size == small {
		theirs.commands = [][]string{l.curl(c.url(0)), file}
	}
	return l.race(ctx, pairs, contender{
		env: append(env, "CHARGE_BASE_URL="+c.base), leaves: 1,
		commands: [][]string{{l.chargectl, "reports", "download", reportID(0), "--dir", "DIR"}},
	}, theirs)
}

func downloadMany(peer string) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (string, string, error) {
		const n = 1000
		if err := l.makeFiles(n, small); err != nil {
			return "", "", err
		}
		c, err := l.newCatalogue(ctx, n, small, l.origin(tls11), tls2)
		if err != nil {
			return "", "", err
		}
		return l.many(ctx, 11, n, c.base, l.origin(tls11), peer)
	}
}

// downloadFar has the API and the file host a round trip away.
func downloadFar(ctx context.Context, l *lab) (figure, spread string, err error) {
	const n = 200
	if err := l.makeFiles(n, small); err != nil {
		return "", "", err
	}
	far, err := l.delayed(ctx, l.files.secure)
	if err != nil {
		return "", "", err
	}
	c, err := l.newCatalogue(ctx, n, small, "https://"+far, tls2)
	if err != nil {
		return "", "", err
	}
	api, err := l.delayed(ctx, strings.TrimSuffix(strings.TrimPrefix(c.base, "https://"), "/v1"))
	if err != nil {
		return "", "", err
	}
	c.base = "https://" + api + "/v1"
	return l.many(ctx, 11, n, c.base, "https://"+far, "curl")
}

// many downloads n reports by their ids, against a peer that knows their links.
func (l *lab) many(ctx context.Context, pairs, n int, base, origin, peer string) (figure, spread string, err error) {
	var ids, list, config strings.Builder
	for i := range n {
		link := fmt.Sprintf("%s/%d/%s.csv", origin, small, reportID(i))
		fmt.Fprintln(&ids, reportID(i))
		fmt.Fprintln(&list, link)
		fmt.Fprintf(&config, "url = %q\nremote-name\n", link)
	}
	env, _ := l.trusting(systemRoots)
	ours := contender{env: append(env, "CHARGE_BASE_URL="+base), leaves: n, stdin: filepath.Join(l.dir, "ids"),
		commands: [][]string{{l.chargectl, "reports", "download", "-", "--dir", "DIR"}}}
	theirs := contender{env: env, leaves: n, stdin: filepath.Join(l.dir, "links")}
	input := list.String()
	switch peer {
	case "curl":
		input = config.String()
		theirs.commands = [][]string{{"curl", "-sSf", "-Z", "--parallel-max", "8", "--output-dir", "DIR", "-K", "-"}}
	case "aria2c":
		theirs.commands = [][]string{{"aria2c", "-q", "--no-conf", "-j", "8", "-x", "1", "--ca-certificate", l.trust, "-d", "DIR", "-i", "-"}}
	case "wget":
		theirs.commands = [][]string{{"wget", "-q", "--no-config", "--ca-certificate", l.trust, "-P", "DIR", "-i", "-"}}
	}
	if err := os.WriteFile(ours.stdin, []byte(ids.String()), 0o600); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(theirs.stdin, []byte(input), 0o600); err != nil {
		return "", "", err
	}
	return l.race(ctx, pairs, ours, theirs)
}
