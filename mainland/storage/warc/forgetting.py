"""Taking forgotten articles out of WARC files."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from scrapy.http import Headers, Response, TextResponse

from mainland.pages.article import article
from mainland.pages.errors import NotAnArticleError
from mainland.pages.page import of_response
from mainland.storage import scratch
from mainland.storage.lines import replace
from mainland.storage.mentions import Mentions
from mainland.storage.warc.files import DAMAGED, FOLDER, archives
from mainland.storage.warc.reading import CHUNK, MOST_UNPACKED, Gap, Record, parts, response_of

_MOST_LAYERS = 5  # of gzip in gzip


class _TooLargeError(Exception):
    """A record is too large to be searched, compressed or not."""


def take_out(folder: Path, articles: dict[int, set[str]]) -> None:
    """Takes articles out of the WARC files of a data folder.

    ``articles`` has all addresses that an article ever had, by id. The pages of the articles are removed, and every
    list, feed, sitemap or redirect that names one of them, compressed or not. Each file is replaced in one step; all
    other records stay as they are, byte for byte. What cannot be searched because it is damaged, half written or too
    large is moved to a file of its own, see :func:`unsearched`.

    :raises OSError: a file cannot be read or replaced.
    """
    scratch.remove_abandoned(folder / FOLDER)
    if not archives(folder):
        return
    mentions = Mentions(articles)
    for path in archives(folder):
        kept, aside = _sorted_out(path, mentions)
        if aside:
            with path.with_name(path.name + DAMAGED).open("ab") as file:
                file.writelines(_bytes_of(path, aside))
                file.flush()
                os.fsync(file.fileno())
        if sum(length for _, length in kept) < path.stat().st_size:
            replace(path, _bytes_of(path, kept))


def unsearched(folder: Path) -> list[Path]:
    """The files with the parts of WARC files of a data folder that could not be searched for forgotten articles."""
    return sorted((folder / FOLDER).glob(f"*{DAMAGED}"))


class _Span(NamedTuple):
    """A part of a file, in bytes."""

    offset: int
    length: int


def _sorted_out(path: Path, mentions: Mentions) -> tuple[list[_Span], list[_Span]]:
    """The parts of a WARC file without some articles: those that stay, and those that cannot be searched."""
    kept: list[_Span] = []
    aside: list[_Span] = []
    gone: set[str | None] = set()
    for part in parts(path):
        place = _Span(part.offset, part.length)
        if isinstance(part, Gap):
            aside.append(place)
            continue
        try:
            is_gone = part.headers.get("warc-concurrent-to", "-") in gone or _names(part, mentions)
        except _TooLargeError:
            aside.append(place)
            continue
        if is_gone:
            gone.add(part.headers.get("warc-record-id"))
        else:
            kept.append(place)
    return kept, aside


def _bytes_of(path: Path, places: Iterable[_Span]) -> Iterator[bytes]:
    """Yields the bytes of some parts of a file, one after another."""
    with path.open("rb") as file:
        for place in places:
            file.seek(place.offset)
            left = place.length
            while left and (chunk := file.read(min(left, CHUNK))):
                left -= len(chunk)
                yield chunk


def _names(record: Record, mentions: Mentions) -> bool:
    """Whether a record must be removed: it is of one of some articles, or names one and is not the page of another.

    :raises _TooLargeError: it is too large to be searched.
    """
    if record.kind == "warcinfo":
        return False
    if mentions.has_address(record.url):
        return True
    if record.kind == "metadata" and (number := record.fields.get("removed") or record.fields.get("post")):
        return mentions.has_id(int(number) if number.isdecimal() else None)
    if record.kind == "request":
        return mentions.are_in(record.url)
    if record.is_too_large:
        raise _TooLargeError
    response = response_of(record) if record.kind == "response" else None
    about, texts = _texts_of(record, response)
    text = "\n".join([record.url, about, *texts])
    is_named = mentions.are_in(text) or any(mentions.are_in_rest(record.url, each) for each in texts)
    if not (is_named or mentions.have_id_in(text)):
        return False
    if not isinstance(response, TextResponse):
        return is_named
    page = of_response(response)
    try:
        item = article(page)
    except NotAnArticleError:
        return is_named
    return mentions.has_id(item.id) or mentions.has_address(page.head.canonical_link)


def _texts_of(record: Record, response: Response | None) -> tuple[str, list[str]]:
    """The HTTP headers in a record as text; and the texts of its body, as it is and after each step of unpacking.

    ``response`` is the answer in the record, None if it has none.

    :raises _TooLargeError: the body is too large unpacked.
    """
    if response is not None:
        head, body = response.headers.to_string(), response.body
        about = response.headers
    else:
        head, _, body = record.block.partition(b"\r\n\r\n")
        about = Headers()
    return head.decode("latin-1"), [_text(about, layer) for layer in _layers(body)]


def _text(headers: Mapping[Any, Any], body: bytes) -> str:
    """A body as text, in the encoding that the headers or the body itself name."""
    return TextResponse("about:blank", headers=headers, body=body).text


def _layers(body: bytes) -> Iterator[bytes]:
    """Yields a body, and what it contains compressed by gzip or zlib, layer by layer.

    :raises _TooLargeError: it is too large unpacked, or packed too often.
    """
    for _ in range(_MOST_LAYERS):
        yield body
        body = _inflated(body)
        if not body:
            return
    raise _TooLargeError


def _inflated(packed: bytes) -> bytes:
    """The decompressed bytes of gzip or zlib data, up to a damaged place; empty for other data.

    :raises _TooLargeError: they are more than 64 MiB.
    """
    out = bytearray()
    while packed:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS + 32)
        try:
            out += unpacker.decompress(packed, MOST_UNPACKED + 1 - len(out))
        except zlib.error:
            return bytes(out) + _inflated_in_part(packed)
        if len(out) > MOST_UNPACKED:
            raise _TooLargeError
        packed = unpacker.unused_data
    return bytes(out)


def _inflated_in_part(packed: bytes) -> bytes:
    """The decompressed bytes of gzip or zlib data before a damaged place.

    :raises _TooLargeError: they are more than 64 MiB.
    """
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 32)
    out = bytearray()
    with suppress(zlib.error):
        for byte in packed:
            out += unpacker.decompress(bytes([byte]))
            if len(out) > MOST_UNPACKED:
                raise _TooLargeError
    return bytes(out)
