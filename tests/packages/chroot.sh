#!/bin/bash
# Installs, upgrades, removes and purges the packages in a clean Debian 12 without systemd, and
# looks at what each leaves.
#   chroot.sh PACKAGES WORK
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
source ./root.sh
cd - >/dev/null
packages=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
readonly packages work root=$work/chroot names=(joist-agent joist-exporter joist-installer joistctl)

failures=0
check() { # WHAT COMMAND...
  if "${@:2}" >"$work/check.log" 2>&1; then
    printf 'ok      %s\n' "$1"
  else
    printf 'FAILED  %s\n' "$1"
    sed 's/^/        /' "$work/check.log"
    failures=$((failures + 1))
  fi
}
not() { ! "$@"; }
inside() { in_root "$root" "$@"; }
apt() { inside apt-get -q -y --no-install-recommends "$@" >>"$work/apt.log" 2>&1 || { tail -20 "$work/apt.log" >&2; return 1; }; }
version_inside() { inside dpkg-query -s joist-agent | sed -n 's/^Version: //p'; }
is_mode() { [[ $(stat -c '%A %U:%G' "$root/$1") == "$2" ]]; }
says() { [[ $("${@:2}") == "$1" ]]; }

# Every path that a package could have left behind, without what dpkg and apt keep for themselves.
snapshot() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp \
    -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/lib/apt \) \
    -prune -o -printf '%p\n' | sort)
}

# The packages as an older release would be: the same, with a lower version.
make_old() {
  rm -rf "$work/old"
  mkdir -p "$work/old" "$root/old" "$root/new"
  local name
  for name in "${names[@]}"; do
    dpkg-deb -R "$packages/${name}"_*.deb "$work/old/$name"
    sed -i 's/^Version: .*/Version: 0.0.1/' "$work/old/$name/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$work/old/$name" "$root/old/$name.deb" >/dev/null
    cp "$packages/${name}"_*.deb "$root/new/$name.deb"
  done
}
new() { printf '/new/%s.deb\n' "${names[@]}"; }
old() { printf '/old/%s.deb\n' "${names[@]}"; }

check_installed() {
  check "user joist cannot log in" says /usr/sbin/nologin inside sh -c 'getent passwd joist | cut -d: -f7'
  check "user joist-installer cannot log in" says /usr/sbin/nologin inside sh -c 'getent passwd joist-installer | cut -d: -f7'
  check "user joist is in no group but its own" says joist inside id -nG joist
  check "agent.yaml is root's to write" is_mode etc/joist/agent.yaml '-rw-r--r-- root:root'
  check "installer.yaml is root's to write" is_mode etc/joist/installer.yaml '-rw-r--r-- root:root'
  check "the helper is no set-uid program" is_mode usr/libexec/joist/joist-helper '-rwxr-xr-x root:root'
  check "the agent has no file capability" is_mode usr/sbin/joist-agent '-rwxr-xr-x root:root'
  check "the agent will start at boot" test -L "$root/etc/systemd/system/multi-user.target.wants/joist-agent.service"
  check "the installer will start at boot" test -L "$root/etc/systemd/system/multi-user.target.wants/joist-installer.service"
  check "the helper's socket will listen at boot" test -L "$root/etc/systemd/system/sockets.target.wants/joist-helper.socket"
  check "the helper itself is not started at boot" not test -e "$root/etc/systemd/system/multi-user.target.wants/joist-helper.service"
  check "joist-apply's socket will listen at boot" test -L "$root/etc/systemd/system/sockets.target.wants/joist-apply.socket"
  check "joist-apply itself is not started at boot" not test -e "$root/etc/systemd/system/multi-user.target.wants/joist-apply.service"
  check "joistctl runs" inside joistctl --help
  check "the agent runs" inside joist-agent --help
  check "the installer runs" inside joist-installer --help
  check "the exporter runs" inside joist-exporter --help
  check "the exporter will start at boot" test -L "$root/etc/systemd/system/multi-user.target.wants/joist-exporter.service"
  check "user joist-exporter cannot log in" says /usr/sbin/nologin inside sh -c 'getent passwd joist-exporter | cut -d: -f7'
  check "the helper runs" inside /usr/libexec/joist/joist-helper --help
  check "the shipped agent.yaml is valid" inside joistctl config check /etc/joist/agent.yaml
  check "the completion is valid bash" inside bash -n /usr/share/bash-completion/completions/joistctl
  local page
  for page in man8/joist-{agent,apply,helper,exporter,installer}.8 man1/joistctl.1; do
    check "$(basename "$page") is there" test -s "$root/usr/share/man/$page.gz"
  done
  check "nothing was started" not test -e "$root/run/joist/agent.sock"
}

main() {
  minimal_root "$work/minbase"
  copy_root "$work/minbase" "$root"
  : >"$work/apt.log"
  make_old
  apt update
  local name
  for name in "${names[@]}"; do
    apt satisfy "$(dpkg-deb -f "$packages/${name}"_*.deb Depends | sed 's/joist[a-z-]*[^,]*,\?//g')"
  done
  snapshot >"$work/before"

  say "install"
  # shellcheck disable=SC2046  # a list of words
  check "apt installs the packages" apt install $(new)
  check_installed

  say "purge"
  mkdir -p "$root"/var/lib/{joist,joist-installer}
  touch "$root"/var/lib/{joist/key,joist-installer/store}
  check "apt purges the packages" apt purge "${names[@]}"
  snapshot >"$work/after"
  check "purge leaves no file" diff "$work/before" "$work/after"
  check "the users stay, as Debian's do" inside getent passwd joist joist-exporter joist-installer

  say "upgrade"
  # shellcheck disable=SC2046
  check "apt installs the older packages" apt install $(old)
  check "the older version is there" says 0.0.1 version_inside
  printf '\n# a change by the operator\n' >>"$root/etc/joist/agent.yaml"
  # shellcheck disable=SC2046
  check "apt upgrades the packages" apt install $(new)
  check "the newer version is there" not says 0.0.1 version_inside
  check "the operator's change is kept" grep -q 'a change by the operator' "$root/etc/joist/agent.yaml"
  check_installed

  say "remove"
  mkdir -p "$root/var/lib/joist"
  touch "$root/var/lib/joist/key"
  check "apt removes the packages" apt remove "${names[@]}"
  check "the programs are gone" not test -e "$root/usr/sbin/joist-agent"
  check "the configuration stays" test -e "$root/etc/joist/agent.yaml"
  check "the state stays" test -e "$root/var/lib/joist/key"
  check "apt purges what was removed" apt purge "${names[@]}"
  snapshot >"$work/after"
  check "purge leaves no file" diff "$work/before" "$work/after"

  rm -rf "$root" "$work/old"
  if ((failures)); then
    say "$failures checks failed; apt's output is in $work/apt.log"
    return 1
  fi
  say "install, upgrade, remove and purge leave nothing wrong"
}
main
