#!/bin/sh
# After an installation or an upgrade, of a deb ("configure") and of an rpm (how many versions are installed). The units are
# installed and stay disabled; one that runs goes on with the new program.
set -e
case "$1" in
configure | 1 | 2)
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload || true
		systemctl try-restart chargectl-listen.service || true
	fi
	;;
esac
