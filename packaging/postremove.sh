#!/bin/sh
# After a removal: systemd forgets the units. After a purge there are no settings, no key and no secret either.
# Reports that were downloaded into /var/lib/charging stay: they are no part of the package.
set -e
case "$1" in
purge)
	rm -rf /etc/chargectl
	rm -f /var/lib/systemd/timers/stamp-chargectl-sync.timer /var/lib/systemd/timers/stamp-chargectl-check.timer
	;;
esac
case "$1" in
purge | remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload || true
	fi
	;;
esac
