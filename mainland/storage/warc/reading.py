"""Reading WARC files, also those of other tools, with damaged places in them, or not compressed."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import DummyStatsCollector
from w3lib.http import headers_raw_to_dict

from mainland.storage.warc.files import BrokenArchiveError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_UNPACKED = 64 << 20
"""Bytes of a block, or of a decompressed answer, that are read."""

CHUNK = 64 << 10
"""Bytes that are read at once."""

_GZIP, _VERSION = b"\x1f\x8b\x08", b"WARC/1."
_FIRST = re.compile(rb"WARC/1\.\d+[ \t]*\r?\n")
_LINE = 64 << 10  # bytes of a header
_MOST_HEADERS = 1000
_MOST_HEAD = 1 << 20  # bytes of the headers of HTTP
_DIGITS = 15  # of a length
_ENDS = 64  # bytes of line ends behind a record


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its headers by name in lower case, its block, and the place of its compressed bytes in the file.

    A block larger than 64 MiB is empty here.
    """

    headers: dict[str, str]
    block: bytes
    offset: int
    length: int

    @property
    def kind(self) -> str:
        """The record type (``WARC-Type``): ``response``, ``request``, ``warcinfo``, ``metadata`` or another one."""
        return self.headers.get("warc-type", "")

    @property
    def url(self) -> str:
        """The address that it is about; empty for a ``warcinfo``."""
        return self.headers.get("warc-target-uri", "").strip("<>")

    @property
    def date(self) -> str:
        """When it was downloaded, as the file has it; empty where it does not say."""
        return self.headers.get("warc-date", "")

    @property
    def is_too_large(self) -> bool:
        """Whether its block was not read because of its size."""
        return int(self.headers["content-length"]) > MOST_UNPACKED

    @property
    def fields(self) -> dict[str, str]:
        """The fields in the block of a ``warcinfo`` or ``metadata`` record, by name."""
        pairs = (line.partition(":") for line in self.block.decode("utf-8", "replace").splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs}


class Gap(NamedTuple):
    """Bytes of a file that are not a complete record."""

    offset: int
    length: int
    is_torn: bool
    """Whether they are an incomplete record at the end of the file, as a kill leaves it."""


def records(path: Path, torn: list[Path] | None = None) -> Iterator[Record]:
    """Yields the complete records of a file, those behind a damaged place too; half a record at its end is skipped.

    The path of a file that ends in half a record is added to ``torn`` after the last record.

    :raises BrokenArchiveError: it is not a WARC file, or is damaged; after the last record.
    :raises OSError: it cannot be read.
    """
    gaps: list[Gap] = []
    for part in parts(path):
        if isinstance(part, Record):
            yield part
        elif not part.is_torn:
            gaps.append(part)
        elif torn is not None:
            torn.append(path)
    if gaps:
        first, more = gaps[0], f" and {len(gaps) - 1} other places" if len(gaps) > 1 else ""
        raise BrokenArchiveError(
            f"{path}: damaged from byte {first.offset} to {first.offset + first.length}{more}; the rest was read"
        )


def sound(path: Path) -> Iterator[Record]:
    """Yields the complete records of a file; damaged places are skipped without an error.

    :raises OSError: it cannot be read.
    """
    return (part for part in parts(path) if isinstance(part, Record))


def parts(path: Path) -> Iterator[Record | Gap]:
    """Yields all of a file in order: its complete records, and the bytes between them as gaps.

    :raises OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        mark = _GZIP if path.suffix == ".gz" or file.read(len(_GZIP)) == _GZIP else _VERSION
        gap = place = 0
        while place < size:
            record = _record_at(file, place)
            if record is None:
                place = _find(file, mark, place + 1)
                continue
            if gap < place:
                yield Gap(gap, place - gap, is_torn=False)
            yield record
            gap = place = record.offset + record.length
        if gap < size:
            yield Gap(gap, size - gap, _is_torn(file, gap))


def _find(file: BinaryIO, mark: bytes, place: int) -> int:
    """The offset of the next ``mark`` in a file from ``place`` on; the end of the file if there is none."""
    before = b""
    file.seek(place)
    while chunk := file.read(CHUNK):
        found = (before + chunk).find(mark)
        if found >= 0:
            return place - len(before) + found
        place += len(chunk)
        before = (before + chunk)[1 - len(mark) :]
    return place


class _Member(RawIOBase):
    """The decompressed content of one gzip member, from the file's present position on.

    Reading raises EOFError where the file ends within it, and zlib.error where it is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fills a buffer, as far as one step gives; returns the number of bytes, 0 at the end of the member."""
        view = memoryview(buffer)
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(CHUNK)
            if not packed:
                raise EOFError
            unpacked = self._unpacker.decompress(packed, len(view))
            if unpacked:
                view[: len(unpacked)] = unpacked
                return len(unpacked)
        return 0

    @property
    def end(self) -> int:
        """The place in the file behind it, once it was read to its end."""
        return self._file.tell() - len(self._unpacker.unused_data)


def _record_at(file: BinaryIO, place: int) -> Record | None:
    """The complete record that begins at an offset in a file; None if none does."""
    file.seek(place)
    is_packed = file.read(len(_GZIP)) == _GZIP
    file.seek(place)
    member = _Member(file)
    stream = BufferedReader(member) if is_packed else file
    try:
        headers = _headers(stream)
        size = headers.get("content-length", "")
        if not size.isdecimal() or len(size) > _DIGITS:
            return None
        block = _block_of(stream, int(size))
        ends = stream.read(_ENDS)
    except (EOFError, zlib.error):
        return None
    if block is None:
        return None
    rest = ends.lstrip(b"\r\n")
    if is_packed:
        return None if rest else Record(headers, block, place, member.end - place)
    if rest and not ends.startswith(b"\r\n\r\n") and not rest.startswith(_VERSION):
        return None
    return Record(headers, block, place, file.tell() - len(rest) - place)


def _headers(stream: BinaryIO | BufferedReader) -> dict[str, str]:
    """The headers of a record by name in lower case; empty if none begins here, or it has too many or too long ones.

    :raises EOFError: a gzip member ends within them.
    :raises zlib.error: a gzip member is damaged.
    """
    if not _FIRST.fullmatch(stream.readline(_LINE)):
        return {}
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = stream.readline(_LINE)
        if not line.endswith(b"\n") or line.startswith(_VERSION):
            return {}
        if not line.strip():
            return headers
        name, _, value = line.decode("utf-8", "replace").partition(":")
        headers[name.strip().lower()] = value.strip()
    return {}


def _block_of(stream: BinaryIO | BufferedReader, size: int) -> bytes | None:
    """The block of a record, of a size in bytes; empty if that is above 64 MiB, None if the file ends within it."""
    if size <= MOST_UNPACKED:
        block = stream.read(size)
        return block if len(block) == size else None
    while size and (chunk := stream.read(min(size, CHUNK))):
        size -= len(chunk)
    return None if size else b""


def _is_torn(file: BinaryIO, place: int) -> bool:
    """Whether what follows an offset, up to the end of the file, is the beginning of a record, or nothing."""
    file.seek(place)
    rest = file.read(CHUNK)
    if not rest.startswith(_GZIP):
        start = rest.strip(b"\r\n\0")  # what a power cut leaves can be zeros
        return _GZIP.startswith(start) or _begins_record(start)
    file.seek(place)
    member, start, size = _Member(file), b"", 0
    try:
        while size <= MOST_UNPACKED and (unpacked := member.read(CHUNK)):
            start, size = start or unpacked, size + len(unpacked)
    except EOFError:
        return _begins_record(start)
    except zlib.error:
        pass
    return False


def _begins_record(text: bytes) -> bool:
    return _VERSION.startswith(text[: len(_VERSION)])


def response_of(record: Record) -> Response | None:
    """The answer in a record, decompressed as in a crawl; None where it has none that can be read. Raises no error."""
    try:
        return _response_of(record)
    except Exception:  # noqa: BLE001 - whatever foreign headers and broken bodies can raise: the crawl had nothing either
        return None


def _response_of(record: Record) -> Response | None:
    """As :func:`response_of`, but raises whatever broken headers and bodies make Scrapy raise."""
    head, _, body = record.block.partition(b"\r\n\r\n")
    if len(head) > _MOST_HEAD:
        return None
    first, _, rest = head.partition(b"\r\n")
    status = first.split(b" ", 2)[1:2]
    if not first.startswith(b"HTTP/") or not status or not status[0].isdigit():
        return None
    headers = Headers(headers_raw_to_dict(rest))
    if b"chunked" in (headers.get("Transfer-Encoding") or b""):
        from warcio.bufferedreaders import ChunkedDataReader  # noqa: PLC0415 - 20 ms, and only the page archive needs it

        body = ChunkedDataReader(BytesIO(body)).read()
    request = Request(record.url, meta={"download_maxsize": MOST_UNPACKED})
    kind = responsetypes.from_args(headers=headers, url=record.url, body=body)
    packed = kind(record.url, status=int(status[0]), headers=headers, body=body, request=request)
    return _unpacker().process_response(request, packed)  # type: ignore[return-value]


@cache
def _unpacker() -> HttpCompressionMiddleware:
    # Not a Crawler: a new one sets the level of the log to that of its own settings.
    crawler: Any = SimpleNamespace(settings=Settings(), signals=SignalManager())
    crawler.stats = DummyStatsCollector(crawler)
    return HttpCompressionMiddleware(crawler=crawler)
