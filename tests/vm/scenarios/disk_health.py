"""A disk that says it fails, and one that is only slow: told by name, and taken back."""


def condition_is(machine, status, reason, *named):
    def holds():
        condition, = machine.json("joistctl -o json conditions DisksHealthy")["conditions"]
        good = (condition["status"], condition["reason"]) == (status, reason)
        return good and all(name in str(condition) for name in named), condition
    machine.until(holds, seconds=240)


def run(machine):
    machine.run("""
        set -e
        printf 'storage:\\n  health:\\n    interval: 1m\\n' >>/etc/joist/agent.yaml
        joistctl config check /etc/joist/agent.yaml
        systemctl reload joist-agent.service""")
    nvme = machine.plug("nvme", size_bytes=1 << 30)
    name = nvme.device[5:]
    condition_is(machine, "true", "DisksHealthy")

    machine.qmp.command("qom-set", {"path": f"/machine/peripheral/{nvme.name}",
                                    "property": "smart_critical_warning", "value": 4})
    condition_is(machine, "false", "DiskFailing", name)
    page = machine.run("curl -sS http://127.0.0.1:7444/metrics")
    for begin in (f'smartctl_device_critical_warning{{device="{name}"',
                  f'smartctl_device_smart_status{{device="{name}"'):
        if not any(line.startswith(begin) for line in page.splitlines()):
            raise AssertionError(f"nothing begins with {begin} on the page")
    shown = machine.json("joistctl -o json disks")["disks"]
    health, = [disk["health"] for disk in shown if disk["name"] == name]
    if health["state"] != "failing":
        raise AssertionError(f"the disk's own line says {health}")
    nvme.unplug()
    condition_is(machine, "true", "DisksHealthy")

    # Disks alike at the same work, one of them slow.
    disks = [machine.plug("scsi-hd", size_bytes=1 << 30, iops=iops) for iops in (0, 0, 0, 25)]
    devices = " ".join(disk.device for disk in disks)
    machine.run("systemd-run --quiet --unit=reads bash -c 'for disk in " + devices + "; do "
                "while dd if=$$disk of=/dev/null bs=4k iflag=direct; do :; done & done; wait'")
    condition_is(machine, "false", "DiskSlow", disks[-1].device[5:])
    machine.run("systemctl stop reads")
    disks[-1].unplug()
    condition_is(machine, "true", "DisksHealthy")
