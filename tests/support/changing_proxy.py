"""A proxy in front of a server, which changes its responses."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@contextlib.contextmanager
def changing_proxy(target, change):
    """Serve the responses of another server, changed. Yield the URL.

    Args:
        target: URL of the server.
        change: Called with the path of a request and the response: an `httpx.Response`. It returns
            the response to send: status, content type and body.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Otherwise each response, which is written in two parts, takes 40 ms.
        disable_nagle_algorithm = True

        def log_message(self, *_):
            """Write no log."""

        def handle_request(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in ("host", "connection", "accept-encoding")
            }
            response = client.request(self.command, self.path, content=body, headers=headers)
            status, media_type, content = change(self.path.partition("?")[0], response)
            self.send_response(status)
            for name, value in response.headers.items():
                if name.startswith("x-"):
                    self.send_header(name, value)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = handle_request  # noqa: N815 - the names of the library

    with httpx.Client(base_url=target, trust_env=False, timeout=60) as client:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
