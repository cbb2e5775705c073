"""What a notebook shows of results and lists: images, players and tables."""

import base64
from html.parser import HTMLParser

import pytest

from deapi.types import Balance, JobResult, ModelsResponse, Usage


class Elements(HTMLParser):
    """The elements of a document, with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def tags(self):
        return [tag for tag, _ in self.elements]


def shown(value):
    bundle = value._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(value)
    return Elements(bundle["text/html"]) if "text/html" in bundle else None


def done(**fields):
    return JobResult.model_validate({"status": "done", "progress": 100, **fields})


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("a.png", "img"),
        ("a.JPG", "img"),
        ("a.webp", "img"),
        ("a.mp3", "audio"),
        ("a.flac", "audio"),
        ("a.mp4", "video"),
        ("a.json", "a"),
        ("a.svg", "a"),
        ("a", "a"),
    ],
)
def test_a_result_is_shown_by_its_type(name, tag):
    url = f"https://results.example/x/{name}?signature=a&expires=1"
    (element,) = shown(done(result_url=url)).elements
    assert element[0] == tag
    assert element[1].get("src", element[1].get("href")) == url


def test_an_inline_result_is_shown_as_text():
    html = shown(done(result="<b>Hello</b> & goodbye"))
    assert (html.tags(), html.text) == (["pre"], "<b>Hello</b> & goodbye")
    assert len(shown(done(result="x" * 1_000_000)).text) < 10_000


def test_an_inline_text_is_shown_instead_of_a_link_to_its_file():
    url = "https://results.example/x/a.txt"
    assert shown(done(result="Good morning.", result_url=url)).text == "Good morning."
    vectors = shown(done(result="[[0.25, 0.5]]", result_url=url))
    assert (vectors.tags(), vectors.text) == (["a"], "a.txt")


def test_the_preview_of_an_unfinished_image_is_shown():
    preview = base64.b64encode(b"\xff\xd8\xff an image").decode()
    running = JobResult.model_validate({"status": "processing", "progress": 40, "preview": preview})
    html = shown(running)
    assert html.tags() == ["figure", "img", "figcaption"]
    assert html.elements[1][1]["src"].endswith(preview)
    assert html.text == "processing, 40 %"


@pytest.mark.parametrize(
    "result",
    [
        JobResult.model_validate({"status": "pending"}),
        JobResult.model_validate({"status": "error", "error_code": "WORKER_TIMEOUT"}),
        done(result_url="javascript:alert(1)"),
        done(result_url="file:///etc/passwd"),
        done(result_url="https://[x"),
    ],
)
def test_a_result_without_media_shows_its_repr_only(result):
    assert shown(result) is None


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "\x1b[31m", "\u202e"])
def test_strings_of_the_server_are_escaped(text):
    for value in (
        done(result_url=f"https://results.example/{text}"),
        done(result_url=f"https://results.example/{text}.png"),
        ModelsResponse.model_validate({"data": [{"name": text, "slug": text}]}),
        Usage.model_validate({"totals": {}, "groups": [{"key": text}]}),
    ):
        assert "script" not in shown(value).tags()


def test_a_page_of_models_is_a_table():
    page = ModelsResponse.model_validate(
        {
            "data": [
                {"name": "Fox", "slug": "fox-1", "inference_types": ["txt2img", "img2img"]},
                {"name": "Hare", "slug": None, "secret": "hidden"},
            ]
        }
    )
    html = shown(page)
    assert html.tags().count("tr") == 3
    assert "txt2img, img2img" in html.text
    assert "hidden" not in html.text
    assert "None" not in html.text


def test_an_empty_page_shows_its_repr_only():
    assert shown(ModelsResponse.model_validate({"data": []})) is None


def test_long_tables_are_cut():
    page = ModelsResponse.model_validate({"data": [{"slug": f"model-{n}"} for n in range(250)]})
    html = shown(page)
    assert html.tags().count("tr") == 101
    assert "and 150 more" in html.text


def test_a_balance_and_a_usage_report_are_tables():
    assert shown(Balance(balance=4.25)).text == "balance4.25"
    usage = Usage.model_validate(
        {"totals": {"cost": 3}, "groups": [{"key": "fox-1", "cost": 3, "requests": 7}]}
    )
    assert "fox-1" in shown(usage).text
    assert "7" in shown(usage).text
