#!/bin/bash
# Runs every fuzzer in a directory, each for an equal time, from its seeds.
#   run.sh DIRECTORY SECONDS
# Inputs that crash stay in DIRECTORY/findings/<name>/: put one into
# tests/fuzz/corpus/<name>/ with the fix, and every later test run replays it.
set -euo pipefail
seeds=$(dirname "$0")/corpus
readonly directory=$1 seconds=$2 seeds

[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: seconds must be a whole number: $seconds" >&2; exit 2; }
status=0 count=0
for fuzzer in "$directory"/*_fuzz; do
  [[ -x $fuzzer ]] || break
  name=$(basename "$fuzzer" _fuzz)
  corpus=$directory/corpus/$name findings=$directory/findings/$name
  mkdir -p "$corpus" "$findings"
  printf '== %s, %d s\n' "$name" "$seconds"
  # Limits: a parser that needs 10 s or 1 GiB for 64 KiB of input is a finding too.
  "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="$findings/" "$corpus" "$seeds/$name" 2>&1 |
    grep -vE '^stat::(slowest|peak|new|average)|^INFO' || status=1
  count=$((count + 1))
done
((count > 0)) || { echo "fuzz: no fuzzers in $directory" >&2; exit 1; }
((status == 0)) && printf '== %d fuzzers ran, nothing found\n' "$count"
exit "$status"
