"""Every page of the built documentation, in Chromium, on a desktop and on a phone.

`make docs` builds the site and runs these tests. Set DEAPI_SITE to the directory of a built site to
run them alone.
"""

import json
import os
import re
import shutil
import threading
from contextlib import contextmanager
from functools import cache, partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import deapi

SITE = Path(os.environ.get("DEAPI_SITE", "no site")).resolve()
if not SITE.is_dir():
    pytest.skip("there is no built site; `make docs` runs these tests", allow_module_level=True)

PAGES = sorted(SITE.rglob("*.html"))
WITHOUT_TEXT = ("404.html", "genindex.html", "py-modindex.html", "search.html")
VIEWPORTS = {"phone": (390, 844, True), "desktop": (1440, 900, False)}

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


# Otherwise colors change slowly between the themes.
WITHOUT_TRANSITIONS = """
const style = document.createElement('style');
style.textContent = '* { transition: none !important }';
document.head.append(style);
"""

# Text whose contrast is below the level AA of WCAG: 4.5, or 3 for large text.
CONTRAST = """
const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const cached = compute => {
  const results = new Map();
  return key => results.get(key) ?? (results.set(key, compute(key)), results.get(key));
};
const channels = cached(color => {
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
});
const over = (top, bottom) => {
  const mix = (one, other) => one * top[3] + other * (1 - top[3]);
  return [mix(top[0], bottom[0]), mix(top[1], bottom[1]), mix(top[2], bottom[2]), 1];
};
const background = cached(element => {
  if (!element) return [255, 255, 255, 1];
  const color = channels(getComputedStyle(element).backgroundColor);
  return color[3] === 1 ? color : over(color, background(element.parentElement));
});
const opacity = cached(element =>
  element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1);
const luminance = color => {
  const linear = value => {
    value /= 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2]);
};
const faults = {};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  const style = getComputedStyle(element);
  const isShown = element.getClientRects().length && style.visibility === 'visible';
  if (!texts.currentNode.data.trim() || !isShown || !opacity(element)) continue;
  const behind = background(element);
  const color = channels(style.color);
  const seen = over([...color.slice(0, 3), color[3] * opacity(element)], behind);
  const [dark, light] = [luminance(seen), luminance(behind)].sort((a, b) => a - b);
  const ratio = (light + 0.05) / (dark + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) {
    const where = element.tagName.toLowerCase() + '.' + element.className;
    faults[where] ??= 'contrast ' + ratio.toFixed(2) + ': ' + where + ' '
      + texts.currentNode.data.trim().slice(0, 40) + ' (' + seen.map(Math.round).slice(0, 3)
      + ' on ' + behind.map(Math.round).slice(0, 3) + ')';
  }
}
return Object.values(faults);
"""


# What readers with a screen reader or a keyboard, and those who only see the top, must not meet.
STRUCTURE = """
const faults = [];
const article = document.querySelector('article') ?? document.body;
const headings = [...article.querySelectorAll('h1, h2, h3, h4, h5, h6')];
let level = 0;
for (const heading of headings) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) faults.push('skipped level: ' + heading.textContent);
  level = own;
}
const titles = headings.filter(heading => heading.tagName === 'H1');
if (titles.length !== 1) faults.push(titles.length + ' titles');
const first = titles[0]?.nextElementSibling;
if (first && first.tagName !== 'P' && !first.matches('dl.py')) {
  faults.push('no opening sentence: ' + first.outerHTML.slice(0, 80));
}
if (!document.documentElement.lang) faults.push('no language');
const names = new Set();
for (const element of document.querySelectorAll('[id]')) {
  if (names.has(element.id)) faults.push('repeated id: ' + element.id);
  names.add(element.id);
}
for (const element of document.querySelectorAll('a[href], button, input, select, audio, video')) {
  const labels = [...element.labels ?? []].map(label => label.textContent).join('');
  const image = element.querySelector('img')?.alt;
  if (element.type !== 'hidden'
      && ![element.ariaLabel, labels, element.textContent, image].join('').trim()) {
    faults.push('no label: ' + element.outerHTML.slice(0, 100));
  }
}
for (const head of document.querySelectorAll('thead')) {
  if (!head.textContent.trim()) faults.push('empty head of a table');
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


def faults_of(browser, page):
    """Open a page, and return what a reader must not see, in each viewport and theme."""
    browser.get(page.as_uri())
    found = []
    for viewport, (width, height, mobile) in VIEWPORTS.items():
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        found += [f"{viewport}: {fault}" for fault in browser.execute_script(FAULTS)]
    browser.execute_script(WITHOUT_TRANSITIONS)
    for theme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": theme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        found += [f"{theme}: {fault}" for fault in browser.execute_script(CONTRAST)]
    return found + [f"console: {entry['message']}" for entry in browser.get_log("browser")]


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a page."""

    def write(text):
        path = tmp_path / "page.html"
        path.write_text(f'<meta name="viewport" content="width=device-width">{text}')
        return path

    return write


def test_wide_elements_missing_images_and_errors_are_found(browser, page):
    path = page(
        '<div style="width:2000px">wide</div><img src="missing.png" alt="missing">'
        '<script>console.error("an error")</script>'
    )
    found = "\n".join(faults_of(browser, path))
    for fault in ("desktop: overflow: <div", "phone: overflow: <div", "image: ", "an error"):
        assert fault in found


def test_wide_elements_in_a_box_that_scrolls_are_not_faults(browser, page):
    path = page('<div style="overflow-x:auto"><div style="width:2000px">wide</div></div>')
    assert faults_of(browser, path) == []


def test_text_of_low_contrast_is_found_in_both_themes(browser, page):
    path = page(
        "<style>@media (prefers-color-scheme: dark) { body { background: #222; color: #555 } }"
        "</style><p>dark</p><p style='color: #777'>light</p><h1 style='color: #888'>large</h1>"
    )
    assert [fault.partition(" (")[0] for fault in faults_of(browser, path)] == [
        "light: contrast 4.48: p. light",
        "dark: contrast 2.13: p. dark",
    ]


def test_faults_of_the_structure_are_found(browser, page):
    path = page(
        "<h1>Title</h1><h3>Part</h3><p id=a></p><h1 id=a>Title</h1><button></button>"
        "<table><thead><tr><th></th></tr></thead></table><audio controls></audio>"
    )
    browser.get(path.as_uri())
    assert [fault.partition(": <")[0] for fault in browser.execute_script(STRUCTURE)] == [
        "skipped level: Part",
        "2 titles",
        "no opening sentence",
        "no language",
        "repeated id: a",
        "no label",
        "no label",
        "empty head of a table",
    ]


@pytest.mark.timeout(600)
def test_every_page_is_legible_fits_the_screen_and_loads_without_errors(browser):
    faults = []
    for page in PAGES:
        found = faults_of(browser, page)
        if page.name not in WITHOUT_TEXT:
            found += browser.execute_script(STRUCTURE)
        faults += [f"{page.relative_to(SITE)}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


def test_the_first_stop_of_the_keyboard_is_a_link_to_the_content(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.get((SITE / "images.html").as_uri())
    ActionChains(browser).send_keys(Keys.TAB).perform()
    link = browser.switch_to.active_element
    assert link.get_property("textContent").strip() == "Skip to content"
    assert link.value_of_css_property("outline-style") == "solid"


def test_the_sidebar_shows_where_the_page_is(browser):
    browser.get((SITE / "reference/classes/NetworkError.html").as_uri())
    position = "return arguments[0].getBoundingClientRect()"
    sidebar, page = (
        browser.execute_script(position, browser.find_element("css selector", f".sidebar-{name}"))
        for name in ("scroll", "tree .current-page")
    )
    assert sidebar["top"] < page["top"] < sidebar["bottom"]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, *_):
        pass


@contextmanager
def serve(directory):
    """Serve a directory, and yield its URL."""
    handler = partial(QuietHandler, directory=directory)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def test_a_result_of_a_search_says_what_a_method_does(browser):
    from selenium.webdriver.support.ui import WebDriverWait

    with serve(SITE) as url:
        browser.get(f"{url}search.html?q=remove_background")
        WebDriverWait(browser, 60).until(
            lambda driver: (
                "Remove the background from an image."
                in driver.find_element("id", "search-results").text
            )
        )


@pytest.mark.parametrize("shown", ["", "1.0/"])
def test_the_menu_of_versions_shows_the_version_of_the_page(browser, shown, tmp_path):
    from selenium.webdriver.support.ui import Select, WebDriverWait

    site = tmp_path / shown
    shutil.copytree(SITE / "_static", site / "_static")
    shutil.copyfile(SITE / "settings.html", site / "settings.html")
    root = "../" if shown else "./"
    versions = [{"name": "1.1.0", "url": root}, {"name": "1.0", "url": f"{root}1.0/"}]
    (site / "versions.json").write_text(json.dumps(versions))
    with serve(tmp_path) as url:
        browser.get(f"{url}{shown}settings.html")
        menu = WebDriverWait(browser, 60).until(
            lambda driver: driver.find_element("css selector", ".versions select")
        )
        assert menu.get_property("value") == f"{url}{shown}"
        assert [option.text for option in Select(menu).options] == ["1.1.0", "1.0"]


def test_a_page_without_other_versions_shows_its_own_version(browser):
    browser.get((SITE / "settings.html").as_uri())
    assert (
        browser.find_element("class name", "versions").get_property("textContent")
        == deapi.__version__
    )


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


def test_the_reference_shows_nothing_private_or_of_pydantic():
    pages = sorted((SITE / "reference").rglob("*.md"))
    assert len(pages) > 80
    for page in pages:
        members = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        for text in (
            "Annotated[",
            "ForwardRef",
            "pydantic",
            "model_config",
            " \\_",
            "field number",
        ):
            assert not [member for member in members if text in member], page.name
        for text in ("alias of", "* **Type:**"):
            assert text not in page.read_text(encoding="utf-8"), page.name


def test_each_type_in_a_signature_is_a_link():
    unlinked = set()
    for page in sorted((SITE / "reference").rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        for signature in re.findall('<dt class="sig sig-object.*?</dt>', text, re.DOTALL):
            rest = re.sub("<a .*?</a>", "", signature, flags=re.DOTALL)
            rest = re.sub('<span class="sig-(?:pre)?name.*?</span></span>', "", rest)
            names = re.findall(r'<span class="pre">([A-Z]\w+)</span>', rest)
            unlinked |= {(page.name, name) for name in names}
    values = {"None", "True", "False", "NOT_GIVEN"}
    assert not [each for each in sorted(unlinked) if each[1] not in values]


def test_the_page_for_unknown_urls_works_in_every_directory():
    links = references(SITE / "404.html").links
    assert links
    assert all(urlsplit(link).scheme for link in links)


def test_each_page_has_its_own_title_a_description_and_a_twin_in_markdown():
    titles = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        title = re.search("<title>(.+)</title>", text)
        assert title
        assert titles.setdefault(title[1], page) == page, title[1]
        if page.name not in WITHOUT_TEXT:
            description = re.search('<meta name="description" content="(.+)"', text)
            assert description, page.name
            assert not description[1].startswith("Bases: "), page.name
            assert page.with_suffix(".md").exists(), page.name
            assert f"{page.relative_to(SITE).with_suffix('.md')})" in llms_txt(), page.name


def test_the_types_of_fields_are_short_in_markdown():
    text = (SITE / "reference/classes/ModelInfo.md").read_text(encoding="utf-8")
    assert "* **loras** (`list[Lora]`) " in text


@cache
def llms_txt():
    return (SITE / "llms.txt").read_text(encoding="utf-8")
