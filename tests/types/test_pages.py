"""Pages are sequences of their items."""

import copy
import pickle

import pytest

from deapi import types
from support.account_samples import KEY, PAYMENT

PAGES = {
    types.ModelsResponse: [{"name": name, "slug": name} for name in "abc"],
    types.KeysPage: [{**KEY, "id": number} for number in range(3)],
    types.PaymentsPage: [{**PAYMENT, "id": number} for number in range(3)],
}


@pytest.mark.parametrize("page_class", PAGES)
def test_a_page_is_a_sequence_of_its_items(page_class):
    page = page_class.model_validate({"data": PAGES[page_class], "meta": {"last_page": 2}})
    assert len(page) == 3
    assert list(page) == page.data
    assert list(reversed(page)) == page.data[::-1]
    assert page[0] is page.data[0]
    assert page[-1] is page.data[2]
    assert page[1:] == page.data[1:]
    assert page.data[1].model_copy() in page
    assert "b" not in page
    assert page
    with pytest.raises(IndexError):
        page[3]


@pytest.mark.parametrize("page_class", PAGES)
def test_an_empty_page_is_false(page_class):
    page = page_class.model_validate({"data": []})
    assert not page
    assert len(page) == 0
    assert list(page) == []


@pytest.mark.parametrize("page_class", PAGES)
def test_a_page_is_still_a_model(page_class):
    page = page_class.model_validate({"data": PAGES[page_class], "meta": {"last_page": 2}})
    assert page.meta.last_page == 2
    assert set(page.model_dump()) == {"data", "links", "meta"}
    for other in (copy.deepcopy(page), pickle.loads(pickle.dumps(page)), page.model_copy()):
        assert other == page
    assert page_class.model_validate_json(page.model_dump_json()) == page
