"""Every page of the built documentation, in Chromium, on a desktop and on a phone.

`make docs` builds the site and runs these tests. Set DEAPI_SITE to the folder of a built site to
run them alone.
"""

import os
import shutil
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(os.environ.get("DEAPI_SITE", "no site")).resolve()
if not SITE.is_dir():
    pytest.skip("there is no built site; `make docs` runs these tests", allow_module_level=True)

PAGES = sorted(SITE.rglob("*.html"))
VIEWPORTS = {"desktop": (1440, 900, False), "phone": (390, 844, True)}

# Elements that reach beyond the page, except in boxes that scroll, and images that failed to load.
FAULTS = """
const width = document.documentElement.clientWidth;
const scrolls = element => {
  for (let each = element.parentElement; each; each = each.parentElement) {
    if (each === document.body) return false;
    const style = getComputedStyle(each);
    if (style.overflowX !== 'visible' || style.position === 'fixed') return true;
  }
};
const faults = [];
if (document.documentElement.scrollWidth > width) {
  for (const element of document.body.querySelectorAll('*')) {
    const right = element.getBoundingClientRect().right;
    if (right > width + 1 && !scrolls(element)) {
      faults.push('overflow: ' + element.outerHTML.slice(0, 150));
    }
  }
  faults.push('overflow: ' + document.documentElement.scrollWidth + ' px');
}
for (const image of document.images) {
  if (!image.complete || !image.naturalWidth) faults.push('image: ' + image.src);
  if (!image.alt) faults.push('no alternative text: ' + image.src);
}
return faults;
"""


class References(HTMLParser):
    """The links, files and anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = set(), {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        self.links |= {values[name] for name in ("href", "src") if values.get(name)}


@cache
def references(page):
    return References(page.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser():
    driver = shutil.which("chromedriver")
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if not (driver and binary):
        pytest.skip("Chromium and chromedriver are not installed (chromium, chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    chrome = webdriver.Chrome(options=options, service=service)
    try:
        yield chrome
    finally:
        chrome.quit()


def faults_of(browser, page, viewport):
    """Open a page, and return what a reader must not see."""
    width, height, mobile = VIEWPORTS[viewport]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(page.as_uri())
    found = browser.execute_script(FAULTS)
    return found + [f"console: {entry['message']}" for entry in browser.get_log("browser")]


@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_the_faults_of_a_page_are_found(browser, viewport, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<meta name="viewport" content="width=device-width"><div style="width:2000px">wide</div>'
        '<img src="missing.png" alt="missing"><script>console.error("an error")</script>'
    )
    found = "\n".join(faults_of(browser, page, viewport))
    for fault in ("overflow: <div", "image: ", "an error"):
        assert fault in found
    page.write_text('<div style="overflow-x:auto"><div style="width:2000px">wide</div></div>')
    assert faults_of(browser, page, viewport) == []


@pytest.mark.parametrize("viewport", VIEWPORTS)
@pytest.mark.timeout(300)
def test_every_page_fits_the_screen_and_loads_without_errors(browser, viewport):
    faults = []
    for page in PAGES:
        found = faults_of(browser, page, viewport)
        faults += [f"{page.relative_to(SITE)}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def test_no_link_inside_the_site_is_dead():
    dead = []
    for page in PAGES:
        for link in references(page).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if target.is_dir():
                target /= "index.html"
            is_page = target.suffix == ".html" and target.exists()
            anchor = unquote(parts.fragment)
            if not target.exists() or (is_page and anchor not in references(target).anchors):
                dead.append(f"{page.relative_to(SITE)}: {link}")
    assert not dead, "\n".join(dead)


def test_each_page_has_a_title_a_description_and_a_twin_in_markdown():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert "<title>" in text
        if page.name not in ("genindex.html", "py-modindex.html", "search.html"):
            assert '<meta name="description"' in text, page.name
            assert page.with_suffix(".md").exists(), page.name
            assert f"{page.relative_to(SITE).with_suffix('.md')})" in llms_txt(), page.name


@cache
def llms_txt():
    return (SITE / "llms.txt").read_text(encoding="utf-8")
