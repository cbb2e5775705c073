"""The account, its payments and what was used; the client's own key, and those of the account."""

import contextlib
import inspect

import pytest

import deapi
from deapi import types
from deapi.emulator import Emulator
from support import server_behaviors as behaviors
from support.account_samples import BALANCE, BILLING, KEY, NEW_KEY, PAYMENT, SECRET, USAGE, page
from support.blocking_client import ClientFactory
from support.call_table import respond_successfully
from support.calls_v2 import V2
from support.faulty_server import FaultyServer
from support.received import parse_request


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    with contextlib.closing(ClientFactory(request.param)) as connector:
        yield lambda url, **options: connector(url, **{"api_version": "v2", **options})


@pytest.fixture
def no_pauses(monkeypatch):
    async def pass_by(delay):
        pass

    monkeypatch.setattr("deapi._transport.sync.time.sleep", lambda delay: None)
    monkeypatch.setattr("deapi._transport.aio.anyio.sleep", pass_by)


RESOURCES = ("account", "current_key", "keys")
CALLS = {
    call.operation: call
    for call in V2.calls
    if call.operation.partition(".")[0] in (*RESOURCES, "balance")
}
"""A call of each operation."""

KEY_READ = types.ApiKey.model_validate(KEY)
USAGE_READ = types.Usage.model_validate(USAGE)
RESULTS = {
    "account.billing": types.Billing.model_validate(BILLING),
    "account.usage": USAGE_READ,
    "account.payments": types.PaymentsPage.model_validate(page([PAYMENT])),
    "account.iterate_payments": [types.Payment.model_validate(PAYMENT)],
    "balance": types.Balance.model_validate(BALANCE),
    "current_key.get": KEY_READ,
    "current_key.usage": USAGE_READ,
    "keys.list": types.KeysPage.model_validate(page([KEY])),
    "keys.iterate": [KEY_READ],
    "keys.create": types.NewApiKey.model_validate(NEW_KEY),
    "keys.get": KEY_READ,
    "keys.update": KEY_READ,
    "keys.delete": None,
    "keys.usage": USAGE_READ,
}


@pytest.mark.parametrize("operation", CALLS)
def test_an_answer_becomes_what_the_operation_returns(make_client, operation):
    with FaultyServer(respond_successfully) as server:
        assert CALLS[operation].make(make_client(server.url)) == RESULTS[operation]


# -- pages -------------------------------------------------------------------------------------


WALKS = [
    ("account/payments", lambda c, **o: c.account.iterate_payments(**o), PAYMENT),
    ("keys", lambda c, **o: c.keys.iterate(**o), KEY),
]


def list_of(row, size, count):
    def answer(request):
        number = int(parse_request(request).fields["page"])
        ids = range(count)[size * (number - 1) : size * number]
        return page([{**row, "id": i} for i in ids], number, -(-count // size))

    return behaviors.respond_from(answer)


@pytest.mark.parametrize(("path", "walk", "row"), WALKS)
def test_iterating_walks_all_pages_and_asks_for_none_too_early(make_client, path, walk, row):
    with FaultyServer(list_of(row, size=2, count=5)) as server:
        items = walk(make_client(server.url), per_page=2)
        assert server.requests == []
        assert [next(items).id for _ in range(2)] == [0, 1]
        assert len(server.requests) == 1
        assert [item.id for item in items] == [2, 3, 4]
    asked = [parse_request(request) for request in server.requests]
    assert {seen.path for seen in asked} == {f"/api/v2/{path}"}
    assert [seen.fields for seen in asked] == [
        {"per_page": "2", "limit": "2", "page": number} for number in "123"
    ]


@pytest.mark.parametrize(("path", "walk", "row"), WALKS)
def test_iterating_ends_at_an_empty_page(make_client, path, walk, row):
    with FaultyServer(behaviors.respond(200, page([], last=9))) as server:
        assert list(walk(make_client(server.url))) == []
    assert len(server.requests) == 1


# -- failures ----------------------------------------------------------------------------------


LOST = [
    behaviors.close_without_response(),
    behaviors.respond(502, "<html>"),
    behaviors.truncate_body(status=201),
    behaviors.hang(),
]


@pytest.mark.parametrize("lost", LOST, ids=["closed", "502", "cut", "silent"])
def test_a_key_whose_answer_is_lost_is_not_made_again(make_client, no_pauses, lost):
    with FaultyServer(lost, behaviors.respond(201, {"data": NEW_KEY})) as server:
        client = make_client(server.url, timeout=0.5)
        with pytest.raises(deapi.DeapiError, match="key may have been made") as caught:
            client.keys.create(name="ci")
    assert len(server.requests) == 1
    assert caught.value.possibly_accepted
    assert "keys.list()" in caught.value.message
    assert "charged" not in caught.value.message


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_key_that_was_not_made_is_asked_for_again(make_client, no_pauses, status):
    script = [
        behaviors.respond(status, {"message": "Later."}),
        behaviors.respond(201, {"data": NEW_KEY}),
    ]
    with FaultyServer(*script) as server:
        assert make_client(server.url).keys.create(name="ci").secret == SECRET
    first, again = (request.header("Idempotency-Key") for request in server.requests)
    assert first == again is not None


def test_too_many_new_keys_are_an_error_that_says_which_quota(make_client):
    body = {"message": "Slow down.", "code": "rate_limited", "retry_after": 3600}
    headers = [("X-RateLimit-Type", "key-creation"), ("Retry-After", "3600")]
    with (
        FaultyServer(behaviors.respond(429, body, headers)) as server,
        pytest.raises(deapi.RateLimitError) as caught,
    ):
        make_client(server.url).keys.create(name="ci")
    error = caught.value
    assert (error.limit_type, error.retry_after, error.code) == (
        "key-creation",
        3600,
        "rate_limited",
    )
    assert not error.possibly_accepted


@pytest.mark.parametrize(
    "operation", ["account.usage", "keys.update", "keys.delete", "current_key.get"]
)
def test_what_may_be_done_twice_is_repeated(make_client, no_pauses, operation):
    with FaultyServer(behaviors.close_without_response(), respond_successfully) as server:
        assert CALLS[operation].make(make_client(server.url)) == RESULTS[operation]
    assert len(server.requests) == 2


def test_a_key_that_a_lost_attempt_deleted_is_not_found(make_client, no_pauses):
    script = [
        behaviors.close_without_response(),
        behaviors.respond(404, {"message": "No query results."}),
    ]
    with FaultyServer(*script) as server, pytest.raises(deapi.NotFoundError):
        make_client(server.url).keys.delete(42)


@pytest.mark.parametrize(
    "operation", [name for name in CALLS if not name.startswith("current_key.")]
)
def test_a_key_without_the_right_is_told_which_one_it_takes(make_client, operation):
    body = {"message": "Not allowed.", "code": "insufficient_permissions"}
    with (
        FaultyServer(behaviors.respond(403, body)) as server,
        pytest.raises(deapi.PermissionDeniedError, match="ADMIN key") as caught,
    ):
        CALLS[operation].make(make_client(server.url))
    assert caught.value.code == "insufficient_permissions"
    assert len(server.requests) == 1


# -- both clients ------------------------------------------------------------------------------


def methods():
    clients = deapi.DeapiClient(api_key="1|k"), deapi.AsyncDeapiClient(api_key="1|k")
    for resource in RESOURCES:
        plain, awaited = (getattr(client, resource) for client in clients)
        for name in dir(plain):
            if not name.startswith("_"):
                yield f"{resource}.{name}", getattr(plain, name), getattr(awaited, name)


METHODS = {name: pair for name, *pair in methods()}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_the_same_in_both_clients_but_awaited_in_one(name):
    plain, awaited = METHODS[name]
    assert inspect.signature(plain).parameters == inspect.signature(awaited).parameters
    assert plain.__doc__ == awaited.__doc__
    assert not inspect.iscoroutinefunction(plain)
    if "iterate" in name:
        assert inspect.isgenerator(plain())
        assert inspect.isasyncgen(awaited())
    else:
        assert inspect.iscoroutinefunction(awaited)


@pytest.mark.parametrize("name", METHODS)
def test_a_docstring_says_whether_it_takes_an_admin_key(name):
    text = METHODS[name][0].__doc__
    of_admins = not name.startswith("current_key.")
    assert ("This needs an ADMIN key." in text) is of_admins
    assert ("PermissionDeniedError: " in text.partition("Raises:")[2]) is of_admins


# -- the emulator ------------------------------------------------------------------------------


def test_a_key_lives_from_its_making_to_its_end(make_client):
    with Emulator(plan="premium", polls_per_state=0) as emulator:
        admin = make_client(emulator.url, api_key=emulator.api_key)
        made = admin.keys.create(
            name="ci", limit=5, reset_interval="daily", ip_whitelist=["127.0.0.0/8"]
        )
        assert made == types.NewApiKey(**admin.keys.get(made.id).model_dump(), secret=made.secret)
        client = make_client(emulator.url, api_key=made.secret)
        own = client.current_key.get()
        assert (own.id, own.role, own.limit, own.ip_whitelist) == (
            made.id,
            "api",
            5,
            ["127.0.0.0/8"],
        )
        with pytest.raises(deapi.PermissionDeniedError, match="ADMIN key"):
            client.account.billing()
        with pytest.raises(deapi.PermissionDeniedError, match="ADMIN key"):
            client.balance()
        assert client.current_key.usage().totals.requests == 0
        changed = admin.keys.update(made.id, limit=None, reset_interval="none", ip_whitelist=[])
        assert (changed.limit, changed.reset_interval, changed.ip_whitelist) == (
            None,
            "none",
            [],
        )
        assert admin.keys.update(made.id, active=False).status == "revoked"
        with pytest.raises(deapi.AuthenticationError):
            client.current_key.get()
        assert [key.id for key in admin.keys.iterate(per_page=1)] == [made.id, 1]
        assert admin.keys.delete(made.id) is None
        with pytest.raises(deapi.NotFoundError):
            admin.keys.get(made.id)
        assert [key.id for key in admin.keys.list().data] == [1]


def test_what_a_job_cost_is_in_the_report_of_its_key(make_client):
    with Emulator(plan="premium", polls_per_state=0) as emulator:
        client = make_client(emulator.url, api_key=emulator.api_key)
        client.images.generate(
            prompt="a fox", model="Flux1schnell", width=512, height=512, seed=1, steps=4
        ).wait()
        before = {payment.status for payment in client.account.iterate_payments()}
        assert before == {payment.status for payment in client.account.payments().data} == {"paid"}
        own = client.current_key.usage(group_by="model")
        ((group, cost),) = [(group.key, group.cost) for group in own.groups]
        assert group == "Flux1schnell"
        assert own.totals.cost == cost > 0
        by_key = client.account.usage(group_by="key", start=own.start, end=own.end)
        assert [(group.key, group.name, group.cost) for group in by_key.groups] == [
            ("1", "default", cost)
        ]
        assert client.keys.usage(1, group_by="type").totals == own.totals
        billing = client.account.billing()
        assert billing.balance == client.balance().balance == pytest.approx(100 - cost)
        assert billing.auto_top_up.enabled is False
