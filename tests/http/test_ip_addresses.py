"""Hosts with several IP addresses: which of them a client connects to."""

import asyncio
import contextlib
import socket

import pytest

import deapi
from deapi import AsyncDeapiClient
from deapi._http import async_streams
from support.blocking_client import KEY
from support.faulty_server import FaultyServer
from support.sample_operations import BALANCE, GENERATE

HOST = "several.addresses.test"


@contextlib.contextmanager
def closed_port():
    """A port that refuses connections, because its socket does not listen."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


@pytest.fixture
def resolve_to(monkeypatch):
    """Let ``HOST`` have one IP address for each port: the ports stand for different machines."""
    look_up = socket.getaddrinfo

    def resolve_to(*ports):
        def find(host, port, *arguments, **options):
            if host != HOST:
                return look_up(host, port, *arguments, **options)
            if options.get("flags", 0) & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "not an IP address")
            return [
                (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", each))
                for each in ports
            ]

        monkeypatch.setattr("socket.getaddrinfo", find)

    return resolve_to


def test_the_next_ip_address_is_tried_if_one_refuses_connections(make_client, resolve_to):
    with closed_port() as closed, FaultyServer(BALANCE.success()) as server:
        resolve_to(closed, closed, server.port)
        assert BALANCE.succeeds(make_client(f"http://{HOST}", max_retries=0))
    assert server.connections == 1


def test_an_error_is_raised_after_all_ip_addresses_have_refused_connections(
    make_client, resolve_to
):
    with closed_port() as closed:
        resolve_to(closed, closed)
        with pytest.raises(deapi.NetworkError, match="could not connect") as caught:
            GENERATE.call(make_client(f"http://{HOST}", max_retries=0))
    assert caught.value.possibly_accepted is False


@pytest.fixture
def block_port(monkeypatch):
    """Let the async client wait indefinitely for a connection to one port."""
    connect = async_streams._connect

    def block_port(port):
        async def connect_to_others(target, options):
            if target[-1][1] == port:
                await asyncio.get_running_loop().create_future()
            return await connect(target, options)

        monkeypatch.setattr(async_streams, "_connect", connect_to_others)

    return block_port


async def other_tasks_end():
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return not others or not (await asyncio.wait(others, timeout=30))[1]


def test_an_ip_address_that_does_not_respond_does_not_delay_the_others(resolve_to, block_port):
    async def run():
        async with AsyncDeapiClient(api_key=KEY, base_url=f"http://{HOST}") as client:
            assert (await asyncio.wait_for(client.balance(), 25)).balance == BALANCE.value
            assert await other_tasks_end()

    with closed_port() as unresponsive, FaultyServer(BALANCE.success()) as server:
        resolve_to(unresponsive, server.port)
        block_port(unresponsive)
        asyncio.run(run())


def test_all_connection_attempts_end_with_the_timeout(resolve_to, block_port):
    async def run():
        options = {"api_key": KEY, "base_url": f"http://{HOST}", "max_retries": 0}
        async with AsyncDeapiClient(**options, timeout=0.1) as client:
            with pytest.raises(deapi.NetworkError, match="connect timeout"):
                await client.balance()
            assert await other_tasks_end()

    with closed_port() as unresponsive:
        resolve_to(unresponsive, unresponsive)
        block_port(unresponsive)
        asyncio.run(run())


def test_of_two_connections_that_are_made_at_once_one_is_closed(resolve_to, monkeypatch):
    connect = async_streams._connect
    made = []

    async def run():
        both_made = asyncio.Event()

        async def connect_together(target, options):
            made.append(await connect(target, options))
            sock = made[-1]
            if len(made) == 2:
                both_made.set()
            await both_made.wait()
            return sock

        monkeypatch.setattr(async_streams, "_connect", connect_together)
        async with AsyncDeapiClient(api_key=KEY, base_url=f"http://{HOST}") as client:
            assert (await client.balance()).balance == BALANCE.value
            assert sorted(sock.fileno() == -1 for sock in made) == [False, True]

    monkeypatch.setattr(async_streams, "_NEXT_ADDRESS_DELAY", 0)
    with FaultyServer(BALANCE.success()) as server:
        resolve_to(server.port, server.port)
        asyncio.run(run())


def test_ip_addresses_of_both_families_are_tried_in_turn(monkeypatch):
    def find(host, port, *_, flags=0, **__):
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not an IP address")
        families = {"v6": socket.AF_INET6, "v4": socket.AF_INET}
        return [
            (families[name[:2]], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (name, port))
            for name in ("v6 a", "v6 b", "v6 c", "v4 a", "v4 b")
        ]

    async def resolve(host, port):
        return [target[-1][0] for target in await async_streams._resolve(host, port)]

    monkeypatch.setattr("socket.getaddrinfo", find)
    assert asyncio.run(resolve(HOST, 443)) == ["v6 a", "v4 a", "v6 b", "v4 b", "v6 c"]
