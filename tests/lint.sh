#!/bin/bash
# Everything that judges the text of the tree. Runs all of it, then fails if any failed.
#   lint.sh JOBS [--quick]
set -euo pipefail
cd "$(dirname "$0")/.."
readonly jobs=${1:-2}
failed=()

step() { # NAME COMMAND...
  printf '== lint: %s\n' "$1"
  "${@:2}" || failed+=("$1")
}

# The files of the tree. Without git (an unpacked archive), those outside build/.
files() { # PATTERN...
  if [[ -e .git ]] && command -v git >/dev/null; then
    git ls-files --cached --others --exclude-standard -- "$@" | while read -r path; do
      [[ ! -f $path ]] || printf '%s\n' "$path"
    done
  else
    local pattern
    for pattern in "$@"; do
      find . -path ./build -prune -o -name "${pattern##*/}" -type f -print
    done | sed 's|^\./||' | sort -u
  fi
}

# Scripts are known by their first line: most have no suffix.
scripts() {
  files '*' | while read -r path; do
    read -r -n 30 first 2>/dev/null <"$path" || true
    [[ ! ${first:-} =~ ^'#!'.*(bash|/sh) ]] || printf '%s\n' "$path"
  done 2>/dev/null
}

clang_tidy() {
  # clang's own compile commands: g++'s have warnings that clang does not know.
  cmake --preset clang -Wno-dev >/dev/null
  # Only the generated headers: the linter compiles nothing else.
  cmake --build build/clang --target joist_proto -j "$jobs" >/dev/null
  local sources
  mapfile -t sources < <(files '*.cc')
  run-clang-tidy -quiet -j "$jobs" -p build/clang "${sources[@]/#/^$PWD/}" 2>build/clang-tidy.err |
    { grep -vE '^clang-tidy|^$' || true; }
  return "${PIPESTATUS[0]}"
}

mapfile -t code < <(files '*.cc' '*.h')
mapfile -t protos < <(files '*.proto')
mapfile -t shell < <(scripts)
mapfile -t pythons < <(files '*.py')
mapfile -t words < <(files '*.md' '*.cc' '*.h' '*.proto' '*.py' '*.sh' '*.yaml' '*.service' '*.8' '*.1' dev)

step include-direction python3 tests/include_direction.py
step clang-format clang-format --dry-run -Werror "${code[@]}"
step shellcheck shellcheck --external-sources "${shell[@]}"
step python python3 -m py_compile "${pythons[@]}"
step codespell codespell "${words[@]}" "${protos[@]}"
[[ ${2:-} == --quick ]] || step clang-tidy clang_tidy

if ((${#failed[@]})); then
  printf '== lint failed: %s\n' "${failed[*]}" >&2
  exit 1
fi
printf '== lint: clean\n'
