"""An emulator without network sockets, for test suites that forbid them."""

from __future__ import annotations

import socket
import threading

import pytest

from deapi import NetworkError
from deapi.emulator import Emulator

GENERATION = {
    "prompt": "a fox",
    "model": "Flux1schnell",
    "width": 256,
    "height": 256,
    "steps": 4,
    "seed": 1,
}


@pytest.fixture
def in_process(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("a connection to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    with Emulator(sockets=False, polls_per_state=0) as emulator:
        yield emulator


def test_both_clients_submit_upload_and_download(in_process, run_in_both_clients, tmp_path):
    async def use(client, wait):
        job = await wait(client.images.generate(**GENERATION))
        await wait(job.save(tmp_path / "a.png"))
        upscaled = await wait(
            client.images.upscale(image=tmp_path / "a.png", model="RealESRGAN_x4")
        )
        await wait(upscaled.save(tmp_path / "b.png"))

    run_in_both_clients(in_process, use)
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert len(in_process.jobs) == 2


def test_the_repr_of_a_client_has_the_name_of_its_public_class(in_process):
    with in_process.client() as client:
        assert repr(client).startswith("DeapiClient(")
    assert repr(in_process.async_client()).startswith("AsyncDeapiClient(")


def test_threads_share_one_client(in_process):
    with in_process.client() as client:
        threads = [threading.Thread(target=client.balance) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert [request.status for request in in_process.requests] == [200] * 8


def test_a_dropped_connection_is_a_network_error(in_process):
    in_process.inject_fault(operation="images.generate", drop=True, accepted=True)
    with in_process.client() as client, pytest.raises(NetworkError) as caught:
        client.images.generate(**GENERATION)
    assert caught.value.possibly_accepted
    assert len(in_process.jobs) == 1


def test_webhooks_are_only_recorded(in_process):
    with in_process.client() as client:
        client.images.generate(**GENERATION, webhook_url="https://127.0.0.1/hook").wait()
    assert {delivery.status for delivery in in_process.wait_for_webhooks(2)} == {None}


def test_the_thread_ends_and_a_client_of_a_stopped_emulator_fails():
    emulator = Emulator(sockets=False)
    with emulator:
        client = emulator.client(max_retries=0)
        assert client.balance().balance == 100
    assert "deapi-emulator" not in {thread.name for thread in threading.enumerate()}
    with client, pytest.raises(NetworkError):
        client.balance()
