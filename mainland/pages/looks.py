"""Describes a page that is not the site's own: the vendor of a challenge, theme, generator and title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mainland import data
from mainland.clean.text import cut, plain
from mainland.pages.page import parse

_MOST_BYTES = 1 << 17
_LONGEST = 60  # characters of a title, a theme, a generator
_TABLES = data.load("challenges")
_VENDORS: dict[str, list[str]] = dict(_TABLES["vendors"])
_TITLES: tuple[str, ...] = tuple(_TABLES["waiting"]["titles"])
_THEME = re.compile(r"/wp-content/themes/([\w.-]{1,60})/")


def looks(body: bytes, headers: Iterable[tuple[str, str]] = ()) -> str:
    """What a page looks like, in words for people; "" if it shows none of these. ``headers`` are those of its response.

    These are the vendor of a challenge, theme, generator and title; only the first 128 KB are read.

    >>> looks(b"<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x.js'></script>")
    'a challenge of Cloudflare, title "Just a moment..."'
    >>> looks(b"<meta name=generator content='WordPress 6.8'><link href='/wp-content/themes/astra/a.css'><title>Shop")
    'theme astra, generator WordPress 6.8, title "Shop"'
    """
    return ", ".join(_parts(body[:_MOST_BYTES], headers))


def _parts(body: bytes, headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yields the words for each thing that a page shows."""
    page, html = parse(body), body.decode("utf-8", "replace")
    text = "\n".join([html, *(f"{name}: {value}" for name, value in headers)]).lower()
    title = plain(next(iter(page.titles["title"]), None)) or ""
    vendor = next((name for name, marks in _VENDORS.items() if any(mark in text for mark in marks)), None)
    if vendor:
        yield f"a challenge of {vendor}"
    elif title.lower().startswith(_TITLES):
        yield "a challenge"
    if theme := _THEME.search(html):
        yield f"theme {theme[1]}"
    if generator := plain(next(iter(page.head.meta.get("generator", [])), None)):
        yield f"generator {cut(generator, _LONGEST)}"
    if title:
        yield f'title "{cut(title, _LONGEST)}"'
