"""Which pictures the value of an attribute names. No text raises an error.

It is an address, a list of addresses by size, or an address wrapped in Base64, JSON, CSS or a placeholder. Of lists by
size see https://html.spec.whatwg.org/multipage/images.html#srcset-attributes
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from mainland.clean import pictures, urls

LONGEST = 30_000
"""The most characters of a value; a longer one is not read."""

_MOST_IN_JSON = 50  # texts
_DEPTH = 3  # of what is wrapped in something wrapped
_DESCRIPTOR = re.compile(r"(\d{1,6})(?:\.\d{1,6})?([wxh])(?:,(\S*))?")
_CSS = re.compile(r"url\(([^()]{0,4000})\)", re.IGNORECASE)
_LEAST_BASE64 = 16  # characters
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{{_LEAST_BASE64},8000}}={{0,2}}")
_DATA = re.compile(r"data:image/[\w.+-]{1,20}((?:;[\w-]{1,20}=[^;,]{0,6000}){0,5})(;base64)?,", re.IGNORECASE)
_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'<>()\[\],;]{4,2000}""")  # among other words
# What most values are: the address of a picture alone, without a query.
_USUAL = re.compile(
    r"""(?:https?://[^][\s<>"'{}?#/]{1,250})?/(?!/)[^][\s<>"'{}?#]{1,2000}\.(?:jpe?g|png|gif|webp|avif)""",
    re.IGNORECASE,
)
_NO_LETTER = re.compile(r"[<>\"'{}]")  # of an address
_SPACE = re.compile(r"\s")
_ESCAPED = re.compile(r"https?%3a", re.IGNORECASE)


class Named(NamedTuple):
    """An address as a value names it."""

    address: str
    """As it is written there; it may be relative, and may be that of a placeholder."""

    width: int | None = None
    """Width in pixels that the value gives to it."""


def named(value: str, *, is_plain: bool = False) -> list[Named]:
    """The addresses that a value names, in its order, the largest first where it gives their sizes; [] for none.

    Values that are not addresses of pictures are left out, and so are placeholders. With ``is_plain`` the value is
    known to be an address, so that it need not end like a picture's. None are read from a value of more than
    :data:`LONGEST` characters.

    >>> named("/a-300x200.jpg 300w, /a.jpg 900w")
    [Named(address='/a.jpg', width=900), Named(address='/a-300x200.jpg', width=300)]
    >>> named('{"src": "https://a.example/a.jpg", "id": 7}'), named("aHR0cHM6Ly9hLmV4YW1wbGUvYS5qcGc=")[0].address
    ([Named(address='https://a.example/a.jpg', width=None)], 'https://a.example/a.jpg')
    >>> named("data:image/gif;base64,R0"), named("Rain"), named("/photo?7", is_plain=True)[0].address
    ([], [], '/photo?7')
    """
    is_word = len(value) < _LEAST_BASE64 and value.isalnum() and not is_plain  # "lazy", "750": most attributes
    return list(_named(value, _DEPTH, is_plain=is_plain)) if 2 < len(value) <= LONGEST and not is_word else []


def background(style: str) -> str | None:
    """The address, as written, of the first picture in a value of CSS that is not a placeholder; None without one.

    >>> background("color: red; background-image: url('/a.jpg')"), background("url(data:image/gif;base64,R0)")
    ('/a.jpg', None)
    """
    found = (match.strip(" \t\r\n'\"") for match in _CSS.findall(style[:LONGEST]))
    return next((address for address in found if address and not pictures.is_placeholder(address)), None)


def _named(value: str, depth: int, *, is_plain: bool = False) -> Iterator[Named]:
    """Yields what :func:`named` returns; ``depth`` is how often a value may still contain another one.

    ``depth`` is how many times a value may still contain another one, none at 0.
    """
    value = value.strip()
    if depth == 0 or not value:
        return
    if _USUAL.fullmatch(value):
        yield from [] if pictures.is_placeholder(value) else [Named(value)]
    elif value.startswith("data:"):
        yield from _in_placeholder(value, depth)
    elif found := _in_json(value, depth):
        yield from found
    elif _ESCAPED.match(value):
        yield from _named(unquote(value), depth - 1, is_plain=is_plain)
    elif value.lower().startswith("url("):
        address = background(value)
        yield from [Named(address)] if address else []
    elif _is_list(value):
        yield from (each for _, each in sorted(_in_list(value), key=lambda found: -found[0]))
    elif found := _in_base64(value, depth):
        yield from found
    elif _is_picture(value) or (is_plain and not value.startswith("<")):
        yield from [] if pictures.is_placeholder(value) else [Named(value)]
    else:
        yield from (Named(address) for address in _ADDRESS.findall(value) if _is_shown(address))


def _in_base64(value: str, depth: int) -> list[Named]:
    """The addresses in the decoded text of a value in Base64; [] for any other value."""
    is_coded = _BASE64.fullmatch(value) and not urls.is_image(value)
    return list(_named(pictures.decoded(value), depth - 1)) if is_coded else []


def _is_list(value: str) -> bool:
    """Whether a value is a list of addresses by size: a size follows the first address, or the last."""
    second, last = value.split(None, 2)[1:2], value.rsplit(None, 1)[1:]
    return any(_DESCRIPTOR.fullmatch(token) for token in second + last)


def _in_list(value: str) -> Iterator[tuple[int, Named]]:
    """Yields the addresses of a list of addresses by size, each after its size: pixels, or a density.

    The size is 1 where the list gives none. Placeholders are left out; the space after a comma may be missing.
    """
    address: str | None = None
    for token in value.split():
        size = _DESCRIPTOR.fullmatch(token)
        if size and address is not None:
            if not pictures.is_placeholder(address):
                yield int(size[1]), Named(address, int(size[1]) if size[2] == "w" else None)
            address = size[3] or None
        elif token not in (",", "|"):
            address = token.rstrip(",")
    if address and not pictures.is_placeholder(address):
        yield 1, Named(address)


def _in_json(value: str, depth: int) -> list[Named]:
    """The addresses of pictures among the texts of an object or a list in JSON; [] for any other value.

    At most 50 texts, lists and objects are read.
    """
    found: list[Named] = []
    if value[0] not in "[{":
        return found
    try:
        waiting: list[Any] = [json.loads(value)]
    except (ValueError, RecursionError):
        return found
    for _ in range(_MOST_IN_JSON):
        if not waiting:
            break
        part = waiting.pop()
        if isinstance(part, str) and len(part) <= urls.LONGEST:
            found += _named(part, depth - 1)
        elif isinstance(part, (dict, list)):
            inner = list(part.values() if isinstance(part, dict) else part)
            waiting += inner[:_MOST_IN_JSON][::-1]
    return found


def _in_placeholder(value: str, depth: int) -> Iterator[Named]:
    """Yields the addresses in a placeholder's data (SVG) or parameters: those of the picture that it replaces."""
    kind = _DATA.match(value)
    if kind is None:
        return
    for parameter in kind[1].split(";"):
        yield from _named(unquote(pictures.decoded(unquote(parameter.partition("=")[2]))), depth - 1)
    if "svg" in kind[0]:
        content = value[kind.end() :]
        svg = unquote(pictures.decoded(content) if kind[2] else unquote(content))
        yield from (Named(address) for address in _ADDRESS.findall(svg) if _is_shown(address))


def _is_shown(address: str) -> bool:
    """Whether an address is that of a picture, and not of a placeholder."""
    return _is_picture(address) and not pictures.is_placeholder(address)


def _is_picture(value: str) -> bool:
    """Whether a value is an address that ends like that of a picture file, or one of an image service.

    It may be relative, and must not be longer than an address can be.
    """
    if len(value) > urls.LONGEST or _NO_LETTER.search(value):
        return False
    is_absolute = value.startswith(("http://", "https://", "//"))
    return urls.is_image(value) or (is_absolute and not _SPACE.search(value) and pictures.is_served(value))
