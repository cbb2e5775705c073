"""A service with a socket: signs subscriptions, announces updates, and returns statuses.

The WebSocket protocol is that of the ``websockets`` library, without its I/O, so that a test can
break it at any byte.
"""

import contextlib
import json
import threading
import time

from websockets.exceptions import WebSocketException
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from .socket_server import SocketServer

APP_KEY = "depin-api-prod-key"


class PushSocket:
    """The server's end of one socket."""

    def __init__(self, server, sock, protocol, number):
        self.server = server
        self.number = number
        self._sock = sock
        self._protocol = protocol
        self._lock = threading.Lock()
        self.received = []

    def send(self, event, data=None, channel=None):
        message = {"event": event}
        if data is not None:
            message["data"] = json.dumps(data)
        if channel is not None:
            message["channel"] = channel
        self.send_text(json.dumps(message))

    def send_text(self, text):
        with self._lock:
            self._protocol.send_text(text.encode())
            self._flush()

    def send_bytes(self, content):
        """Send bytes that need not be a frame."""
        with self._lock:
            self._sock.sendall(content)

    def update(self, request_id, status="processing", progress="10.00", channel=None):
        data = {"request_id": request_id, "status": status, "progress": progress}
        self.send("request.status.updated", data, channel or self.server.channel)

    def close(self):
        with self._lock:
            self._protocol.send_close(1001)
            self._flush()

    def pump(self):
        """Respond to the frames of the client until it closes the socket."""
        while True:
            data = self._sock.recv(65_536)
            with self._lock:
                self._protocol.receive_data(data) if data else self._protocol.receive_eof()
                events = self._protocol.events_received()
                self._flush()
                ended = not data or self._protocol.close_expected()
            for event in events:
                if event.opcode is Opcode.TEXT:
                    self.on_message(json.loads(event.data))
            if ended:
                return

    def on_message(self, message):
        self.received.append(message)
        if message["event"] == "pusher:ping":
            self.send("pusher:pong")
        if message["event"] == "pusher:subscribe":
            self.server.on_subscribe(self, message["data"])

    def _flush(self):
        for chunk in self._protocol.data_to_send():
            if chunk:
                self._sock.sendall(chunk)


class PushServer(SocketServer):
    """Replace ``on_connect``, ``on_subscribe`` or ``on_authorize`` to misbehave."""

    channel = "private-client.42"
    activity_timeout = 30

    def __init__(self):
        super().__init__()
        self.statuses = {}
        self.polls = []
        self.authorizations = []
        self.sockets = []
        self.subscribed = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def serve(self, sock, number):
        # The client may close the socket at any time.
        with contextlib.suppress(WebSocketException):
            self._serve_request(sock, number)

    def _serve_request(self, sock, number):
        protocol = ServerProtocol()
        buffer = b""
        while b"\r\n\r\n" not in buffer:
            data = sock.recv(65_536)
            if not data:
                return
            buffer += data
        head, _, body = buffer.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in fields)}
        if path.startswith("/app/"):
            self._serve_socket(sock, protocol, buffer, number)
            return
        while len(body) < int(headers.get("content-length", 0)):
            data = sock.recv(65_536)
            if not data:
                return
            body += data
        self._respond(sock, *self._handle(method, path, headers, body))

    def _serve_socket(self, sock, protocol, buffer, number):
        protocol.receive_data(buffer)
        (request,) = protocol.events_received()
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        socket = PushSocket(self, sock, protocol, number)
        socket._flush()
        with self.changed:
            self.sockets.append(socket)
            self.changed.notify_all()
        self.on_connect(socket)
        socket.pump()

    def on_connect(self, socket):
        data = {"socket_id": f"1.{socket.number}", "activity_timeout": self.activity_timeout}
        socket.send("pusher:connection_established", data)

    def on_authorize(self, fields):
        return 200, {"auth": f"{APP_KEY}:signature"}

    def on_subscribe(self, socket, data):
        socket.send("pusher_internal:subscription_succeeded", {}, data["channel"])
        with self.changed:
            self.subscribed.append(socket)
            self.changed.notify_all()

    def _handle(self, method, path, headers, body):
        if path == "/broadcasting/auth":
            fields = json.loads(body)
            with self.changed:
                self.authorizations.append((headers["authorization"], fields))
                self.changed.notify_all()
            return self.on_authorize(fields)
        request_id = path.rpartition("/")[2]
        with self.changed:
            self.polls.append(request_id)
            self.changed.notify_all()
            status = self.statuses.get(request_id, {"status": "processing", "progress": 10})
        return 200, {"data": status}

    def finish(self, request_id):
        """Set the status of a job that is done."""
        with self.changed:
            self.statuses[request_id] = {
                "status": "done",
                "progress": 100,
                "result_url": f"{self.url}/results/{request_id}.png",
            }

    def wait_until(self, condition, seconds=60):
        """Wait for a condition on this server."""
        end = time.monotonic() + seconds
        with self.changed:
            while not condition():
                assert self.changed.wait(end - time.monotonic()), "the condition is not met"

    @staticmethod
    def _respond(sock, status, body):
        content = json.dumps(body).encode()
        sock.sendall(
            f"HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n".encode()
            + content
        )
