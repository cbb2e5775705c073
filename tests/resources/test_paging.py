"""Iterating over the pages of payments and keys. For models see ``test_models.py``."""

import pytest

from support import server_behaviors as behaviors
from support.account_samples import KEY, PAYMENT, page
from support.faulty_server import FaultyServer
from support.received import parse_request

ITERATORS = [
    ("account/payments", lambda c, **o: c.account.iterate_payments(**o), PAYMENT),
    ("keys", lambda c, **o: c.keys.iterate(**o), KEY),
]


def pages_of(row, size, count):
    """Serve `count` rows in pages of `size`."""

    def body(request):
        number = int(parse_request(request).fields["page"])
        ids = range(count)[size * (number - 1) : size * number]
        return page([{**row, "id": i} for i in ids], number, -(-count // size))

    return behaviors.respond_from(body)


@pytest.mark.parametrize(("path", "iterate", "row"), ITERATORS)
def test_each_page_is_requested_once_and_only_when_it_is_needed(make_v2_client, path, iterate, row):
    with FaultyServer(pages_of(row, size=2, count=5)) as server:
        items = iterate(make_v2_client(server.url), per_page=2)
        assert server.requests == []
        assert [next(items).id for _ in range(2)] == [0, 1]
        assert len(server.requests) == 1
        assert [item.id for item in items] == [2, 3, 4]
    received = [parse_request(request) for request in server.requests]
    assert {request.path for request in received} == {f"/api/v2/{path}"}
    assert [request.fields for request in received] == [
        {"per_page": "2", "limit": "2", "page": number} for number in "123"
    ]


@pytest.mark.parametrize(("path", "iterate", "row"), ITERATORS)
def test_an_empty_page_ends_the_iteration(make_v2_client, path, iterate, row):
    with FaultyServer(behaviors.respond(200, page([], last=9))) as server:
        assert list(iterate(make_v2_client(server.url))) == []
    assert len(server.requests) == 1
