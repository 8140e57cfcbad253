"""Commands, answers and events as lines of JSON over a Unix socket: QMP and the guest agent."""

import json
import socket
import time


class CommandFailed(Exception):
    """The other side said no."""


class Channel:
    def __init__(self, path, seconds):
        """Connects as soon as there is something to connect to."""
        until = time.monotonic() + seconds
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                self._socket.close()
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        self._received = b""
        self._events = []

    def close(self):
        self._socket.close()

    def send_bytes(self, data):
        self._socket.sendall(data)

    def receive(self, seconds):
        """The next message, of any kind. Raises TimeoutError, or EOFError when the other ended."""
        until = time.monotonic() + seconds
        while b"\n" not in self._received:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            piece = self._socket.recv(1 << 20)
            if not piece:
                raise EOFError("the machine is gone")
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line.lstrip(b"\xff"))

    def command(self, name, arguments=None, seconds=60):
        message = {"execute": name}
        if arguments:
            message["arguments"] = arguments
        self.send_bytes(json.dumps(message).encode() + b"\n")
        while True:
            answer = self.receive(seconds)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise CommandFailed(f"{name}: {answer['error'].get('desc')}")
            self._events.append(answer)

    def await_event(self, name, matches, seconds=30):
        """Events that came with earlier answers count too. Takes what it returns out of them."""
        until = time.monotonic() + seconds
        while True:
            for event in self._events:
                if event.get("event") == name and matches(event.get("data", {})):
                    self._events.remove(event)
                    return event
            self._events.append(self.receive(until - time.monotonic()))
