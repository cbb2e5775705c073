"""The sockets and the cookies of the HTTP clients that both clients create."""

import gc
import http.cookiejar
import socket

import pytest

from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE


def sockets_connected_to(server):
    """Return the open client sockets of this process that are connected to a server."""
    found = []
    for value in gc.get_objects():
        # Not isinstance(), which asks lazy objects of other packages for their class.
        if issubclass(type(value), socket.socket) and value.fileno() != -1:
            try:
                peer = value.getpeername()
            except OSError:
                continue
            if peer == ("127.0.0.1", server.port):
                found.append(value)
    return found


KEEP_ALIVE_OPTIONS = [
    ("SOL_SOCKET", "SO_KEEPALIVE", 1),
    ("IPPROTO_TCP", "TCP_KEEPIDLE", 60),
    ("IPPROTO_TCP", "TCP_KEEPINTVL", 30),
    ("IPPROTO_TCP", "TCP_KEEPCNT", 4),
]


@pytest.mark.parametrize(("level", "name", "value"), KEEP_ALIVE_OPTIONS)
def test_tcp_keep_alive_is_enabled(make_client, level, name, value):
    if not hasattr(socket, name):
        pytest.skip(f"this system has no {name}")
    with FaultyServer(BALANCE.success()) as server:
        assert BALANCE.succeeds(make_client(server.url))
        (connected,) = sockets_connected_to(server)
        option = connected.getsockopt(getattr(socket, level), getattr(socket, name))
    assert option == value


def test_cookies_are_neither_stored_nor_sent(make_client):
    cookie = ("Set-Cookie", "deapi-test-session=abc; Path=/")
    response = behaviors.respond(200, {"data": BALANCE.response_data}, headers=[cookie])
    with FaultyServer(response) as server:
        client = make_client(server.url)
        for _ in range(2):
            assert BALANCE.succeeds(client)
        stored = [
            value
            for value in gc.get_objects()
            if issubclass(type(value), http.cookiejar.Cookie) and value.name == "deapi-test-session"
        ]
        assert stored == []
    assert len(server.requests) == 2
    assert [request.header("Cookie") for request in server.requests] == [None, None]
