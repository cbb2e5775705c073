"""Requests that web pages of other sites send are rejected."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "attacker.example:8787"},
        {"Host": "127.0.0.1.attacker.example"},
        {"Host": "localhost.attacker.example"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
)
def test_a_request_of_another_site_is_rejected_and_nothing_is_done(v1, headers):
    response = v1.post("txt2img", {"prompt": "a fox"}, headers=headers)
    assert response.status_code == 403
    assert "allowed_hosts" in response.json()["message"]
    assert v1.emulator.requests[0].fields == {}
    assert v1.emulator.jobs == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost"},
        {"Host": "LOCALHOST:1"},
        {"Host": "deapi.localhost"},
        {"Host": "[::1]:8787"},
        {"Host": "192.168.1.7:8787"},
        {"Host": "emulator:8787"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://emulator"},
    ],
)
def test_names_of_this_machine_ip_addresses_and_allowed_hosts_are_served(start_emulator, headers):
    api = start_emulator(allowed_hosts=["Emulator"])
    assert api.get("balance", headers=headers).status_code == 200


def test_a_result_link_has_the_host_of_the_request(v1):
    headers = {"Host": "deapi.localhost:99"}
    request_id = v1.generate().json()["data"]["request_id"]
    job = v1.get(f"request-status/{request_id}", headers=headers).json()["data"]
    assert job["result_url"].startswith("http://deapi.localhost:99/results/")
