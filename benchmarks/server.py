"""A small, fast server with fixed responses. It discards uploads and serves files of zeros.

It runs in a separate process, so that the CPU time of the measuring process is only that of the
client. ``Server()`` starts and stops it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import subprocess
import sys
import tempfile

# Seconds before a response under /slow/.
SLOW = 0.3

# Headers of the responses under /limited/: limits that are never reached.
_LIMITS = b"".join(
    b"x-ratelimit-%b%b: 1000000\r\n" % (window, name)
    for window in (b"", b"daily-")
    for name in (b"limit", b"remaining")
)

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

# Numbers of jobs.
_NUMBERS = itertools.count()

# Shared by all connections, because received data is parsed or discarded immediately.
_BUFFER = memoryview(bytearray(1024 * 1024))


class Connection(asyncio.BufferedProtocol):
    """One connection, with one request at a time."""

    def connection_made(self, transport):
        self.transport = transport
        self.received = b""
        self.remaining = 0
        self.tasks = set()

    def get_buffer(self, sizehint):
        return _BUFFER

    def buffer_updated(self, count):
        if self.remaining:
            self.remaining -= count
        else:
            self.received += _BUFFER[:count]
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self.received, 0, end)
            self.remaining = (int(length[1]) if length else 0) - (len(self.received) - end - 4)
        if self.remaining <= 0:
            path, self.received, self.remaining = self.received.split(b" ", 2)[1], b"", 0
            if path.startswith(b"/slow/"):
                asyncio.get_running_loop().call_later(SLOW, self.respond, path)
            else:
                self.respond(path)

    def respond(self, path):
        if path.startswith(b"/file/"):
            task = asyncio.ensure_future(self.send_file(int(path.rpartition(b"/")[2])))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
            return
        if path.endswith(b"/balance"):
            data = {"balance": 12.5}
        elif b"/request-status/" in path:
            # The ID of a job ends in the size of its result in bytes.
            host, port = self.transport.get_extra_info("sockname")
            size = re.split(b"[/-]", path)[-1].decode()
            data = {"status": "done", "result_url": f"http://{host}:{port}/file/{size}"}
        elif path.endswith(b"/price-calculation"):
            data = {"price": 0.001}
        else:
            data = {"request_id": f"5f5e7d8a-9b1c-4c8e-{next(_NUMBERS):012d}-1000"}
        body = json.dumps({"data": data}).encode()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b"
            % (_LIMITS if path.startswith(b"/limited/") else b"", len(body), body)
        )

    async def send_file(self, size):
        with tempfile.TemporaryFile() as file:
            file.truncate(size)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: %d\r\n\r\n" % size
            )
            await asyncio.get_running_loop().sendfile(self.transport, file, 0, size)


class Server:
    """Run the server in a separate process for the duration of the ``with`` block."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server"], stdout=subprocess.PIPE, text=True
        )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *exc_info):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


async def main():
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
