"""Mapping of unsuccessful responses to exceptions, whatever the body."""

import pickle
from datetime import datetime, timezone

import pytest

import deapi
from deapi import (
    AccountSuspendedError,
    AuthenticationError,
    DeapiError,
    EndpointGoneError,
    InsufficientBalanceError,
    InvalidResponseError,
    InvalidSignatureError,
    JobFailedError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SpendLimitError,
    ValidationError,
    types,
)
from deapi._config import configure
from deapi._core.calls import call
from deapi._core.catalogue import Catalogue
from deapi._core.errors import SentRequest, error_from_response
from deapi._core.request import Request
from deapi._version import USER_AGENT
from deapi.types import JobResult
from support.fake_driver import FakeDriver, response
from support.operations import CREATE_KEY, GENERATE

BODIES = {
    "empty": b"",
    "null": None,
    "a list": [],
    "a list of strings": ["no"],
    "a string": "no",
    "a number": 7,
    "an empty object": {},
    "a truncated object": b'{"message": "no',
    "html": b"<!doctype html><title>502 Bad\nGateway</title><p>cloudflare",
    "not UTF-8": b"\xff\xfe\x00caf\xe9",
    "deep": b"[" * 100_000,
    "a huge number": b'{"message": ' + b"9" * 10_000 + b"}",
    "a lone surrogate": b'{"message": "\\ud800 no"}',
    "terminal codes": b'{"message": "\\u001b[31mred"}',
    "a message that is an object": {"message": {"text": "no"}},
    "a message that is empty": {"message": "  "},
    "errors as a list": {"message": "no", "errors": ["first", {"field": "x"}]},
    "errors as PHP's empty object": {"message": "no", "errors": []},
    "errors as a string": {"message": "no", "errors": "no"},
    "errors that are null": {"message": "no", "errors": {"width": None, "height": 7}},
    "errors without a message": {"errors": {"width": [None, ["x"]]}},
    "an error of another framework": {"error": {"message": "no", "type": "x"}},
    "an error that is a string": {"error": "no"},
    "a code that is a number": {"message": "no", "code": 7},
    "a page of 3 MB": b"<html>" + b"x" * 3_000_000,
}
ERROR_CLASSES = {
    302: InvalidResponseError,
    400: DeapiError,
    401: AuthenticationError,
    402: SpendLimitError,
    403: AccountSuspendedError,
    404: NotFoundError,
    405: DeapiError,
    408: DeapiError,
    410: EndpointGoneError,
    413: PayloadTooLargeError,
    418: DeapiError,
    422: ValidationError,
    429: RateLimitError,
    500: ServerError,
    502: ServerError,
    503: ServerError,
    520: ServerError,
    599: ServerError,
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", ERROR_CLASSES)
def test_no_body_breaks_the_mapping_of_a_status(status, body):
    error = error_from_response(response(status, BODIES[body]))
    blocked = status == 403 and body in ("html", "a page of 3 MB")
    assert type(error) is (PermissionDeniedError if blocked else ERROR_CLASSES[status])
    assert isinstance(error.message, str)
    assert 0 < len(error.message) < 2000
    assert error.message.isprintable()
    assert str(error) == error.message
    assert f"HTTP {status}" in error.message
    assert error.status_code == status
    assert error.body is None or isinstance(error.body, dict)
    assert error.code is None or isinstance(error.code, str)
    assert error.response.status_code == status


def test_an_html_page_is_described_by_its_title():
    assert "'502 Bad Gateway'" in str(error_from_response(response(502, BODIES["html"])))


def test_a_title_is_found_in_upper_case_and_over_several_lines():
    page = b"<HTML><TITLE class=x>\n503 Service\nUnavailable\n</TITLE>"
    assert "an HTML page, '503 Service Unavailable'." in str(
        error_from_response(response(503, page))
    )


def test_a_page_of_unclosed_titles_is_described_without_a_long_search():
    error = error_from_response(response(502, b"<title>" * 400_000))
    assert str(error).startswith("an HTML page without a title. (HTTP 502")


EDGE_PAGES = {
    "plain error": b"error code: 1010",
    "error page": b"<!DOCTYPE html><title>Access denied | api.deapi.ai used Cloudflare</title>"
    b"<h1>Error <span>1020</span></h1>",
    "challenge": b"<!DOCTYPE html><html><head><title>Just a \x6doment...</title></head><script>",
    "nginx": b"<html>\r\n<head><title>403 Forbidden</title></head><body><center>nginx",
    "varnish": b'<?xml version="1.0"?><!DOCTYPE html><html><title>403 Denied</title>Varnish',
    "no title": b"<html><body><p>blocked</p>",
}


@pytest.mark.parametrize("page", EDGE_PAGES)
def test_a_page_of_the_edge_says_that_the_request_was_blocked(page):
    headers = {"content-type": "text/html; charset=UTF-8"}
    error = error_from_response(response(403, EDGE_PAGES[page], headers))
    assert type(error) is PermissionDeniedError
    assert "the edge in front of the API blocked the request" in str(error)
    assert "nothing was charged" in str(error)
    assert f"User-Agent ({USER_AGENT})" in str(error)
    assert "<" not in str(error)
    assert len(str(error)) < 400


@pytest.mark.parametrize("status", [403, 429, 503])
@pytest.mark.parametrize(("page", "number"), [("plain error", "1010"), ("error page", "1020")])
def test_the_number_of_an_error_of_the_edge_is_shown(status, page, number):
    error = error_from_response(response(status, EDGE_PAGES[page]))
    assert f"Error {number} of Cloudflare." in str(error)
    assert "blocked the request" in str(error)


def test_a_challenge_of_the_edge_is_recognized_by_its_header():
    headers = {"cf-mitigated": "challenge", "content-type": "text/html"}
    error = error_from_response(response(503, b"<html><p>wait", headers))
    assert type(error) is ServerError
    assert "blocked the request" in str(error)


@pytest.mark.parametrize("status", [502, 504, 524])
def test_a_failure_of_the_edge_does_not_say_that_nothing_was_charged(status):
    error = error_from_response(response(status, BODIES["html"]))
    assert "sent by the edge in front of the API" in str(error)
    assert "charged" not in str(error)


def test_a_page_that_is_not_found_suggests_base_url():
    page = b"<!doctype html><title>404 Not Found</title>"
    error = error_from_response(response(404, page))
    assert type(error) is NotFoundError
    assert "Check base_url" in str(error)


def test_a_path_that_the_api_does_not_have_suggests_base_url():
    body = {"message": "The route api/v1/client/api/v1/client/balance could not be found."}
    error = error_from_response(response(404, body))
    assert type(error) is NotFoundError
    assert "the API does not have this path. Check base_url." in str(error)
    missing_job = error_from_response(response(404, {"message": "No query results."}))
    assert "base_url" not in str(missing_job)


def test_an_api_error_that_mentions_a_block_is_not_a_page():
    error = error_from_response(response(403, {"message": "Access denied, error code: 1010"}))
    assert type(error) is AccountSuspendedError


@pytest.mark.timeout(30)
def test_a_page_of_incomplete_tags_is_searched_in_linear_time():
    error_from_response(response(403, b"<html>error" + b"<a" * 60_000))
    error_from_response(response(403, b"<html>" + b"error<>" * 20_000))


@pytest.mark.parametrize("body", [b"", b" \r\n "])
def test_a_blank_body_is_an_empty_response(body):
    assert str(error_from_response(response(500, body))) == "an empty response. (HTTP 500)"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "The real reason."}}),
        (400, {"error": "The real reason."}),
        (400, {"message": "  ", "error": "The real reason."}),
        (422, {"message": None, "error": {"message": ""}, "errors": ["The real reason."]}),
    ],
)
def test_the_first_message_that_is_not_blank_is_shown(status, body):
    error = error_from_response(response(status, body))
    assert str(error).startswith(f"The real reason. (HTTP {status}")


def test_an_empty_code_is_none():
    assert error_from_response(response(500, {"message": "No.", "code": ""})).code is None


def test_a_validation_error_names_every_field():
    body = {
        "message": "The width field must be at least 512. (and 1 more error)",
        "errors": {
            "width": ["The width field must be at least 512."],
            "steps": ["The steps field is required."],
        },
    }
    error = error_from_response(response(422, body))
    assert error.errors == body["errors"]
    assert " Also: steps: The steps field is required. (HTTP 422" in str(error)
    assert str(error).count("must be at least 512") == 1
    assert "nothing was charged" in str(error)


def test_a_validation_error_without_a_message_is_parsed():
    error = error_from_response(response(422, {"prompt": ["The prompt field is required."]}))
    assert error.errors == {"prompt": ["The prompt field is required."]}
    assert "The prompt field is required." in str(error)


@pytest.mark.parametrize("body", [{"message": "No.", "errors": []}, {"message": "No.", "x": ["y"]}])
def test_a_validation_error_with_only_a_message_has_no_field_errors(body):
    error = error_from_response(response(422, body))
    assert error.errors == {}
    assert str(error).startswith("No. (HTTP 422")


def test_the_errors_of_fields_are_truncated_and_printable():
    errors = {"width": ["first"], "prompt": ["a\x1b[31m\n" * 10_000]}
    error = error_from_response(response(422, {"message": "first", "errors": errors}))
    assert "Also: prompt: a" in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Not enough balance.", "errors": {"balance": ["Not enough balance."]}},
        {"message": "Not enough.", "code": "insufficient_balance"},
        {"errors": {"balance": "Not enough balance."}},
    ],
)
def test_a_low_balance_is_an_insufficient_balance_error(body):
    error = error_from_response(response(422, body))
    assert type(error) is InsufficientBalanceError
    assert "Top up the account" in str(error)


@pytest.mark.parametrize("code", ["insufficient_permissions", "ip_not_allowed"])
def test_a_missing_permission_is_not_a_suspended_account(code):
    error = error_from_response(response(403, {"message": "No.", "code": code}))
    assert type(error) is PermissionDeniedError
    assert error.code == code


def test_an_ip_address_that_is_not_allowed_has_advice_about_the_allowlist():
    error = error_from_response(response(403, {"message": "No.", "code": "ip_not_allowed"}))
    assert "Add the address to the key's IP allowlist" in str(error)


def test_an_unknown_code_of_a_403_is_not_a_suspended_account():
    error = error_from_response(response(403, {"message": "No.", "code": "region_not_allowed"}))
    assert type(error) is PermissionDeniedError


def test_the_code_account_suspended_is_a_suspended_account():
    body = {"message": "Client account is suspended.", "code": "account_suspended"}
    assert type(error_from_response(response(403, body))) is AccountSuspendedError


@pytest.mark.parametrize(
    "body",
    [
        {"message": "No.", "code": "ACCOUNT_SUSPENDED"},
        {"message": "This account is Suspended.", "code": "forbidden"},
        {"message": "No."},
    ],
)
def test_a_suspension_is_recognized_by_the_code_or_the_message_in_any_case(body):
    assert type(error_from_response(response(403, body))) is AccountSuspendedError


def test_too_many_active_keys_is_a_validation_error_with_advice():
    error = error_from_response(
        response(422, {"message": "No.", "code": "active_key_limit_reached"})
    )
    assert type(error) is ValidationError
    assert "Revoke or delete one first." in str(error)


def test_the_message_of_a_failed_job_is_truncated_and_printable():
    fields = {"error_code": "X\x1b[31m", "error_reason": "r", "error_message": "m\n" * 1_000_000}
    result = JobResult.model_validate({"status": "error", **fields})
    with pytest.raises(JobFailedError) as caught:
        result.raise_for_error()
    assert len(str(caught.value)) < 2000
    assert str(caught.value).isprintable()
    assert caught.value.result is not None
    assert caught.value.result.error_message == fields["error_message"]


def test_a_removed_endpoint_names_its_successor():
    body = {
        "message": "This endpoint has been removed.",
        "successor": "/api/v2/prompts/enhancements",
        "documentation": "https://docs.example/x",
    }
    error = error_from_response(response(410, body))
    assert (error.successor, error.documentation) == (body["successor"], body["documentation"])
    assert body["successor"] in str(error)
    assert body["documentation"] in str(error)
    assert "client.prompts.enhance() with api_version='v2'" in str(error)


def test_the_location_of_a_redirect_is_truncated_and_printable():
    location = "https://x.example/\x1b[31m\n" + "y" * 10_000
    error = error_from_response(response(302, b"", {"location": location}))
    assert "it leads to https://x.example/" in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 1000


def test_a_redirect_without_a_location_is_described():
    assert "Check base_url; it has no location)" in str(error_from_response(response(302, b"")))


def test_an_unknown_successor_is_named_in_the_message():
    error = error_from_response(response(410, {"message": "Gone.", "successor": "/api/v9/wonders"}))
    assert "Its successor is /api/v9/wonders, which accepts the same API key." in str(error)


def test_a_rate_limit_error_has_the_type_of_the_limit():
    error = error_from_response(response(429, {"message": "Stop."}, {"x-ratelimit-type": "daily"}))
    assert error.limit_type == "daily"


SPEND_LIMIT = {
    "message": "This API key has reached its spend limit of $5.00.",
    "code": "key_limit_exceeded",
    "limit": 5,
    "used": 5.25,
    "remaining": 0,
    "resets_at": "2026-10-05T02:00:00+02:00",
}


def test_a_spend_limit_error_has_the_amounts_and_the_reset_time():
    error = error_from_response(response(402, SPEND_LIMIT))
    assert type(error) is SpendLimitError
    assert (error.code, error.limit, error.used, error.remaining) == (
        "key_limit_exceeded",
        5,
        5.25,
        0,
    )
    assert error.resets_at == datetime(2026, 10, 5, tzinfo=timezone.utc)
    assert "spend limit of $5.00" in str(error)
    assert "It resets at 2026-10-05 02:00:00+02:00." in str(error)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


@pytest.mark.parametrize(
    "value", ["2026-10-05T00:00:00Z", "2026-10-05T00:00:00.000000Z", "2026-10-05T00:00:00"]
)
def test_the_reset_time_of_a_spend_limit_is_parsed_in_any_form_of_utc(value):
    error = error_from_response(response(402, {**SPEND_LIMIT, "resets_at": value}))
    assert error.resets_at == datetime(2026, 10, 5, tzinfo=timezone.utc)


def test_the_amounts_of_a_spend_limit_may_be_strings():
    error = error_from_response(response(402, {**SPEND_LIMIT, "limit": "5.00", "used": "5"}))
    assert (error.limit, error.used) == (5.0, 5.0)


def test_a_spend_limit_may_have_no_reset_time():
    assert error_from_response(response(402, {**SPEND_LIMIT, "resets_at": None})).resets_at is None


@pytest.mark.parametrize("value", ["much", "", True, [5], {"usd": 5}, None, 10**400])
@pytest.mark.parametrize("name", ["limit", "used", "remaining", "resets_at"])
def test_an_invalid_field_of_a_spend_limit_is_none_and_the_others_are_kept(name, value):
    error = error_from_response(response(402, {**SPEND_LIMIT, name: value}))
    valid = error_from_response(response(402, SPEND_LIMIT))
    for other in ("limit", "used", "remaining", "resets_at"):
        expected = None if other == name else getattr(valid, other)
        assert getattr(error, other) == expected


@pytest.mark.parametrize("body", BODIES)
def test_a_spend_limit_error_without_fields_has_only_none(body):
    error = error_from_response(response(402, BODIES[body]))
    assert (error.limit, error.used, error.remaining, error.resets_at) == (None,) * 4


def test_every_public_exception_is_a_deapi_error():
    assert issubclass(InsufficientBalanceError, ValidationError)
    for name in deapi.__all__:
        value = getattr(deapi, name)
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, DeapiError)


@pytest.mark.parametrize("status", ERROR_CLASSES)
def test_errors_survive_pickling(status):
    error = error_from_response(
        response(status, {"message": "No.", "errors": {"a": ["b"]}, "code": "c"})
    )
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)


def test_the_constructors_are_those_of_the_vendors_sdk():
    error = DeapiError("text", status_code=418, body={"a": 1})
    assert (error.message, error.status_code, error.body) == ("text", 418, {"a": 1})
    assert ValidationError("text", errors={"a": ["b"]}).errors == {"a": ["b"]}
    limit = RateLimitError("text", retry_after=5.0, limit_type="daily")
    assert (limit.retry_after, limit.limit_type) == (5.0, "daily")
    assert SpendLimitError("text").limit is None
    assert str(InvalidSignatureError())
    assert str(InvalidSignatureError("other")) == "other"


@pytest.mark.parametrize("key", ["done", "test", "1|job"])
def test_redacting_a_short_api_key_does_not_change_the_parsed_result(key):
    driver = FakeDriver(
        [response(body={"data": {"request_id": "test-1|job-done"}})], {"api_key": key}
    )
    result = driver.run(call(driver.context, GENERATE))
    assert result.request_id == "test-1|job-done"


def test_an_api_key_is_parsed_unchanged_and_redacted_in_errors():
    key = "123|a-key-of-the-usual-length"
    driver = FakeDriver([response(body={"data": {"request_id": key}})], {"api_key": key})
    assert driver.run(call(driver.context, GENERATE)).request_id == key

    driver = FakeDriver([response(422, {"message": f"Not with {key}.", "errors": {"a": [key]}})])
    driver.context.config = configure(environ={}, api_key=key)
    with pytest.raises(ValidationError) as caught:
        driver.run(call(driver.context, GENERATE))
    assert key not in f"{caught.value!r} {vars(caught.value)!r} {caught.value.response.content!r}"


def test_an_appended_hint_is_in_str_repr_and_args():
    driver = FakeDriver([response(502, {"message": "Bad gateway."})])
    with pytest.raises(ServerError) as caught:
        driver.run(call(driver.context, GENERATE))
    for form in (str(caught.value), repr(caught.value), caught.value.args[0]):
        assert "may have been accepted" in form


@pytest.mark.parametrize("status", [422, 500])
def test_the_body_of_an_error_is_truncated_before_it_is_kept(status):
    driver = FakeDriver([response(status, b"x" * 3_000_000)], {"max_retries": 0})
    with pytest.raises(DeapiError) as caught:
        driver.run(call(driver.context, GENERATE))
    assert len(caught.value.response.content) == 131_072


def test_an_invalid_success_is_truncated_before_it_is_kept():
    driver = FakeDriver([response(200, b"x" * 3_000_000)])
    with pytest.raises(InvalidResponseError) as caught:
        driver.run(call(driver.context, GENERATE))
    assert caught.value.possibly_accepted
    assert len(caught.value.response.content) == 131_072


@pytest.mark.timeout(20)  # the search for new keys took hours on a megabyte of digits
@pytest.mark.parametrize("content", [b"1" * 131_000, b'"secret":"' + b"\\" * 131_000])
def test_the_search_for_new_keys_takes_linear_time(content):
    driver = FakeDriver([response(500, content)], {"api_version": "v2", "max_retries": 0})
    with pytest.raises(ServerError):
        driver.run(call(driver.context, CREATE_KEY))


MODELS = [
    {
        "slug": "Flux1schnell",
        "name": "FLUX.1 Schnell",
        "inference_types": ["txt2img"],
        "info": {"limits": {"min_width": 256, "max_width": 2048, "resolution_step": 128}},
    },
    {
        "slug": "Kokoro",
        "inference_types": ["txt2audio"],
        "info": {"limits": {"output_formats": ["mp3"], "available_ratios": [24000]}},
        "languages": [
            {"slug": "en-us", "voices": [{"slug": "af_bella"}, {"slug": "af_sky"}]},
            {"slug": "it", "voices": [{"slug": "if_sara"}]},
        ],
    },
]


def sent(fields, models=(), renames=(), operation="images.generate"):
    catalogue = Catalogue()
    catalogue.record(types.ModelsResponse.model_validate({"data": list(models)}))
    return SentRequest(operation, fields, dict(renames), catalogue)


def rejection(errors, **request):
    body = {"message": "No.", "errors": {name: ["Rejected."] for name in errors}}
    return str(error_from_response(response(422, body), sent(**request)))


FIELDS = {"model": "Kokoro", "lang": "en-uk", "voice": "af_bela", "format": "wav", "width": 99}


@pytest.mark.parametrize(
    ("field", "fields", "expected"),
    [
        (
            "model",
            {"model": "flux"},
            "The request had model='flux'. Did you mean 'Flux1schnell'? (HTTP 422",
        ),
        ("model", {"model": "zzz"}, "model='zzz'. Use client.models.iterate() to list all models."),
        ("model", FIELDS, "model='Kokoro'. Kokoro has the inference types txt2audio."),
        (
            "lang",
            FIELDS,
            "lang='en-uk'. Did you mean 'en-us'? Kokoro accepts lang 'en-us', 'it'. (HTTP",
        ),
        ("voice", FIELDS, "Kokoro accepts voice 'af_bella', 'af_sky', 'if_sara'."),
        ("voice", {**FIELDS, "lang": "it"}, "Kokoro accepts voice 'if_sara'."),
        ("format", FIELDS, "format='wav'. Kokoro accepts format 'mp3'."),
        (
            "width",
            {**FIELDS, "model": "Flux1schnell"},
            "width=99. Flux1schnell accepts width from 256 to 2048 in steps of 128.",
        ),
        ("width", FIELDS, "The request had width=99. (HTTP 422"),
    ],
)
def test_a_validation_error_has_the_value_and_what_the_model_accepts(field, fields, expected):
    assert expected in rejection([field], fields=fields, models=MODELS)


def test_a_validation_error_without_a_fetched_catalogue_has_the_value():
    message = rejection(["format", "model"], fields=FIELDS)
    assert "The request had format='wav', model='Kokoro'. Use client.models.iterate()" in message


def test_a_value_is_named_like_the_argument():
    fields = {"video_url": "https://v.example/x.mp4?token=hidden"}
    message = rejection(["source_url"], fields=fields, renames={"video_url": "source_url"})
    assert "The request had video_url='https://v.example/x.mp4?…'." in message
    assert "hidden" not in message


def test_a_nested_value_is_found():
    fields = {"loras": [{"name": "x", "weight": -1}]}
    assert "The request had loras[0][weight]=-1." in rejection(["loras.0.weight"], fields=fields)
    for path in ("loras.9.weight", "loras.x", "loras.0.name.x", "loras." + "9" * 5000, "other", ""):
        assert "The request" not in rejection([path], fields=fields)


def test_a_long_prompt_is_not_quoted():
    message = rejection(["prompt"], fields={"prompt": "a private prompt " * 100})
    assert "The request had prompt=<1,700 characters>." in message
    assert "private" not in message


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "a rate limit is exceeded; nothing"),
        ({"x-ratelimit-type": "minute"}, "the limit per minute for images.generate() is exceeded"),
        (
            {"x-ratelimit-type": "daily", "x-ratelimit-source": "model"},
            "the daily limit for images.generate() with model 'Kokoro' is exceeded; nothing",
        ),
        ({"x-ratelimit-type": "key-creation"}, "the limit for creating keys is exceeded"),
        ({"x-ratelimit-type": "{0.x}"}, "the limit '{0.x}' for images.generate() is exceeded"),
    ],
)
def test_a_rate_limit_error_names_the_limit(headers, expected):
    body = {"message": "Too Many Attempts."}
    error = error_from_response(response(429, body, headers), sent(FIELDS))
    assert f"(HTTP 429: {expected}" in str(error)


def test_a_secret_of_the_request_is_not_in_a_message():
    secret = "s" * 40
    key = "1|the-key-in-the-wrong-argument"
    fields = {**GENERATE.fields, "webhook_secret": secret, "negative_prompt": f"x {key}"}
    body = {"message": "No."}
    for name in ("webhook_secret", "negative_prompt"):
        body["errors"] = {name: ["Rejected."], "model": ["Rejected."]}
        driver = FakeDriver([response(422, body)], {"api_version": "v2", "api_key": key})
        with pytest.raises(ValidationError) as caught:
            driver.run(call(driver.context, Request(GENERATE.operation, fields)))
        assert "The request had model='Flux1schnell'." in str(caught.value)
        assert secret not in str(caught.value)
        assert key not in str(caught.value)
