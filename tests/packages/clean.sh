#!/bin/bash
# The promise of the README: in a minimal Debian 12, with nothing prepared by hand, the tree's
# ./dev test and ./dev demo --once pass.
#   clean.sh WORK
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR
source "$here/root.sh"
mkdir -p "$1"
work=$(realpath "$1")
readonly here work root=$work/clean

minimal_root "$work/minbase"
copy_root "$work/minbase" "$root"
# As debootstrap leaves it: dev has to see to it that nothing starts.
rm -f "$root/usr/sbin/policy-rc.d"
mkdir "$root/joist"
tar -C "$here/../.." -c --exclude=./build --exclude=./.git --exclude='__pycache__' . |
  tar -x -C "$root/joist"
for verb in test "demo --once"; do
  began=$SECONDS
  say "in a clean Debian: ./dev $verb"
  # shellcheck disable=SC2086  # a verb and its argument
  in_root "$root" /joist/dev $verb >"$work/clean.log" 2>&1 || {
    tail -60 "$work/clean.log" >&2
    exit 1
  }
  grep -E 'tests passed|tests failed|Not Run|Skipped|Everything was shown' "$work/clean.log" || true
  say "./dev $verb took $((SECONDS - began)) s"
done
[[ ! -e $root/usr/sbin/policy-rc.d ]] || {
  echo "clean: dev left its policy-rc.d behind" >&2
  exit 1
}
rm -rf "$root"
