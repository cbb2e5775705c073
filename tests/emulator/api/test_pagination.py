"""Pages of a list, in Laravel's format."""

from __future__ import annotations

import pytest

from deapi.emulator.api.pagination import paginate

URL = "http://here/api/v1/client/models"


def test_a_list_has_laravels_links_and_meta(v1):
    body = v1.get("models").json()
    assert set(body) == {"data", "links", "meta"}
    meta = body["meta"]
    assert (meta["current_page"], meta["last_page"], meta["per_page"]) == (1, 1, 50)
    assert meta["total"] == len(body["data"]) == meta["to"]
    assert meta["path"] == f"{v1.emulator.url}/api/v1/client/models"
    assert body["links"]["prev"] is None
    assert meta["links"][0]["label"] == "&laquo; Previous"


def test_a_page_has_the_requested_size_and_links_to_adjacent_pages(v1):
    body = v1.get("models", params={"limit": 5, "page": 2}).json()
    assert len(body["data"]) == 5
    assert (body["meta"]["from"], body["meta"]["to"]) == (6, 10)
    following = v1.http.get(body["links"]["next"]).json()
    assert following["meta"]["current_page"] == 3
    assert following["meta"]["per_page"] == 5


def test_the_pages_contain_every_model_once(v1):
    slugs, page = [], 1
    while True:
        body = v1.get("models", params={"limit": 7, "page": page}).json()
        slugs += [model["slug"] for model in body["data"]]
        if page == body["meta"]["last_page"]:
            break
        page += 1
    assert len(slugs) == len(set(slugs)) == body["meta"]["total"]


def test_limit_takes_precedence_over_per_page_and_has_a_maximum(v1):
    def per_page(**query):
        return v1.get("models", params=query).json()["meta"]["per_page"]

    assert per_page(per_page=3) == 3
    assert per_page(per_page=3, limit=4) == 4
    assert per_page(limit=1000) == 100
    assert per_page(limit="many") == 50


@pytest.mark.parametrize("name", ["page", "limit"])
def test_a_page_number_with_thousands_of_digits_is_ignored(v1, name):
    meta = v1.get("models", params={name: "9" * 5000}).json()["meta"]
    assert (meta["current_page"], meta["per_page"]) == (1, 50)


def test_a_page_after_the_last_is_empty():
    page = paginate([{}, {}, {}], dict, {"page": "9"}, URL)
    assert page["data"] == []
    assert page["meta"]["from"] is None
    assert page["meta"]["to"] is None
