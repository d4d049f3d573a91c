"""The pages kept: what was fetched, as WARC 1.1 beside the feed. Each record is a gzip member of its own."""

from __future__ import annotations

import errno
import os
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.client import responses as phrases
from importlib.util import find_spec
from io import BufferedReader, BytesIO, RawIOBase
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Headers, Response, TextResponse
from scrapy.responsetypes import responsetypes
from scrapy.statscollectors import DummyStatsCollector
from w3lib.http import headers_raw_to_dict

from mainland.items import Article
from mainland.pages.article import article
from mainland.pages.page import NotAnArticleError, of_response
from mainland.storage import scratch
from mainland.storage.lines import append, replace
from mainland.storage.mentions import Mentions

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from warcio.recordloader import ArcWarcRecord

FOLDER = "pages"
ENDINGS = (".warc", ".warc.gz")
DAMAGED = ".damaged"

_MOST_BYTES = 256 << 20
_MOST_UNPACKED = 64 << 20
_RESERVE = 64 << 20
_CHUNK = 64 << 10
_GZIP, _VERSION = b"\x1f\x8b\x08", b"WARC/1."
_FIRST = re.compile(rb"WARC/1\.\d+[ \t]*\r?\n")
_LINE = 64 << 10  # bytes of a header
_MOST_HEADERS = 1000
_DIGITS = 15  # of a length
_ENDS = 64  # bytes of line ends behind a record
_MOST_LAYERS = 5  # of gzip in gzip


class MissingError(ValueError):
    """warcio is not installed. Its text says how to."""


class BrokenArchiveError(ValueError):
    """A file that is no WARC, or damaged in its middle. Its text says which, and where."""


def require() -> None:
    """Raises :class:`MissingError` where warcio is missing."""
    if find_spec("warcio") is None:
        raise MissingError(
            "the pages kept need warcio: run make setup, or pip install '.[warc]' in the project's folder"
        )


def archives(folder: Path) -> list[Path]:
    """The files of pages in a data folder, in the order they were written."""
    return [path for path in _named_so(folder) if path.is_file()]


def not_files(folder: Path) -> list[Path]:
    """What stands in the place of files of pages in a data folder, or of all of them, and cannot be read as one.

    These are folders, pipes, and links that lead nowhere or to such.
    """
    place = folder / FOLDER
    if not place.is_dir() and (place.is_symlink() or place.exists()):
        return [place]
    return [path for path in _named_so(folder) if not path.is_file()]


def _named_so(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / FOLDER).glob("*") if path.name.endswith(ENDINGS))


# -- writing ---------------------------------------------------------------------------------------------------


class Pages:
    """The pages that one crawl keeps. They give way to the feed: near a full disk they are refused."""

    def __init__(self, folder: Path, site: str, started: datetime, about: dict[str, str], worker: str = "") -> None:
        """Opens no file before the first page; ``about`` goes into each one's ``warcinfo``.

        ``folder`` is the data folder; a ``worker`` of several has files of its own.
        """
        name = re.sub(r"[^a-z0-9.]+", "-", site).strip("-")
        self.folder = folder / FOLDER
        self.name = f"{name}-{started:%Y%m%dT%H%M%SZ}{worker and '-'}{worker}"
        self.about = about | {"isPartOf": self.name}
        feed = sum(path.stat().st_size for path in folder.glob("changes*.jsonl"))
        self._reserve = _RESERVE + feed  # which is written anew at times
        self._numbers = count()
        self._file: int | None = None

    def keep(self, request: Request, response: Response, date: str) -> None:
        """Keeps an answer as it came, but for the chunks of its transfer, and what it was asked with.

        :raises OSError: nothing of it was kept.
        """
        ip = [("WARC-IP-Address", str(response.ip_address))] if response.ip_address else []
        answer = _record("response", date, response.url, _response_block(response), payload=response.body, more=ip)
        about = [("WARC-Concurrent-To", answer.rec_headers.get_header("WARC-Record-ID"))]
        asked = _record("request", date, response.url, _request_block(request), payload=request.body, more=about)
        self._write([answer, asked])

    def remove(self, item: Article) -> None:
        """Notes that the crawl found an article gone, from the line that says so.

        :raises OSError: it was not noted.
        """
        self._write([_record("metadata", str(item.date_removed), item.url, _fields({"removed": str(item.id)}))])

    def close(self) -> None:
        """Puts all pages safely on the disk."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                os.fsync(file)
            finally:
                os.close(file)

    def _write(self, records: list[ArcWarcRecord]) -> None:
        data = _packed(records)
        if shutil.disk_usage(self.folder.parent).free < self._reserve + len(data):
            raise OSError(errno.ENOSPC, "the room left is for the feed")
        if self._file is None or os.fstat(self._file).st_size + len(data) > _MOST_BYTES:
            self._open(records[0].rec_headers.get_header("WARC-Date"))
        assert self._file is not None
        append(self._file, data)

    def _open(self, date: str) -> None:
        self.close()
        self.folder.mkdir(exist_ok=True)
        for number in self._numbers:
            path = self.folder / f"{self.name}-{number:05}.warc.gz"
            try:
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            except FileExistsError:
                continue
            about = [("WARC-Filename", path.name)]
            append(self._file, _packed([_record("warcinfo", date, None, _fields(self.about), more=about)]))
            return


def _record(
    kind: str,
    date: str,
    url: str | None,
    block: bytes,
    *,
    payload: bytes | None = None,
    more: Iterable[tuple[str, str]] = (),
) -> ArcWarcRecord:
    """A record whose block stays as it is: warcio would escape what is not ASCII in headers of HTTP."""
    from warcio.recordloader import ArcWarcRecord  # noqa: PLC0415 - an extra
    from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser  # noqa: PLC0415
    from warcio.utils import Digester  # noqa: PLC0415

    headers = [("WARC-Type", kind), ("WARC-Record-ID", StatusAndHeadersParser.make_warc_id()), ("WARC-Date", date)]
    headers += [("WARC-Target-URI", url)] if url else []
    headers += more
    content = "application/warc-fields"
    if payload is not None:
        content = f"application/http; msgtype={kind}"
        digester = Digester("sha1")
        digester.update(payload)
        headers.append(("WARC-Payload-Digest", str(digester)))
    about = StatusAndHeaders("", headers, protocol="WARC/1.1")
    return ArcWarcRecord("warc", kind, about, BytesIO(block), None, content, len(block))


def _packed(records: Iterable[ArcWarcRecord]) -> bytes:
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415 - an extra

    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    for record in records:
        writer.write_record(record)
    return out.getvalue()


def _fields(named: dict[str, str]) -> bytes:
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in named.items() if value).encode()


def _response_block(response: Response) -> bytes:
    headers = Headers(response.headers)
    headers.pop("Transfer-Encoding", None)  # the body came without its chunks
    first = f"HTTP/1.1 {response.status} {phrases.get(response.status, '')}".rstrip()
    return _block(first, headers, response.body)


def _request_block(request: Request) -> bytes:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = Headers({"Host": parts.netloc})
    headers.update(request.headers)
    return _block(f"{request.method} {target} HTTP/1.1", headers, request.body)


def _block(first: str, headers: Headers, body: bytes) -> bytes:
    return b"\r\n".join([first.encode(), *filter(None, [headers.to_string()]), b"", body])


# -- reading ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its headers by name in lower case, its block, and where it stands in its file, packed.

    A block larger than 64 MiB is empty here.
    """

    headers: dict[str, str]
    block: bytes
    offset: int
    length: int

    @property
    def kind(self) -> str:
        """``response``, ``request``, ``warcinfo``, ``metadata`` or another of WARC's."""
        return self.headers.get("warc-type", "")

    @property
    def url(self) -> str:
        """The address that it is of; of a ``warcinfo`` none."""
        return self.headers.get("warc-target-uri", "").strip("<>")

    @property
    def date(self) -> str:
        """When it was fetched, as the file has it."""
        return self.headers.get("warc-date", "")

    @property
    def is_too_large(self) -> bool:
        """Whether its block was not read because of its size."""
        return int(self.headers["content-length"]) > _MOST_UNPACKED

    @property
    def fields(self) -> dict[str, str]:
        """The named fields in it."""
        pairs = (line.partition(":") for line in self.block.decode("utf-8", "replace").splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs}


class _Gap(NamedTuple):
    """Bytes of a file that are not a complete record."""

    offset: int
    length: int
    is_torn: bool
    """Whether they are the beginning of a record, or nothing, at the end of the file: a kill left them."""


def records(path: Path) -> Iterator[Record]:
    """The complete records of a file, those behind a damaged place too; half a one at its end is passed by.

    :raises BrokenArchiveError: at the end: it is not a WARC file, or damaged.
    :raises OSError: it cannot be read.
    """
    gaps: list[_Gap] = []
    for part in _parts(path):
        if isinstance(part, Record):
            yield part
        elif not part.is_torn:
            gaps.append(part)
    if gaps:
        first, more = gaps[0], f" and {len(gaps) - 1} other places" if len(gaps) > 1 else ""
        raise BrokenArchiveError(
            f"{path}: damaged from byte {first.offset} to {first.offset + first.length}{more}; the rest was read"
        )


def sound(path: Path) -> Iterator[Record]:
    """The complete records of a file, damaged or not."""
    return (part for part in _parts(path) if isinstance(part, Record))


def _parts(path: Path) -> Iterator[Record | _Gap]:
    """All of a file: its complete records and what lies between them, in their order."""
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
                yield _Gap(gap, place - gap, is_torn=False)
            yield record
            gap = place = record.offset + record.length
        if gap < size:
            yield _Gap(gap, size - gap, _is_torn(file, gap))


def _find(file: BinaryIO, mark: bytes, place: int) -> int:
    """Where a mark stands in a file from a place on; the end of the file if it does not."""
    before = b""
    file.seek(place)
    while chunk := file.read(_CHUNK):
        found = (before + chunk).find(mark)
        if found >= 0:
            return place - len(before) + found
        place += len(chunk)
        before = (before + chunk)[1 - len(mark) :]
    return place


class _Member(RawIOBase):
    """What one gzip member of a file holds, from the file's present place on.

    Reading raises EOFError where the file ends within it, and zlib.error where it is damaged.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(_CHUNK)
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
    """The complete record that begins at a place; None if none does."""
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
    """The headers of a record by name in lower case; none if it is not a record."""
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
    """A block of a size in bytes; empty if it is larger than 64 MiB, None if it is not all there."""
    if size <= _MOST_UNPACKED:
        block = stream.read(size)
        return block if len(block) == size else None
    while size and (chunk := stream.read(min(size, _CHUNK))):
        size -= len(chunk)
    return None if size else b""


def _is_torn(file: BinaryIO, place: int) -> bool:
    """Whether what follows a place is the beginning of a record, or nothing."""
    file.seek(place)
    rest = file.read(_CHUNK)
    if not rest.startswith(_GZIP):
        start = rest.strip(b"\r\n\0")  # what a power cut leaves can be zeros
        return _GZIP.startswith(start) or _begins_record(start)
    file.seek(place)
    member, start, size = _Member(file), b"", 0
    try:
        while size <= _MOST_UNPACKED and (unpacked := member.read(_CHUNK)):
            start, size = start or unpacked, size + len(unpacked)
    except EOFError:
        return _begins_record(start)
    except zlib.error:
        pass
    return False


def _begins_record(text: bytes) -> bool:
    return _VERSION.startswith(text[: len(_VERSION)])


def response_of(record: Record) -> Response | None:
    """The answer in a record, unpacked as in a crawl; None where there is none that can be read."""
    try:
        return _response_of(record)
    except Exception:  # noqa: BLE001 - whatever foreign headers and broken bodies can raise: the crawl had nothing either
        return None


def _response_of(record: Record) -> Response | None:
    head, _, body = record.block.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    status = first.split(b" ", 2)[1:2]
    if not first.startswith(b"HTTP/") or not status or not status[0].isdigit():
        return None
    headers = Headers(headers_raw_to_dict(rest))
    if b"chunked" in (headers.get("Transfer-Encoding") or b""):
        from warcio.bufferedreaders import ChunkedDataReader  # noqa: PLC0415 - an extra

        body = ChunkedDataReader(BytesIO(body)).read()
    request = Request(record.url, meta={"download_maxsize": _MOST_UNPACKED})
    kind = responsetypes.from_args(headers=headers, url=record.url, body=body)
    packed = kind(record.url, status=int(status[0]), headers=headers, body=body, request=request)
    return _unpacker().process_response(request, packed)  # type: ignore[return-value]


@cache
def _unpacker() -> HttpCompressionMiddleware:
    crawler = Crawler(Spider)
    crawler.stats = DummyStatsCollector(crawler)
    return HttpCompressionMiddleware(crawler=crawler)


# -- forgetting ------------------------------------------------------------------------------------------------


class _TooLargeError(Exception):
    """A record is too large to be searched, packed or unpacked."""


def take_out(folder: Path, graves: dict[int, set[str]]) -> None:
    """Takes articles, given by their ids with all addresses they had, out of the pages of a data folder.

    Their pages are removed, and every list, feed, sitemap or redirect that names one of them, packed or not. Files are
    replaced one at a time, each in one step; all other records stay as they are, byte for byte. What cannot be searched
    because it is damaged, half written or too large is set aside, see :func:`unsearched`.
    """
    scratch.remove_left(folder / FOLDER)
    if not archives(folder):
        return
    require()
    mentions = Mentions(graves)
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
    """The files in which parts of the pages of a data folder that cannot be searched were set aside."""
    return sorted((folder / FOLDER).glob(f"*{DAMAGED}"))


class _Span(NamedTuple):
    """A part of a file, in bytes."""

    offset: int
    length: int


def _sorted_out(path: Path, mentions: Mentions) -> tuple[list[_Span], list[_Span]]:
    """What stays of a file, and what of it cannot be searched."""
    kept: list[_Span] = []
    aside: list[_Span] = []
    gone: set[str | None] = set()
    for part in _parts(path):
        place = _Span(part.offset, part.length)
        if isinstance(part, _Gap):
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
    with path.open("rb") as file:
        for place in places:
            file.seek(place.offset)
            left = place.length
            while left and (chunk := file.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk


def _names(record: Record, mentions: Mentions) -> bool:
    """Whether a record belongs to one of some articles, or names one without being the page of another.

    :raises _TooLargeError: it is too large to be searched.
    """
    if record.kind == "warcinfo":
        return False
    if mentions.has_address(record.url):
        return True
    if record.kind == "metadata" and "removed" in record.fields:
        return mentions.has_id(int(record.fields["removed"]) if record.fields["removed"].isdecimal() else None)
    if record.kind == "request":
        return mentions.are_in(record.url)
    if record.is_too_large:
        raise _TooLargeError
    response = response_of(record) if record.kind == "response" else None
    about, texts = _told(record, response)
    told = "\n".join([record.url, about, *texts])
    is_named = mentions.are_in(told) or any(mentions.are_in_rest(record.url, text) for text in texts)
    if not (is_named or mentions.have_id_in(told)):
        return False
    if not isinstance(response, TextResponse):
        return is_named
    page = of_response(response)
    try:
        item = article(page)
    except NotAnArticleError:
        return is_named
    return mentions.has_id(item.id) or mentions.has_address(page.linked)


def _told(record: Record, response: Response | None) -> tuple[str, list[str]]:
    """The headers of a record's answer, and its text, unpacked step by step.

    :raises _TooLargeError: it is too large unpacked.
    """
    if response is not None:
        head, body = response.headers.to_string(), response.body
        about = response.headers
    else:
        head, _, body = record.block.partition(b"\r\n\r\n")
        about = Headers()
    return head.decode("latin-1"), [_text(about, layer) for layer in _layers(body)]


def _text(headers: Mapping[Any, Any], body: bytes) -> str:
    return TextResponse("about:blank", headers=headers, body=body).text


def _layers(body: bytes) -> Iterator[bytes]:
    """A body, and what was packed in it with gzip or zlib, one in the other.

    :raises _TooLargeError: it is too large unpacked, or packed too often.
    """
    for _ in range(_MOST_LAYERS):
        yield body
        body = _inflated(body)
        if not body:
            return
    raise _TooLargeError


def _inflated(packed: bytes) -> bytes:
    """What gzip or zlib packed, as far as it can be unpacked; nothing if neither did.

    :raises _TooLargeError: it is too large.
    """
    out = bytearray()
    while packed:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS + 32)
        try:
            out += unpacker.decompress(packed, _MOST_UNPACKED + 1 - len(out))
        except zlib.error:
            return bytes(out) + _inflated_in_part(packed)
        if len(out) > _MOST_UNPACKED:
            raise _TooLargeError
        packed = unpacker.unused_data
    return bytes(out)


def _inflated_in_part(packed: bytes) -> bytes:
    """What can be unpacked before a damaged place: byte by byte, since an error takes the output of a step along."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 32)
    out = bytearray()
    with suppress(zlib.error):
        for byte in packed:
            out += unpacker.decompress(bytes([byte]))
            if len(out) > _MOST_UNPACKED:
                raise _TooLargeError
    return bytes(out)
