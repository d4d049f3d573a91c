"""WARC files with the pages of an article that is to be forgotten."""

from __future__ import annotations

import gzip
from pathlib import Path

from scrapy.http import Response

from mainland.storage import warc
from tests.support.page_archive import archived, page

SITE = "https://one.example"


GONE = {3: {f"{SITE}/milk-3/"}}


def archive(data: Path, *, is_packed: bool, articles: int = 8) -> tuple[Path, bytes, list[warc.Record]]:
    """Writes a WARC file of the pages of articles; returns its path, its content, and its records.

    Without ``is_packed`` it is not compressed, as other tools can leave it.
    """
    texts = [f"{number} " * 40 + "A litre costs 31 cents." for number in range(articles + 1)]
    (path,) = archived(data, *(page(number, text=texts[number]) for number in range(1, articles + 1)))
    if not is_packed:
        plain = path.with_suffix("")
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
        path = plain
    return path, path.read_bytes(), list(warc.records(path))


def number_of(record: warc.Record) -> int:
    """The id of the article that a record is about; 0 if it is about none."""
    return int(record.url.rstrip("/").rpartition("-")[2] or 0) if record.url else 0


def flipped(content: bytes, place: int) -> bytes:
    """The content with one bit changed at a place."""
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def html(number: int, shown_id: int, url: str = "") -> Response:
    """The page of the article ``number`` whose body shows another id, as after a re-import."""
    answer = page(number, text=f"The text of article {number}.")
    body = answer.body.replace(b"postid-%d" % number, b"postid-%d" % shown_id)
    return answer.replace(url=url or answer.url, body=body)
