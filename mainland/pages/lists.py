"""What lists of articles say: category pages, sitemaps, feeds, REST."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement
from parsel import Selector, SelectorList
from scrapy.utils.sitemap import Sitemap

from mainland.clean import dates, text, urls
from mainland.pages.nodes import Within, markup
from mainland.pages.page import Page, bounded
from mainland.selectors import (
    ANY_CATEGORY_LINK,
    EMPTY,
    HERO,
    LIST,
    MAIN,
    NEXT_PAGE,
    NUMBERED_PAGES,
    PAGINATION,
    POST_TITLE,
)

_POST_SITEMAPS = ("posts-post-", "post-sitemap", "pt-post-", "posttype-post", "articles")
_OTHER_SITEMAPS = (
    *("page", "category", "taxonom", "tag", "author", "user", "product", "attachment", "image", "video", "archive"),
    *("misc", "format", "portfolio", "elementor", "template", "event", "local"),
)
_ROOT = re.compile(rb"<(html|rss|rdf:RDF|feed|urlset|sitemapindex)\b", re.IGNORECASE)
_BEGINNING = 4096


class Told(NamedTuple):
    """What a source says of one address: ``lastmod`` in UTC, like ``2022-01-07T08:41:12Z``; ``id`` of the post."""

    url: str
    lastmod: str | None = None
    id: int | None = None


def root(body: bytes) -> bytes:
    """The first tag of a page, feed or sitemap, the bracket of a JSON text, ``b""`` for another or none.

    >>> root(b"<!doctype html><html lang='en'>"), root(b" [1, 2]"), root(b"")
    (b'html', b'[', b'')
    """
    begins = body[:_BEGINNING].lstrip()[:1]
    found = _ROOT.search(body, 0, _BEGINNING)
    return begins if begins in (b"[", b"{") else found[1] if found else b""


def is_whole(body: bytes) -> bool:
    """Whether a page, feed, sitemap or JSON text has its end; anything else that is not empty is whole.

    >>> is_whole(b"<html><p>It fell.</p></html> <!-- cached -->"), is_whole(b"<html><p>It fe")
    (True, False)
    >>> is_whole(b"[1, 2]"), is_whole(b"[1, "), is_whole(b"<!doct"), is_whole(b"Moved")
    (True, False, False, True)
    """
    begins = root(body)
    if begins in (b"[", b"{"):
        return body.rstrip().endswith(b"]" if begins == b"[" else b"}")
    if begins:
        return b"</" + begins in body
    return bool(body) and not (len(body) < _BEGINNING and body.lstrip()[:2] in (b"<!", b"<?"))


@bounded
def hero_links(page: Page) -> list[str]:
    """The addresses in the hero of a category page, which holds the newest articles on every page."""
    return _links(page, _outermost(page.xpath(HERO)))


@bounded
def list_links(page: Page) -> list[str]:
    """The addresses in the list of a category, author, tag or search page."""
    return _links(page, _lists(page))


@bounded
def is_listing(page: Page) -> bool:
    """Whether the page is a list of articles, which may be empty."""
    return bool(page.xpath(HERO) or _lists(page))


@bounded
def is_empty(page: Page) -> bool:
    """Whether the page says itself that there is no article to be shown."""
    return bool(page.xpath(EMPTY))


@bounded
def home_links(page: Page) -> list[str]:
    """The addresses of the articles that a home page shows."""
    return _links(page, SelectorList([page.selector]))


@bounded
def next_page(page: Page) -> str | None:
    """The address that a numbered pagination gives for the next page; None in the other modes and on the last."""
    for href in _lists(page).xpath(NEXT_PAGE).getall():
        if not href.startswith("#"):
            return urls.absolute(page.url, href)
    return None


@bounded
def is_numbered(page: Page) -> bool:
    """Whether the list has a numbered pagination, so that its last page has no link to a next one."""
    return (pagination(page) or "").startswith("nav") or bool(_lists(page).xpath(NUMBERED_PAGES))


@bounded
def pagination(page: Page) -> str | None:
    """The pagination mode of the list, as the theme names it: ``nav_1``, ``nextprev``, ``loadmore``."""
    names = " ".join(_lists(page).xpath(PAGINATION).getall()).split()
    return next((name.removeprefix("jeg_pagination_") for name in names if name.startswith("jeg_pagination_")), None)


@bounded
def sections(page: Page) -> dict[str, tuple[str, str]]:
    """The sections that a page links: slug to name and address, in the page's order."""
    found: dict[str, tuple[str, str]] = {}
    for anchor in list(_menu_links(page)) or [link.root for link in page.xpath(ANY_CATEGORY_LINK)]:
        url = urls.absolute(page.url, anchor.get("href"))
        slug = urls.section_slug(url) or (urls.last_part(url) if url else None)
        if url and slug and slug not in found and urls.host(url) == urls.host(page.url):
            found[slug] = text.plain(markup(anchor)) or slug, urls.clean(url)
    return found


def _menu_links(page: Page) -> Iterator[HtmlElement]:
    """The links to categories in the page's menus and lists of categories."""
    menu_item = cache(_menu_item)
    for anchor in page.root.iter("a"):
        item, href = anchor.getparent(), anchor.get("href")
        if href is None or item is None or item.tag != "li":
            continue
        is_category, is_entry = menu_item(item)
        if is_category or (is_entry and "/category/" in href):
            yield anchor


def sitemap(body: bytes) -> tuple[str, list[Told]]:
    """The kind of a sitemap, ``urlset`` or ``sitemapindex``, and what it lists; ``""`` for what is none."""
    try:
        found = Sitemap(body)
        told = [
            Told(url, _utc(entry.get("lastmod"))) for entry in found if (url := urls.absolute(None, entry.get("loc")))
        ]
    except (etree.XMLSyntaxError, StopIteration, ValueError, KeyError, TypeError):
        return "", []
    return (found.type, told) if found.type in ("urlset", "sitemapindex") else ("", [])


def post_sitemaps(told: list[Told]) -> list[str]:
    """Of the sitemaps in an index those of articles; all that name no other thing where none names articles."""
    names = {entry.url: _name(entry.url) for entry in told}
    posts = [url for url, name in names.items() if any(part in name for part in _POST_SITEMAPS)]
    return posts or [url for url, name in names.items() if not any(part in name for part in _OTHER_SITEMAPS)]


def category_sitemaps(told: list[Told]) -> list[str]:
    """Of the sitemaps in an index those of categories."""
    return [entry.url for entry in told if "category" in _name(entry.url)]


def is_of_news(url: str) -> bool:
    """Whether a sitemap is one for news, which lists the articles of two days alone."""
    return "news" in _name(url)


def _name(url: str) -> str:
    """The name of a sitemap's file."""
    return urlsplit(url).path.rpartition("/")[2].lower()


def feed(body: bytes) -> list[Told]:
    """What an RSS feed lists, newest first."""
    try:
        root = etree.fromstring(body.strip(), etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return []
    items = root.iter("item") if root is not None else iter(())
    return [
        Told(link, None, urls.post_id(item.findtext("guid")))
        for item in items
        if (link := urls.absolute(None, item.findtext("link")))
    ]


def rest_posts(body: bytes) -> list[Told] | None:
    """What a page of REST's posts lists; None for what is none."""
    try:
        posts = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return list(_rest_posts(posts)) if isinstance(posts, list) else None


def _rest_posts(posts: list[object]) -> Iterator[Told]:
    for post in posts:
        if not isinstance(post, dict):
            continue
        number, link, modified = post.get("id"), post.get("link"), post.get("modified_gmt")
        url = urls.absolute(None, link) if isinstance(link, str) else None
        if url and isinstance(number, int) and 0 < number <= text.LARGEST:
            yield Told(url, _utc(f"{modified}Z" if isinstance(modified, str) else None), number)


def _menu_item(item: HtmlElement) -> tuple[bool, bool]:
    """Whether a list item is one of a category, and whether it is one of a menu."""
    classes = item.get("class", "")
    return "menu-item-object-category" in classes or "cat-item" in classes, "menu-item" in classes


def _lists(page: Page) -> SelectorList[Selector]:
    """The areas that hold the list; on a category page built with a page builder the main area."""
    found = page.xpath(LIST)
    if not found and page.classes & {"category", "archive"} and not page.xpath(HERO):
        found = page.xpath(MAIN)
    return _outermost(found)


def _outermost(areas: SelectorList[Selector]) -> SelectorList[Selector]:
    """The areas that stand in no other one."""
    is_within = Within({area.root for area in areas}.__contains__)
    return SelectorList([area for area in areas if not is_within(area.root)])


def _links(page: Page, areas: SelectorList[Selector]) -> list[str]:
    # Titles in titles are read once: XPath would look at all that is above and below each of them.
    titles: set[HtmlElement] = set()
    is_in_title, is_beside = Within(titles.__contains__), Within(_is_sidebar)
    hrefs: list[str] = []
    for area in areas:
        for title in (selector.root for selector in area.xpath(POST_TITLE)):
            if not is_beside(title) and not is_in_title(title):
                titles.add(title)
                hrefs += (anchor.get("href", "") for anchor in title.iterdescendants("a"))
    links = (urls.absolute(page.url, href) for href in hrefs if href)
    return list(dict.fromkeys(link for link in links if link))


def _is_sidebar(node: HtmlElement) -> bool:
    classes = node.get("class", "")
    return "jeg_sidebar" in classes or " widget " in f" {classes} "


def _utc(value: str | None) -> str | None:
    day = dates.bare_day(value)
    moment = dates.instant(f"{day}T00:00:00Z" if day else value)
    return dates.utc(moment) if moment else None
