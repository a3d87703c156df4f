//go:build !windows

package term

import "os"

// understandsEscapes is true of every terminal but the Windows console; TERM=dumb is for Lively and NewPalette to see.
func understandsEscapes(*os.File) bool { return true }
