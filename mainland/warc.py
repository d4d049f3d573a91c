"""The pages kept: what was fetched, as WARC 1.1 beside the feed. Each record is a gzip member of its own."""

from __future__ import annotations

import errno
import os
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.client import responses as phrases
from importlib.util import find_spec
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Headers, Response, TextResponse
from scrapy.responsetypes import responsetypes
from scrapy.statscollectors import DummyStatsCollector
from w3lib.http import headers_raw_to_dict

from mainland import extraction, pages
from mainland.items import Article
from mainland.lines import append, replace

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

FOLDER = "pages"
ENDINGS = (".warc", ".warc.gz")

_MOST_BYTES = 256 << 20
_MOST_UNPACKED = 64 << 20
_RESERVE = 64 << 20


class MissingError(ValueError):
    """warcio is not installed. Its text says how to."""


class BrokenArchiveError(ValueError):
    """A file that is no WARC, or damaged in its middle. Its text says which, and where."""


def require() -> None:
    """Raises :class:`MissingError` where warcio is missing."""
    if find_spec("warcio") is None:
        raise MissingError("the pages kept need warcio: pip install 'mainland[warc]'")


def archives(folder: Path) -> list[Path]:
    """The files of pages in a data folder, in the order they were written."""
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
    """A record: its headers by name in lower case, its block, and where it stands in its file, packed."""

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
    def fields(self) -> dict[str, str]:
        """The named fields in it."""
        pairs = (line.partition(":") for line in self.block.decode("utf-8", "replace").splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs}


def records(path: Path) -> Iterator[Record]:
    """The whole records of a file; what a kill left half written at its end is passed by.

    :raises BrokenArchiveError: it is no WARC, or damaged before its end.
    :raises OSError: it cannot be read.
    """
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415 - an extra
    from warcio.exceptions import ArchiveLoadFailed  # noqa: PLC0415

    end = 0
    with path.open("rb") as file:
        found = ArchiveIterator(file, no_record_parse=True)
        with suppress(ArchiveLoadFailed, EOFError):
            for record in found:
                headers = {name.lower(): value for name, value in record.rec_headers.headers}
                if not headers.get("content-length", "").isdecimal():
                    break
                size = int(headers["content-length"])
                block = record.raw_stream.read() if size <= _MOST_UNPACKED else b""  # no page is so large
                if len(block) < size <= _MOST_UNPACKED:
                    break
                offset, length = found.get_record_offset(), found.get_record_length()
                end = offset + length
                yield Record(headers, block, offset, length)
        if not _is_torn(file, end):
            raise BrokenArchiveError(f"{path}: cannot be read from byte {end} on")


def _is_torn(file: BinaryIO, end: int) -> bool:
    """Whether what follows the last whole record is the beginning of one, or nothing."""
    file.seek(end)
    rest = file.read(_MOST_UNPACKED)
    if rest[:2] != b"\x1f\x8b":
        rest = rest.strip(b"\r\n")
        return b"WARC/1.".startswith(rest[: len("WARC/1.")]) or rest == b"\x1f"
    packed = zlib.decompressobj(zlib.MAX_WBITS + 16)
    try:
        packed.decompress(rest, _MOST_UNPACKED)
    except zlib.error:
        return False
    return not packed.eof


def response_of(record: Record) -> Response | None:
    """The answer in a record, unpacked as in a crawl; None where there is none that can be read."""
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
    unpacker = _unpacker()
    try:
        return unpacker.process_response(request, packed)  # type: ignore[return-value]
    except Exception:  # noqa: BLE001 - whatever a broken body can raise: the crawl had nothing of it either
        return None


@cache
def _unpacker() -> HttpCompressionMiddleware:
    crawler = Crawler(Spider)
    crawler.stats = DummyStatsCollector(crawler)
    return HttpCompressionMiddleware(crawler=crawler)


# -- forgetting ------------------------------------------------------------------------------------------------


def take_out(folder: Path, graves: dict[int, set[str]]) -> None:
    """Takes articles, given by their ids with all addresses they had, out of the pages of a data folder.

    Their pages go, and whatever is no article and names one of them: lists, the feed, redirects. Files are replaced
    one at a time, each in one step; what is damaged in them goes too.
    """
    if not archives(folder):
        return
    require()
    slugs = {unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2].lower() for at in graves.values() for url in at}
    for path in archives(folder):
        gone = {record.headers.get("warc-record-id") for record in _sound(path) if _is_of(record, graves, slugs)}
        if gone or not _is_whole(path):
            replace(path, _rest(path, gone))


def _is_of(record: Record, graves: dict[int, set[str]], slugs: set[str]) -> bool:
    if record.kind == "metadata":
        return record.fields.get("removed", "") in map(str, graves)
    response = response_of(record) if record.kind == "response" else None
    if response is None:
        return False
    told = record.url + response.headers.to_string().decode("latin-1")
    text = response.text if isinstance(response, TextResponse) else ""
    told = unquote(told + text).lower()
    is_named = any(slug in told for slug in slugs if slug)
    if not is_named and not any(str(number) in told for number in graves):
        return False
    try:
        item = extraction.article(pages.of_response(response)) if isinstance(response, TextResponse) else None
    except pages.NotAnArticleError:
        item = None
    return is_named if item is None else item.id in graves


def _rest(path: Path, gone: set[str | None]) -> Iterator[bytes]:
    """What is left of a file without some records and what belongs to them."""
    between = b"" if path.suffix == ".gz" else b"\r\n\r\n"
    with path.open("rb") as file:
        for record in _sound(path):
            if gone.isdisjoint((record.headers.get("warc-record-id"), record.headers.get("warc-concurrent-to"))):
                file.seek(record.offset)
                yield file.read(record.length) + between


def _sound(path: Path) -> Iterator[Record]:
    with suppress(BrokenArchiveError):
        yield from records(path)


def _is_whole(path: Path) -> bool:
    end = 0
    for record in _sound(path):
        end = record.offset + record.length
    return end >= path.stat().st_size - len("\r\n\r\n")
