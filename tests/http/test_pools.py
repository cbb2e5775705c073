"""Pools of HTTP clients: how requests are spread, a fork, and the caller's own client."""

import asyncio
import contextlib
import os

import httpx
import pytest

from deapi import DeapiError
from deapi._http.aio import AsyncConnections
from deapi._http.pools import ClientPool
from deapi._http.sync import SyncConnections

OWN_CLIENTS = [(SyncConnections, httpx.Client), (AsyncConnections, httpx.AsyncClient)]


def test_a_client_is_added_only_if_all_others_are_busy():
    pool = ClientPool(object)
    first, second = pool.acquire(), pool.acquire()
    assert first is not second
    pool.release(first)
    assert pool.acquire() is first
    assert pool.clients == [first.client, second.client]


def test_at_the_maximum_the_least_busy_client_is_shared():
    pool = ClientPool(object, max_clients=3)
    clients = [pool.acquire() for _ in range(7)]
    assert len(pool.clients) == 3
    assert [client.active for client in clients[:3]] == [3, 2, 2]
    pool.release(clients[0])
    pool.release(clients[0])
    assert pool.acquire() is clients[0]


@pytest.mark.parametrize("connections_class", [SyncConnections, AsyncConnections])
def test_a_pool_has_at_most_64_clients(connections_class):
    connections = connections_class()
    connections.new_client = object
    pool = connections.new_pools().calls
    for _ in range(70):
        pool.acquire()
    assert len(pool.clients) == 64


@pytest.mark.parametrize(("connections_class", "client_class"), OWN_CLIENTS)
def test_the_callers_own_client_is_the_only_one_of_its_pool(connections_class, client_class):
    own = client_class()
    pool = connections_class(own).new_pools().calls
    assert [pool.acquire().client for _ in range(3)] == [own, own, own]
    assert pool.clients == [own]


def in_a_loop(function):
    """Return a function's value, called inside an event loop."""

    async def run():
        return function()

    return asyncio.run(run())


@pytest.mark.parametrize("connections_class", [SyncConnections, AsyncConnections])
def test_a_child_process_replaces_its_connections_once(connections_class, monkeypatch):
    def use():
        connections = connections_class()
        inherited = connections.pools()
        assert connections.pools() is inherited
        monkeypatch.setattr(os, "getpid", lambda: -1)
        replaced = connections.pools()
        assert replaced is not inherited
        assert connections.pools() is replaced
        references = getattr(connections, "_inherited", None)
        assert inherited in (connections._pools if references is None else references.values())

    in_a_loop(use)


@pytest.mark.parametrize(("connections_class", "client_class"), OWN_CLIENTS)
def test_the_callers_own_client_is_not_used_in_a_child_process(
    connections_class, client_class, monkeypatch
):
    connections = connections_class(client_class())
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(DeapiError, match="created before the process forked"):
        in_a_loop(connections.pools)


def test_the_callers_own_client_is_rejected_on_a_second_event_loop():
    connections = AsyncConnections(httpx.AsyncClient())

    async def pool():
        return connections.pools()

    with contextlib.closing(asyncio.new_event_loop()) as first:
        used = first.run_until_complete(pool())
        with pytest.raises(DeapiError, match="in use on another event loop"):
            in_a_loop(connections.pools)
        assert first.run_until_complete(pool()) is used


def test_the_async_client_requires_a_running_event_loop():
    with pytest.raises(DeapiError, match="inside a running asyncio event loop") as caught:
        AsyncConnections().pools()
    assert caught.value.__cause__ is None


def test_a_client_that_is_created_while_its_pool_is_closed_is_rejected():
    def create():
        assert pool.close() == []
        return object()

    pool = ClientPool(create)
    with pytest.raises(DeapiError, match="has been closed"):
        pool.acquire()
    assert pool.clients == []


@pytest.mark.parametrize(("connections_class", "client_class"), OWN_CLIENTS)
def test_downloads_have_their_own_pool_unless_the_caller_has_passed_an_http_client(
    connections_class, client_class
):
    own = connections_class().new_pools()
    assert own.calls is not own.downloads
    callers = connections_class(client_class()).new_pools()
    assert callers.calls is callers.downloads


def test_a_retired_client_is_closed_after_its_last_request():
    discarded = []
    pool = ClientPool(object, discarded.append, max_clients=1)
    first, second = pool.acquire(), pool.acquire()
    assert first is second
    pool.retire(first)
    pool.retire(first)
    assert pool.acquire() is not first
    pool.release(first)
    assert discarded == []
    pool.release(second)
    assert discarded == [first.client]


@pytest.mark.parametrize(("connections_class", "client_class"), OWN_CLIENTS)
def test_the_callers_own_client_is_never_retired(connections_class, client_class):
    http_client = client_class()
    pool = connections_class(http_client).new_pools().calls
    pooled = pool.acquire()
    pool.retire(pooled)
    pool.release(pooled)
    assert pool.acquire() is pooled
    assert not http_client.is_closed
