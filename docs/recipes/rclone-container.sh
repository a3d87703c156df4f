#!/bin/sh
# For a machine that begins with an empty folder, such as a container: asks only for what the bucket lacks, then copies that.
# Both steps do only what is missing, so the script is safe to re-run; it ends with the exit code of the sync.
set -u
dir=${1:?usage: rclone-container.sh FOLDER REMOTE}
remote=${2:?usage: rclone-container.sh FOLDER REMOTE}

mkdir -p "$dir" || exit 7
code=0
names=$(rclone lsf -R --files-only "$remote") || code=$?
case $code in
  0 | 3) ;; # 3: what the remote names is not there yet
  *) exit 5 ;; # half a list would have the other half asked for again
esac
code=0
printf '%s\n' "$names" | chargectl reports sync --type charging_summary --since 2026-01 --all-fleets --dir "$dir" --have - || code=$?
rclone copy "$dir" "$remote" --exclude '*.part' --exclude '*.part.json' --exclude '.chargectl.*' || [ "$code" -ne 0 ] || code=5
exit "$code"
