#!/bin/sh
# Before a removal, of a deb ("remove") and of an rpm (0). An upgrade leaves the units as they are.
set -e
case "$1" in
remove | 0)
	if command -v systemctl >/dev/null; then
		units="chargectl-sync.timer chargectl-sync.service chargectl-check.timer chargectl-check.service chargectl-listen.socket chargectl-listen.service"
		if [ -d /run/systemd/system ]; then
			systemctl stop $units || true
		fi
		systemctl disable --quiet $units || true
	fi
	;;
esac
