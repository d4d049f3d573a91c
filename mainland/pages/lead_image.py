"""The lead image: what the featured area links to, shows, or has as its background, else what the head names."""

from __future__ import annotations

from lxml.html import HtmlElement

from mainland.clean import pictures, text, urls
from mainland.items import Image
from mainland.pages.page import Page
from mainland.pages.picture_sources import PictureSources
from mainland.selectors import CAPTION, LEAD_IMAGE, PICTURES, Rule


def lead_image(page: Page, sources: PictureSources) -> tuple[Image | None, str | None]:
    """The lead image of a page, and the name of the rule that gave it for statistics; (None, None) without one."""
    for name in LEAD_IMAGE:
        area = page.regions.get(name)
        found = None if area is None or is_show(area) else _shown(area, sources)
        if found:
            found["caption"] = text.plain(next(iter(page.select(Rule(name, CAPTION))), None))
            return found, "featured area"
    found = _of_head(page.head.meta, sources)
    return found, "meta og:image" if found else None


def _shown(area: HtmlElement, sources: PictureSources) -> Image | None:
    """The first picture that a featured area shows or links to; None without one."""
    for node in area.iter("*"):
        if node.tag == "noscript":
            found = next((image for _, image in sources.in_noscript(node)), None)
        elif node.tag in PICTURES:
            found = sources.of_image(node)
        else:
            found = (sources.of_link(node) if node.tag == "a" else None) or sources.of_background(node)
        if found:
            return found
    return None


def _of_head(meta: dict[str, list[str]], sources: PictureSources) -> Image | None:
    """The first picture for social media (``og:image``), with its text and size in pixels if given.

    None without one.
    """
    images = next(filter(None, (meta.get(name) for name in _IMAGES)), [])
    for place, value in enumerate(images):
        url = urls.absolute(sources.base, value) if value.strip() and not pictures.is_placeholder(value) else None
        if url:
            found: Image = {"url": sources.of_meta(url), "caption": None}
            alt, width, height = (_beside(meta, f"og:image:{name}", place, len(images)) for name in _MORE)
            if text.line(alt):
                found["alt"] = text.line(alt) or ""
            if width.isdecimal() and height.isdecimal() and len(width + height) <= 12:
                found["width"], found["height"] = int(width), int(height)
            return found
    return None


_IMAGES = ("og:image", "og:image:url", "og:image:secure_url")  # one property of three names: https://ogp.me/#structured
_MORE = ("alt", "width", "height")


def _beside(meta: dict[str, list[str]], name: str, place: int, count: int) -> str:
    """The value of a meta tag for the picture at a place among ``count``; "" unless each picture has the tag."""
    values = meta.get(name, [])
    return values[place].strip() if len(values) == count else ""


def is_show(area: HtmlElement) -> bool:
    """Whether a featured area plays a video or shows a gallery instead of the lead image."""
    classes = (node.get("class", "") for node in area.iter("*"))
    return any("featured_video" in names or "featured_gallery" in names for names in classes)
