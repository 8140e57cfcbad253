#!/usr/bin/env python3
"""joist-exporter as people run it: flags, TLS, users, systemd's sockets, and a real Prometheus.

    program_test.py JOIST-EXPORTER
"""

import base64
import concurrent.futures
import gzip
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

EXPORTER = None  # argv
# bcrypt of "secret", at cost 5.
HASH = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


class Program(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="joist-exporter-test."))
        self.dir.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.dir)
        self.port = free_port()

    def start(self, *flags, **keywords):
        log = open(self.dir / "log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        program = subprocess.Popen([EXPORTER, f"--web.listen-address=127.0.0.1:{self.port}", *flags],
                                   stderr=log, **keywords)
        self.addCleanup(self.end, program)
        self.assertTrue(wait_for(lambda: program.poll() is not None or "serving" in self.log()),
                        "it does not serve")
        self.assertIsNone(program.poll(), self.log())
        return program

    def end(self, program):
        if program.poll() is None:
            program.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait(10), 0)

    def log(self):
        return (self.dir / "log").read_text(encoding="utf-8")

    def get(self, path="/metrics", headers=None, context=None):
        if context:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context,
                                                     timeout=10)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with connection:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def config(self, text):
        # As a person's editor does: the new file takes the old one's place.
        (self.dir / "new").write_text(text, encoding="utf-8")
        (self.dir / "new").chmod(0o600)
        (self.dir / "new").rename(self.dir / "web.yml")
        return self.dir / "web.yml"


if not hasattr(http.client.HTTPConnection, "__enter__"):
    http.client.HTTPConnection.__enter__ = lambda self: self
    http.client.HTTPConnection.__exit__ = lambda self, *unused: self.close()


class Serving(Program):
    def test_serves_what_node_exporter_serves(self):
        self.start("--no-collector.runit", "--web.telemetry-path=/m", "--collector.disable-defaults",
                   "--collector.loadavg")
        status, headers, page = self.get("/m")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        for start in ("node_load1 ", "node_exporter_build_info{", "process_open_fds ",
                      "promhttp_metric_handler_requests_in_flight 1\n",
                      'node_scrape_collector_success{collector="loadavg"} 1\n'):
            self.assertIn("\n" + start, page)
        self.assertNotIn("node_memory", page)
        self.assertIn('href="/m"', self.get("/")[2])
        self.assertEqual(self.get("/metrics")[0], 404)
        self.assertIn('promhttp_metric_handler_requests_total{code="200"} 1\n', self.get("/m")[2])
        self.assertIn("--no-collector.runit has no effect", self.log())

    def test_leaves_itself_out(self):
        self.start("--web.disable-exporter-metrics")
        page = self.get()[2]
        self.assertNotIn("promhttp_", page)
        self.assertNotIn("\nprocess_", page)
        self.assertIn("node_exporter_build_info{", page)

    def test_refuses_more_scrapes_at_once_than_it_may(self):
        proc = self.dir / "proc"
        proc.mkdir()
        os.mkfifo(proc / "loadavg")
        self.start(f"--path.procfs={proc}", "--collector.disable-defaults", "--collector.loadavg",
                   "--web.max-requests=1")
        waiting = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        waiting.request("GET", "/metrics")
        answers = []

        def refused():
            answers.append(self.get("/metrics?collect[]=loadavg"))
            return answers[-1][0] == 503
        self.assertTrue(wait_for(refused))
        self.assertEqual(answers[-1][2],
                         "Limit of concurrent requests reached (1), try again later.\n")
        page = waiting.getresponse().read().decode()
        waiting.close()
        self.assertIn('node_scrape_collector_success{collector="loadavg"} 0\n', page)
        with open(proc / "loadavg", "w", encoding="utf-8"):
            pass  # lets the collector go

    def test_gives_everybody_at_once_a_whole_page(self):
        self.start()
        barrier = threading.Barrier(40)

        def scrape(_):
            with http.client.HTTPConnection("127.0.0.1", self.port, timeout=30) as connection:
                connection.connect()
                barrier.wait(20)
                connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
                answer = connection.getresponse()
                return answer.status, answer.getheader("Content-Encoding"), answer.read()

        with concurrent.futures.ThreadPoolExecutor(40) as threads:
            answers = list(threads.map(scrape, range(40)))
        for status, encoding, body in answers:
            self.assertEqual((status, encoding), (200, "gzip"), body[:200])
            page = gzip.decompress(body).decode()  # refuses one that is cut off
            for start in ("node_load1 ", "process_open_fds ",
                          'node_scrape_collector_success{collector="loadavg"} 1'):
                self.assertIn("\n" + start, page)
            self.assertTrue(page.endswith("\n"))

    def test_ends_while_a_collector_hangs(self):
        proc = self.dir / "proc"
        proc.mkdir()
        os.mkfifo(proc / "loadavg")
        program = self.start(f"--path.procfs={proc}", "--collector.disable-defaults",
                             "--collector.loadavg")
        self.get(headers={"X-Prometheus-Scrape-Timeout-Seconds": "0.5"})
        self.end(program)

    def test_takes_systemds_sockets(self):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            self.port = listening.getsockname()[1]

            def hand_over():
                os.dup2(listening.fileno(), 3)
                os.environ["LISTEN_PID"] = str(os.getpid())
            with open(self.dir / "log", "w", encoding="utf-8") as log:
                program = subprocess.Popen(
                    ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --web.systemd-socket',
                     EXPORTER], stderr=log, preexec_fn=hand_over, pass_fds=[3])
        self.addCleanup(self.end, program)
        self.assertIn("node_load1 ", self.get()[2])

    def test_says_what_keeps_it(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            for flags, why in (([], "another program has the port"),
                               (["--web.config.file=/nowhere"], "/nowhere"),
                               (["--collector.supervisord"], "no such collector"),
                               (["--web.systemd-socket"], "no socket")):
                done = subprocess.run([EXPORTER, f"--web.listen-address=127.0.0.1:{self.port}",
                                       *flags], capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, 1, flags)
                self.assertIn(why, done.stderr)


@unittest.skipUnless(shutil.which("openssl"), "needs openssl")
class Secured(Program):
    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.dir, check=True, capture_output=True)

    def certify(self, name, serial, *extensions):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.dir / "extensions").write_text("\n".join(extensions) + "\n", encoding="utf-8")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-set_serial", str(serial), "-days", "2", "-extfile", "extensions", "-out",
                     f"{name}.next")
        (self.dir / f"{name}.next").rename(self.dir / f"{name}.pem")

    def make_authority(self):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority",
                     "-days", "2")
        self.certify("server", 2, "subjectAltName=IP:127.0.0.1")

    def context(self, client=None, newest=None):
        context = ssl.create_default_context(cafile=self.dir / "ca.pem")
        if client:
            context.load_cert_chain(self.dir / f"{client}.pem", self.dir / f"{client}.key")
        if newest:
            context.maximum_version = newest
        return context

    def refused(self, context):
        try:
            return self.get(context=context)[0] != 200
        except (ssl.SSLError, ConnectionError, http.client.HTTPException):
            return True

    def serial(self):
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            with self.context().wrap_socket(plain, server_hostname="127.0.0.1") as stream:
                return stream.getpeercert()["serialNumber"]

    def test_tls_and_its_renewal(self):
        self.make_authority()
        config = self.config("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
                             "http_server_config:\n  headers:\n    X-Frame-Options: deny\n")
        self.start(f"--web.config.file={config}")
        status, headers, page = self.get(context=self.context())
        self.assertEqual(status, 200)
        self.assertEqual(headers["X-Frame-Options"], "deny")
        self.assertIn("joist_exporter_web_config_last_reload_successful 1\n", page)
        self.assertEqual(self.get(context=self.context(newest=ssl.TLSVersion.TLSv1_2))[0], 200)
        self.assertEqual(self.serial(), "02")

        self.certify("server", 3, "subjectAltName=IP:127.0.0.1")
        self.assertTrue(wait_for(lambda: self.serial() == "03"))

        self.config("tls_server_config:\n  cert_file: server.pem\n  kye_file: server.key\n")
        page = self.get(context=self.context())[2]
        self.assertIn("joist_exporter_web_config_last_reload_successful 0\n", page)
        self.assertIn("did you mean key_file?", self.log())
        self.assertEqual(self.serial(), "03")
        self.assertEqual(self.log().count("was not taken"), 1)

        # What frames an answer is nobody's to set.
        self.config("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
                    "http_server_config:\n  headers:\n    Content-Length: \"5\"\n")
        page = self.get(context=self.context())[2]
        self.assertIn("joist_exporter_web_config_last_reload_successful 0\n", page)
        self.assertIn("Content-Length", self.log())

        self.config("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
                    "  min_version: TLS13\n")
        self.get(context=self.context())
        self.assertTrue(self.refused(self.context(newest=ssl.TLSVersion.TLSv1_2)))
        self.config("basic_auth_users: {}\n")
        self.assertEqual(self.get(context=self.context())[0], 200)
        self.assertIn("switched on and off by a restart", self.log())

    def test_certificates_of_clients(self):
        self.make_authority()
        self.certify("alice", 10, "subjectAltName=DNS:alice.example")
        self.certify("bob", 11, "subjectAltName=DNS:bob.example")
        tls = ("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
               "  client_ca_file: ca.pem\n")
        config = self.config(tls)
        self.start(f"--web.config.file={config}")
        self.assertTrue(self.refused(self.context()))
        self.assertFalse(self.refused(self.context("alice")))
        self.assertFalse(self.refused(self.context("bob")))
        self.config(tls + "  client_allowed_sans: [alice.example]\n")
        self.assertFalse(self.refused(self.context("alice")))
        self.assertTrue(self.refused(self.context("bob")))
        self.config(tls + "  client_auth_type: VerifyClientCertIfGiven\n"
                    "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n"
                    "  curve_preferences: [CurveP256]\n")
        self.assertFalse(self.refused(self.context()))

    def test_users(self):
        config = self.config(f"basic_auth_users:\n  alice: {HASH}\n")
        self.start(f"--web.config.file={config}")

        def answer_to(user, password):
            given = base64.b64encode(f"{user}:{password}".encode()).decode()
            return self.get(headers={"Authorization": f"Basic {given}"})[0]
        status, headers, page = self.get()
        self.assertEqual((status, headers["WWW-Authenticate"], page), (401, "Basic", "Unauthorized\n"))
        self.assertEqual(self.get("/")[0], 401)
        self.assertEqual(answer_to("alice", "secret"), 200)
        self.assertEqual(answer_to("alice", "secret"), 200)
        self.assertEqual(answer_to("alice", "wrong"), 401)
        self.assertEqual(answer_to("bob", "secret"), 401)
        self.config(f"basic_auth_users:\n  bob: {HASH}\n")
        self.assertEqual(answer_to("alice", "secret"), 401)
        self.assertEqual(answer_to("bob", "secret"), 200)
        self.config("basic_auth_users:\n  bob: secret\n")
        self.assertEqual(answer_to("bob", "secret"), 200)
        self.assertIn("no bcrypt hash", self.log())
        self.assertNotIn("secret", self.log())

    def test_broken_configs_at_the_start(self):
        self.make_authority()
        for text, why in (
                ("tls_server_config:\n  cert_file: server.pem\n", "key_file: is missing"),
                ("tls_server_config:\n  cert_file: nowhere\n  key_file: server.key\n", "cert_file"),
                ("tls_server_config:\n  cert_file: server.pem\n  key_file: ca.key\n", "key_file"),
                ("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
                 "  client_auth_type: RequireAndVerifyClientCert\n", "needs a client_ca_file"),
                ("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
                 "  client_auth_type: Perhaps\n", "web.yml:4:"),
                ("tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
                 "  cipher_suites: [ROT13]\n", "ROT13"),
                ("http_server_config:\n  headers: {\"a b\": c}\n", "a b")):
            config = self.config(text)
            done = subprocess.run([EXPORTER, f"--web.listen-address=127.0.0.1:{self.port}",
                                   f"--web.config.file={config}"], capture_output=True, text=True,
                                  timeout=20)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(why, done.stderr)


@unittest.skipUnless(shutil.which("prometheus"), "needs prometheus")
class Prometheus(Program):
    def test_takes_the_page_whole(self):
        self.start()
        page = self.get()[2]
        expected = sum(1 for line in page.splitlines() if not line.startswith("#"))
        port = free_port()
        (self.dir / "prometheus.yml").write_text(
            "scrape_configs:\n- job_name: node\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
            f"  static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]\n", encoding="utf-8")
        program = subprocess.Popen(
            ["prometheus", f"--config.file={self.dir}/prometheus.yml",
             f"--storage.tsdb.path={self.dir}/tsdb", f"--web.listen-address=127.0.0.1:{port}",
             "--log.level=warn"], stderr=subprocess.DEVNULL)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)

        def value_of(query):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={query}",
                                            timeout=5) as answer:
                    result = json.load(answer)["data"]["result"]
            except OSError:
                return None
            return float(result[0]["value"][1]) if result else None
        self.assertTrue(wait_for(lambda: value_of("up") == 1, 60), "Prometheus does not take it")
        # Disks and mounts of a busy host come and go.
        self.assertAlmostEqual(value_of("scrape_samples_scraped"), expected, delta=60)
        for name in ("node_load1", "node_forks_total", "node_vmstat_pgfault",
                     "node_exporter_build_info"):
            self.assertIsNotNone(value_of(name), name)


if __name__ == "__main__":
    EXPORTER = sys.argv.pop(1)
    unittest.main()
