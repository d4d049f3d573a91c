"""What feeds, sitemaps and WordPress' REST API list: addresses of articles, with what is said about each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree

from mainland.clean import dates, documents, text, urls

_API = re.compile(r"""<([^<>\s]{1,1000})>\s{0,9};\s{0,9}rel=["']?https://api\.w\.org/""")
_LONGEST_LINKS = 8_000
_HOURS = re.compile(r"[+-]?[0-9]{1,2}(?:\.[0-9]{1,2})?")
_POST_SITEMAPS = (
    *("posts-post-", "post-sitemap", "pt-post-", "posttype-post", "articles"),
    "sitemap=posts&sitemap-subtype=post&",  # with plain permalinks
)
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

    published: str | None = None
    """When the source says that the post was published, in UTC."""


def parse_feed(body: bytes) -> list[ListedAddress]:
    """The articles in an RSS feed, in its order; [] for anything else.

    The format is RSS 2.0, https://www.rssboard.org/rss-specification: ``link`` is the address, and ``guid`` holds the
    number of the post, as WordPress prints it. A feed that is cut off gives its articles up to there.
    """
    try:
        root = etree.fromstring(
            documents.without_notices(body).strip(),
            etree.XMLParser(recover=True, resolve_entities=False, no_network=True),
        )
    except (etree.XMLSyntaxError, ValueError):
        return []
    items = root.iter("item") if root is not None else iter(())
    return [
        ListedAddress(link, None, urls.post_id(item.findtext("guid")))
        for item in items
        if (link := urls.absolute(None, item.findtext("link")))
    ]


def rest_root(links: Iterable[str], home: str) -> str | None:
    """The address of WordPress' REST interface that ``Link`` headers of a site name; None where they name none.

    ``home`` is the address of the site's home page; an address that is not below it is another site's. WordPress names
    it, in the head of its pages too, with the relation ``https://api.w.org/``:
    https://developer.wordpress.org/rest-api/using-the-rest-api/discovery/.

    >>> rest_root(['<https://a.example/feed/>; rel="alternate", <https://a.example/api/>; rel="https://api.w.org/"'],
    ...           "https://a.example/")
    'https://a.example/api/'
    >>> rest_root(['<http://a.example/?rest_route=/>; rel="https://api.w.org/"'], "https://www.a.example/")
    'https://www.a.example/?rest_route=/'
    >>> rest_root(['<https://b.example/wp-json/>; rel="https://api.w.org/"'], "https://a.example/")
    >>> rest_root(['<https://a.example/wp-json/>; rel="https://api.w.org/"'], "https://a.example/zeitung/")
    """
    found = (match[1] for link in links for match in _API.finditer(link[:_LONGEST_LINKS]))
    return next(filter(None, (_rest_root(address, home) for address in found)), None)


def _rest_root(address: str, home: str) -> str | None:
    """The root of the REST interface, on the host of ``home``, from an address that a header names.

    None if that is not below ``home``, or has another query than ``rest_route=/``.
    """
    url = urls.absolute(home, address)
    if url is None or not f"{urls.key(url.partition('?')[0])}/".startswith(f"{urls.key(home)}/"):
        return None
    own, named = urlsplit(home), urlsplit(url)  # a site behind a proxy can name itself by http, or without www
    root = f"{own.scheme}://{own.netloc}{named.path}"
    if named.query in ("rest_route=/", "rest_route=%2F", "rest_route=%2f"):
        return f"{root}?rest_route=/"
    return None if named.query or named.fragment else f"{root.rstrip('/')}/"


def rest_address(root: str, route: str, query: str) -> str:
    """The address of a route of the REST interface, given its root as from :func:`rest_root`; ``query`` without "?".

    >>> rest_address("https://a.example/wp-json/", "wp/v2/posts", "page=2")
    'https://a.example/wp-json/wp/v2/posts?page=2'
    >>> rest_address("https://a.example/?rest_route=/", "wp/v2/posts", "page=2")
    'https://a.example/?rest_route=/wp/v2/posts&page=2'
    """
    return f"{root}{route}{'&' if '?' in root else '?'}{query}"


def parse_rest_posts(body: bytes) -> list[ListedAddress] | None:
    """The posts on a page of ``/wp-json/wp/v2/posts``, in its order; None for anything but a JSON list.

    The format: https://developer.wordpress.org/rest-api/reference/posts/. Of a post ``id``, ``link``, ``date_gmt`` and
    ``modified_gmt`` are read, dates in UTC without a zone. Posts without an address or a number are left out.
    """
    try:
        posts = json.loads(documents.without_notices(body))
    except (ValueError, RecursionError):
        return None
    return list(_rest_posts(posts)) if isinstance(posts, list) else None


def _rest_posts(posts: list[object]) -> Iterator[ListedAddress]:
    """Yields the posts that have a complete entry: a ``link`` of http or https, an ``id`` that is a positive number."""
    for post in posts:
        if not isinstance(post, dict):
            continue
        number, link = post.get("id"), post.get("link")
        published, modified = (_gmt(post.get(name)) for name in ("date_gmt", "modified_gmt"))
        url = urls.absolute(None, link) if isinstance(link, str) else None
        if url and isinstance(number, int) and 0 < number <= text.LARGEST:
            yield ListedAddress(url, modified, number, published)


def _gmt(value: object) -> str | None:
    """A date of the REST interface (in UTC without a zone) as ``2022-01-07T08:41:12Z``; None if it is not one."""
    return _utc(f"{value}Z") if isinstance(value, str) else None


def parse_rest_zone(body: bytes) -> str | None:
    """The time zone in ``/wp-json/``, as :func:`mainland.clean.dates.zone` takes it; None for anything else.

    ``timezone_string`` is a name of the IANA database, or empty where the site has only an offset: ``gmt_offset``, in
    hours. The format: https://developer.wordpress.org/rest-api/extending-the-rest-api/routes-and-endpoints/.

    >>> parse_rest_zone(b'{"timezone_string": "Asia/Kolkata", "gmt_offset": 5.5}')
    'Asia/Kolkata'
    >>> parse_rest_zone(b'{"timezone_string": "", "gmt_offset": -3.5}'), parse_rest_zone(b'{"gmt_offset": "2"}')
    ('-03:30', '+02:00')
    >>> parse_rest_zone(b'{"timezone_string": "Mars", "gmt_offset": 99}'), parse_rest_zone(b"<html>")
    (None, None)
    """
    try:
        index = json.loads(documents.without_notices(body))
    except (ValueError, RecursionError):
        return None
    if not isinstance(index, dict):
        return None
    name, hours = index.get("timezone_string"), index.get("gmt_offset")
    if isinstance(name, str) and dates.zone(name):
        return name
    given = str(hours) if isinstance(hours, (int, float, str)) and not isinstance(hours, bool) else ""
    if not _HOURS.fullmatch(given):
        return None
    minutes = round(float(given) * 60)
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return offset if dates.zone(offset) else None


def parse_sitemap(body: bytes) -> tuple[str, list[ListedAddress]]:
    """The kind of a sitemap, ``urlset`` or ``sitemapindex``, and what it lists; ``("", [])`` for anything else.

    The format: https://www.sitemaps.org/protocol.html. A sitemap that is cut off gives what it lists up to there.
    """
    try:
        events = _sitemap_events(documents.without_notices(body))
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
    """Yields the starts and ends of the tags of a sitemap, as they are parsed: "start" or "end", and the element."""
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
    """Yields the texts of the tags in each ``url`` or ``sitemap``, by the names of the tags.

    Each tag is removed from memory once it was read.
    """
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

    The names of their files decide. If no name says that it lists articles, these are all whose names do not say that
    they list something else.
    """
    names = {entry.url: _file_name(entry.url) for entry in listed}
    posts = [url for url, name in names.items() if any(part in name for part in _POST_SITEMAPS)]
    return posts or [url for url, name in names.items() if not any(part in name for part in _OTHER_SITEMAPS)]


def category_sitemaps(listed: list[ListedAddress]) -> list[str]:
    """The addresses of the sitemaps of categories among those that an index lists, by the names of their files."""
    return [entry.url for entry in listed if "category" in _file_name(entry.url)]


def is_news_sitemap(url: str) -> bool:
    """Whether the name of a sitemap's file says that it is for news, which lists only the articles of two days."""
    return "news" in _file_name(url)


def _file_name(url: str) -> str:
    """The last part of an address' path in small letters; its query where the path ends in a slash."""
    parts = urlsplit(url)
    return (parts.path.rpartition("/")[2] or parts.query).lower()


def _utc(value: str | None) -> str | None:
    """A date of a source as ``2022-01-07T08:41:12Z``, a day as its midnight in UTC; None if it is not a date."""
    day = dates.bare_day(value)
    moment = dates.instant(f"{day}T00:00:00Z" if day else value)
    return dates.utc(moment) if moment else None
