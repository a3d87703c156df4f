#!/usr/bin/env bash
# Completes the folder, up to three times where a run is safe to re-run, and says what is in it, also after a failure.
set -euo pipefail

flags=(--type "$TYPE" --dir "$DIR")
[[ -z $PERIOD ]] || flags+=(--period "$PERIOD")
[[ -z $SINCE ]] || flags+=(--since "$SINCE")
if [[ $FLEETS == all ]]; then
  flags+=(--all-fleets)
else
  while IFS= read -r fleet; do
    [[ -z ${fleet// /} ]] || flags+=(--fleet "$fleet")
  done <<<"$FLEETS"
fi
read -r -d '' -a more <<<"$ARGS" || true # it ends with the text, not with a NUL

for try in 1 2 3; do
  code=0
  paths=$(chargectl reports sync --timeout 30m "${flags[@]}" ${more[@]+"${more[@]}"}) || code=$?
  case $code in
    5|8|9) echo "try $try ended with $code: running it again" ;;
    *) break ;;
  esac
done
count=0
[[ -z $paths ]] || count=$(wc -l <<<"$paths")
{
  printf 'paths<<end-of-paths\n'
  [[ -z $paths ]] || printf '%s\n' "$paths"
  printf 'end-of-paths\ncount=%d\n' "$count"
} >>"$GITHUB_OUTPUT"
exit "$code"
