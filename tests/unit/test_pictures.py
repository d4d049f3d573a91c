"""Which pictures a page shows, behind which lazy loader, image service or size, and what else it says of them."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

import mainland
from mainland import data
from mainland.clean import pictures
from mainland.items import Article, Image
from mainland.pages import picture_sources
from mainland.pages.article import content_hash
from tests.support.golden import FIXTURES

PAGE = "https://beispiel.example/a-slug/"
UPLOADS = "https://beispiel.example/wp-content/uploads/2024/03/"
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
SIZE = {"width": 900, "height": 600}
POST = (
    '<body class="single-post"><h1>Rain fills the lake</h1>{}<div class="content-inner"><p>It rained.</p>{}</div>'
    '<link rel="shortlink" href="https://beispiel.example/?p=7">'
)
CASES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (FIXTURES / "pictures.toml").read_text("utf-8").replace("UPLOADS/", UPLOADS).replace("BLANK", BLANK)
)
ORIGINALS = CASES["services"] | CASES["originals"]


def article(lead: str = "", text: str = "") -> Article:
    return mainland.article(POST.format(lead, text), PAGE)


@pytest.mark.parametrize("name", ORIGINALS)
def test_original(name: str) -> None:
    address, original = ORIGINALS[name]
    assert pictures.original(address, PAGE) == original
    assert pictures.original(original, PAGE) == original
    assert pictures.key(address) == pictures.key(original)


def test_each_service_of_the_data_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    services: dict[str, dict[str, Any]] = data.load("pictures")["services"]
    assert services.keys() == CASES["services"].keys()
    monkeypatch.setattr(pictures, "_service_of_host", lambda _host: None)
    monkeypatch.setattr(pictures, "_BY_MARKER", [])
    found = {name for name, (address, wanted) in CASES["services"].items() if pictures.original(address) == wanted}
    assert not found, f"no entry is needed for {found}"


@pytest.mark.parametrize("name", CASES["texts"])
def test_pictures_of_a_text(name: str) -> None:
    text, *wanted = CASES["texts"][name]
    found = article(text=text)
    assert [image["url"] for image in found.images] == [UPLOADS + each for each in wanted]
    assert found.body == "It rained."


def test_a_page_is_not_searched_for_an_upload_that_the_image_names(monkeypatch: pytest.MonkeyPatch) -> None:
    image = f'<img src="{UPLOADS}a-300x200.jpg" srcset="{UPLOADS}a-300x200.jpg 300w, {UPLOADS}a.jpg 900w">'
    monkeypatch.setattr(picture_sources, "_upload_paths", None)
    assert [each["url"] for each in article(text=image).images] == [f"{UPLOADS}a.jpg"]


@pytest.mark.parametrize("name", CASES["leads"])
def test_lead_image(name: str) -> None:
    lead, wanted = CASES["leads"][name]
    found = article(lead=lead).image
    assert found is not None
    assert found["url"] == UPLOADS + wanted


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ('alt=" The  lake " class="size-full" src="{}" width="900" height="600"', {"alt": "The lake", **SIZE}),
        ('src="{}" srcset="/lake-300x200.jpg 300w, {} 900w" width="900" height="600"', SIZE),
        ('src="/lake-300x200.jpg" data-orig-file="{}" data-orig-size="900,600" width="300" height="200"', SIZE),
        # What follows is the size of the layout or of a smaller copy, or no size.
        ('src="{}" width="900" height="600"', {}),
        ('src="{}" srcset="{} 900w" width="300" height="200"', {}),
        ('class="size-full" src="https://i0.wp.com/{}?w=300" width="300" height="200"', {}),
        ('alt="" class="size-full" src="{}" width="100%" height="1"', {}),
    ],
)
def test_alternative_text_and_size_where_the_page_gives_them(text: str, more: dict[str, Any]) -> None:
    url = f"{UPLOADS}lake.jpg"
    given = text.replace("i0.wp.com/{}", f"i0.wp.com/{url.removeprefix('https://')}").replace("{}", url)
    assert article(text=f"<img {given}>").images == [{"url": url, "caption": None, **more}]


def test_size_of_a_link_and_of_the_head() -> None:
    url = f"{UPLOADS}lake.jpg"
    link = f'<a href="{url}" data-pswp-width="900" data-pswp-height="600"><img src="/x.jpg" alt="Lake" width="300"></a>'
    assert article(text=link).images == [{"url": url, "caption": None, "alt": "Lake", **SIZE}]
    named = {"": url, ":alt": "Lake", ":width": "900", ":height": "600"}
    head = "".join(f'<meta property="og:image{name}" content="{value}">' for name, value in named.items())
    assert article(lead=head).image == {"url": url, "caption": None, "alt": "Lake", **SIZE}
    assert article(lead=head.replace('og:image"', 'og:image:url"')).image == article(lead=head).image
    assert article(lead=head.replace("600", "tall")).image == {"url": url, "caption": None, "alt": "Lake"}


def test_neither_service_nor_size_nor_alternative_text_changes_the_content_hash() -> None:
    def of(image: Image) -> str:
        return content_hash(Article(image=image, images=[image]))

    first = of({"url": f"{UPLOADS}lake.jpg", "caption": None})
    for address, original in ORIGINALS.values():
        if original == f"{UPLOADS}lake.jpg":
            assert of({"url": address, "caption": None, "alt": "Lake", "width": 9, "height": 9}) == first
    assert of({"url": f"{UPLOADS}boat.jpg", "caption": None}) != first
