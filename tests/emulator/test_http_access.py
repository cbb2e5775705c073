from __future__ import annotations

import httpx
import pytest


def with_key(api, key):
    headers = {} if key is None else {"Authorization": key}
    return httpx.get(f"{api.emulator.url}/api/v1/client/balance", headers=headers)


def test_the_key_opens_the_account(api):
    assert with_key(api, f"Bearer {api.emulator.api_key}").json() == {"data": {"balance": 100.0}}


def test_the_gateway_prefix_of_the_key_is_tolerated(api):
    assert with_key(api, f"Bearer dpn-sk-{api.emulator.api_key}").status_code == 200


@pytest.mark.parametrize("key", [None, "", "Bearer", "Basic abc"])
def test_a_missing_key_is_a_401_that_says_so(api, key):
    answer = with_key(api, key)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthenticated.", "code": "missing_key"}


def test_a_wrong_key_is_a_401_without_rate_limit_headers(api):
    answer = with_key(api, "Bearer 9|nobody")
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_key"
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


def test_an_unknown_path_is_a_json_404_that_names_it(api):
    answer = api.get("utilities/balance")
    assert answer.status_code == 404
    assert answer.json() == {
        "message": "The route api/v1/client/utilities/balance could not be found."
    }


def test_a_wrong_method_is_a_json_405_with_the_allowed_ones(api):
    answer = api.get("txt2img")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert "GET method is not supported" in answer.json()["message"]


def test_an_unknown_job_is_a_json_404(api):
    answer = api.get("request-status/5f0c2f0e-7a55-4c0e-9d0e-0f3a3f1f6b11")
    assert answer.status_code == 404
    assert answer.json() == {"message": "No query results for the requested resource."}
    assert "x-ratelimit-limit" in answer.headers


def test_a_suspended_account_gets_403_before_validation_and_still_prices(api):
    api.emulator.suspended = True
    refused = api.post("txt2img", {})
    assert refused.status_code == 403
    assert refused.json()["message"].startswith("Client account is suspended.")
    assert api.get("balance").status_code == 403
    assert api.post("txt2img/price-calculation", {}).status_code == 422
    api.emulator.suspended = False
    assert api.get("balance").status_code == 200


def test_the_key_is_checked_before_quota_quota_before_suspension(serve):
    api = serve(plan="basic")
    api.emulator.suspended = True
    wrong = {"Authorization": "Bearer 9|nobody"}
    for _ in range(5):
        assert api.post("txt2img", {}, headers=wrong).status_code == 401
    statuses = [api.generate().status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]


def test_validation_comes_before_the_balance(api):
    api.emulator.balance = 0
    assert "balance" not in api.generate(prompt=None).json()["errors"]
    assert "balance" in api.generate().json()["errors"]


def test_a_request_over_75_mb_is_refused_by_its_length(api):
    answer = api.post("txt2img", content=b"x" * (75 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert set(answer.json()) == {"message"}
    assert api.get("balance").status_code == 200


def test_a_chunked_request_over_75_mb_is_refused_while_it_is_read(api):
    chunks = (b"x" * 1024 * 1024 for _ in range(77))
    answer = api.post("txt2img", content=chunks)
    assert answer.status_code == 413


def test_the_records_show_what_was_sent(api, png):
    api.generate()
    picture = png()
    files = [("images[]", ("one.png", picture, "image/png")), ("images[]", ("two.png", picture))]
    api.form("img2img", files, model="Flux_2_Klein_4B_BF16", prompt="a", steps="4", seed="1")
    generated, edited = api.emulator.requests
    assert (generated.method, generated.operation) == ("POST", "txt2img")
    assert generated.path == "/api/v1/client/txt2img"
    assert generated.fields["width"] == 512
    assert generated.headers["content-type"] == "application/json"
    assert generated.status == 200
    assert edited.fields["steps"] == "4"
    first, second = edited.fields["images[]"]
    assert (first.filename, first.content_type, first.size) == (
        "one.png",
        "image/png",
        len(picture),
    )
    assert first.sha256 == second.sha256
