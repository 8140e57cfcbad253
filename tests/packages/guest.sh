#!/bin/bash
# Runs as root inside a booted Debian of tests/vm, where the packages are installed: that systemd
# starts them, that their sandbox lets them see the host as it is, and that they are removed clean.
# Prints one line a check.
#
#   guest.sh BLANK FOREIGN    a blank disk, and one with a file system on it
set -uo pipefail
readonly blank=${1#/dev/} foreign=${2#/dev/}

failures=0
check() { # WHAT COMMAND...
  local said
  if said=$("${@:2}" 2>&1); then
    printf 'ok      %s\n' "$1"
  else
    printf 'FAILED  %s\n' "$1"
    printf '%s\n' "$said" | tail -20 | sed 's/^/        /'
    failures=$((failures + 1))
  fi
}
not() { ! "$@"; }
eventually() { # COMMAND...: the machine is slow, and a name that changed shows within a minute
  local tries
  for ((tries = 0; tries < 140; tries++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.5
  done
  "$@"
}
is_active() { systemctl is-active "$@"; }
json() { python3 -c 'import json, sys; data = json.load(sys.stdin); sys.exit(0 if eval(sys.argv[1]) else str(data))' "$1"; }
disk_is() { # NAME CLASS
  joistctl -o json disks | json "[d['class'] for d in data['disks'] if d['name'] == '$1'] == ['$2']"
}
connected() { joistctl -o json nodes | json "[n['state'] for n in data['nodes']] == ['connected']"; }
sample() { curl -sS http://127.0.0.1:7444/metrics | grep -F "$1" | grep -v '^#'; }
runs_as() { # USER UNIT
  [[ $(ps -o user= -p "$(systemctl show -P MainPID "$2")") == "$1"* ]]
}
no_capability() { grep -qx $'CapEff:\t0000000000000000' "/proc/$(systemctl show -P MainPID "$1")/status"; }
exposure_at_most() { # UNIT TENTHS
  local level
  level=$(systemd-analyze security --no-pager "$1" | sed -n 's/.*exposure level for .*: \([0-9]*\)\.\([0-9]\) .*/\1\2/p')
  echo "exposure of $1: $level tenths"
  [[ -n $level ]] && ((10#$level <= $2))
}
join() {
  local token
  token=$(joistctl token create) || return 1
  joistctl join 127.0.0.1:7443 --token-file - <<<"$token"
}
size_of() { # MOUNT POINT: the size in /metrics is statfs's, outside the sandbox
  local want
  want=$(df -B1 --output=size "$1" | tail -1 | tr -d ' ')
  sample 'node_filesystem_size_bytes' | grep -F "mountpoint=\"$1\"" |
    awk -v want="$want" '{ print; found = 1; if ($NF + 0 != want + 0) exit 1 } END { exit !found }'
}

says_nothing() {
  local said
  said=$("$@")
  echo "$said"
  [[ -z $said ]]
}
# But those that are made here: a config with nonsense, a helper that cannot start.
errors_logged() {
  journalctl -q -b -p err -u 'joist*' --no-pager |
    grep -vE 'nonsense|Failed to start joist-helper.service'
}

check "the agent started" eventually is_active joist-agent.service
check "the installer started" eventually is_active joist-installer.service
check "the exporter started" eventually is_active joist-exporter.service
check "the helper's socket listens" is_active joist-helper.socket
check "the agent runs as joist" runs_as joist joist-agent.service
check "the agent has no capability" no_capability joist-agent.service
check "the installer runs as joist-installer" runs_as joist-i joist-installer.service
check "joistctl status answers" joistctl status
check "the agent may ask how good the clock is" eventually sh -c "joistctl conditions TimeSynchronised | grep -E 'Reason +Clock'"
check "everybody may ask for the status" runuser -u nobody -- joistctl status
check "joining with a token" join
check "the installer has the node connected" eventually connected
check "the root disk is system" eventually disk_is vda system
check "the blank disk is blank" eventually disk_is "$blank" blank
check "the disk with a file system is foreign" eventually disk_is "$foreign" foreign
check "a connection starts the helper" python3 -c 'import socket
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("/run/joist/helper.sock")'
check "the helper has none of its capabilities in effect" eventually no_capability joist-helper.service
check "the agent's exposure is at most 2.0" exposure_at_most joist-agent.service 20
check "the helper's exposure is at most 2.0" exposure_at_most joist-helper.service 20
check "the exporter has no capability" no_capability joist-exporter.service
check "the exporter's exposure is at most 2.0" exposure_at_most joist-exporter.service 20
check "the exporter shows / writable too" eventually sh -c "curl -sS http://127.0.0.1:9100/metrics | grep -E 'node_filesystem_readonly.*mountpoint=\"/\".* 0$'"
check "the installer's exposure is at most 2.0" exposure_at_most joist-installer.service 20

# What a careless sandbox would have falsified.
mount -t tmpfs -o size=48M e2e /home
mkdir -p /tmp/e2e && mount -t tmpfs -o size=32M e2e /tmp/e2e
check "/ is not shown as read-only" eventually sh -c "curl -sS http://127.0.0.1:7444/metrics | grep -E 'node_filesystem_readonly.*mountpoint=\"/\".* 0$'"
check "/ has the size that df says" eventually size_of /
check "/home has the size that df says" eventually size_of /home
check "a mount under /tmp has the size that df says" eventually size_of /tmp/e2e
umount /home /tmp/e2e
hostname e2e-renamed
check "a changed host name is seen" eventually sh -c "curl -sS http://127.0.0.1:7444/metrics | grep -F 'nodename=\"e2e-renamed\"'"

# More starts than systemd's own limit of 5 in 10 s would allow.
mkdir -p /run/systemd/system/joist-helper.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/false\nRestartSec=500ms\n' >/run/systemd/system/joist-helper.service.d/e2e.conf
systemctl daemon-reload
systemctl kill joist-helper.service 2>/dev/null || true
helper_failed() {
  python3 -c 'import socket
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect("/run/joist/helper.sock")'
  (($(systemctl show -P NRestarts joist-helper.service) >= 8))
}
check "a helper that cannot start is tried again" eventually helper_failed
check "and its socket listens all the while" is_active joist-helper.socket
rm -r /run/systemd/system/joist-helper.service.d
systemctl daemon-reload
check "and works once it can start" eventually is_active joist-helper.service

pid=$(systemctl show -P MainPID joist-agent.service)
systemctl kill --signal=KILL joist-agent.service
check "a killed agent is started again" eventually sh -c "test \$(systemctl show -P MainPID joist-agent.service) != $pid && systemctl is-active joist-agent.service"
check "and has its session again" eventually connected
cp /etc/joist/agent.yaml /root/agent.yaml
printf 'nonsense: true\n' >>/etc/joist/agent.yaml
systemctl reload joist-agent.service
check "a config with an error is told" eventually sh -c "joistctl status | grep -F nonsense"
check "and the agent goes on" is_active joist-agent.service
cp /root/agent.yaml /etc/joist/agent.yaml
systemctl reload joist-agent.service
check "a config without is taken" eventually sh -c "! joistctl status | grep -F nonsense"
check "an upgrade restarts the agent" sh -c "dpkg -i /root/packages/*.deb && systemctl is-active joist-agent.service joist-installer.service joist-helper.socket"
check "and the session is there again" eventually connected
check "no unit failed" says_nothing systemctl --failed --no-legend 'joist*'
check "nothing was logged as an error" says_nothing errors_logged
check "purge works on a running system" apt-get -q -y purge joist-agent joist-exporter joist-installer joistctl
check "no process is left" not pgrep -f joist-
check "no state is left" not ls -d /var/lib/joist /var/lib/joist-installer /run/joist /run/joist-installer /etc/joist

((failures == 0))
