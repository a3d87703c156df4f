#!/bin/sh
# Many accounts on one machine: one folder for each profile that is named on stdin, four at a time. Ends with 0, or with 123
# where one of them failed; the line of each that did says how, and the same command is safe to re-run.
#   printf '%s\n' north south east | many-accounts.sh /var/lib/charging
set -u
export CHARGING_DIR="${1:?usage: many-accounts.sh FOLDER < PROFILES}"
exec xargs -P 4 -I '{}' sh -c '
  code=0
  chargectl reports sync --profile "$1" --quiet --type charging_summary --since 2026-01 --all-fleets --dir "$CHARGING_DIR/$1" >/dev/null || code=$?
  test "$code" -eq 0 || { echo "$1 ended with $code" >&2; exit 1; }
' sh '{}'
