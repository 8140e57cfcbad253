"""Goal: whatever strangers and a compromised node send, agent, helper and installer answer or hang
up, live on, and keep their memory.
Method: the built programs, best with sanitizers; seeded mutations of valid messages over HTTP, TLS,
WebSocket and the helper's socket. Usage: malformed.py BIN_DIR [COUNT] [SEED]
"""

import base64
import concurrent.futures
import itertools
import json
import os
import pathlib
import random
import socket
import ssl
import struct
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from stack import Failure, Stack, wait_for  # noqa: E402

PATIENCE_SECONDS = 15
VALID_HTTP = [
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0.5, *;q=0\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"POST /joist.v1.Agent/Join HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b'Content-Length: 30\r\n\r\n{"endpoint":"a:1","token":"t"}',
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
    b"GET /session HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
]
# HelperRequest{probe{name:"loop0" diskseq:7}}, and the frames of a session: hello, delta, heartbeat.
VALID_HELPER = [b"\x0a\x09\x0a\x05loop0\x10\x07", b"\x0a\x06\x0a\x04sda1", b""]
VALID_FRAMES = [
    b"\x0a\x10\x0a\x06boot-1\x12\x06epoch1",
    b"\x12\x0a\x08\x01\x1a\x06\x0a\x04host",
    b"\x1a\x04\x08\x01\x12\x00",
]


def mutate(rng, valid):
    data = bytearray(rng.choice(valid))
    for _ in range(rng.randint(1, 6)):
        kind = rng.randrange(6)
        at = rng.randrange(len(data) + 1)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            del data[at:at + rng.randint(1, 16)]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randint(1, 32))
        elif kind == 3:
            data[at:at] = data[:at][-rng.randint(1, 64):] * rng.randint(1, 8)
        elif kind == 4:
            data[at:at] = rng.choice([b"\r\n", b"\0", b"\xff" * 9, b"%n%s", b"9" * 40, b": "])
        else:
            data[at:at] = bytes([rng.randrange(256)]) * rng.choice([1, 100, 9000, 70000])
    return bytes(data)


def exchange(stream, data):
    """Sends, ends sending, and reads until the other side hangs up. Returns the first bytes."""
    stream.settimeout(PATIENCE_SECONDS)
    first = b""
    try:
        stream.sendall(data)
        if isinstance(stream, ssl.SSLSocket):
            stream.unwrap()
        else:
            stream.shutdown(socket.SHUT_WR)
        while chunk := stream.recv(65536):
            first = first or chunk[:64]
    except TimeoutError as error:
        raise Failure(f"no end within {PATIENCE_SECONDS} s of {data[:200]!r}") from error
    except (OSError, ssl.SSLError):
        pass  # cut off: the server's right
    return first


def attack_http(address, data, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.connect(address)
        answer = exchange(stream, data)
    if answer and not answer.startswith(b"HTTP/1.1 "):
        raise Failure(f"{data[:200]!r} was answered {answer!r}")


def attack_helper(path, data):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stream:
        stream.settimeout(PATIENCE_SECONDS)
        stream.connect(str(path))
        try:
            stream.send(data)
            stream.recv(65536)
        except TimeoutError as error:
            raise Failure(f"the helper does not answer {data[:100]!r}") from error
        except OSError:
            pass  # refused, or larger than the kernel sends


class Intruder:
    """A node with a certificate of its own, as a compromised host would have."""

    def __init__(self, stack):
        self.port = stack.installer_port
        key = stack.dir / "intruder.key"
        self._run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-outform", "DER",
                  "-out", stack.dir / "intruder.csr", "-subj", "/CN=ignored")
        token = stack.ctl_json("token", "create")["text"].split(".")
        request = {
            "token_id": token[2], "token_secret": token[3], "host": {"name": "intruder"},
            "certificate_request": base64.b64encode(
                (stack.dir / "intruder.csr").read_bytes()).decode(),
        }
        answer = self._post("/joist.v1.Enrolment/Enroll", request)
        certificate = stack.dir / "intruder.pem"
        certificate.write_text(ssl.DER_cert_to_PEM_cert(base64.b64decode(answer["certificate"])))
        self.tls = self._context()
        self.tls.load_cert_chain(certificate, key)

    @staticmethod
    def _run(*argv):
        subprocess.run([str(word) for word in argv], check=True, capture_output=True)

    @staticmethod
    def _context():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def _post(self, path, message):
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", json.dumps(message).encode(),
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=self._context()) as answer:
            return json.load(answer)

    def connect(self, with_certificate=True):
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)
        context = self.tls if with_certificate else self._context()
        return context.wrap_socket(plain)

    def upgraded(self):
        """A session. One certificate has few places; those of ended sessions have to come back."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            stream = self.connect()
            stream.sendall(VALID_HTTP[4])
            answer = b""
            while b"\r\n\r\n" not in answer and (chunk := stream.recv(4096)):
                answer += chunk
            if answer.startswith(b"HTTP/1.1 101 "):
                return stream
            stream.close()
            if not answer.startswith(b"HTTP/1.1 503 ") or time.monotonic() > deadline:
                raise Failure(f"no upgrade: {answer[:200]!r}")
            time.sleep(0.01)

    def attack_session(self, rng):
        with self.upgraded() as stream:
            exchange(stream, b"".join(self._frame(rng) for _ in range(rng.randint(1, 4))))

    @staticmethod
    def _frame(rng):
        payload = rng.choice(VALID_FRAMES) if rng.random() < 0.2 else mutate(rng, VALID_FRAMES)
        first = 0x82 if rng.random() < 0.7 else rng.randrange(256)
        length = len(payload)
        if rng.random() < 0.1:
            length = rng.choice([0, 125, 126, 65535, 65536, 1 << 20, (1 << 63) - 1, 1 << 63])
        mask = rng.randbytes(4) if rng.random() < 0.9 else b""
        flag = 0x80 if mask else 0
        if length < 126:
            head = struct.pack("!BB", first, flag | length)
        elif length < 65536:
            head = struct.pack("!BBH", first, flag | 126, length)
        else:
            head = struct.pack("!BBQ", first, flag | 127, length)
        masked = payload
        if mask:
            masked = bytes(byte ^ key for byte, key in zip(payload, itertools.cycle(mask)))
        return head + mask + masked


def in_parallel(count, attack):
    """Runs attack(rng) `count` times, each with a generator of its own seed."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for done in pool.map(attack, (random.Random(SEED + i) for i in range(count)), chunksize=64):
            del done


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def attack_all(stack, intruder, count):
    agent = ("127.0.0.1", stack.metrics_port)
    installer = ("127.0.0.1", stack.installer_port)

    def tls_without_certificate(rng):
        with intruder.connect(with_certificate=False) as stream:
            exchange(stream, mutate(rng, VALID_HTTP))

    attacks = [
        ("HTTP to the agent", count, lambda rng: attack_http(agent, mutate(rng, VALID_HTTP))),
        ("HTTP to the agent's socket", count // 4, lambda rng: attack_http(
            str(stack.agent_socket), mutate(rng, VALID_HTTP), socket.AF_UNIX)),
        ("requests to the helper", count, lambda rng: attack_helper(
            stack.helper_socket, mutate(rng, VALID_HELPER))),
        ("bytes to the installer's TLS port", count // 4, lambda rng: attack_http_quietly(
            installer, rng.randbytes(rng.randint(1, 600)))),
        ("HTTPS to the installer", count // 4, tls_without_certificate),
        ("WebSocket frames to the installer", count, intruder.attack_session),
    ]
    for name, times, attack in attacks:
        in_parallel(times, attack)
        print(f"{times:>7} {name}", flush=True)


def attack_http_quietly(address, data):
    """Where TLS is spoken, an answer is an alert, not HTTP."""
    with socket.create_connection(address, PATIENCE_SECONDS) as stream:
        exchange(stream, data)


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    with Stack(sys.argv[1]) as stack:
        stack.start_installer()
        stack.start_helper(idle_seconds=0)
        stack.start_agent()
        stack.join()
        pids = {"agent": stack.agent.pid, "helper": stack.helper.pid,
                "installer": stack.installer.pid}
        intruder = Intruder(stack)
        attack_all(stack, intruder, count // 100)  # so that caches and pools have their size
        before = {name: resident_kib(pid) for name, pid in pids.items()}
        attack_all(stack, intruder, count)

        for name, program in (("agent", stack.agent), ("helper", stack.helper),
                              ("installer", stack.installer)):
            if program.pid != pids[name] or program.poll() is not None:
                raise Failure(f"the {name} ended:\n{stack.log_of(name)[-4000:]}")
            grown = resident_kib(program.pid) - before[name]
            print(f"{name} lives on, grown by {grown} KiB")
            # The sanitizers' quarantine and shadow grow by themselves.
            if grown > 4096 and not os.environ.get("JOIST_SANITIZED"):
                raise Failure(f"the {name} kept {grown} KiB")
        with urllib.request.urlopen(stack.metrics_url + "/healthz", timeout=10) as answer:
            print("agent:", answer.read().decode().strip())
        wait_for("the agent is connected", stack.agent_connected, seconds=90)
    print("malformed: 0 failed")


SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261122
if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"malformed.py: {failure} (seed {SEED})")
