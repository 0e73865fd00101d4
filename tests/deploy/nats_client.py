"""As much of a NATS client as it takes to make a stream and to publish."""

import json
import socket
import time


class Nats:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.lines = self.socket.makefile("rb")
        self.socket.sendall(b'CONNECT {"verbose":false}\r\nSUB answers 1\r\nPING\r\n')
        self.until(b"PONG")

    @classmethod
    def connected(cls, port, seconds=20):
        """To a server that may not listen yet."""
        end = time.monotonic() + seconds
        while True:
            try:
                return cls(port)
            except OSError:
                assert time.monotonic() < end, f"no server listens at port {port}"
                time.sleep(0.05)

    def until(self, word):
        while not (line := self.lines.readline()).startswith(word):
            assert line, "the server has closed the connection"
        return line

    def request(self, subject, body):
        self.socket.sendall(f"PUB {subject} answers {len(body)}\r\n{body}\r\n".encode())
        return json.loads(self.lines.read(int(self.until(b"MSG").split()[-1])))

    def publish(self, subject, data, count):
        self.socket.sendall(f"PUB {subject} {len(data)}\r\n{data}\r\n".encode() * count + b"PING\r\n")
        self.until(b"PONG")
