"""The command ``scrapy forget``."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mainland.storage import warc
from mainland.storage.lines import encode
from tests.support.crawling import Ending, articles, scrapy, started
from tests.support.forgetting import GONE, SITE, archive, flipped, html, number_of
from tests.support.page_archive import archived, page
from tests.support.scratch import HOLDER


def forget(data: Path, *numbers: int) -> Ending:
    """The end of ``scrapy forget``."""
    return scrapy("forget", *numbers, "-s", f"MAINLAND_DATA_DIR={data}")


def test_forget_says_what_it_could_not_search_until_that_is_deleted(tmp_path: Path) -> None:
    path, content, found = archive(tmp_path, is_packed=True)
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    path.write_bytes(flipped(content, found[9].offset + found[9].length // 2))
    aside = path.with_name(f"{path.name}.damaged")
    says = (
        f"scrapy forget: damaged or large pages were not searched and may contain what was forgotten: delete {aside}\n"
    )
    assert forget(tmp_path, 3) == Ending(1, "1 article forgotten\n", says)
    assert (
        aside.read_bytes()
        == flipped(content, found[9].offset + found[9].length // 2)[found[9].offset : found[9].offset + found[9].length]
    )
    assert {number_of(record) for record in warc.records(path)} == {0, 1, 2, 4, 5, 6, 7, 8}
    assert forget(tmp_path, 4) == Ending(1, "1 article forgotten\n", says)
    aside.unlink()
    assert forget(tmp_path, 5) == Ending(0, "1 article forgotten\n", "")


def test_a_changes_file_that_is_a_link_is_emptied_where_it_stands(tmp_path: Path) -> None:
    data, disk = tmp_path / "data", tmp_path / "disk"
    archived(data, page(1), page(3, text="A text to forget."))
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={data}").status == 0
    disk.mkdir()
    for name in ("changes.jsonl", "articles.jsonl"):
        (data / name).rename(disk / name)
        (data / name).symlink_to(disk / name)
    assert forget(data, 3) == Ending(0, "1 article forgotten\n", "")
    for name in ("changes.jsonl", "articles.jsonl"):
        assert (data / name).is_symlink()
        assert b"A text to forget." not in (disk / name).read_bytes()
    assert articles(data).keys() == {1}
    assert sorted(path.name for path in disk.iterdir()) == ["articles.jsonl", "changes.jsonl"]


@pytest.mark.parametrize("where", [".", "pages"])
def test_what_a_killed_process_left_in_the_folder_is_removed(tmp_path: Path, where: str) -> None:
    archived(tmp_path, page(1), page(3))
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    with started([sys.executable, "-c", HOLDER, str(tmp_path / where)]) as holder:
        left = Path(holder.first_line())
    assert (left / "text").exists()
    assert forget(tmp_path, 3) == Ending(0, "1 article forgotten\n", "")
    assert not left.exists()


def test_other_files_stay_and_are_named(tmp_path: Path) -> None:
    archived(tmp_path, page(1), page(3))
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    others = [".changes.jsonl.1", ".changes.jsonl.20261127", "all.csv", "changes.jsonl.bak", "pages/notes.txt"]
    for name in others:
        (tmp_path / name).write_bytes(encode({"id": 3}))
    ending = forget(tmp_path, 3)
    says = f"not looked into in {tmp_path}: {', '.join(others)}; delete there what may quote what was forgotten"
    assert ending == Ending(0, "1 article forgotten\n", f"scrapy forget: {says}\n")
    assert all((tmp_path / name).exists() for name in others)


ODD = [
    *(
        "foo",
        "http://[",
        "urn:uuid:1",
        "http://one.example:port/",
        "//one.example/",
        "http://one.example/\x00",
        "dns:a",
        "",
    ),
    *("<http://one.example/milk-4/>", "http://one.example/%zz", "x" * 70_000),
]


def odd_record(kind: str, url: str, block: bytes) -> bytes:
    """A record as no crawl of ours writes it."""
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nno colon\r\n: no name\r\nWARC-Date: soon\r\n"
    return gzip.compress(head.encode() + b"Content-Length: %d\r\n\r\n" % len(block) + block + b"\r\n\r\n")


@pytest.mark.parametrize("kind", ["response", "request", "metadata", "resource", "revisit", "other"])
def test_records_of_other_tools_raise_nothing(tmp_path: Path, kind: str) -> None:
    (path,) = archived(tmp_path, page(1))
    blocks = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno chunk",
        b"HTTP/1.1 99999999999 \xff\r\n\xff: \xff\r\nno colon\r\n folded\r\n\r\n<p>a",
        b"HTTP/1.1 200\r\nContent-Type: text/html; charset=no-such\r\n\r\n\xff\xfe",
        b"HTTP/1.1\r\n\r\n",
        b"",
    ]
    with path.open("ab") as file:
        file.writelines(odd_record(kind, url, block) for url in ODD for block in blocks)
        file.write(odd_record("response", f"{SITE}/milk-3/", b"HTTP/1.1 200 OK\r\n\r\n" + page(3).body))
    assert len(list(warc.sound(path))) > 3 + len(blocks) * (len(ODD) - 1)
    for record in warc.sound(path):
        warc.response_of(record)
    warc.take_out(tmp_path, GONE)
    assert f"{SITE}/milk-3/" not in {record.url for record in warc.sound(path)}
    ending = scrapy("extract", path)
    assert "Traceback" not in ending.err
    assert len(ending.out.splitlines()) == 1


def test_an_article_that_was_imported_again_does_not_come_back(tmp_path: Path) -> None:
    (path,) = archived(tmp_path, page(1), page(3))
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    assert forget(tmp_path, 3).status == 0
    path.unlink()
    archived(tmp_path, page(1), html(3, 999))  # as from a backup
    ending = scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    assert ending == Ending(0, "2 pages read again: nothing differs\n", "")
    assert b"The text of article 3." not in (tmp_path / "changes.jsonl").read_bytes()


def test_a_record_too_large_to_be_searched_is_set_aside_and_reported(tmp_path: Path) -> None:
    (path,) = archived(tmp_path, page(1), page(3))
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    large = odd_record("resource", f"{SITE}/dump", bytes(65 << 20) + b"A text to forget.")
    with path.open("ab") as file:
        file.write(large)
    aside = path.with_name(f"{path.name}.damaged")
    says = f"damaged or large pages were not searched and may contain what was forgotten: delete {aside}"
    assert forget(tmp_path, 3) == Ending(1, "1 article forgotten\n", f"scrapy forget: {says}\n")
    assert aside.read_bytes() == large
    assert {record.url for record in warc.records(path) if record.url} == {f"{SITE}/milk-1/"}


def pages_elsewhere(place: Path) -> None:
    place.rename(place.with_name("disk"))
    place.symlink_to("nowhere")


ODD_ENTRIES: dict[str, Callable[[Path], object]] = {
    "a link that leads nowhere": lambda place: (place / "x.warc.gz").symlink_to("nowhere"),
    "a link to itself": lambda place: (place / "x.warc.gz").symlink_to("x.warc.gz"),
    "a folder": lambda place: (place / "x.warc.gz").mkdir(),
    "a pipe": lambda place: os.mkfifo(place / "x.warc.gz"),
    "all pages elsewhere": pages_elsewhere,
}


@pytest.mark.parametrize("case", ODD_ENTRIES)
def test_what_is_not_a_file_among_the_pages_is_named_and_the_rest_is_done(tmp_path: Path, case: str) -> None:
    archived(tmp_path, page(1), page(3))
    assert scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    place = tmp_path / "pages"
    ODD_ENTRIES[case](place)
    odd = place if place.is_symlink() else place / "x.warc.gz"
    ending = forget(tmp_path, 3)
    assert (ending.status, ending.out) == (1, "1 article forgotten\n")
    wanted = "folder" if odd == place else "file"
    says = f"scrapy forget: {odd} is not a {wanted} and was not searched: put it back, or delete this one"
    assert ending.err.splitlines()[0] == says
    assert articles(tmp_path).keys() == {1}
    assert b"milk-3/" not in b"".join(gzip.decompress(path.read_bytes()) for path in warc.archives(tmp_path))
    ending = scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    assert (ending.status, ending.err.count("\n"), str(odd) in ending.err) == (1, 1, True)
