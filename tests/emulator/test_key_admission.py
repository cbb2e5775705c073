"""What a key has to be to open the account, and how many may."""

from __future__ import annotations

import datetime

import httpx
import pytest

from deapi.emulator import Emulator

FULL = "active_key_limit_reached"


def later(made, hours):
    created = datetime.datetime.fromisoformat(made["created_at"])
    return (created + datetime.timedelta(hours=hours)).isoformat()


def change(api, made, **fields):
    return api.call_v2("PATCH", f"keys/{made['id']}", fields)


def fill(api, count):
    for _ in range(count):
        api.make_key()


def test_a_key_does_not_become_the_hundred_and_first_by_a_later_end(api):
    ended = api.make_key()
    change(api, ended, expires_at=later(ended, 1))
    api.emulator.advance(7200)
    fill(api, 99)
    for expires_at in (None, later(ended, 5)):
        assert change(api, ended, expires_at=expires_at).json()["code"] == FULL
    assert api.call_v2("GET", f"keys/{ended['id']}").json()["data"]["status"] == "expired"


def test_a_change_that_makes_no_key_active_needs_no_room(api):
    ended, revoked = api.make_key(), api.make_key()
    change(api, ended, expires_at=later(ended, 1), active=False)
    change(api, revoked, active=False)
    api.emulator.advance(7200)
    fill(api, 99)
    assert change(api, ended, active=True).status_code == 200
    assert change(api, revoked, active=True, expires_at=later(revoked, 1)).status_code == 200
    assert change(api, revoked, expires_at=None).json()["code"] == FULL
    made = api.make_key(expires_at=later(revoked, 1))
    assert made["status"] == "expired"


@pytest.mark.parametrize("given", ["dpn-sk-5|abc", " 5|abc "])
def test_the_first_key_may_be_given_as_the_gateway_takes_it(given):
    with Emulator(api_key=given) as emulator:
        url = f"{emulator.url}/api/v2/key"
        for secret in ("5|abc", "dpn-sk-5|abc"):
            answer = httpx.get(url, headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 200
            assert answer.json()["data"]["id"] == 5
        with emulator.client() as client:
            assert client.balance().balance == 100


def test_a_deleted_key_is_unknown(api):
    made = api.make_key()
    api.call_v2("DELETE", f"keys/{made['id']}")
    refused = api.call_v2("GET", "key", key=made["secret"])
    assert refused.status_code == 401
    assert refused.json() == {"message": "Unauthenticated.", "code": "invalid_key"}


def test_an_address_is_refused_within_the_quota(serve):
    api = serve(plan="basic", speed=1)
    secret = api.make_key(ip_whitelist=["203.0.113.9"])["secret"]
    answers = [api.image(secret) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert answers[0].json()["code"] == "ip_not_allowed"
    remaining = [answer.headers["x-ratelimit-remaining"] for answer in answers]
    assert remaining == ["2", "1", "0", "0"]
    (key, _) = api.call_v2("GET", "keys").json()["data"]
    assert key["last_used_at"] is None


def test_strangers_that_are_held_back_are_told_of_the_quota_too(serve):
    api = serve(plan="basic", speed=1)
    secret = api.make_key(ip_whitelist=["203.0.113.9"])["secret"]
    answers = [api.call_v2("GET", "models", key=secret) for _ in range(11)]
    assert answers[-1].headers["x-ratelimit-type"] == "ip-not-allowed"
    assert answers[-1].headers["x-ratelimit-remaining"] == "289"
