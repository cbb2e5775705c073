"""The walk through the pages of the catalogue, and the look-up of a model."""

import contextlib

import pytest

import deapi
from support import server_behaviors as behaviors
from support.blocking_client import ClientFactory
from support.faulty_server import FaultyServer
from support.received import parse_request


@pytest.fixture(params=["sync", "async"])
def make_client(request):
    with contextlib.closing(ClientFactory(request.param)) as connector:
        yield connector


SLUGS = ["Flux1schnell", "Kokoro", "WhisperLargeV3", "Bge_M3_FP16", "Ben2"]


def catalogue(size, slugs=SLUGS):
    """A service with pages of a size of its own, whatever it is asked for."""

    def page(request):
        number = int(parse_request(request).fields["page"])
        start = size * (number - 1)
        return {
            "data": [{"name": f"The {s}", "slug": s} for s in slugs[start : start + size]],
            "meta": {"current_page": number, "last_page": -(-len(slugs) // size)},
        }

    return behaviors.respond_from(page)


def pages_asked_for(server):
    return [parse_request(request).fields["page"] for request in server.requests]


@pytest.mark.parametrize(("size", "pages"), [(2, ["1", "2", "3"]), (5, ["1"]), (1, list("12345"))])
def test_iterating_asks_for_each_page_once_whatever_its_size(make_client, size, pages):
    with FaultyServer(catalogue(size)) as server:
        models = make_client(server.url).models.iterate(inference_types=["txt2img"])
        assert [model.slug for model in models] == SLUGS
        assert pages_asked_for(server) == pages
        asked = [parse_request(request).fields for request in server.requests]
        assert {(f["limit"], f["filter[inference_types]"]) for f in asked} == {("50", "txt2img")}


def test_iterating_asks_for_no_page_before_it_is_needed(make_client):
    with FaultyServer(catalogue(2)) as server:
        models = make_client(server.url).models.iterate(per_page=2)
        assert server.requests == []
        assert [next(models).slug for _ in range(2)] == SLUGS[:2]
        assert pages_asked_for(server) == ["1"]


def test_iterating_ends_at_an_empty_page_even_if_more_are_promised(make_client):
    with FaultyServer(behaviors.respond(200, {"data": [], "meta": {"last_page": 9}})) as server:
        assert list(make_client(server.url).models.iterate()) == []
        assert len(server.requests) == 1


def test_iterating_ends_with_the_page_when_there_is_no_meta(make_client):
    with FaultyServer(behaviors.respond(200, {"data": [{"slug": "Ben2"}]})) as server:
        assert [model.slug for model in make_client(server.url).models.iterate()] == ["Ben2"]


def test_iterating_goes_on_where_only_the_links_tell_of_another_page(make_client):
    first = {"data": [{"slug": "Ben2"}], "meta": None, "links": {"next": "https://x/models?page=2"}}
    with FaultyServer(
        behaviors.respond(200, first), behaviors.respond(200, {"data": [{"slug": "last"}]})
    ) as server:
        assert [m.slug for m in make_client(server.url).models.iterate()] == ["Ben2", "last"]
        assert pages_asked_for(server) == ["1", "2"]


def test_an_error_in_the_middle_of_the_pages_reaches_the_user(make_client):
    with FaultyServer(
        catalogue(2), behaviors.respond(401, {"message": "Unauthenticated."})
    ) as server:
        models = make_client(server.url).models.iterate()
        assert [next(models).slug for _ in range(2)] == SLUGS[:2]
        with pytest.raises(deapi.AuthenticationError):
            next(models)


def test_a_model_is_found_on_whatever_page_it_is(make_client):
    with FaultyServer(catalogue(2)) as server:
        client = make_client(server.url)
        assert client.models.get("WhisperLargeV3").name == "The WhisperLargeV3"
        assert pages_asked_for(server) == ["1", "2"]


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("kokoro", "Did you mean 'Kokoro'?"),
        ("The Kokoro", "Did you mean 'Kokoro'?"),
        ("flux-schnell", "Did you mean 'Flux1schnell'?"),
        ("zzzz", "client.models.iterate() walks them all."),
    ],
)
def test_a_model_that_there_is_not_is_an_error_that_helps(make_client, slug, hint):
    with FaultyServer(catalogue(2)) as server:
        with pytest.raises(deapi.NotFoundError) as caught:
            make_client(server.url).models.get(slug)
        assert repr(slug) in caught.value.message
        assert caught.value.message.endswith(hint)
        assert pages_asked_for(server) == ["1", "2", "3"]


def test_inference_types_may_be_members_of_the_enumeration(make_client):
    with FaultyServer(catalogue(5)) as server:
        types = (deapi.InferenceType.TXT2IMG, deapi.InferenceType.IMAGE_UPSCALE)
        make_client(server.url).models.list(inference_types=types)
        asked = parse_request(server.requests[0]).fields
        assert asked["filter[inference_types]"] == "txt2img,img-upscale"
