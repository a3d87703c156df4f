#!/bin/sh
# Writes what `reports check` finds into a file for the textfile collector of Prometheus's node_exporter. Run it every day.
# The file is whole or is not touched: where the check could not look, its time grows old, and an alert tells.
set -u
umask 022
dir=${1:?usage: prometheus-textfile.sh FOLDER FILE.prom}
file=${2:?usage: prometheus-textfile.sh FOLDER FILE.prom}
name=$(basename "$file" .prom)
tmp=$file.$$.tmp # in the same folder, so that mv replaces at once; the collector reads *.prom alone
trap 'rm -f "$tmp"' EXIT

metrics='"# HELP chargectl_check_files Files that a folder should hold, by what reports check says of them.",
"# TYPE chargectl_check_files gauge",
(.totals | to_entries[] | "chargectl_check_files{folder=\"'$name'\",state=\"\(.key)\"} \(.value)"),
"# HELP chargectl_check_time_seconds When the check ended that these figures are of.",
"# TYPE chargectl_check_time_seconds gauge",
"chargectl_check_time_seconds{folder=\"'$name'\"} \(now | floor)",
"# EOF"'
code=0
chargectl reports check --quiet --type charging_summary --since 2026-01 --settle 48h --dir "$dir" --json --jq "$metrics" >"$tmp" || code=$?

# 7 (changed or wrong) and 10 (missing) are findings, which the figures tell. A disk that is full is 7, too: then the end lacks.
case $code in
  0 | 7 | 10) if [ "$(tail -c 6 "$tmp")" = '# EOF' ]; then mv "$tmp" "$file" && exit 0; fi ;;
esac
[ "$code" -ne 0 ] || code=1
exit "$code"
