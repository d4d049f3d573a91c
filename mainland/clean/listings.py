"""What feeds, sitemaps and WordPress' REST API list: addresses of articles, with what is said about each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree

from mainland.clean import dates, text, urls

_POST_SITEMAPS = ("posts-post-", "post-sitemap", "pt-post-", "posttype-post", "articles")
_OTHER_SITEMAPS = (
    *("page", "category", "taxonom", "tag", "author", "user", "product", "attachment", "image", "video", "archive"),
    *("misc", "format", "portfolio", "elementor", "template", "event", "local"),
)


class ListedAddress(NamedTuple):
    """An address that a source lists."""

    url: str

    lastmod: str | None = None
    """When the source says that the page changed, in UTC: ``2022-01-07T08:41:12Z``."""

    id: int | None = None
    """WordPress' number of the post."""


def parse_feed(body: bytes) -> list[ListedAddress]:
    """The articles in an RSS feed, in its order; [] for anything else.

    The format is RSS 2.0, https://www.rssboard.org/rss-specification: ``link`` is the address, and ``guid`` holds the
    number of the post, as WordPress prints it.
    """
    try:
        root = etree.fromstring(body.strip(), etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return []
    items = root.iter("item") if root is not None else iter(())
    return [
        ListedAddress(link, None, urls.post_id(item.findtext("guid")))
        for item in items
        if (link := urls.absolute(None, item.findtext("link")))
    ]


def parse_rest_posts(body: bytes) -> list[ListedAddress] | None:
    """The posts on a page of ``/wp-json/wp/v2/posts``, in its order; None for anything else.

    The format: https://developer.wordpress.org/rest-api/reference/posts/. Of a post ``id``, ``link`` and
    ``modified_gmt`` are read, a date in UTC without a zone.
    """
    try:
        posts = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return list(_rest_posts(posts)) if isinstance(posts, list) else None


def _rest_posts(posts: list[object]) -> Iterator[ListedAddress]:
    for post in posts:
        if not isinstance(post, dict):
            continue
        number, link, modified = post.get("id"), post.get("link"), post.get("modified_gmt")
        url = urls.absolute(None, link) if isinstance(link, str) else None
        if url and isinstance(number, int) and 0 < number <= text.LARGEST:
            yield ListedAddress(url, _utc(f"{modified}Z" if isinstance(modified, str) else None), number)


def parse_sitemap(body: bytes) -> tuple[str, list[ListedAddress]]:
    """The kind of a sitemap, ``urlset`` or ``sitemapindex``, and what it lists; ``("", [])`` for anything else.

    The format: https://www.sitemaps.org/protocol.html. A sitemap that is cut off gives what it lists up to there.
    """
    try:
        events = _sitemap_events(body)
        kind = _local_name(next(events)[1])
        listed = [
            ListedAddress(url, _utc(entry.get("lastmod")))
            for entry in _sitemap_entries(events)
            if (url := urls.absolute(None, entry.get("loc")))
        ]
    except (etree.XMLSyntaxError, StopIteration, ValueError, KeyError, TypeError):
        return "", []
    return (kind, listed) if kind in ("urlset", "sitemapindex") else ("", [])


def _sitemap_events(body: bytes) -> Iterator[tuple[str, etree._Element]]:
    """The starts and ends of the tags of a sitemap, as they are parsed."""
    return iter(
        etree.iterparse(
            BytesIO(body),
            events=("start", "end"),
            recover=True,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
            resolve_entities=False,
            collect_ids=False,
        )
    )


def _sitemap_entries(events: Iterator[tuple[str, etree._Element]]) -> Iterator[dict[str, str]]:
    """The texts of the tags in each ``url`` or ``sitemap``, by their names. Each tag is dropped once it was read."""
    for event, node in events:
        if event == "end" and _local_name(node) in ("url", "sitemap"):
            yield {_local_name(child): (child.text or "").strip() for child in node}
            node.clear()
            parent = node.getparent()
            while parent is not None and node.getprevious() is not None:
                del parent[0]


def _local_name(node: etree._Element) -> str:
    """The name of a tag without its namespace; "" for what is not a tag, like an entity."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def post_sitemaps(listed: list[ListedAddress]) -> list[str]:
    """The addresses of the sitemaps of articles among those that an index lists.

    The names of their files decide. Where none names articles: all whose names do not say that they list
    something else.
    """
    names = {entry.url: _file_name(entry.url) for entry in listed}
    posts = [url for url, name in names.items() if any(part in name for part in _POST_SITEMAPS)]
    return posts or [url for url, name in names.items() if not any(part in name for part in _OTHER_SITEMAPS)]


def category_sitemaps(listed: list[ListedAddress]) -> list[str]:
    """The addresses of the sitemaps of categories among those that an index lists."""
    return [entry.url for entry in listed if "category" in _file_name(entry.url)]


def is_news_sitemap(url: str) -> bool:
    """Whether an address is that of a sitemap for news, which lists only the articles of two days."""
    return "news" in _file_name(url)


def _file_name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2].lower()


def _utc(value: str | None) -> str | None:
    day = dates.bare_day(value)
    moment = dates.instant(f"{day}T00:00:00Z" if day else value)
    return dates.utc(moment) if moment else None
