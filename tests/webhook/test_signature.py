"""The signature of a webhook: what is accepted, what is refused, and that nothing else happens."""

import base64
import hmac
import json
import pickle
import random

import pytest

import deapi
from deapi.emulator.webhooks import signature as emulator_signature
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
    everything_about,
    headers_of,
    signed_arguments,
    unwrap_with,
)


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW + 0.75)


def refusal(**arguments):
    """The one refusal that all three functions give to these arguments."""
    with pytest.raises(InvalidSignatureError) as verified:
        verify_signature(**arguments)
    with pytest.raises(InvalidSignatureError) as constructed:
        construct_event(**arguments)
    assert str(verified.value) == str(constructed.value)
    return verified.value


# -- what is accepted --------------------------------------------------------------------------


def test_a_signature_made_by_openssl_is_good():
    verify_signature(
        payload=rb'{"event":"job.completed","url":"https:\/\/x"}',
        signature="sha256=5f1a803263a58dd36ef7549e6bb01363acbd53197289d3fe40d790471a87e038",
        timestamp="1760000000",
        secret="correct horse battery staple, twice",
    )


def test_a_signature_made_by_the_emulator_is_good():
    verify_signature(**signed_arguments(signature=emulator_signature(SECRET, str(NOW), BODY)))


def test_verifying_returns_nothing():
    assert verify_signature(**signed_arguments()) is None


@pytest.mark.parametrize("kind", [bytes, bytearray, bytes.decode])
def test_the_body_may_be_bytes_or_text(kind):
    event = construct_event(**signed_arguments() | {"payload": kind(BODY)})
    assert event.data.result_url == COMPLETED["data"]["result_url"]


def test_text_outside_ascii_is_signed_as_utf8():
    body = json.dumps(FAILED, ensure_ascii=False).replace("silent", "müde 🤖")
    assert "müde 🤖" in construct_event(**signed_arguments(body)).data.error_message


def test_a_secret_outside_ascii_works():
    verify_signature(**signed_arguments(secret="schlüssel 🔑"))


@pytest.mark.parametrize("old", [-300, -1, 0, 1, 300])
def test_a_timestamp_within_the_tolerance_is_accepted(old):
    verify_signature(**signed_arguments(timestamp=str(NOW + old)))


@pytest.mark.parametrize("old", [-301, 301, -(10**9), 10**15])
def test_a_timestamp_too_far_in_the_past_or_the_future_is_refused(old):
    assert "clock" in str(refusal(**signed_arguments(timestamp=str(NOW + old))))


@pytest.mark.parametrize("timestamp", ["0", "1", "99999999999999999999"])
def test_a_tolerance_of_zero_accepts_any_age_but_no_other_signature(timestamp):
    good = signed_arguments(timestamp=timestamp, tolerance=0)
    verify_signature(**good)
    refusal(**{**good, "payload": BODY + b" "})


def test_the_tolerance_is_in_seconds():
    verify_signature(**signed_arguments(timestamp=str(NOW - 5), tolerance=5))
    refusal(**signed_arguments(timestamp=str(NOW - 6), tolerance=5))


# -- rotation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("secrets", [["new", "old"], ("old", "new"), ["a", "b", "c", "old"]])
def test_any_of_several_secrets_may_have_signed(secrets):
    verify_signature(**signed_arguments(secret="old") | {"secret": secrets})


def test_a_secret_that_is_not_among_them_is_refused():
    refusal(**signed_arguments(secret="old") | {"secret": ["new", "newer"]})


def test_a_text_is_one_secret_and_not_one_for_each_of_its_letters():
    refusal(**signed_arguments(secret="a") | {"secret": "abc"})


def test_every_secret_is_tried_even_after_one_fits(monkeypatch):
    calls = []
    compare = hmac.compare_digest
    monkeypatch.setattr("hmac.compare_digest", lambda a, b: calls.append((a, b)) or compare(a, b))
    verify_signature(**signed_arguments(secret="first") | {"secret": ["first", "second", "third"]})
    assert len(calls) == 3
    assert all(isinstance(each, bytes) for pair in calls for each in pair)


# -- the caller's own mistakes -----------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", " ", "\n", [], (), ["good", ""], ["", "good"], "\ud800"])
def test_an_empty_or_impossible_secret_is_a_value_error(secret):
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
    with pytest.raises(TypeError, match="secret"):
        unwrap_with(None, secret=secret)


@pytest.mark.parametrize(
    ("tolerance", "error"),
    [
        *[(number, ValueError) for number in (-1, -300)],
        *[(wrong, TypeError) for wrong in (True, 1.5, "300", None, float("nan"), float("inf"))],
    ],
)
def test_an_impossible_tolerance_is_the_callers_mistake(tolerance, error):
    for function in (verify_signature, construct_event):
        with pytest.raises(error, match="tolerance"):
            function(**signed_arguments(signature=None, tolerance=tolerance))
    with pytest.raises(error, match="tolerance"):
        unwrap_with(None, tolerance=tolerance)


def test_a_bad_secret_is_not_repeated_in_its_error():
    for secret in ["hunter2 \ud800", ["hunter2 \ud800"]]:
        with pytest.raises(ValueError, match="secret") as caught:
            verify_signature(**signed_arguments() | {"secret": secret})
        assert "hunter2" not in everything_about(caught.value)


# -- what strangers send -----------------------------------------------------------------------


SIGNATURES = {
    "no prefix": lambda good: good.removeprefix("sha256="),
    "another prefix": lambda good: good.replace("sha256", "sha1"),
    "the prefix in capitals": lambda good: good.replace("sha", "SHA"),
    "only the prefix": lambda good: "sha256=",
    "the prefix twice": lambda good: "sha256=" + good,
    "capitals": lambda good: "sha256=" + good[7:].upper(),
    "too short": lambda good: good[:-1],
    "too long": lambda good: good + "0",
    "white space before": lambda good: " " + good,
    "white space after": lambda good: good + " ",
    "a line break after": lambda good: good + "\n",
    "a null after": lambda good: good + "\0",
    "a lone surrogate after": lambda good: good + "\ud800",
    "two of them": lambda good: f"{good}, {good}",
    "base64": lambda good: "sha256=" + base64.b64encode(bytes.fromhex(good[7:])).decode(),
    "digits of another script": lambda good: "sha256=" + "\u0661" * 64,
    "full-width letters": lambda good: good.replace("a", "\uff41") + "\uff41",
    "another digest": lambda good: "sha256=" + "0" * 64,
    "bytes": lambda good: good.encode(),
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
    "longer than int() takes": "1" * 5000,
    "very many zeros": "0" * 5000 + str(NOW),
    "a date": "2025-10-09T08:53:20+00:00",
    "a null": f"{NOW}\0",
    "two of them": f"{NOW}, {NOW}",
}


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
@pytest.mark.parametrize("name", ["payload", "signature", "timestamp"])
@pytest.mark.parametrize("tolerance", [0, 300])
def test_anything_at_all_in_any_place_is_refused(name, value, tolerance):
    refusal(**signed_arguments(tolerance=tolerance) | {name: value})


@pytest.mark.parametrize("change", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_only_the_exact_form_of_a_signature_is_accepted(change):
    good = signed_arguments()
    refusal(**good | {"signature": change(good["signature"])})


@pytest.mark.parametrize("timestamp", TIMESTAMPS.values(), ids=TIMESTAMPS.keys())
@pytest.mark.parametrize("tolerance", [0, 300])
def test_an_odd_timestamp_is_refused_even_when_it_is_signed(timestamp, tolerance):
    assert "X-DeAPI-Timestamp" in str(
        refusal(**signed_arguments(timestamp=timestamp, tolerance=tolerance))
    )


def test_a_body_cannot_lend_its_beginning_to_the_timestamp():
    first = signed_arguments(b"123.456", timestamp="1", tolerance=0)
    verify_signature(**first)
    refusal(**first | {"timestamp": "1.123", "payload": b"456"})


def test_combinations_of_hostile_values_are_refused():
    chance = random.Random(7)
    good = signed_arguments()
    pools = {name: [*HOSTILE_VALUES, good[name]] for name in ("payload", "signature", "timestamp")}
    for _ in range(2000):
        drawn = {name: chance.choice(pool) for name, pool in pools.items()}
        if any(drawn[name] is not good[name] for name in drawn):
            refusal(**good | drawn, tolerance=chance.choice([0, 300]))


def test_no_altered_bit_of_a_body_gets_through():
    good = signed_arguments()
    for position in range(len(BODY) * 8):
        altered = bytearray(BODY)
        altered[position // 8] ^= 1 << position % 8
        with pytest.raises(InvalidSignatureError):
            verify_signature(**good | {"payload": bytes(altered)})


@pytest.mark.parametrize("name", ["signature", "timestamp"])
def test_no_altered_character_of_a_header_gets_through(name):
    good = signed_arguments(tolerance=0)
    for position, old in enumerate(good[name]):
        for new in "0123456789abcdefABCDEF=.- \n\u0661":
            if new != old:
                altered = good[name][:position] + new + good[name][position + 1 :]
                refusal(**good | {name: altered})


def test_random_bytes_are_refused():
    chance = random.Random(11)
    for _ in range(500):
        noise = chance.randbytes(chance.randrange(100))
        refusal(**signed_arguments() | {"payload": noise})
        for name in ("signature", "timestamp"):
            refusal(**signed_arguments() | {name: noise.decode("latin-1")})


def test_json_that_was_parsed_and_written_again_is_refused_with_a_hint():
    error = refusal(**signed_arguments() | {"payload": json.dumps(json.loads(BODY))})
    assert "re-serialised" in str(error)
    error = refusal(**signed_arguments() | {"payload": json.loads(BODY)})
    assert "raw body" in str(error)
    assert "dict" in str(error)


def test_an_unsigned_webhook_is_refused_with_a_hint():
    assert "unsigned" in str(refusal(**signed_arguments(signature="")))


def test_a_body_that_is_not_trusted_is_not_read(monkeypatch):
    def fail(*arguments, **options):
        raise AssertionError("the body was read")

    monkeypatch.setattr("json.loads", fail)
    monkeypatch.setattr(WebhookEvent, "model_validate_json", fail)
    monkeypatch.setattr(WebhookEvent, "model_validate", fail)
    refusal(**signed_arguments() | {"payload": BODY + b" "})
    with pytest.raises(InvalidSignatureError):
        unwrap_with(headers_of(signed_arguments()), payload=BODY + b" ")
    with pytest.raises(AssertionError, match="was read"):
        construct_event(**signed_arguments())


def test_a_bad_header_is_refused_before_the_body_is_hashed(monkeypatch):
    monkeypatch.setattr("hmac.new", lambda *arguments: pytest.fail("the body was hashed"))
    good = {"payload": BODY, "signature": "sha256=" + "0" * 64, "timestamp": str(NOW)}
    for change in ({"signature": "sha256=x"}, {"timestamp": "x"}, {"timestamp": "1"}):
        with pytest.raises(InvalidSignatureError):
            verify_signature(**good | change, secret=SECRET)


# -- errors ------------------------------------------------------------------------------------


def test_an_error_tells_neither_the_secret_nor_the_right_signature_nor_what_was_sent():
    good = signed_arguments()
    for error in (
        refusal(**good | {"payload": b"stranger's words"}),
        refusal(**good | {"payload": "stranger's words \ud800"}),
        refusal(**good | {"signature": "stranger's words"}),
        refusal(**good | {"timestamp": "stranger's words"}),
    ):
        text = everything_about(error)
        assert SECRET not in text
        assert good["signature"][7:] not in text
        assert "stranger" not in text


def test_the_errors_are_deapi_errors_that_travel():
    assert issubclass(InvalidSignatureError, deapi.DeapiError)
    assert issubclass(InvalidPayloadError, deapi.DeapiError)
    error = refusal(**signed_arguments(signature=""))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert InvalidSignatureError().message
    assert InvalidSignatureError("mine").message == "mine"
