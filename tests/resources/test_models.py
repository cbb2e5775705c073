"""``client.models``: listing, iterating and looking up models."""

import pytest

import deapi
from support import server_behaviors as behaviors
from support.faulty_server import FaultyServer
from support.received import parse_request

INVALID_ARGUMENTS = [
    *(
        ("models.list", {"inference_types": value}, error, message)
        for value, error, message in (
            ("txt2img", TypeError, "inference_types must be a list, not a single str"),
            ([], ValueError, "inference_types is an empty list"),
            ([""], ValueError, r"inference_types\[0\]"),
            ([None], TypeError, r"inference_types\[0\] must be a str"),
        )
    ),
    ("models.list", {"per_page": 0}, ValueError, "per_page must be at least 1"),
    ("models.list", {"page": 0}, ValueError, "page must be at least 1"),
    ("models.list", {"page": 1.5}, TypeError, "page must be an int"),
    ("models.list", {"per_page": True}, TypeError, "per_page must be an int"),
    ("models.get", {"slug": ""}, ValueError, "slug"),
    ("models.get", {"slug": None}, TypeError, "slug"),
    ("models.iterate", {"per_page": 0}, ValueError, "per_page"),
    ("models.iterate", {"inference_types": "txt2img"}, TypeError, "inference_types"),
]


@pytest.mark.parametrize(("operation", "arguments", "error", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_rejected_before_sending(api, operation, arguments, error, message):
    for version in ("v1", "v2"):
        api.assert_rejected(version, operation, arguments, error, message)


SLUGS = ["Flux1schnell", "Kokoro", "WhisperLargeV3", "Bge_M3_FP16", "Ben2"]


def catalogue(size, slugs=SLUGS):
    """Serve pages of a fixed size, whatever `per_page` is."""

    def page(request):
        number = int(parse_request(request).fields["page"])
        start = size * (number - 1)
        return {
            "data": [{"name": f"The {s}", "slug": s} for s in slugs[start : start + size]],
            "meta": {"current_page": number, "last_page": -(-len(slugs) // size)},
        }

    return behaviors.respond_from(page)


def requested_pages(server):
    return [parse_request(request).fields["page"] for request in server.requests]


@pytest.mark.parametrize(("size", "pages"), [(2, ["1", "2", "3"]), (5, ["1"]), (1, list("12345"))])
def test_iterate_requests_each_page_once(make_client, size, pages):
    with FaultyServer(catalogue(size)) as server:
        models = make_client(server.url).models.iterate(inference_types=["txt2img"])
        assert [model.slug for model in models] == SLUGS
        assert requested_pages(server) == pages
        fields = [parse_request(request).fields for request in server.requests]
        assert {(f["limit"], f["filter[inference_types]"]) for f in fields} == {("50", "txt2img")}


def test_iterate_requests_a_page_only_when_it_is_needed(make_client):
    with FaultyServer(catalogue(2)) as server:
        models = make_client(server.url).models.iterate(per_page=2)
        assert server.requests == []
        assert [next(models).slug for _ in range(2)] == SLUGS[:2]
        assert requested_pages(server) == ["1"]


def test_iterate_ends_at_an_empty_page_despite_a_larger_last_page(make_client):
    with FaultyServer(behaviors.respond(200, {"data": [], "meta": {"last_page": 9}})) as server:
        assert list(make_client(server.url).models.iterate()) == []
        assert len(server.requests) == 1


def test_iterate_ends_after_one_page_without_meta(make_client):
    with FaultyServer(behaviors.respond(200, {"data": [{"slug": "Ben2"}]})) as server:
        assert [model.slug for model in make_client(server.url).models.iterate()] == ["Ben2"]


def test_iterate_follows_links_if_meta_is_missing(make_client):
    first = {"data": [{"slug": "Ben2"}], "meta": None, "links": {"next": "https://x/models?page=2"}}
    with FaultyServer(
        behaviors.respond(200, first), behaviors.respond(200, {"data": [{"slug": "last"}]})
    ) as server:
        assert [m.slug for m in make_client(server.url).models.iterate()] == ["Ben2", "last"]
        assert requested_pages(server) == ["1", "2"]


def test_iterate_raises_an_error_of_a_later_page(make_client):
    with FaultyServer(
        catalogue(2), behaviors.respond(401, {"message": "Unauthenticated."})
    ) as server:
        models = make_client(server.url).models.iterate()
        assert [next(models).slug for _ in range(2)] == SLUGS[:2]
        with pytest.raises(deapi.AuthenticationError):
            next(models)


def test_get_finds_a_model_on_a_later_page(make_client):
    with FaultyServer(catalogue(2)) as server:
        client = make_client(server.url)
        assert client.models.get("WhisperLargeV3").name == "The WhisperLargeV3"
        assert requested_pages(server) == ["1", "2"]


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("kokoro", "Did you mean 'Kokoro'?"),
        ("The Kokoro", "Did you mean 'Kokoro'?"),
        ("flux-schnell", "Did you mean 'Flux1schnell'?"),
        ("zzzz", "Use client.models.iterate() to list all models."),
    ],
)
def test_get_of_an_unknown_slug_suggests_a_similar_one(make_client, slug, hint):
    with FaultyServer(catalogue(2)) as server:
        with pytest.raises(deapi.NotFoundError) as caught:
            make_client(server.url).models.get(slug)
        assert repr(slug) in caught.value.message
        assert caught.value.message.endswith(hint)
        assert requested_pages(server) == ["1", "2", "3"]


def test_inference_types_can_be_enum_members(make_client):
    with FaultyServer(catalogue(5)) as server:
        types = (deapi.InferenceType.TXT2IMG, deapi.InferenceType.IMAGE_UPSCALE)
        make_client(server.url).models.list(inference_types=types)
        fields = parse_request(server.requests[0]).fields
        assert fields["filter[inference_types]"] == "txt2img,img-upscale"


def test_the_models_of_the_emulator_can_be_iterated_and_looked_up(emulator_client):
    models = list(emulator_client.models.iterate(per_page=7))
    assert len({model.slug for model in models}) == len(models) > 7
    assert emulator_client.models.get(models[-1].slug) == models[-1]
    page = emulator_client.models.list(inference_types=["txt2audio"])
    assert {model.slug for model in page.data} >= {"Kokoro"}
    assert all(model.languages[0].slug for model in page.data)
