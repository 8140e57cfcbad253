"""Goal: what one part suffers, the others live through, and say so while it lasts.
Method: the built programs together; each is hurt as a bad day would hurt it.
Usage: survival.py BIN_DIR (root: it attaches loop devices)
"""

import os
import pathlib
import signal
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from stack import Failure, Stack, wait_for  # noqa: E402


def check(what, truth, evidence=""):
    if not truth:
        raise Failure(f"{what}: {evidence}")
    print(f"ok  {what}", flush=True)


def metrics(stack):
    with urllib.request.urlopen(stack.metrics_url + "/metrics", timeout=10) as answer:
        return answer.read().decode()


def sample(stack, name):
    for line in metrics(stack).splitlines():
        if line.startswith(name) and line[len(name)] in " {":
            return float(line.rsplit(" ", 1)[1])
    raise Failure(f"/metrics has no {name}")


def disk(stack, name):
    found = [disk for disk in stack.ctl_json("disks")["disks"] if disk["name"] == name]
    return found[0] if found else None


def status_of(stack, kind):
    return stack.condition(kind).get("status", "")


def installer_dies_and_returns(stack):
    before = stack.ctl_json("status")["session"]["acked_seq"]
    stack.installer.kill()
    stack.installer.wait()
    wait_for("InstallerConnected is not true", lambda: status_of(stack, "InstallerConnected") != "true",
             seconds=60)
    check("without an installer the node is not Ready", status_of(stack, "Ready") != "true")
    check("without an installer metrics go on", "node_load1 " in metrics(stack))
    check("without an installer disks are listed", stack.ctl_json("disks")["disks"])
    stack.start_installer()
    node = stack.ctl_json("nodes")["nodes"][0]
    check("the installer still knows the node, as disconnected or back already",
          node["state"] in ("connected", "disconnected"), node)
    wait_for("the agent comes back", stack.agent_connected, seconds=90)
    wait_for("what changed was sent and acknowledged",
             lambda: stack.ctl_json("status")["session"]["acked_seq"] > before)
    items = stack.ctl_json("node", node["name"])["node"]["report"]["items"]
    connected = [item["condition"] for item in items
                 if item["key"] == "condition/InstallerConnected"]
    check("the installer has the whole report", connected and len(items) > 3, len(items))


def config_breaks_and_is_mended(stack):
    good = stack.agent_config.read_text()
    stack.agent_config.write_text(good + "metrics_port: 1\n")
    os.kill(stack.agent.pid, signal.SIGHUP)
    error = wait_for("status tells of the broken config",
                     lambda: stack.ctl_json("status")["config"].get("error"))
    line = good.count("\n") + 1
    check("the error names file, line and column", f"agent.yaml:{line}:1: " in error, error)
    check("the metric says so", sample(stack, "joist_agent_config_last_reload_successful") == 0)
    check("the journal says so", "metrics_port" in stack.log_of("agent"))
    check("the running config goes on", "node_load1 " in metrics(stack))
    ran = subprocess.run([stack.bin / "joistctl", "config", "check", stack.agent_config],
                         check=False, capture_output=True, text=True)
    check("joistctl config check says the same", ran.returncode == 1 and f":{line}:1: " in ran.stderr,
          ran)
    stack.agent_config.write_text(good)
    os.kill(stack.agent.pid, signal.SIGHUP)
    wait_for("the mended config is in force",
             lambda: not stack.ctl_json("status")["config"].get("error"))
    check("the metric says so", sample(stack, "joist_agent_config_last_reload_successful") == 1)


def helper_dies_while_probing(stack):
    for round_number in range(5):
        device = pathlib.Path(stack.attach(f"kill-{round_number}")).name
        # Killed as soon as it has work; the stack starts it again, as the socket would.
        os.kill(stack.helper.pid, signal.SIGKILL)
        wait_for(f"{device} is probed after all",
                 lambda name=device: (disk(stack, name) or {}).get("class") == "blank", seconds=90)
    check("the agent lived through it", stack.agent.poll() is None)


def helper_is_stopped(stack):
    """A helper that answers nothing at all: as on a disk that hangs."""
    os.kill(stack.helper.pid, signal.SIGSTOP)
    try:
        device = pathlib.Path(stack.attach("hang")).name
        found = wait_for(f"{device} is listed although nobody can probe it",
                         lambda: disk(stack, device), seconds=90)
        check("unprobed is not blank", found["class"] != "blank", found)
        check("metrics go on", "node_load1 " in metrics(stack))
    finally:
        os.kill(stack.helper.pid, signal.SIGCONT)
    wait_for(f"{device} is probed once the helper goes on",
             lambda: (disk(stack, device) or {}).get("class") == "blank", seconds=120)


def disks_come_and_go(stack):
    device = stack.attach("hotplug")
    name = pathlib.Path(device).name
    wait_for(f"{name} appears", lambda: disk(stack, name), seconds=75)
    subprocess.run(["mkfs.ext4", "-q", device], check=True)
    wait_for(f"{name} is foreign", lambda: disk(stack, name)["class"] == "foreign", seconds=75)
    subprocess.run(["losetup", "-d", device], check=True)
    wait_for(f"{name} is gone", lambda: disk(stack, name) is None, seconds=75)


def node_is_retired(stack):
    name = stack.ctl_json("nodes")["nodes"][0]["name"]
    stack.ctl("node", "retire", name, "--yes")
    wait_for("the session ends at once", lambda: not stack.agent_connected(), seconds=10)
    error = wait_for("the agent says why",
                     lambda: stack.ctl_json("status")["session"].get("error"), seconds=60)
    check("and what to do", "join" in error or "retired" in error, error)
    check("it goes on measuring", "node_load1 " in metrics(stack))
    stack.join()
    check("the host can join anew", stack.agent_connected())


def main():
    with Stack(sys.argv[1]) as stack:
        stack.start_installer()
        stack.start_helper()
        stack.start_agent()
        check("before it joins, the node is not Ready", status_of(stack, "Ready") != "true")
        stack.join()
        for hurt in (installer_dies_and_returns, config_breaks_and_is_mended,
                     helper_dies_while_probing, helper_is_stopped, disks_come_and_go,
                     node_is_retired):
            print(f"-- {hurt.__name__.replace('_', ' ')}", flush=True)
            try:
                hurt(stack)
            except Failure as failure:
                logs = "\n".join(f"--- {name}\n{stack.log_of(name)[-3000:]}"
                                 for name in ("agent", "helper", "installer"))
                raise Failure(f"{hurt.__name__}: {failure}\n{logs}") from failure
        stack.agent.terminate()
        check("SIGTERM ends the agent cleanly", stack.agent.wait(timeout=5) == 0)
    print("survival: 0 failed")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"survival.py: {failure}")
