#!/bin/bash
# Builds the Debian packages from the tree into DIRECTORY and judges them with lintian.
#   build.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "$1"
out=$(realpath "$1")
readonly out tree=$out/joist

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# The changelog and CMake both name the version.
version=$(sed -n '1s/^joist (\(.*\)) .*/\1/p' packaging/deb/debian/changelog)
grep -qF "project(joist VERSION $version " CMakeLists.txt || {
  echo "packaging/deb: the changelog says $version, CMakeLists.txt another version" >&2
  exit 1
}

# A copy of the sources with debian/ where dpkg-buildpackage wants it. The compiled objects of the
# last run stay, so that a second build compiles what changed.
say "packing the tree"
mkdir -p "$tree"
find "$tree" -mindepth 1 -maxdepth 1 ! -name obj -exec rm -rf {} +
tar -c --exclude=./build --exclude=./.git --exclude='__pycache__' . | tar -x -C "$tree"
cp -a packaging/deb/debian "$tree/debian"
rm -f "$out"/*.deb "$out"/*.buildinfo "$out"/*.changes

say "building joist $version"
# Paths in the compile lines differ from checkout to checkout, the objects do not.
export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1
(cd "$tree" && dpkg-buildpackage --build=binary --no-sign --no-pre-clean) >"$out/build.log" 2>&1 || {
  grep -vE "^\[[0-9]+/" "$out/build.log" | tail -40 >&2
  exit 1
}

say "lintian"
lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$out"/joist*.changes
say "packages are in $out"
