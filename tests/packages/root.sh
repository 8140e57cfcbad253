# Sourced: Debian roots for the package tests, and running commands in them.
# shellcheck shell=bash

readonly mirror=${JOIST_MIRROR:-http://deb.debian.org/debian}

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# A minimal Debian 12 in DIRECTORY, made once and only copied from.
minimal_root() { # DIRECTORY
  [[ ! -e $1/.complete ]] || return 0
  say "making a minimal Debian 12 in $1"
  rm -rf "$1"
  mkdir -p "$(dirname "$1")"
  debootstrap --variant=minbase bookworm "$1" "$mirror" >"$1.log" 2>&1 || {
    tail -5 "$1.log" >&2
    return 1
  }
  cat >"$1/etc/apt/sources.list" <<SOURCES
deb $mirror bookworm main
deb ${mirror}-security bookworm-security main
SOURCES
  # Nothing that is installed into a root may start: there is no init in it.
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  touch "$1/.complete"
}

# A copy that may be spoilt.
copy_root() { # FROM TO
  rm -rf "$2"
  cp -a --reflink=auto "$1" "$2"
  rm -f "$2/.complete"
  cp /etc/resolv.conf "$2/etc/resolv.conf"
}

# Runs a command in a root, in mount and process namespaces of its own: whatever it mounts or
# leaves running goes with it.
in_root() { # DIRECTORY COMMAND...
  # shellcheck disable=SC2016  # expanded by the inner shell
  unshare --mount --propagation private --pid --fork --kill-child -- bash -c '
    set -euo pipefail
    root=$1; shift
    # / is a mount, as in every container and on every host: where it is none, nobody can tell which
    # disks the system stands on.
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  ' in_root "$@"
}
