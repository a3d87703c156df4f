#!/bin/sh
# Completes a folder, then copies it: both steps do only what is missing, so the whole may be run again at any time.
# What is on disk is copied also when the sync did not get everything; its exit code is the script's.
set -u
dir=${1:?usage: object-storage.sh FOLDER REMOTE}
remote=${2:?usage: object-storage.sh FOLDER REMOTE}

code=0
chargectl reports sync --type charging_summary --since 2026-01 --all-fleets --dir "$dir" || code=$?
case $remote in
  s3://*) aws s3 sync "$dir" "$remote" --exclude '*.part' --exclude '*.part.json' --exclude '.chargectl.lock' || exit 5 ;;
  *) rclone copy "$dir" "$remote" --exclude '*.part' --exclude '*.part.json' --exclude '.chargectl.lock' || exit 5 ;;
esac
exit "$code"
