"""Writing WARC files: the answers of a crawl, with their requests."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from http.client import responses as phrases
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Headers, Response

from mainland.clean.dates import PostDates
from mainland.items import Article
from mainland.storage.lines import append
from mainland.storage.warc.files import FOLDER

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_MOST_BYTES = 256 << 20  # of a file
_RESERVE = 64 << 20  # bytes that stay free on the disk
_MOST_WAITING = 4 << 20  # bytes in memory, packed, of answers that may not be worth a file


class PageArchive:
    """Writes the WARC files of one crawl.

    Its methods raise OSError if the disk is nearly full, so that the dataset has room.
    """

    def __init__(
        self,
        folder: Path,
        site: str,
        started: datetime,
        about: dict[str, str],
        worker: str = "",
        *,
        is_deferred: bool = False,
    ) -> None:
        """Opens no file before the first answer; with ``is_deferred`` keeps answers in memory until :meth:`begin`.

        ``folder`` is the data folder, ``started`` the start of the crawl. The fields in ``about`` go into the
        ``warcinfo`` of each file. A ``worker`` of several has files of its own; the name of the only one is "".
        """
        name = re.sub(r"[^a-z0-9.]+", "-", site).strip("-")
        self.folder = folder / FOLDER
        self.name = f"{name}-{started:%Y%m%dT%H%M%SZ}{worker and '-'}{worker}"
        self.about = about | {"isPartOf": self.name}
        lines = sum(path.stat().st_size for path in folder.glob("changes*.jsonl"))
        self._reserve = _RESERVE + lines  # a file of changes is replaced by a new one at times
        self._numbers = count()
        self._file: int | None = None
        self._waiting: deque[tuple[bytes, str]] | None = deque() if is_deferred else None

    def begin(self) -> None:
        """Writes the answers kept in memory, at most the last 4 MiB packed; from now on each is written at once.

        :raises OSError: not all of them were written.
        """
        waiting, self._waiting = self._waiting, None
        for data, date in waiting or ():
            self._append(data, date)

    def save(self, request: Request, response: Response, date: str) -> None:
        """Writes an answer and its request, unchanged except for the chunks of the transfer encoding.

        ``date`` is the instant of the answer in UTC, as ``2024-03-05T08:41:12Z``.

        :raises OSError: nothing of it was written.
        """
        ip = [("WARC-IP-Address", str(response.ip_address))] if response.ip_address else []
        answered = _record("response", date, response.url, _response_block(response), payload=response.body, more=ip)
        about = [("WARC-Concurrent-To", answered.rec_headers.get_header("WARC-Record-ID"))]
        requested = _record("request", date, response.url, _request_block(request), payload=request.body, more=about)
        self._write([answered, requested])

    def note_time_zone(self, name: str, date: str) -> None:
        """Writes the time zone in which the following answers are read, if it is not "" and not the one noted last.

        ``date`` is an instant as in :meth:`save`.

        :raises OSError: it was not written.
        """
        if name and name != self.about.get("time-zone"):
            if self._waiting is None:  # else the first file names it
                self._write([_record("metadata", date, None, _fields({"time-zone": name}))])
            self.about["time-zone"] = name

    def record_dates(self, number: int, url: str, post: PostDates | None, date: str) -> None:
        """Writes the dates of a post with which its page is read; ``post`` is None if there are none.

        ``number`` is its id, ``url`` the address of the page, ``date`` an instant as in :meth:`save`.

        :raises OSError: it was not written.
        """
        known = {"published": post.published or "", "modified": post.modified or ""} if post else {}
        self._write([_record("metadata", date, url, _fields({"post": str(number)} | known))])

    def record_removal(self, item: Article) -> None:
        """Writes that the crawl found an article gone; ``item`` is the line that says so.

        :raises OSError: it was not written.
        """
        self._write([_record("metadata", str(item.date_removed), item.url, _fields({"removed": str(item.id)}))])

    def close(self) -> None:
        """Puts all answers safely on the disk and closes the file; drops those kept in memory for :meth:`begin`.

        :raises OSError: they may not be on the disk.
        """
        self._waiting = None
        if self._file is not None:
            file, self._file = self._file, None
            try:
                os.fsync(file)
            finally:
                os.close(file)

    def _write(self, records: list[ArcWarcRecord]) -> None:
        """Writes records, or keeps them in memory until :meth:`begin`.

        :raises OSError: they were not written.
        """
        data, date = _packed(records), str(records[0].rec_headers.get_header("WARC-Date"))
        if self._waiting is None:
            self._append(data, date)
            return
        self._waiting.append((data, date))
        while sum(len(each) for each, _ in self._waiting) > _MOST_WAITING:
            self._waiting.popleft()

    def _append(self, data: bytes, date: str) -> None:
        """Adds packed records to the open file, or to a new one, whose ``warcinfo`` has the date.

        :raises OSError: nothing of them was written; so where less would be left on the disk than the dataset needs.
        """
        if shutil.disk_usage(self.folder.parent).free < self._reserve + len(data):
            raise OSError(errno.ENOSPC, "the space left is for the dataset")
        append(self._file_for(data, date), data)

    def _file_for(self, data: bytes, date: str) -> int:
        """The descriptor of the file to write to: the open one, or a new one if it would become too large, or none is.

        :raises OSError: a new one cannot be created.
        """
        if self._file is None or os.fstat(self._file).st_size + len(data) > _MOST_BYTES:
            self.close()
            self._file = self._created(date)
        return self._file

    def _created(self, date: str) -> int:
        """Creates the next WARC file with its ``warcinfo`` record, and returns its file descriptor.

        :raises OSError: it cannot be created.
        """
        self.folder.mkdir(exist_ok=True)
        while True:
            path = self.folder / f"{self.name}-{next(self._numbers):05}.warc.gz"
            with suppress(FileExistsError):
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
                break
        try:
            about = [("WARC-Filename", path.name)]
            append(file, _packed([_record("warcinfo", date, None, _fields(self.about), more=about)]))
        except OSError:
            os.close(file)
            path.unlink()
            raise
        return file


def _record(
    kind: str,
    date: str,
    url: str | None,
    block: bytes,
    *,
    payload: bytes | None = None,
    more: Iterable[tuple[str, str]] = (),
) -> ArcWarcRecord:
    """A record with a block, which is not changed.

    ``payload`` is the body of the HTTP message in it, None if it is none; ``more`` are additional headers.
    """
    from warcio.recordloader import ArcWarcRecord  # noqa: PLC0415 - 20 ms, and only the page archive needs it
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
    """Records as bytes of a WARC file, each compressed as a gzip member."""
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415 - 20 ms, and only the page archive needs it

    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    for record in records:
        writer.write_record(record)
    return out.getvalue()


def _fields(named: dict[str, str]) -> bytes:
    """The block of a ``warcinfo`` or ``metadata`` record: fields by name, without empty ones."""
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in named.items() if value).encode()


def _response_block(response: Response) -> bytes:
    """An answer as an HTTP message, without ``Transfer-Encoding``."""
    headers = Headers(response.headers)
    headers.pop("Transfer-Encoding", None)  # the body came without its chunks
    first = f"HTTP/1.1 {response.status} {phrases.get(response.status, '')}".rstrip()
    return _block(first, headers, response.body)


def _request_block(request: Request) -> bytes:
    """A request as an HTTP message, with ``Host``."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = Headers({"Host": parts.netloc})
    headers.update(request.headers)
    return _block(f"{request.method} {target} HTTP/1.1", headers, request.body)


def _block(first: str, headers: Headers, body: bytes) -> bytes:
    return b"\r\n".join([first.encode(), *filter(None, [headers.to_string()]), b"", body])
