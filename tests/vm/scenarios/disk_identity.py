"""A disk that comes back with another WWN is left alone until its use names it, and then is wiped."""

import base64

SPEC = """
storage:
  size_min_bytes: 64MiB
  uses:
    - name: everything
      kind: wipe
      disks: {{{selector}}}
"""
BEFORE, AFTER = 0x5000c50015ea0101, 0x5000c50015ea0102


def configure(machine, selector):
    machine.run(f"cat >/etc/joist/agent.yaml <<'END'\n{SPEC.format(selector=selector)}\nEND\n"
                "systemctl reload joist-agent.service")


def plug(machine, wwn):
    return machine.plug("scsi-hd", size_bytes=256 << 20, content=b"somebody's" * 1000,
                        serial="SAME", wwn=wwn)


def until_planned(machine, disk, holds):
    """The plan, and what it says of the disk, once that holds."""
    name = disk.device[5:]

    def seen():
        plan = machine.json("joistctl -o json disk plan")["plan"]
        found = [one for one in plan["disks"] if one["name"] == name]
        return bool(found) and holds(found[0]), (plan, found)
    machine.until(seen, seconds=90)
    plan, (found,) = seen()[1]
    return plan, found


def codes(reasons):
    return [reason["code"] for reason in reasons]


def run(machine):
    configure(machine, "models: ['QEMU*']")
    disk = plug(machine, BEFORE)
    until_planned(machine, disk, lambda one: one["steps"] and not one["warnings"])
    disk.unplug()

    disk = plug(machine, AFTER)
    _, planned = until_planned(machine, disk,
                               lambda one: codes(one["reasons"]) == ["IdentityChanged"])
    print(planned["reasons"][0]["message"])
    status, said = machine.attempt(f"joistctl disk approve {disk.device[5:]} --digest 00000000")
    assert status != 0, said

    # An agent that starts again remembers.
    machine.run("systemctl restart joist-agent.service")
    until_planned(machine, disk, lambda one: codes(one["reasons"]) == ["IdentityChanged"])

    configure(machine, f"ids: ['wwn:naa.{AFTER:x}']")
    plan, planned = until_planned(machine, disk, lambda one: one["steps"])
    assert codes(planned["warnings"]) == ["IdentityChanged"], planned
    assert planned["consent"] == "person", planned
    digest = base64.b64decode(plan["digest"]).hex()
    machine.run(f"joistctl disk approve --digest {digest} && joistctl disk apply")
    assert machine.run(f"head -c 10000 {disk.device} | tr -d '\\0' | wc -c").strip() == "0"

    # Whoever knows better begins anew.
    machine.run("rm /var/lib/joist/seen-disks; systemctl reload joist-agent.service")
    configure(machine, "models: ['QEMU*']")
    until_planned(machine, disk, lambda one: codes(one["reasons"]) == ["AlreadyBlank"])
