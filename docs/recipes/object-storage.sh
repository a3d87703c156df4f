#!/bin/sh
# Completes a folder, then copies it. Both steps do only what is missing, so the script is safe to re-run.
# The files that are on disk are copied even if the sync did not get all of them; the script ends with its exit code.
set -u
dir=${1:?usage: object-storage.sh FOLDER REMOTE}
remote=${2:?usage: object-storage.sh FOLDER REMOTE}

code=0
chargectl reports sync --type charging_summary --since 2026-01 --all-fleets --dir "$dir" || code=$?
[ -d "$dir" ] || exit "$code" # the sync made none: there is nothing to copy
case $remote in
  s3://*) aws s3 sync "$dir" "$remote" --exclude '*.part' --exclude '*.part.json' --exclude '.chargectl.*' ;;
  *) rclone copy "$dir" "$remote" --exclude '*.part' --exclude '*.part.json' --exclude '.chargectl.*' ;;
esac || [ "$code" -ne 0 ] || code=5
exit "$code"
