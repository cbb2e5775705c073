"""Webhook signatures: which are accepted, and how every other one is rejected."""

import base64
import hmac
import json
import pickle
import random

import pytest

import deapi
from deapi.emulator.jobs.webhooks import signature as emulator_signature
from deapi.webhook import (
    InvalidPayloadError,
    InvalidSignatureError,
    WebhookEvent,
    construct_event,
    verify_signature,
)
from support.webhook_samples import (
    BODY,
    COMPLETED,
    FAILED,
    HOSTILE_VALUES,
    NOW,
    SECRET,
    headers_of,
    representations,
    signed_arguments,
    unwrap_with,
)


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW + 0.75)


def rejection(**arguments):
    """Return the error of `verify_signature`, which `construct_event` must raise as well."""
    with pytest.raises(InvalidSignatureError) as verified:
        verify_signature(**arguments)
    with pytest.raises(InvalidSignatureError) as constructed:
        construct_event(**arguments)
    assert str(verified.value) == str(constructed.value)
    return verified.value


# -- accepted ----------------------------------------------------------------------------------


def test_a_signature_of_openssl_is_accepted():
    verify_signature(
        payload=rb'{"event":"job.completed","url":"https:\/\/x"}',
        signature="sha256=5f1a803263a58dd36ef7549e6bb01363acbd53197289d3fe40d790471a87e038",
        timestamp="1760000000",
        secret="correct horse battery staple, twice",
    )


def test_a_signature_of_the_emulator_is_accepted():
    verify_signature(**signed_arguments(signature=emulator_signature(SECRET, str(NOW), BODY)))


def test_verifying_returns_nothing():
    assert verify_signature(**signed_arguments()) is None


@pytest.mark.parametrize("convert", [bytes, bytearray, bytes.decode])
def test_the_body_may_be_bytes_or_a_string(convert):
    event = construct_event(**signed_arguments() | {"payload": convert(BODY)})
    assert event.data.result_url == COMPLETED["data"]["result_url"]


def test_a_string_is_signed_as_utf_8():
    body = json.dumps(FAILED, ensure_ascii=False).replace("silent", "müde 🤖")
    assert "müde 🤖" in construct_event(**signed_arguments(body)).data.error_message


def test_a_secret_may_contain_non_ascii_characters():
    verify_signature(**signed_arguments(secret="schlüssel 🔑"))


@pytest.mark.parametrize("age", [-300, -1, 0, 1, 300])
def test_a_timestamp_within_the_tolerance_is_accepted(age):
    verify_signature(**signed_arguments(timestamp=str(NOW + age)))


@pytest.mark.parametrize("age", [-301, 301, -(10**9), 10**15])
def test_a_timestamp_outside_the_tolerance_is_rejected(age):
    assert "clock" in str(rejection(**signed_arguments(timestamp=str(NOW + age))))


def test_errors_contain_the_key_words_of_the_vendor_s_messages():
    assert "too old" in str(rejection(**signed_arguments(timestamp=str(NOW - 301))))
    assert "in the future" in str(rejection(**signed_arguments(timestamp=str(NOW + 301))))
    for timestamp in ("soon", "", f"{NOW}.5", None):
        error = rejection(**signed_arguments() | {"timestamp": timestamp})
        assert "Invalid timestamp" in str(error)


@pytest.mark.parametrize("timestamp", ["0", "1", "99999999999999999999"])
def test_a_tolerance_of_zero_accepts_any_age(timestamp):
    valid = signed_arguments(timestamp=timestamp, tolerance=0)
    verify_signature(**valid)
    rejection(**{**valid, "payload": BODY + b" "})


def test_the_tolerance_is_in_seconds():
    verify_signature(**signed_arguments(timestamp=str(NOW - 5), tolerance=5))
    rejection(**signed_arguments(timestamp=str(NOW - 6), tolerance=5))


# -- rotation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("secrets", [["new", "old"], ("old", "new"), ["a", "b", "c", "old"]])
def test_a_signature_with_any_of_several_secrets_is_accepted(secrets):
    verify_signature(**signed_arguments(secret="old") | {"secret": secrets})


def test_a_signature_with_another_secret_is_rejected():
    rejection(**signed_arguments(secret="old") | {"secret": ["new", "newer"]})


def test_a_string_is_one_secret_and_not_one_per_character():
    rejection(**signed_arguments(secret="a") | {"secret": "abc"})


def test_every_secret_is_compared_even_after_a_match(monkeypatch):
    calls = []
    compare = hmac.compare_digest
    monkeypatch.setattr("hmac.compare_digest", lambda a, b: calls.append((a, b)) or compare(a, b))
    verify_signature(**signed_arguments(secret="first") | {"secret": ["first", "second", "third"]})
    assert len(calls) == 3
    assert all(isinstance(each, bytes) for pair in calls for each in pair)


# -- invalid arguments of the caller -----------------------------------------------------------


@pytest.mark.parametrize("secret", ["", " ", "\n", [], (), ["good", ""], ["", "good"], "\ud800"])
def test_an_empty_or_unencodable_secret_is_a_value_error(secret):
    for function in (verify_signature, construct_event):
        with pytest.raises(ValueError, match="secret"):
            function(**signed_arguments(signature=None) | {"secret": secret})
    with pytest.raises(ValueError, match="secret"):
        unwrap_with(None, secret=secret)


@pytest.mark.parametrize("secret", [None, 5, b"bytes", bytearray(b"x"), [None], [b"x"], {"a"}, {}])
def test_a_secret_of_the_wrong_type_is_a_type_error(secret):
    for function in (verify_signature, construct_event):
        with pytest.raises(TypeError, match="secret"):
            function(**signed_arguments(signature=None) | {"secret": secret})
    if secret is not None:  # the default
        with pytest.raises(TypeError, match="secret"):
            unwrap_with(None, secret=secret)


@pytest.mark.parametrize(
    ("tolerance", "error"),
    [
        *[(number, ValueError) for number in (-1, -300)],
        *[(value, TypeError) for value in (True, 1.5, "300", None, float("nan"), float("inf"))],
    ],
)
def test_an_invalid_tolerance_is_a_value_error_or_type_error(tolerance, error):
    for function in (verify_signature, construct_event):
        with pytest.raises(error, match="tolerance"):
            function(**signed_arguments(signature=None, tolerance=tolerance))
    with pytest.raises(error, match="tolerance"):
        unwrap_with(None, tolerance=tolerance)


def test_an_invalid_secret_is_not_shown_in_its_error():
    for secret in ["hunter2 \ud800", ["hunter2 \ud800"]]:
        with pytest.raises(ValueError, match="secret") as caught:
            verify_signature(**signed_arguments() | {"secret": secret})
        assert "hunter2" not in representations(caught.value)


# -- hostile requests --------------------------------------------------------------------------


SIGNATURES = {
    "no prefix": lambda valid: valid.removeprefix("sha256="),
    "another prefix": lambda valid: valid.replace("sha256", "sha1"),
    "the prefix in capitals": lambda valid: valid.replace("sha", "SHA"),
    "only the prefix": lambda valid: "sha256=",
    "the prefix twice": lambda valid: "sha256=" + valid,
    "capitals": lambda valid: "sha256=" + valid[7:].upper(),
    "too short": lambda valid: valid[:-1],
    "too long": lambda valid: valid + "0",
    "white space before": lambda valid: " " + valid,
    "white space after": lambda valid: valid + " ",
    "a line break after": lambda valid: valid + "\n",
    "a null after": lambda valid: valid + "\0",
    "a lone surrogate after": lambda valid: valid + "\ud800",
    "two values": lambda valid: f"{valid}, {valid}",
    "base64": lambda valid: "sha256=" + base64.b64encode(bytes.fromhex(valid[7:])).decode(),
    "digits of another script": lambda valid: "sha256=" + "\u0661" * 64,
    "full-width letters": lambda valid: valid.replace("a", "\uff41") + "\uff41",
    "another digest": lambda valid: "sha256=" + "0" * 64,
    "bytes": lambda valid: valid.encode(),
}

TIMESTAMPS = {
    "negative": f"-{NOW}",
    "with a sign": f"+{NOW}",
    "a float": f"{NOW}.0",
    "with an exponent": "176e7",
    "not a number": "nan",
    "infinite": "inf",
    "with underscores": "1_760_000_000",
    "hexadecimal": hex(NOW),
    "white space before": f" {NOW}",
    "white space after": f"{NOW} ",
    "a line break after": f"{NOW}\n",
    "Arabic digits": "".join(chr(0x660 + int(digit)) for digit in str(NOW)),
    "superscript digits": "\u00b9" * 10,
    "full-width digits": "".join(chr(0xFF10 + int(digit)) for digit in str(NOW)),
    "longer than int() accepts": "1" * 5000,
    "very many zeros": "0" * 5000 + str(NOW),
    "a date": "2025-10-09T08:53:20+00:00",
    "a null": f"{NOW}\0",
    "two values": f"{NOW}, {NOW}",
}


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
@pytest.mark.parametrize("name", ["payload", "signature", "timestamp"])
@pytest.mark.parametrize("tolerance", [0, 300])
def test_any_hostile_value_of_any_argument_is_rejected(name, value, tolerance):
    rejection(**signed_arguments(tolerance=tolerance) | {name: value})


@pytest.mark.parametrize("change", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_only_the_exact_form_of_a_signature_is_accepted(change):
    valid = signed_arguments()
    rejection(**valid | {"signature": change(valid["signature"])})


@pytest.mark.parametrize("timestamp", TIMESTAMPS.values(), ids=TIMESTAMPS.keys())
@pytest.mark.parametrize("tolerance", [0, 300])
def test_a_malformed_timestamp_is_rejected_even_if_it_is_signed(timestamp, tolerance):
    assert "X-DeAPI-Timestamp" in str(
        rejection(**signed_arguments(timestamp=timestamp, tolerance=tolerance))
    )


def test_moving_the_boundary_between_timestamp_and_body_is_rejected():
    first = signed_arguments(b"123.456", timestamp="1", tolerance=0)
    verify_signature(**first)
    rejection(**first | {"timestamp": "1.123", "payload": b"456"})


def test_combinations_of_hostile_values_are_rejected():
    rng = random.Random(7)
    valid = signed_arguments()
    pools = {name: [*HOSTILE_VALUES, valid[name]] for name in ("payload", "signature", "timestamp")}
    for _ in range(2000):
        values = {name: rng.choice(pool) for name, pool in pools.items()}
        if any(values[name] is not valid[name] for name in values):
            rejection(**valid | values, tolerance=rng.choice([0, 300]))


def test_a_body_with_any_flipped_bit_is_rejected():
    valid = signed_arguments()
    for position in range(len(BODY) * 8):
        altered = bytearray(BODY)
        altered[position // 8] ^= 1 << position % 8
        with pytest.raises(InvalidSignatureError):
            verify_signature(**valid | {"payload": bytes(altered)})


@pytest.mark.parametrize("name", ["signature", "timestamp"])
def test_a_header_with_any_changed_character_is_rejected(name):
    valid = signed_arguments(tolerance=0)
    for position, old in enumerate(valid[name]):
        for new in "0123456789abcdefABCDEF=.- \n\u0661":
            if new != old:
                altered = valid[name][:position] + new + valid[name][position + 1 :]
                rejection(**valid | {name: altered})


def test_random_bytes_are_rejected():
    rng = random.Random(11)
    for _ in range(500):
        noise = rng.randbytes(rng.randrange(100))
        rejection(**signed_arguments() | {"payload": noise})
        for name in ("signature", "timestamp"):
            rejection(**signed_arguments() | {name: noise.decode("latin-1")})


def test_reserialized_json_is_rejected_with_a_hint():
    error = rejection(**signed_arguments() | {"payload": json.dumps(json.loads(BODY))})
    assert "re-serialised" in str(error)
    error = rejection(**signed_arguments() | {"payload": json.loads(BODY)})
    assert "raw body" in str(error)
    assert "dict" in str(error)


def test_an_unsigned_webhook_is_rejected_with_a_hint():
    assert "unsigned" in str(rejection(**signed_arguments(signature="")))


def test_an_unverified_body_is_not_parsed(monkeypatch):
    def fail(*arguments, **options):
        raise AssertionError("the body was parsed")

    monkeypatch.setattr("json.loads", fail)
    monkeypatch.setattr(WebhookEvent, "model_validate_json", fail)
    monkeypatch.setattr(WebhookEvent, "model_validate", fail)
    rejection(**signed_arguments() | {"payload": BODY + b" "})
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers_of(signed_arguments()), payload=BODY + b" ")
    with pytest.raises(AssertionError, match="was parsed"):
        construct_event(**signed_arguments())


def test_an_invalid_header_is_rejected_before_the_body_is_hashed(monkeypatch):
    monkeypatch.setattr("hmac.new", lambda *arguments: pytest.fail("the body was hashed"))
    unsigned = {"payload": BODY, "signature": "sha256=" + "0" * 64, "timestamp": str(NOW)}
    for change in ({"signature": "sha256=x"}, {"timestamp": "x"}, {"timestamp": "1"}):
        with pytest.raises(InvalidSignatureError):
            verify_signature(**unsigned | change, secret=SECRET)


# -- errors ------------------------------------------------------------------------------------


def test_an_error_shows_neither_the_secret_nor_the_signature_nor_the_values():
    valid = signed_arguments()
    for error in (
        rejection(**valid | {"payload": b"attacker's value"}),
        rejection(**valid | {"payload": "attacker's value \ud800"}),
        rejection(**valid | {"signature": "attacker's value"}),
        rejection(**valid | {"timestamp": "attacker's value"}),
    ):
        text = representations(error)
        assert SECRET not in text
        assert valid["signature"][7:] not in text
        assert "attacker" not in text


def test_the_errors_are_deapi_errors_and_can_be_pickled():
    assert issubclass(InvalidSignatureError, deapi.DeapiError)
    assert issubclass(InvalidPayloadError, deapi.DeapiError)
    error = rejection(**signed_arguments(signature=""))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert InvalidSignatureError().message
    assert InvalidSignatureError("mine").message == "mine"
