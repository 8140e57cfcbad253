"""Goal: the agent as systemd, Prometheus and joistctl meet it.
Method: the built program in a temporary directory on 127.0.0.1, without power where that can be
had, with a NOTIFY_SOCKET of the test's own.
Usage: program_test.py JOIST_AGENT
"""

import contextlib
import gzip
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = ""
PATIENCE_SECONDS = 30  # for a loaded machine; nothing here is a measurement


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.connect(self.path)


class AgentTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="joist-agent-test."))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.config = self.dir / "agent.yaml"
        self.port = free_port()
        self.program = None
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notify.close)
        self.notify.settimeout(PATIENCE_SECONDS)
        self.notify.bind(str(self.dir / "notify"))
        for name in ("state", "run"):
            (self.dir / name).mkdir()
        self.identity = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self.dir.chmod(0o755)
            (self.dir / "notify").chmod(0o777)
            for name in ("state", "run"):
                os.chown(self.dir / name, nobody.pw_uid, nobody.pw_gid)
        self.write_config()

    def write_config(self, extra="", port=None):
        self.config.write_text(
            f'name: host-1\nmetrics:\n  listen: "127.0.0.1:{port or self.port}"\n{extra}')

    def spawn(self, env=None, state=None):
        with open(self.dir / "log", "ab") as log:
            program = subprocess.Popen(
                [PROGRAM, "--config", self.config, "--state-dir", state or self.dir / "state",
                 "--run-dir", self.dir / "run"],
                env={**os.environ, "NOTIFY_SOCKET": str(self.dir / "notify"), **(env or {})},
                stdin=subprocess.DEVNULL, stderr=log, **self.identity)
        self.addCleanup(self.end, program)
        return program

    @staticmethod
    def end(program):
        with contextlib.suppress(ProcessLookupError):
            program.kill()
        program.wait()

    def start(self, env=None):
        self.program = self.spawn(env)
        self.expect("READY=1")

    def log(self):
        return (self.dir / "log").read_text()

    def expect(self, wanted):
        """Reads what systemd would be told until a line begins with `wanted`; returns all of it."""
        told = []
        while not any(line.startswith(wanted) for line in told):
            try:
                told += self.notify.recv(65536).decode().split("\n")
            except TimeoutError:
                self.fail(f"no {wanted} but {told}\n{self.log()}")
        return told

    def request(self, path, method="GET", headers=None, port=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port,
                                                timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()

    def call(self, method, message=None):
        connection = UnixConnection(self.dir / "run" / "agent.sock")
        with contextlib.closing(connection):
            connection.request("POST", f"/joist.v1.Agent/{method}", json.dumps(message or {}),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def metric(self, name, port=None):
        _, page = self.request("/metrics", port=port)
        for line in page.decode().splitlines():
            if line.startswith(name) and line[len(name)] in " {":
                return float(line.rsplit(" ", 1)[1])
        self.fail(f"no {name}")

    def wait_for(self, what, check):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not check():
            if time.monotonic() > deadline:
                self.fail(f"{what}\n{self.log()}")
            time.sleep(0.05)


class TheService(AgentTest):
    def test_tells_systemd_when_it_is_ready_and_how_it_is(self):
        self.start()
        answer, _ = self.request("/metrics")  # at once: READY means that
        self.assertEqual(answer.status, 200)
        self.assertIn("STATUS=host-1: not joined, Ready is False", self.expect("STATUS=host-1"))

    def test_ends_cleanly(self):
        self.start()
        self.program.terminate()
        self.expect("STOPPING=1")
        self.assertEqual(self.program.wait(timeout=PATIENCE_SECONDS), 0)
        self.assertFalse((self.dir / "run" / "agent.sock").exists())

    def test_says_at_once_that_its_identity_is_damaged(self):
        (self.dir / "state" / "identity").mkdir()
        (self.dir / "state" / "identity" / "node.pem").write_text("no identity\n")
        (self.dir / "state" / "identity" / "node.pem").chmod(0o600)
        if self.identity:
            for path in ("identity", "identity/node.pem"):
                os.chown(self.dir / "state" / path, self.identity["user"], self.identity["group"])
        self.start()
        self.assertIn(b"IdentityUnusable", self.request("/readyz")[1])

    def test_feeds_its_watchdog(self):
        self.start({"WATCHDOG_USEC": "1000000"})
        for _ in range(3):
            self.expect("WATCHDOG=1")

    def test_does_not_start_with_a_broken_config(self):
        self.write_config("colour: blue\n")
        program = self.spawn()
        self.assertEqual(program.wait(timeout=PATIENCE_SECONDS), 1)
        self.assertIn("agent.yaml:4:1: ", self.log())

    def test_does_not_start_where_another_serves(self):
        self.start()
        self.write_config(port=free_port())
        second = self.spawn()
        self.assertEqual(second.wait(timeout=PATIENCE_SECONDS), 1)
        self.assertIn(f"another joist-agent, process {self.program.pid}", self.log())
        second = self.spawn(state=self.dir / "other")
        self.assertEqual(second.wait(timeout=PATIENCE_SECONDS), 1)
        self.assertIn("agent.sock", self.log())
        self.assertEqual(self.call("GetStatus")[0], 200)

    def test_takes_over_what_a_killed_one_left(self):
        self.start()
        self.program.kill()
        self.program.wait()
        self.start()
        self.assertEqual(self.call("GetStatus")[0], 200)


class Reload(AgentTest):
    def reload(self):
        self.program.send_signal(signal.SIGHUP)
        told = self.expect("RELOADING=1")
        if not any(line.startswith("MONOTONIC_USEC=") for line in told):
            self.expect("MONOTONIC_USEC=")
        self.expect("READY=1")

    def test_of_a_broken_config_leaves_the_running_one(self):
        self.start()
        self.write_config("colour: blue\n")
        self.reload()
        self.assertEqual(self.metric("joist_agent_config_last_reload_successful"), 0)
        error = self.call("GetStatus")[1]["config"]["error"]
        self.assertIn("agent.yaml:4:1: ", error)
        self.assertIn("colour", self.log())

        self.write_config("roles: [worker]\n")
        self.reload()
        self.assertEqual(self.metric("joist_agent_config_last_reload_successful"), 1)
        self.assertNotIn("error", self.call("GetStatus")[1]["config"])

    def test_makes_its_socket_again(self):
        self.start()
        path = self.dir / "run" / "agent.sock"
        path.unlink()
        self.reload()
        self.assertEqual(self.call("GetStatus")[0], 200)
        path.unlink()

        def answers():
            try:
                return self.call("GetStatus")[0] == 200
            except OSError:
                return False
        self.wait_for("a socket that nobody asked for", answers)

    def test_moves_to_another_port(self):
        self.start()
        other = free_port()
        self.write_config(port=other)
        self.reload()
        self.assertEqual(self.request("/healthz", port=other)[0].status, 200)
        with self.assertRaises(OSError):
            self.request("/healthz")

    def test_stays_where_it_is_when_the_new_port_is_taken(self):
        self.start()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.write_config(port=taken.getsockname()[1])
            self.reload()
            self.assertEqual(self.metric("joist_agent_config_last_reload_successful"), 0)
            self.assertIn("metrics.listen", self.call("GetStatus")[1]["config"]["error"])

    def test_knows_its_collectors(self):
        self.start()
        self.write_config("  disabled_collectors: [loadavg]\n")
        self.reload()
        page = self.request("/metrics")[1].decode()
        self.assertNotIn("node_load1", page)
        self.assertIn("node_cpu_seconds_total", page)
        self.write_config("  enabled_collectors: [processes]\n")
        self.reload()
        page = self.request("/metrics")[1].decode()
        self.assertIn("node_load1", page)
        self.assertIn("node_processes_pids", page)
        self.assertNotIn("backup_age_seconds", page)
        left = self.dir / "left"
        left.mkdir()
        (left / "backup.prom").write_text("backup_age_seconds 7\n", encoding="utf-8")
        self.write_config(f"  textfile_directories: [{left}]\n")
        self.reload()
        self.assertEqual(self.metric("backup_age_seconds"), 7)
        self.assertNotIn('node_network_receive_bytes_total{device="lo"}', page)
        self.write_config("  collector_settings:\n"
                          "    - {name: collector.netdev.device-exclude, value: \"\"}\n"
                          "    - {name: collector.stat.softirq, value: true}\n")
        self.reload()
        page = self.request("/metrics")[1].decode()
        self.assertIn('node_network_receive_bytes_total{device="lo"}', page)
        self.assertIn("node_softirqs_total{", page)
        self.write_config("  collector_settings:\n"
                          "    - {name: collector.netdev.device-exclude, value: (}\n")
        self.reload()
        self.assertIn("agent.yaml: metrics.collector_settings[0]: collector.netdev.device-exclude",
                      self.call("GetStatus")[1]["config"]["error"])
        self.write_config("  disabled_collectors: [loadaverage]\n")
        self.reload()
        self.assertIn('agent.yaml:4:25: metrics.disabled_collectors[0]: "loadaverage" is not known, '
                      "expected one of ", self.call("GetStatus")[1]["config"]["error"])


class Pages(AgentTest):
    def setUp(self):
        super().setUp()
        self.start()

    def test_metrics(self):
        answer, page = self.request("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"),
                         "text/plain; version=0.0.4; charset=utf-8")
        self.assertIsNone(answer.getheader("Content-Encoding"))
        text = page.decode()
        for name in ("node_load1 ", "node_cpu_seconds_total{", "joist_agent_build_info{",
                     'joist_condition_status{type="Ready",status="True"} 0'):
            self.assertIn("\n" + name, text)

    def test_metrics_packed(self):
        answer, page = self.request("/metrics", headers={"Accept-Encoding": "gzip;q=0.5"})
        self.assertEqual(answer.getheader("Content-Encoding"), "gzip")
        self.assertIn(b"\nnode_load1 ", gzip.decompress(page))
        answer, _ = self.request("/metrics", headers={"Accept-Encoding": "gzip;q=0"})
        self.assertIsNone(answer.getheader("Content-Encoding"))

    def test_head(self):
        answer, page = self.request("/metrics", "HEAD")
        self.assertEqual(answer.status, 200)
        self.assertEqual(page, b"")
        self.assertGreater(int(answer.getheader("Content-Length")), 1000)

    def test_readyz_says_what_is_not_and_why(self):
        answer, page = self.request("/readyz")
        self.assertEqual(answer.status, 503)
        self.assertIn(b"\nInstallerConnected ", page)
        self.assertEqual(self.request("/healthz")[0].status, 200)

    def test_landing(self):
        answer, page = self.request("/")
        self.assertEqual(answer.getheader("Content-Type"), "text/html; charset=utf-8")
        self.assertIn(b'<a href="/metrics">', page)

    def test_what_is_not_there_and_not_allowed(self):
        self.assertEqual(self.request("/nothing")[0].status, 404)
        for body in (None, b"a body"):
            answer, _ = self.request("/metrics", "POST", body=body)
            self.assertEqual(answer.status, 405)
            self.assertEqual(answer.getheader("Allow"), "GET, HEAD")


class LocalApi(AgentTest):
    def setUp(self):
        super().setUp()
        self.start()

    def test_answers_what_joistctl_asks(self):
        status, answer = self.call("GetStatus")
        self.assertEqual((status, answer["node_name"]), (200, "host-1"))
        self.assertEqual(answer["session"]["state"], "not-joined")
        self.assertEqual(answer["metrics_urls"], [f"http://127.0.0.1:{self.port}/metrics"])
        types = [one["type"] for one in self.call("ListConditions")[1]["conditions"]]
        self.assertEqual(types, ["Ready", "AgentHealthy", "DisksHealthy", "DisksInventoried",
                                 "DisksPrepared", "InstallerConnected", "TimeSynchronised"])
        self.wait_for("no disk is listed", lambda: "observed_time" in self.call("ListDisks")[1])

    def test_plans_what_the_configuration_says_and_what_is_asked_for(self):
        # Until the disks were listed there is nothing to plan from.
        status, answer = self.call("PlanDisks")
        self.assertIn((status, answer.get("code")), ((200, None), (503, "unavailable")))
        self.wait_for("no plan", lambda: self.call("PlanDisks")[0] == 200)
        plan = self.call("PlanDisks")[1]
        names = [disk["name"] for disk in self.call("ListDisks")[1]["disks"]]
        self.assertEqual([disk["name"] for disk in plan["plan"]["disks"]], names)
        self.assertIn("observed_time", plan)
        self.assertEqual(plan["spec"]["uses"], [])
        keep = {"uses": [{"name": "all", "kind": "keep"}]}
        answer = self.call("PlanDisks", keep)[1]
        self.assertEqual(answer["spec"]["uses"][0]["name"], "all")
        for disk in answer["plan"]["disks"]:
            self.assertEqual([reason["code"] for reason in disk["reasons"]], ["Kept"])
        self.assertEqual(self.call("PlanDisks", {"only": names})[0], 200)

    def test_plans_for_no_disk_that_is_not_there_and_no_use_that_is_wrong(self):
        self.wait_for("no plan", lambda: self.call("PlanDisks")[0] == 200)
        status, answer = self.call("PlanDisks", {"only": ["sdnone"]})
        self.assertEqual((status, answer["code"]), (404, "not_found"))
        self.assertIn('"sdnone"', answer["message"])
        for uses in ([{"kind": "keep"}], [{"name": "x"}],
                     [{"name": "x", "kind": "wipe", "disks": {"count": 9999}}]):
            status, answer = self.call("PlanDisks", {"uses": uses})
            self.assertEqual((status, answer["code"]), (400, "invalid"), uses)
            self.assertIn("uses[0]", answer["message"])

    def test_conditions_come_true_when_they_last(self):
        def healthy():
            conditions = self.call("ListConditions")[1]["conditions"]
            return conditions[1]["status"] == "true"

        self.wait_for("AgentHealthy does not come true", healthy)

    def test_refuses_a_token_that_is_none_without_repeating_it(self):
        status, answer = self.call("Join", {"endpoint": "127.0.0.1:1", "token": "s3cret"})
        self.assertEqual((status, answer["code"]), (400, "invalid"))
        self.assertNotIn("s3cret", answer["message"] + self.log())

    def test_says_that_nobody_is_there_to_join(self):
        secret = "B" * 42 + "A"
        token = "joist1." + "A" * 43 + ".0123456789ab." + secret
        endpoint = f"127.0.0.1:{free_port()}"
        status, answer = self.call("Join", {"endpoint": endpoint, "token": token})
        self.assertEqual((status, answer["code"]), (503, "unavailable"), answer)
        self.assertIn(endpoint, answer["message"])
        self.assertNotIn(secret, self.log())

    @unittest.skipUnless(os.geteuid() == 0, "needs to be root to be somebody else")
    def test_lets_nobody_else_join(self):
        ask = (
            "import http.client, json, socket, sys\n"
            "c = http.client.HTTPConnection('localhost')\n"
            "c.sock = socket.socket(socket.AF_UNIX)\n"
            "c.sock.connect(sys.argv[1])\n"
            "c.request('POST', '/joist.v1.Agent/' + sys.argv[2], sys.argv[3],\n"
            "          {'Content-Type': 'application/json'})\n"
            "print(c.getresponse().status)\n")
        daemon = pwd.getpwnam("daemon")
        join = json.dumps({"endpoint": "127.0.0.1:1", "token": "x"})
        self.wait_for("no plan", lambda: self.call("PlanDisks")[0] == 200)
        for method, message, wanted in (("Join", join, "403"), ("GetStatus", "{}", "200"),
                                        ("PlanDisks", "{}", "200")):
            ran = subprocess.run(
                ["/usr/bin/python3", "-c", ask, self.dir / "run" / "agent.sock", method, message],
                user=daemon.pw_uid, group=daemon.pw_gid, extra_groups=[], check=True,
                capture_output=True, text=True, cwd="/")
            self.assertEqual(ran.stdout.strip(), wanted)


class AHelperThatHangs(AgentTest):
    def test_holds_nothing_up(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as helper:
            helper.bind(str(self.dir / "run" / "helper.sock"))
            (self.dir / "run" / "helper.sock").chmod(0o777)
            helper.listen()  # and never answers
            self.start({"WATCHDOG_USEC": "1000000"})
            self.wait_for("no disk is listed", lambda: "observed_time" in self.call("ListDisks")[1])
            for _ in range(3):
                self.expect("WATCHDOG=1")
            self.assertEqual(self.request("/metrics")[0].status, 200)
            self.program.terminate()
            self.assertEqual(self.program.wait(timeout=PATIENCE_SECONDS), 0)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
