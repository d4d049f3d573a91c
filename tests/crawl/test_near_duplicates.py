"""Near-duplicates in whole crawls, in exports and in settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crawling import articles, changes, crawl, records, scrapy
from tests.support.near_duplicates import body, lines_of
from tests.support.sample_data import made, opened
from tests.support.serving import Reply, serving

PAGE = """<html><head><link rel="canonical" href="{site}/story-{number}/">
<meta property="article:published_time" content="2024-0{number}-01T10:00:00+00:00"></head>
<body class="single-post postid-{number}"><h1 class="jeg_post_title">Milk falls for the {number}. time</h1>
<div class="entry-content"><div class="content-inner"><p>{body}</p></div></div></body></html>"""


def test_a_crawl_says_what_is_a_copy_and_the_next_leaves_it_out_by_the_setting(tmp_path: Path) -> None:
    bodies = {1: body(1), 2: body(2), 3: "Nobody saw it coming. " + body(1)[:-200]}
    edited: dict[int, str] = {}

    def answer(path: str, site: str) -> Reply:
        if path == "/sitemap.xml":
            lines = "".join(
                f"<url><loc>{site}/story-{number}/</loc><lastmod>2024-0{8 if number in edited else 7}-01T10:00:00Z"
                "</lastmod></url>"
                for number in bodies
            )
            return Reply(200, f"<urlset>{lines}</urlset>".encode(), "text/xml")
        for number, text in (bodies | edited).items():
            if path == f"/story-{number}/":
                return Reply(200, PAGE.format(site=site, number=number, body=text).encode())
        return Reply(200, b'<html><body class="home"></body></html>') if path == "/" else Reply()

    def originals() -> dict[int, int | None]:
        return {number: record["duplicate_of"] for number, record in articles(tmp_path).items()}

    with serving(answer) as site:
        first = crawl(site.url, tmp_path, "-L", "INFO", MAINLAND_KEEP_PAGES=1)
        assert "1 of the articles stored" in first.err
        assert originals() == {1: None, 2: None, 3: 1}
        found = lines_of(tmp_path)
        (tmp_path / "index.sqlite").unlink()
        (tmp_path / "articles.jsonl").unlink()
        crawl(site.url, tmp_path)
        assert lines_of(tmp_path) == found
        crawl(site.url, tmp_path, MAINLAND_DROP_DUPLICATES=1)
        assert originals() == {1: None, 2: None}
        settings = ["-s", f"MAINLAND_DATA_DIR={tmp_path}", "-s", "MAINLAND_DROP_DUPLICATES=1"]
        assert scrapy("reparse", *settings).status == 0
        assert originals() == {1: None, 2: None}
        edited[1] = body(9)
        crawl(site.url, tmp_path)
        assert originals() == {1: None, 2: None, 3: None}
    assert [record["copies"] for record in records(tmp_path / "runs.jsonl")] == [1, 1, 1, 0]
    assert [record["duplicate_of"] for record in changes(tmp_path)] == [None] * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with opened(tmp_path) as store:
        store.deliver(made(1, body=body(1)))
        store.deliver(made(2, body=body(1)[80:]))
        store.deliver(made(3, body=body(3)))
        store.publish()
        store.deliver(made(1, body=body(1), headline="Edited", revision=2, change="edited"))
        store.publish()
    return tmp_path


def exported(folder: Path, *options: str) -> list[tuple[int, int, int | None]]:
    out = folder / "out.jsonl"
    ended = scrapy("export", str(out), *options, "-s", f"MAINLAND_DATA_DIR={folder}")
    assert ended.status == 0, ended.err
    return [(record["id"], record["revision"], record["duplicate_of"]) for record in records(out)]


def test_exports_say_what_is_a_copy_and_leave_it_out_by_the_setting(folder: Path) -> None:
    drop = ("-s", "MAINLAND_DROP_DUPLICATES=1")
    assert exported(folder) == [(1, 2, None), (2, 1, 1), (3, 1, None)]
    assert exported(folder, *drop) == [(1, 2, None), (3, 1, None)]
    assert exported(folder, "--changed-since", "2000-01-01") == [(1, 2, None), (2, 1, 1), (3, 1, None)]
    assert exported(folder, "--changed-since", "2000-01-01", *drop) == [(1, 2, None), (3, 1, None)]
    assert exported(folder, "--all-revisions") == [(1, 1, None), (1, 2, None), (2, 1, 1), (3, 1, None)]
    assert exported(folder, "--all-revisions", *drop) == [(1, 1, None), (1, 2, None), (3, 1, None)]


@pytest.mark.parametrize(
    "command", [["crawl", "articles"], ["export", "x.csv"], ["forget", "1"], ["status", "--accept"]]
)
def test_a_setting_that_is_no_yes_or_no_is_refused(folder: Path, command: list[str]) -> None:
    ended = scrapy(*command, "-s", f"MAINLAND_DATA_DIR={folder}", "-s", "MAINLAND_DROP_DUPLICATES=perhaps")
    assert ended.status == 2
    assert ended.err.strip() == f"scrapy {command[0]}: MAINLAND_DROP_DUPLICATES 'perhaps': it takes 1 or 0"
