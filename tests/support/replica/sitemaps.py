"""Sitemaps, WordPress' own or those of Yoast."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from tests.support.replica import words
from tests.support.replica.articles import SECTIONS, local
from tests.support.replica.frame import STATIC, Answer, Frame

Sitemap = Literal["core", "yoast", "none"]
INDEX = {"core": "/wp-sitemap.xml", "yoast": "/sitemap_index.xml"}
SIZE = {"core": 2_000, "yoast": 1_000}
CORE = re.compile(r"/wp-sitemap-(posts-post|posts-page|taxonomies-category|taxonomies-post_tag|users)-(\d+)\.xml")
YOAST = re.compile(r"/(post|page|category|post_tag|author)-sitemap(\d*)\.xml")
KINDS = ("post", "page", "category", "post_tag", "author")
CORE_NAMES = ("posts-post", "posts-page", "taxonomies-category", "taxonomies-post_tag", "users")
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(frame: Frame, path: str, plugin: Literal["core", "yoast"], *, lastmod: bool) -> Answer | None:
    """The sitemap or the index at a path; None where the plugin has none there."""
    if path == INDEX[plugin]:
        return _index(frame, plugin)
    found = (CORE if plugin == "core" else YOAST).fullmatch(path)
    if not found:
        return None
    name, page = found[1], int(found[2] or 1)
    kind = KINDS[CORE_NAMES.index(name)] if plugin == "core" else name
    if not 1 <= page <= _pages(frame, kind, plugin):
        return None
    if kind == "post":
        return _xml("urlset", _posts(frame, page, SIZE[plugin], lastmod=lastmod))
    return _xml("urlset", (f"<url><loc>{frame.url(path)}</loc></url>" for path in _paths(frame, kind)))


def robots(frame: Frame, plugin: Sitemap) -> Answer:
    """The rules for robots, with the address of the sitemap."""
    line = f"\nSitemap: {frame.base}{INDEX[plugin]}\n" if plugin != "none" else ""
    rules = "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n"
    return Answer(200, {"Content-Type": "text/plain; charset=utf-8"}, rules + line)


def _index(frame: Frame, plugin: Literal["core", "yoast"]) -> Answer:
    """The index of the sitemaps."""
    addresses = []
    for kind, core in zip(KINDS, CORE_NAMES, strict=True):
        for page in range(1, _pages(frame, kind, plugin) + 1):
            number = "" if page == 1 else str(page)
            name = f"/wp-sitemap-{core}-{page}.xml" if plugin == "core" else f"/{kind}-sitemap{number}.xml"
            addresses.append(f"<sitemap><loc>{frame.url(name)}</loc></sitemap>")
    return _xml("sitemapindex", addresses)


def _pages(frame: Frame, kind: str, plugin: Literal["core", "yoast"]) -> int:
    """The number of sitemaps of a kind."""
    return -(-len(frame.newsroom.numbers) // SIZE[plugin]) if kind == "post" else 1


def _posts(frame: Frame, page: int, size: int, *, lastmod: bool) -> Iterable[str]:
    """Yields the entries of a sitemap of articles."""
    newsroom = frame.newsroom
    for number in newsroom.by_number[(page - 1) * size : page * size]:
        stamp = f"<lastmod>{local(newsroom.modified(number)).isoformat()}</lastmod>" if lastmod else ""
        yield f"<url><loc>{frame.url(newsroom.article(number).path)}</loc>{stamp}</url>"


def _paths(frame: Frame, kind: str) -> list[str]:
    """The paths in a sitemap of another kind than articles."""
    newsroom = frame.newsroom
    match kind:
        case "page":
            return ["/", *(f"/{slug}/" for slug in STATIC)]
        case "category":
            return [f"/category/{words.slug(name)}/" for name in SECTIONS if newsroom.by_section[name]]
        case "post_tag":
            return [f"/tag/{words.slug(name)}/" for name in words.TAGS if newsroom.by_tag[name]]
        case _:
            return [f"/author/{words.slug(name)}/" for name in newsroom.by_author]


def _xml(root: str, entries: Iterable[str]) -> Answer:
    """The answer with a sitemap or an index."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NAMESPACE}>{"".join(entries)}</{root}>\n'
    return Answer(200, {"Content-Type": "application/xml; charset=UTF-8"}, body)
