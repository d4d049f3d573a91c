"""Embeds: videos, players, posts, documents and maps that an article shows from elsewhere.

An embed is recognised by an address of its provider (``data/embeds.toml``), in whatever attribute it stands: ``src``,
that of a lazy loader, of a cookie banner, of a player.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from lxml.html import HtmlElement

from mainland import data
from mainland.clean import pictures, urls
from mainland.clean.text import line
from mainland.items import Embed
from mainland.pages.nodes import class_names, first_nodes

_TABLES = data.load("embeds")
_NODES = _TABLES.pop("nodes")

ELEMENTS: frozenset[str] = frozenset(_NODES["elements"])
"""Elements that can be an embed."""

CLASSES: frozenset[str] = frozenset(_NODES["classes"])
"""Classes of blocks that can be an embed, or stand for one until a reader agrees."""

_BARE_ADDRESSES = re.compile(r"https?://\S+(?:\nhttps?://\S+)*+")
_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'<>\\]{4,2000}|at://[\w.:/]{4,200}""")
_LONGEST_VALUE = 20_000  # characters of an attribute
_LONGEST_PLAYLIST = 200_000  # characters of its JSON
_LONGEST_NUMBER = 1_000  # characters of an attribute that stands for an address
_CODED = frozenset(_NODES["coded"])
_MOST_NODES = 60  # of a block that stands for an embed
_FILES = {
    "audio": ("aac", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav"),
    "document": ("doc", "docx", "epub", "odp", "ods", "odt", "pdf", "ppt", "pptx", "rtf", "xls", "xlsx"),
    "video": ("m3u8", "m4v", "mov", "mp4", "ogv", "webm"),
}
_TYPES = {suffix: name for name, suffixes in _FILES.items() for suffix in suffixes}
_FILE = re.compile(rf"[^?#\s]*\.({'|'.join(_TYPES)})(?=[?#]|$)", re.IGNORECASE)
_PLAYERS = frozenset({"amp-audio", "amp-video", "audio", "presto-player", "source", "video"})
_BOXES = frozenset({"embed", "iframe", "object"})
_SOURCES = frozenset({"data", "data-lazy-src", "data-src", "src"})
_COUNTED = re.compile(r"\?_=\d+$")  # WordPress numbers the players of a page
_PARAMETER = re.compile(r"[?&#](?:file|src|url)=([^&#\s]+)", re.IGNORECASE)
_AT_ADDRESS = re.compile(r"at://([\w.:-]+)/app\.bsky\.feed\.post/(\w+)")
_NAMED = re.compile(r"\{(data-[a-z-]+)\}")
_TITLE_IN_HTML = re.compile(r"""\stitle=(["'])([^"'<>]{1,300})\1""")
_PLAYLIST = "wp-playlist-script"  # class of the script in which WordPress lists the recordings of a player
_TITLES = ("title", "data-title", "data-alt", "data-video-title", "media-title", "playlabel", "aria-label")
_NO_TITLE = re.compile(
    r"(?:play:?\s*)?(?:(?:youtube|vimeo|videopress|dailymotion|spotify|embedded|facebook|video|audio|podcast|media)\b\s*)+"
    r"(?:embed|player|post|frame|content)?s?",
    re.IGNORECASE,
)


class _Rule(NamedTuple):
    """The pattern of the addresses of a provider, and of the address that a reader would open."""

    provider: str
    type: str
    pattern: re.Pattern[str]
    address: str


def _rules() -> Iterator[tuple[str, _Rule]]:
    """Yields each host of a provider with a rule for it; "*" stands for any host."""
    for table in _TABLES.values():
        for pattern, address, *types in table["addresses"]:
            rule = _Rule(table["name"], types[0] if types else table["type"], re.compile(pattern), address)
            yield from ((host, rule) for host in table["hosts"])


@cache
def _by_host() -> dict[str, list[_Rule]]:
    """The rules of the providers by host, without ``www.``."""
    found: dict[str, list[_Rule]] = {}
    for host, rule in _rules():
        found.setdefault(host, []).append(rule)
    return found


@cache
def _by_attribute() -> dict[str, list[tuple[str, _Rule]]]:
    """By attributes that hold a number in place of an address: the elements that have them, each with its rule."""
    found: dict[str, list[tuple[str, _Rule]]] = {}
    for table in _TABLES.values():
        for element, attribute, address, *patterns in table.get("elements", ()):
            pattern = re.compile(patterns[0] if patterns else "(.+)")
            found.setdefault(attribute, []).append((element, _Rule(table["name"], table["type"], pattern, address)))
    return found


def is_bare_address(block: str) -> bool:
    """Whether a block holds addresses alone, one a line: WordPress shows an embed in their place.

    >>> is_bare_address("https://a.example/1"), is_bare_address("It is on https://a.example/1")
    (True, False)
    """
    return block.startswith("http") and _BARE_ADDRESSES.fullmatch(block) is not None


def of_address(base: str | None, address: str) -> Embed | None:
    """The embed of an address of a provider, maybe relative to ``base``, without a title; None for any other address.

    >>> of_address(None, "https://www.youtube-nocookie.com/embed/abcdefghijk?rel=0")["url"]
    'https://www.youtube.com/watch?v=abcdefghijk'
    >>> of_address(None, "https://example.org/") is None
    True
    """
    url = urls.absolute(base, _AT_ADDRESS.sub(r"https://bsky.app/profile/\1/post/\2", address))
    return _of_rules(url, _by_host().get(urls.host(url) or "", ())) if url else None


def each_of_node(node: HtmlElement, base: str | None) -> list[Embed]:
    """The embeds that a node is or contains: those of a playlist, else at most one."""
    if node.tag == "script" and _PLAYLIST in class_names(node):
        return list(_of_playlist(node.text or "", base))
    found = of_node(node, base)
    return [found] if found else []


def _of_playlist(text: str, base: str | None) -> Iterator[Embed]:
    """Yields the recordings of a playlist of WordPress, given the JSON of its player; none for any other text."""
    try:
        playlist: Any = json.loads(text) if len(text) <= _LONGEST_PLAYLIST else None
    except (ValueError, RecursionError):
        return
    tracks = playlist.get("tracks") if isinstance(playlist, dict) else None
    for track in tracks if isinstance(tracks, list) else ():
        source, title = (track.get("src"), track.get("title")) if isinstance(track, dict) else (None, None)
        url = urls.absolute(base, source) if isinstance(source, str) else None
        if url:
            kind = "video" if playlist.get("type") == "video" else "audio"
            yield _embed(kind, None, url) | {"title": line(title) if isinstance(title, str) else None}


def of_node(node: HtmlElement, base: str | None) -> Embed | None:
    """The first embed that a node is or contains, among its first 60 nodes; None without one."""
    for each in first_nodes(node, _MOST_NODES):
        found = _of_attributes(each, base)
        if found is not None:
            found["title"] = found["title"] or _title(node)
            return found
    return None


def of_post(node: HtmlElement, base: str | None) -> Embed | None:
    """The embed of a quoted post: the last address of a post or video in it; None without one."""
    found = None
    for each in first_nodes(node, _MOST_NODES):
        own = _of_attributes(each, base)
        found = own if own and own["type"] in ("post", "video") else found
    return found


def is_still(url: str) -> bool:
    """Whether the address of a picture is one of a provider: the still picture of a video, the preview of a chart.

    >>> is_still("https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg"), is_still("https://a.example/vi/1.jpg")
    (True, False)
    """
    host = url.partition("://")[2].partition("/")[0].removeprefix("www.")
    return host in _by_host() and of_address(None, url) is not None


def each_once(embeds: Iterable[Embed]) -> list[Embed]:
    """The embeds without those whose address came before, in their order."""
    found: dict[str, Embed] = {}
    for embed in embeds:
        found.setdefault(embed["url"], embed)
    return list(found.values())


def _of_rules(url: str, rules: Iterable[_Rule]) -> Embed | None:
    """The embed of an absolute address by the first rule that matches it; None if no rule does."""
    rest = url.partition("://")[2].removeprefix("www.")
    for rule in rules:
        match = rule.pattern.match(rest)
        opened = _opened(url, rule, match) if match else None
        if opened:
            return _embed(rule.type, rule.provider, opened)
    return None


def _opened(url: str, rule: _Rule, match: re.Match[str]) -> str | None:
    """The address that a reader would open, given the match of a rule's pattern; None if it is not of http or https."""
    if rule.address == "{0}":
        address = unquote(match[1])
        inner = of_address(None, address)
        return inner["url"] if inner else urls.absolute(None, address)
    return urls.absolute(None, rule.address.format(*match.groups("")) if rule.address else url)


def _of_attributes(node: HtmlElement, base: str | None) -> Embed | None:
    """The embed that the attributes of a node itself name, also in HTML in Base64; None without one."""
    for name, value in _values(node):
        found = _of_number(node, name, value, base) if name in _by_attribute() else None
        if found is None and _may_hold_address(node, name, value):
            for address in _addresses(value):
                found = of_address(base, address) or _of_file(node, name, address, base)
                if found is not None:
                    break
        if found is not None:
            found["title"] = _title(node) or _title_in(value)
            return found
    return None


def _title_in(value: str) -> str | None:
    """The title of the first element that has one, in an attribute that holds HTML; None without one."""
    title = _TITLE_IN_HTML.search(value) if value.lstrip().startswith("<") else None
    return line(unescape(title[2])) if title else None


def _values(node: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yields the names and values of a node's attributes, decoded where they are in Base64.

    Of a script that is a template it yields the decoded text too, as ``template``.
    """
    for name, value in node.items():
        yield name, (pictures.decoded(value) if name in _CODED and len(value) <= _LONGEST_VALUE else value)
    text = (node.text or "").strip() if node.tag == "script" and node.get("type") == "text/template" else ""
    if text and len(text) <= _LONGEST_VALUE:
        yield "template", pictures.decoded(text)


def _may_hold_address(node: HtmlElement, name: str, value: str) -> bool:
    """Whether the value of an attribute can hold an address, by a quick look, and is not too long."""
    is_one = "//" in value or "\\/\\/" in value  # the latter in JSON
    return len(value) <= _LONGEST_VALUE and (is_one or _is_source(node, name))


def _is_source(node: HtmlElement, name: str) -> bool:
    """Whether an attribute (``name``) has the address of what a node plays or shows.

    Such an address can be relative.
    """
    if name == "href":  # of a link that a script makes a viewer
        return node.tag == "a" and not CLASSES.isdisjoint(class_names(node))
    return name in _SOURCES and (node.tag in _PLAYERS or node.tag in _BOXES)


def _addresses(value: str) -> Iterator[str]:
    """Yields the addresses in the value of an attribute, as written: it is one, or JSON or HTML with some."""
    value = value.strip()
    if " " not in value and not value.startswith(("{", "[", "<")):
        yield value
        return
    for match in _ADDRESS.finditer(value.replace("\\/", "/").replace("&quot;", '"').replace("&amp;", "&")):
        yield match[0]


def _of_number(node: HtmlElement, name: str, value: str, base: str | None) -> Embed | None:
    """The embed of which an attribute (``name``, ``value``) holds the number or short name; None for any other."""
    value = value.strip()
    for element, rule in _by_attribute()[name] if len(value) < _LONGEST_NUMBER else ():
        match = rule.pattern.fullmatch(value) if element in ("*", node.tag) else None
        address = _with_attributes(rule.address, node) if match else None
        url = urls.absolute(base, address.format(quote(match[1], safe="/"))) if match and address else None
        if url:
            return _embed(rule.type, rule.provider, url)
    return None


def _with_attributes(address: str, node: HtmlElement) -> str | None:
    """An address with the values of the attributes that it names (``{data-NAME}``); None where the node lacks one."""
    for name in _NAMED.findall(address):
        value = node.get(name)
        if not value or len(value) > _LONGEST_NUMBER:
            return None
        address = address.replace(f"{{{name}}}", quote(value, safe=""))
    return address


def _of_file(node: HtmlElement, name: str, address: str, base: str | None) -> Embed | None:
    """The embed of a file that is played or shown, of a viewer with a file, or of a site of many hosts; otherwise None.

    ``address`` is in the attribute ``name`` of the node, maybe relative to ``base``.
    """
    url = urls.absolute(base, address)
    is_source = _is_source(node, name)
    if url is None or not (is_source or name.startswith("data-")):
        return None
    parameter = _PARAMETER.search(url)
    for each in (url, urls.absolute(base, unquote(parameter[1])) if parameter else None):
        file = _FILE.match(each or "")
        if each and file:
            return _embed(_TYPES[file[1].lower()], None, _COUNTED.sub("", each))
    if is_source and node.tag in _PLAYERS and node.tag != "source":
        return _embed("audio" if "audio" in node.tag else "video", None, url)
    is_frame = node.tag == "iframe" or "mastodon-embed" in class_names(node)
    return _of_rules(url, _by_host()["*"]) if is_frame else None


def _title(node: HtmlElement) -> str | None:
    """The title that the attributes of a node give; None without one, or if it only names the player."""
    titles = (line(node.get(name)) for name in _TITLES)
    return next((title for title in titles if title and not _NO_TITLE.fullmatch(title)), None)


def _embed(kind: str, provider: str | None, url: str) -> Embed:
    """An embed of a type (``kind``), without a title; ``provider`` is None for a file."""
    return {"type": kind, "provider": provider, "url": url, "title": None}
