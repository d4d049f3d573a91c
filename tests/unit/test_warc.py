"""WARC files: written, cut and read."""

from __future__ import annotations

import dataclasses
import gzip
import logging
from pathlib import Path

import brotli
import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings
from scrapy.utils import log
from scrapy.utils.log import get_scrapy_root_handler, install_scrapy_root_handler

from mainland.storage import warc
from tests.support.exporting import scrapy
from tests.support.page_archive import STARTED, archived, page


def test_an_archive_cut_anywhere_gives_the_complete_records_before(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pages = archived(tmp_path, *(page(number) for number in range(3)))
    (path,) = pages
    whole = path.read_bytes()
    all_records = list(warc.records(path))
    assert [record.kind for record in all_records] == ["warcinfo", *["response", "request"] * 3]
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        found = list(warc.records(path))
        assert [each.block for each in found] == [each.block for each in all_records[: len(found)]]
        assert len(found) >= sum(each.offset + each.length <= end for each in all_records)
    assert capfd.readouterr() == ("", "")


PACKERS = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "identity": lambda body: body,
}


@pytest.mark.parametrize("encoding", PACKERS)
def test_an_answer_is_kept_as_it_came_and_read_as_it_was_meant(tmp_path: Path, encoding: str) -> None:
    plain = page(7).body
    body = PACKERS[encoding](plain)
    headers = {
        "Content-Encoding": encoding,
        "Content-Type": "text/html; charset=utf-8",
        "X-Twice": ["a", "b"],
        "Link": ["<https://one.example/ж>; rel=a, <é>; rel=b"],
    }
    came = Response("https://one.example/milk-7/?a=b", headers=headers, body=body)
    (path,) = archived(tmp_path, came)
    record = list(warc.records(path))[1]
    assert record.block.endswith(b"\r\n\r\n" + body)
    read = warc.response_of(record)
    assert isinstance(read, HtmlResponse)
    assert (read.url, read.status, read.body) == (came.url, 200, plain)
    assert read.headers["Link"] == came.headers["Link"]
    assert read.headers.getlist("X-Twice") == [b"a", b"b"]
    requested = list(warc.records(path))[2]
    assert requested.block == b"GET /milk-7/?a=b HTTP/1.1\r\nHost: one.example\r\nUser-Agent: a\r\n\r\n"
    assert requested.headers["warc-concurrent-to"] == record.headers["warc-record-id"]


def test_workers_that_begin_at_once_keep_pages_in_files_of_their_own(tmp_path: Path) -> None:
    for worker in "ab":
        pages = warc.PageArchive(tmp_path, "one.example", STARTED, {"site": "one.example"}, worker)
        pages.save(Request(page(5).url), page(5), "2022-01-07T09:41:12Z")
        pages.close()
    first, second = warc.archives(tmp_path)
    assert first.name == second.name.replace("-b-", "-a-") != second.name
    about = [next(warc.records(path)).fields["isPartOf"] for path in (first, second)]
    assert [name[-2:] for name in about] == ["-a", "-b"]


def test_reading_an_answer_leaves_the_log_as_it_is(tmp_path: Path) -> None:
    (path,) = archived(tmp_path, page(7))
    warc.reading._unpacker.cache_clear()
    level = logging.root.level
    install_scrapy_root_handler(Settings({"LOG_LEVEL": "ERROR"}))
    try:
        assert warc.response_of(list(warc.records(path))[1])
        handler = get_scrapy_root_handler()
        assert handler
        assert handler.level == logging.ERROR
    finally:
        log._uninstall_scrapy_root_handler()
        logging.root.setLevel(level)


def test_an_answer_with_a_head_of_megabytes_is_left_out(tmp_path: Path) -> None:
    (path,) = archived(tmp_path, page(7))
    record = list(warc.records(path))[1]
    head, _, body = record.block.partition(b"\r\n\r\n")
    assert warc.response_of(dataclasses.replace(record, block=head + b"\r\nX: y" * 10 + b"\r\n\r\n" + body))
    assert (
        warc.response_of(dataclasses.replace(record, block=head + b"\r\nX: y" * 300_000 + b"\r\n\r\n" + body)) is None
    )


def test_reparse_names_what_the_page_archive_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reparse = ("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    (archive,) = archived(tmp_path, page(1), page(2))
    assert scrapy(*reparse) == 0
    assert capsys.readouterr() == ("2 pages read again: 2 new\n", "")
    *_, last = (record for record in warc.sound(archive) if record.kind == "response")
    whole = archive.read_bytes()
    torn = f"scrapy reparse: half a record was skipped at the end of 1 file, for instance {archive.name}: "
    for end, message in ((last.offset + 99, torn), (last.offset, "")):
        archive.write_bytes(whole[:end])
        assert scrapy(*reparse) == 0
        out, err = capsys.readouterr()
        assert out.splitlines() == [
            "1 page read again: nothing differs",
            "1 of 2 articles without a page of the latest line: not read again",
        ]
        assert (err.startswith(message), len(err.splitlines())) == (True, bool(message))
