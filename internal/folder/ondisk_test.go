package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListing(t *testing.T) {
	p := newOnDiskTest(t)
	p.mkdir("in")
	p.mkdir("in/a")
	for _, name := range []string{
		"csv.csv", "pdf.pdf", "both.csv", "both.pdf", "fixed.txt", "copy.bak", "copy.csv.gz", "copy.csv.part", "copy.csv.json", "copy.json", "copy.part",
		"in/a/folder.csv", "file",
	} {
		p.write(name, []byte("x"))
	}
	p.mkdir("dir.csv")
	p.link("link.csv", p.path("csv.csv"))
	p.link("dangling.csv", p.path("nothing"))
	for name, c := range map[string]struct {
		template, item string
		want           Found
	}{
		"nothing":                       {"{period}", "none.csv", Found{}},
		"the file":                      {"{period}", "csv.csv", Found{Name: "csv.csv"}},
		"another format":                {"{period}", "pdf.csv", Found{Name: "pdf.pdf"}},
		"the same before another":       {"{period}.{ext}", "both.csv", Found{Name: "both.csv"}},
		"copies, sums, parts, receipts": {"{period}", "copy.csv", Found{}},
		"a fixed extension":             {"{period}.txt", "fixed.txt", Found{Name: "fixed.txt"}},
		"no other than the fixed one":   {"{period}.csv", "pdf.csv", Found{}},
		"a file in a folder":            {"{fleet}/{type}/{period}", "in/a/folder.csv", Found{Name: "in/a/folder.csv"}},
		"a folder that is missing":      {"{fleet}/{period}", "out/x.csv", Found{}},
		"a folder in its place":         {"{period}", "dir.csv", Found{Refused: "a folder has its name"}},
		"a link":                        {"{period}", "link.csv", Found{}},
		"a link to nothing":             {"{period}", "dangling.csv", Found{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := NewListing(p.dir, template(t, c.template), nil).Find(Item{Name: c.item})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	found := NewListing(p.dir, template(t, "{fleet}/{period}"), nil).Find(Item{Name: "file/x.csv"})
	if !strings.HasPrefix(found.Refused, "its folder cannot be read: ") || found.Name != "" {
		t.Errorf("a file in a folder's place: %+v", found)
	}
}

func TestListingOfWhatIsElsewhere(t *testing.T) {
	p := newOnDiskTest(t)
	p.write("both.csv", []byte("x"))
	p.mkdir("dir.csv")
	p.link("link.csv", p.path("both.csv"))
	names := []string{
		"z.csv", "both.csv", "dir.csv", "link.csv", "pdf.pdf", "in/a.csv", "./dot.csv", "old~2026-05-02.csv", "json.csv.json", "json.json", "part.csv.part", "UP.csv", "sub.csv/",
	}
	for name, c := range map[string]struct {
		template, item string
		want           Found
	}{
		"in the list":               {"{period}", "z.csv", Found{Listed: "z.csv"}},
		"on disk too":               {"{period}", "both.csv", Found{Name: "both.csv"}},
		"a folder in its place":     {"{period}", "dir.csv", Found{Refused: "a folder has its name"}},
		"a link in its place":       {"{period}", "link.csv", Found{Listed: "link.csv"}},
		"another format":            {"{period}", "pdf.csv", Found{Listed: "pdf.pdf"}},
		"no other than a fixed one": {"{period}.csv", "pdf.csv", Found{}},
		"in a folder":               {"{fleet}/{period}", "in/a.csv", Found{Listed: "in/a.csv"}},
		"not in another folder":     {"{period}", "a.csv", Found{}},
		"a path that is not clean":  {"{period}", "dot.csv", Found{}},
		"an older version":          {"{period}", "old.csv", Found{}},
		"receipts":                  {"{period}", "json.csv", Found{}},
		"parts":                     {"{period}", "part.csv", Found{}},
		"another case":              {"{period}", "up.csv", Found{}},
		"a folder":                  {"{period}", "sub.csv", Found{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := NewListing(p.dir, template(t, c.template), nil).Have(names).Find(Item{Name: c.item})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestListingReadsAFolderOnce(t *testing.T) {
	dir := t.TempDir()
	l := NewListing(dir, template(t, "{period}"), nil)
	l.Find(Item{Name: "a.csv"})
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found := l.Find(Item{Name: "a.csv"}); found != (Found{}) {
		t.Errorf("read again: %+v", found)
	}
}

func TestListingChecksWhatIsThere(t *testing.T) {
	p := newOnDiskTest(t)
	p.write("a.pdf", []byte("x"))
	var asked []string
	l := NewListing(p.dir, template(t, "{period}"), func(name string, _ int64, _ Item) string {
		asked = append(asked, name)
		return "it is another month's"
	})
	want := Found{Name: "a.pdf", Refused: "it is another month's"}
	if got := l.Find(Item{Name: "a.csv"}); got != want || !cmp.Equal(asked, []string{"a.pdf"}) {
		t.Errorf("%+v after asking about %v", got, asked)
	}
	if got := l.Find(Item{Name: "b.csv"}); got != (Found{}) || len(asked) != 1 {
		t.Errorf("%+v after asking about %v", got, asked)
	}
}
