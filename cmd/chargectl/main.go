// Command chargectl gets EV-charging reports out of the Charge API and onto disk.
package main

import (
	"os"

	"github.com/chargectl/chargectl/internal/cli"
)

func main() {
	os.Exit(cli.Main())
}
