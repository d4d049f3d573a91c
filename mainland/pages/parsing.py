"""From the bytes of a page to its tree: decoding, size limits, and the parser."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, cast

from lxml.etree import ElementDefaultClassLookup, HTMLParser
from lxml.etree import parse as parse_file
from lxml.html import HtmlElement
from w3lib.encoding import html_to_unicode

from mainland.pages import hidden_mail, watchdog

MOST_BYTES = 4 << 20
"""The most bytes of HTML, unpacked and in UTF-8, that are read of a page; a larger one is too costly."""

_MOST_ATTRIBUTES = 2_000
_LARGE = 1 << 16  # bytes: in a smaller page a tag has too few attributes to take long
_END = rb"(?=[\t\n\f\r />])"
_ATTRIBUTE = rb"""[\t\n\f\r /]*+[^\t\n\f\r />][^\t\n\f\r />=]*+(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+
    (?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*+)?)?"""
# The text of a script; in a comment in it, "<script>" and "</script>" are pairs.
_SCRIPT = rb"""(?:[^<]++|<(?!!--|/script%(end)b)|<!(?=--)(?:[^-<]++|-(?!->)|<(?!/?script%(end)b)
    |<script%(end)b(?:[^-<]++|-(?!->)|<(?!/script%(end)b))*+(?:</script%(end)b)?)*+)*+""" % {b"end": _END}
# A comment, or a tag as libxml2's tokenizer reads it: up to so many attributes, those after them, and the end of the
# tag with the text that follows in elements that hold no tags (unless the tag ends with a slash).
_TOKEN = re.compile(
    rb"""(?P<comment><!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+|</[^a-z>][^>]*+)
    |(?P<tag><(?:(?P<script>script%(end)b)|(?P<raw>style|textarea|title|xmp|iframe|noembed|noframes)%(end)b
        |(?P<plain>plaintext%(end)b)|/?[a-z][^\t\n\f\r />]*+)(?:%(attribute)b){0,%(most)d}+)
    (?:%(attribute)b)*+
    (?P<rest>(?:(?:>|[\t\n\f\r /]++(?<!/)>)
        (?(script)%(script)b)(?(raw).*?(?:(?=</(?P=raw)%(end)b)|\Z))(?(plain).*+))?+)"""
    % {b"end": _END, b"attribute": _ATTRIBUTE, b"most": _MOST_ATTRIBUTES, b"script": _SCRIPT},
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
# The start of a tag; the value of an attribute that goes on behind a ">"; a page in which no tag has such a value.
_START = re.compile(rb"<[a-z/]", re.IGNORECASE)
_OPEN = rb"""=[\t\n\f\r ]*+(?:"[^">]*+>|'[^'>]*+>)"""
_OPEN_VALUE = re.compile(_OPEN)
_WITHOUT_OPEN = re.compile(rb"(?:[^<]++|<(?![a-z/])|<[a-z/][^>=]*+(?:(?!%b)=[^>=]*+)*+>)*+" % _OPEN, re.IGNORECASE)
_KEPT = rb"\g<comment>\g<tag>\g<rest>"


def parse_tree(html: str | bytes, content_type: str | None = None) -> HtmlElement | None:
    """The root of a page's tree; None where the page is too costly to read.

    Bytes are decoded as a browser would decode them; ``content_type`` is the HTTP header of that name. A page is too
    costly that is larger than :data:`MOST_BYTES`, or takes more CPU time than :mod:`mainland.pages.watchdog` allows.
    """
    if len(html) > MOST_BYTES:
        return None
    with suppress(watchdog.TooLongError):
        return watchdog.call(_decode_and_build, html, content_type)
    return None


def _decode_and_build(html: str | bytes, content_type: str | None) -> HtmlElement | None:
    """The root of a page's tree; None if the page is larger than :data:`MOST_BYTES` in UTF-8."""
    text = html.encode("utf-8", "replace") if isinstance(html, str) else _utf8(html, content_type)
    return build_tree(text) if len(text) <= MOST_BYTES else None


def build_tree(html: bytes) -> HtmlElement:
    """The root of the tree of a page in UTF-8; an empty page has a root too. Hidden mail addresses are shown in it.

    Of a tag only the first two thousand attributes are kept: libxml2 compares each with all before it.
    """
    html = html.replace(b"\x00", b"")
    if len(html) > _LARGE and _may_have_many_attributes(html):
        html = _TOKEN.sub(_KEPT, html)
    html = html.replace(b"</br>", b"<br>")
    root = None if not html or html.isspace() else _parsed(html)
    if root is not None and hidden_mail.may_hide(html):
        hidden_mail.reveal(root)
    return _parsed(b"<html/>") if root is None else root


def _may_have_many_attributes(html: bytes, most: int = _MOST_ATTRIBUTES) -> bool:
    """Whether a tag of a page may have more attributes than ``most``.

    A quick test, since hardly any page has such a tag. Such a tag is long, since an attribute takes two bytes or more;
    or a value in it contains a ``>``.
    """
    least = 2 * most
    long = _long_pieces(html, least)
    is_long = any(start and len(piece) - start.start() > least for piece in long for start in [_START.search(piece)])
    return is_long or (_OPEN_VALUE.search(html) is not None and _WITHOUT_OPEN.fullmatch(html) is None)


def _long_pieces(html: bytes, least: int) -> Iterator[bytes]:
    """Yields the longest pieces without a ``>`` of a page that have more than ``least`` bytes.

    >>> list(_long_pieces(b"<p>It fell</p>It rained", 4))
    [b'It fell</p', b'It rained']
    """
    start = 0
    while start + least < len(html):
        end = html.rfind(b">", start, start + least + 1)
        if end < 0:
            end = html.find(b">", start + least)
            end = end if end >= 0 else len(html)
            yield html[start:end]
        start = end + 1


def _utf8(html: bytes, content_type: str | None = None) -> bytes:
    """A page converted to UTF-8. What can be decoded as UTF-8 is UTF-8, whatever charset the server names.

    A page of an unknown charset is read as UTF-8, with replacement characters.
    """
    if html.isascii():
        if b"\x00" not in html and b"\x1b" not in html:  # nor UTF-16 or ISO-2022, which are ASCII too
            return html
    else:
        with suppress(UnicodeDecodeError):
            html.decode()
            return html.removeprefix(BOM_UTF8)
    try:
        text = html_to_unicode(content_type, html, default_encoding="cp1252")[1]
    except (LookupError, UnicodeError):  # a charset that is not one of text, like base64
        text = html.decode("utf-8", "replace")
    return text.encode("utf-8", "replace")


class _Reader:
    """A file of bytes that libxml2 reads in pieces; a signal can interrupt the parsing between two of them."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``; ``b""`` at the end."""
        start, self.place = self.place, self.place + size
        return self.content[start : self.place]


def _parsed(html: bytes) -> HtmlElement | None:
    """The root of the tree of a page in UTF-8, read by a new parser; None if it has no node."""
    # As lxml.html's, but without a call of Python for every node that is looked at.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False)
    parser.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
    return parse_file(cast("IO[bytes]", _Reader(html)), parser).getroot()
