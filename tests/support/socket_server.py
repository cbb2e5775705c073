"""A threaded socket server that stops immediately and leaks neither threads nor sockets."""

import contextlib
import socket
import struct
import threading
from typing import Any

# With this option, close() sends a TCP reset.
LINGER_ZERO = struct.pack("ii", 1, 0)


class SocketServer:
    """Accepts on a free loopback port, and serves each connection in its own thread."""

    def __init__(self) -> None:
        self.connections = 0
        self.stopped = threading.Event()
        self.changed = threading.Condition()
        self._listener: socket.socket
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def serve(self, sock: socket.socket, number: int) -> None:
        """Serve one connection; `number` counts from 1."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self.spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.stopped.set()
            # A shutdown wakes the threads that are blocked in recv or send.
            for sock in self._sockets:
                shut_down(sock)
        # A connection wakes the thread that is blocked in accept.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        for thread in self._threads:
            thread.join(10)
            if thread.is_alive():
                raise RuntimeError(f"{thread.name} did not stop")

    def spawn(self, target: Any, *arguments: Any) -> None:
        """Run a function in a thread that `__exit__` waits for."""
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    @contextlib.contextmanager
    def closed_on_stop(self, sock: socket.socket) -> Any:
        """Close a socket at the end, and shut it down when the server stops."""
        with sock:
            with self.changed:
                if self.stopped.is_set():
                    raise ConnectionAbortedError
                self._sockets.add(sock)
            try:
                yield sock
            finally:
                with self.changed:
                    self._sockets.discard(sock)

    def _accept(self) -> None:
        with self._listener:
            while True:
                sock, _ = self._listener.accept()
                # Otherwise a reset may discard a response that waits for an acknowledgement.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.stopped.is_set():
                    sock.close()
                    return
                with self.changed:
                    self.connections += 1
                    number = self.connections
                    self.changed.notify_all()
                self.spawn(self._serve, sock, number)

    def _serve(self, sock: socket.socket, number: int) -> None:
        # The client may close the connection at any time.
        with contextlib.suppress(OSError):
            self.serve(sock, number)
        sock.close()


def shut_down(sock: socket.socket) -> None:
    """Shut down both directions of the TCP connection, below TLS if there is any."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def reset(sock: socket.socket) -> None:
    """End the connection with a TCP reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    sock.close()


@contextlib.contextmanager
def refusing_url() -> Any:
    """Yield a URL that refuses every connection until the context ends."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # Bound but not listening: no other process can get the port.
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@contextlib.contextmanager
def unresponsive_url() -> Any:
    """Yield a URL where connecting never completes (on Linux), because the accept queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
