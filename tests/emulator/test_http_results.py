from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

from deapi.emulator.jobs.links import SignedLinks


def picture(download: httpx.Response) -> Image.Image:
    image = Image.open(io.BytesIO(download.content))
    image.load()
    return image


def test_the_result_is_a_png_of_the_asked_size(api):
    download = api.result(api.generate(width=640, height=384))
    image = picture(download)
    assert (image.format, image.size) == ("PNG", (640, 384))
    assert download.headers["content-type"] == "image/png"


def test_the_alternative_formats_are_the_same_picture(api):
    job = api.job(api.generate())
    for extension, kind in (("jpg", "JPEG"), ("webp", "WEBP")):
        download = httpx.get(job["results_alt_formats"][extension])
        image = picture(download)
        assert (image.format, image.size) == (kind, (512, 512))
        assert download.headers["content-type"] == f"image/{kind.lower()}"


def test_the_same_seed_makes_the_same_picture_and_another_another(api):
    same = [api.result(api.generate()).content for _ in range(2)]
    assert same[0] == same[1]
    assert api.result(api.generate(seed=8)).content != same[0]


def test_links_need_no_key_and_look_like_the_services(api):
    url = urlsplit(api.job(api.generate())["result_url"])
    _, results, digits, name = url.path.split("/")
    assert results == "results"
    assert digits.isdigit()
    assert name.endswith(".png")
    assert parse_qs(url.query)["X-Amz-Expires"] == ["86400"]
    assert "X-Amz-Signature" in url.query


def test_every_read_signs_afresh(api):
    order = api.generate()
    assert api.job(order)["result_url"] != api.job(order)["result_url"]


def test_an_expired_link_is_a_403_in_xml_and_a_new_read_helps(serve):
    api = serve(link_lifetime=60)
    order = api.generate()
    url = api.job(order)["result_url"]
    assert httpx.get(url).status_code == 200
    api.emulator.advance(61)
    refused = httpx.get(url)
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("application/xml")
    assert "Request has expired" in refused.text
    assert httpx.get(api.job(order)["result_url"]).status_code == 200


@pytest.mark.parametrize("change", ["signature", "path", "lifetime", "no query"])
def test_a_tampered_link_is_a_403_in_xml(api, change):
    url = api.job(api.generate())["result_url"]
    tampered = {
        "signature": url[:-1] + ("0" if url[-1] != "0" else "1"),
        "path": url.replace(".png?", ".jpg?"),
        "lifetime": url.replace("X-Amz-Expires=86400", "X-Amz-Expires=99999"),
        "no query": url.partition("?")[0],
    }[change]
    refused = httpx.get(tampered)
    assert refused.status_code == 403
    assert refused.text.startswith("<?xml")


def test_a_download_can_be_resumed(api):
    url = api.job(api.generate())["result_url"]
    whole = httpx.get(url)
    assert whole.headers["accept-ranges"] == "bytes"
    etag = whole.headers["etag"]
    rest = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert rest.status_code == 206
    assert (
        rest.headers["content-range"] == f"bytes 1000-{len(whole.content) - 1}/{len(whole.content)}"
    )
    assert whole.content[:1000] + rest.content == whole.content
    assert rest.headers["etag"] == etag
    other = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    beyond = httpx.get(url, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


def test_a_head_request_tells_the_size(api):
    url = api.job(api.generate())["result_url"]
    head = httpx.head(url)
    assert head.status_code == 200
    assert int(head.headers["content-length"]) == len(httpx.get(url).content)


def test_the_cutout_is_transparent_where_the_background_was(api):
    file = io.BytesIO()
    source = Image.new("RGB", (200, 200), "white")
    source.paste((200, 0, 0), (60, 60, 140, 140))
    source.save(file, "PNG")
    order = api.form("img-rmbg", {"image": ("a.png", file.getvalue())}, model="Ben2")
    image = picture(api.result(order))
    assert (image.mode, image.size) == ("RGBA", (200, 200))
    assert image.getpixel((5, 5))[3] == 0
    assert image.getpixel((100, 100))[3] == 255


def test_an_upscale_is_four_times_as_wide(api, png):
    order = api.form("img-upscale", {"image": ("a.png", png(150, 130))}, model="RealESRGAN_x4")
    assert picture(api.result(order)).size == (600, 520)


def test_an_edit_is_made_from_what_was_sent(api, png):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    pictures = []
    for colour in ("navy", "yellow"):
        order = api.form("img2img", {"image": ("a.png", png(200, 160, colour))}, **fields)
        pictures.append(picture(api.result(order)))
    assert [image.size for image in pictures] == [(200, 160)] * 2
    dark, bright = (sum(image.convert("L").histogram()[128:]) for image in pictures)
    assert dark < bright


def test_an_edit_can_have_a_size_of_its_own(api, png):
    fields = {"model": "Flux_2_Klein_4B_BF16", "prompt": "a", "steps": "4", "seed": "1"}
    order = api.form("img2img", {"image": ("a.png", png())}, **fields, width="512", height="256")
    assert picture(api.result(order)).size == (512, 256)


def test_a_link_says_what_is_wrong_with_it():
    links = SignedLinks(lifetime=60)
    query = dict(parse_qs(links.sign("/results/1/a.png", now=1000.0)))
    parameters = {name: values[0] for name, values in query.items()}
    assert links.verify("/results/1/a.png", parameters, now=1059.0) is None
    assert links.verify("/results/1/a.png", parameters, now=1061.0) == "expired"
    assert links.verify("/results/1/b.png", parameters, now=1001.0) == "wrong signature"
    assert links.verify("/results/1/a.png", {}, now=1001.0) == "unsigned"
    assert SignedLinks(60).verify("/results/1/a.png", parameters, now=1001.0) == "wrong signature"
