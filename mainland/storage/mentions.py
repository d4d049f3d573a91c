"""Finds out whether a text or an address names one of some articles, in linear time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from mainland.clean import urls

_SUBPAGE = r"(?:\d{1,3}|amp|feed|embed|trackback|comment-page-\d{1,6})"  # below an article's address: still its page
_END = rf"(?![\w%~-]|\.\w|/(?!{_SUBPAGE}/?(?![\w%~/-]))[\w%~-])"  # of a path that names no other page
_LINK = r"(?<![\w%~:/-])"  # before an address without its host
_BELOW_SUBPAGE = re.compile(rf"/{_SUBPAGE}$")
_ENTITY = re.compile(r"&(?:amp|#(?:x([0-9a-f]{1,6})|([0-9]{1,7})));?", re.IGNORECASE)
_JSON_CHARACTER = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)
_JSON_SLASH = re.compile(r"\\{1,4}/")
_REST = "/wp/v2/posts"
_LARGEST = 0x10FFFF


class Mentions:
    """Some articles, given by their ids with all addresses that they ever had; tests whether a text names one."""

    def __init__(self, articles: Mapping[int, Iterable[str]]) -> None:
        """``articles`` has all addresses that an article ever had, by its id."""
        hosts = {url: host for each in articles.values() for url in each if (host := urls.host(url))}
        self._ids = articles.keys() | {number for url in hosts if (number := urls.post_id(url)) is not None}
        self._keys = {urls.key(url) for url in hosts} - set(hosts.values())  # no article is all of a site
        numbers = _any_of(map(str, self._ids))
        named = [rf"(?:/(?!/)[^\s\"'<>#:]{{0,300}}?)?(?:[?&]p=|{_REST}/)(?:{numbers})(?!\d)"]
        paths = {urls.key(url).removeprefix(host).strip("/") for url, host in hosts.items()}
        paths = {path for path in paths if path and not path.startswith("?p=")}
        if paths:
            named.append(f"/(?:{_any_of(paths)}){_END}")
        origin = rf"(?<![\w.-])(?:www\.)?(?:{_any_of(hosts.values())})(?::(?:80|443))?"
        self._named = re.compile(f"(?:{origin}|{_LINK})(?:{'|'.join(named)})")
        self._id = re.compile(rf'"id":\s*(?:{numbers})(?!\d)')

    def has_id(self, number: int | None) -> bool:
        """Whether one of the articles has this id."""
        return number in self._ids

    def have_id_in(self, text: str) -> bool:
        """Whether a text contains the digits of one of the ids, in whatever meaning: a quick look before a long one."""
        return any(str(number) in text for number in self._ids)

    def has_address(self, url: str | None) -> bool:
        """Whether an address, or the address of which it is a subpage, is one that an article had."""
        key = urls.key(url or "")
        return not self._keys.isdisjoint((key, _BELOW_SUBPAGE.sub("", key)))

    def are_in(self, text: str) -> bool:
        """Whether a text contains the address of one of the articles, as links are written.

        These are absolute or begin with a slash, percent-encoded or not, with the escapes of HTML and JSON or without;
        or they give the post's number: ``?p=7``, ``/wp/v2/posts/7``.
        """
        return self._named.search(_plain(text)) is not None

    def are_in_rest(self, url: str, text: str) -> bool:
        """Whether an address is one of REST's posts, and its response ``text`` has a post with the id of an article."""
        if _REST not in unquote(url):
            return False
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):  # cut off
            return self._id.search(text) is not None
        posts = found if isinstance(found, list) else [found]
        ids = (post.get("id") for post in posts if isinstance(post, dict))
        return any(self.has_id(number) for number in ids if isinstance(number, int))


def _any_of(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(set(texts))))


def _plain(text: str) -> str:
    """A text in lower case, without the escapes of JSON, HTML and addresses, which can be nested."""
    text = _JSON_SLASH.sub("/", _JSON_CHARACTER.sub(lambda found: chr(int(found[1], 16)), text))
    for _ in range(2):
        text = unquote(_ENTITY.sub(_character, text))
    return text.lower()


def _character(entity: re.Match[str]) -> str:
    number = int(entity[1], 16) if entity[1] else int(entity[2] or ord("&"))
    return chr(number) if number <= _LARGEST else entity[0]
