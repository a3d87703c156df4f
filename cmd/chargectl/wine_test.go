package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestWindowsUnderWine runs the Windows program as its users would, where wine is installed.
func TestWindowsUnderWine(t *testing.T) {
	t.Parallel()
	if os.Getenv("CHARGECTL_LONG") != "1" {
		t.Skip("it takes long: CHARGECTL_LONG=1 runs it")
	}
	wine, err := exec.LookPath("wine")
	if err != nil {
		t.Skip("wine is not installed: the Windows program is compiled elsewhere, and not run")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "chargectl.exe")
	build := exec.Command("go", "build", "-trimpath", "-o", program, ".")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(wine, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "WINEPREFIX=" + dir + "/wine", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml="}
		cmd.WaitDelay = time.Second // what wine starts in the background keeps the streams
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			t.Fatalf("%q: %v\n%s%s", args, err, &stdout, &stderr)
		}
		return strings.ReplaceAll(stdout.String(), "\r\n", "\n")
	}
	t.Cleanup(func() { run("wineboot", "--kill") })
	run("wineboot", "--init")
	random := filepath.Join(dir, "wine/drive_c/windows/system32/bcryptprimitives.dll")
	if _, err := os.Stat(random); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(random, randomDLL(), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	if version := run(program, "version"); !strings.Contains(version, "(windows/amd64, ") {
		t.Errorf("version: %q", version)
	}
	for _, c := range []struct{ command, prints string }{
		{`reports create --type charging_summary --period 2026-04 --download`, `^charging_summary_2026-04\.csv\n$`},
		{`reports create --type charging_summary --period 2026-04 --download -o C:\windows\temp\x.csv`, `^C:\\windows\\temp\\x\.csv\n$`},
		{`reports sync --type charging_summary --since 2026-03 --until 2026-04 --dir out`, `^out\\charging_summary_2026-03\.csv\nout\\charging_summary_2026-04\.csv\n$`},
		{`reports sync --type charging_summary --since 2026-03 --until 2026-04 --dir out --json --jq .items[].action`, `^skip\nskip\n$`},
	} {
		stdout := run(strings.Fields(program + " sandbox run --generation-time 100ms -- chargectl " + c.command)...)
		if !regexp.MustCompile(c.prints).MatchString(stdout) {
			t.Errorf("%s printed %q", c.command, stdout)
		}
		for path := range strings.Lines(stdout) {
			path = strings.NewReplacer(`C:`, "wine/drive_c", `\`, "/").Replace(strings.TrimSpace(path))
			if file, err := os.Stat(filepath.Join(dir, path)); strings.HasSuffix(path, ".csv") && (err != nil || file.Size() == 0) {
				t.Errorf("%s: %s is not there: %v", c.command, path, err)
			}
		}
	}
}

// randomDLL is a bcryptprimitives.dll for a wine that has none (before 9): Go's runtime asks it for random bytes. There is
// no code in it: its one name, ProcessPrng, is forwarded to the function of advapi32 that does the same.
func randomDLL() []byte {
	const at, aligned = 0x1000, 0x200
	names := "bcryptprimitives.dll\x00ProcessPrng\x00advapi32.SystemFunction036\x00"
	exports := struct {
		_                                [3]uint32 // no flags, no time, no version
		Name, Base, Functions, Names     uint32
		AtFunctions, AtNames, AtOrdinals uint32
		Forward, Called                  uint32 // the tables, of one row each
		Ordinal                          uint16
	}{Base: 1, Functions: 1, Names: 1, AtFunctions: at + 40, AtNames: at + 44, AtOrdinals: at + 48}
	text := uint32(at + binary.Size(exports))
	exports.Name, exports.Called, exports.Forward = text, text+uint32(strings.Index(names, "Pro")), text+uint32(strings.Index(names, "adv"))
	size := uint32(binary.Size(exports) + len(names))

	header := pe.OptionalHeader64{
		Magic: 0x20b, SizeOfInitializedData: aligned, ImageBase: 0x180000000, SectionAlignment: at, FileAlignment: aligned,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, SizeOfImage: 2 * at, SizeOfHeaders: aligned,
		Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_CUI, DllCharacteristics: pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT, NumberOfRvaAndSizes: 16,
	}
	header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: at, Size: size}
	var image bytes.Buffer
	put := func(parts ...any) {
		for _, part := range parts {
			_ = binary.Write(&image, binary.LittleEndian, part) // to memory
		}
	}
	put([]byte("MZ"), make([]byte, 58), uint32(64), []byte("PE\x00\x00"),
		pe.FileHeader{
			Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(header)),
			Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
		}, header,
		pe.SectionHeader32{
			Name: [8]uint8([]byte(".edata\x00\x00")), VirtualSize: size, VirtualAddress: at, SizeOfRawData: aligned, PointerToRawData: aligned,
			Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
		})
	put(make([]byte, aligned-image.Len()), exports, []byte(names))
	put(make([]byte, 2*aligned-image.Len()))
	return image.Bytes()
}
