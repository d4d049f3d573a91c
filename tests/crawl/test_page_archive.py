"""The page archive, and what is made of it again."""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from scrapy import Request
from scrapy.http import Response
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from mainland.pages.article import EXTRACTOR
from mainland.storage import warc
from mainland.storage.lines import encode
from tests.support.crawling import (
    COUNTS,
    SCRAPY,
    Ending,
    articles,
    changes,
    crawl,
    crawling,
    expected,
    records,
    scrapy,
    started,
    stored,
    wait_until,
)
from tests.support.daily import listed
from tests.support.faults import FaultySite, Sound, serve_faulty
from tests.support.page_archive import STARTED, archived, page
from tests.support.replica import Replica
from tests.support.small_sites import LATE, LATER, Paper, Post, Press, paths, press, urlset

pytestmark = pytest.mark.few(1)

KEEPING = {"MAINLAND_KEEP_PAGES": 1}
DAYS = (0, 1, 4, 7, 8)


def reparse(data: Path, *options: str) -> Ending:
    """The end of ``scrapy reparse``."""
    return scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={data}", *options)


def extract(*archives: Path) -> Ending:
    """The end of ``scrapy extract``."""
    return scrapy("extract", *archives)


def copied(data: Path, folder: Path, *, pages_only: bool = False) -> Path:
    """A copy of a data folder, or of its pages alone."""
    shutil.copytree(data / "pages" if pages_only else data, folder / "pages" if pages_only else folder)
    return folder


def dataset(data: Path) -> tuple[bytes, bytes]:
    """The bytes of changes.jsonl and articles.jsonl."""
    return (data / "changes.jsonl").read_bytes(), (data / "articles.jsonl").read_bytes()


def packed(data: Path) -> list[warc.Record]:
    """All records that a folder keeps."""
    return [record for path in warc.archives(data) for record in warc.records(path)]


def unpacked(data: Path) -> bytes:
    """All that a folder keeps, without its compression."""
    return b"".join(gzip.decompress(path.read_bytes()) for path in warc.archives(data))


def turn(replica: Replica, day: int) -> None:
    """Turns a site to another day, in another second: pages and lines have dates with seconds."""
    time.sleep(1.0 - time.time() % 1.0)
    replica.set_day(day)


@dataclass(frozen=True)
class Life:
    """A site's crawls with the pages kept, the site itself gone."""

    data: Path
    endings: list[Ending]
    requests: list[dict[str, Any]]
    split: set[int]
    zones: list[str]
    """The time zones that each file names."""


@pytest.fixture(scope="module", params=[{}, {"faults": 0.3, "no_rest": True, "sitemap": "yoast"}], ids=str)
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Life:
    data = tmp_path_factory.mktemp("life")
    with Replica(articles=60, **request.param) as replica:
        endings: list[Ending] = []
        for day in DAYS:
            turn(replica, day)
            endings.append(crawl(replica.url, data, **KEEPING))
        split = {truth["id"] for truth in replica.truth() if truth["kind"] == "split"}
        requests = replica.requests()
    return Life(data, endings, requests, split, [] if request.param.get("no_rest") else ["Europe/London"])


# -- what is kept --------------------------------------------------------------------------------------------------


def test_a_crawl_that_keeps_its_pages_ends_as_any_other(life: Life) -> None:
    assert {(ending.status, ending.out) for ending in life.endings} == {(0, "")}
    assert {line["change"] for line in changes(life.data)} >= {"new", "edited", "moved", "removed", "returned"}
    assert life.split


def test_every_answer_is_kept_once(life: Life) -> None:
    site = f"http://{changes(life.data)[0]['site']}"
    requested = [
        (each["path"], each["status"])
        for each in life.requests
        if each["method"] == "GET" and each["fault"] not in {"reset", "truncate"}  # which gave no answer
    ]
    kept = []
    for record in packed(life.data):
        if record.kind == "response":
            response = warc.response_of(record)
            assert response is not None
            kept.append((record.url.removeprefix(site), response.status))
    assert sorted(kept) == sorted(requested)


def test_what_is_kept_is_warc_by_its_own_checker(life: Life) -> None:
    for path in warc.archives(life.data):
        checker = [Path(sys.executable).with_name("warcio"), "check", path]
        ended = subprocess.run(list(map(str, checker)), capture_output=True, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_every_file_says_what_reading_it_again_needs(life: Life) -> None:
    files = warc.archives(life.data)
    assert len(files) == len(DAYS)
    for path in files:
        first, *others = warc.records(path)
        assert {record.kind for record in others} <= {"response", "request", "metadata"}
        about = first.fields
        assert about["site"] == changes(life.data)[0]["site"]
        zones = [record.fields["time-zone"] for record in (first, *others) if "time-zone" in record.fields]
        assert (zones, about["date-order"], about["extractor"]) == (life.zones, "MDY", EXTRACTOR)
        assert first.headers["warc-filename"] == path.name
        assert path.name.startswith(about["isPartOf"])


def test_pages_are_kept_of_crawls_with_news_unless_turned_off(tmp_path: Path) -> None:
    paper = press(3)
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert crawl(site.url, tmp_path / "off").status == 0
        assert not (tmp_path / "off" / "pages").exists()
        data, files = tmp_path / "data", []
        for full in (0, 0, 1):  # the second and the third have no news
            assert crawl(site.url, data, "-a", f"full={full}", **KEEPING).status == 0
            files.append(len(warc.archives(data)))
        assert files == [1, 1, 1]
        about = "/no-article/"
        paper.pages[about] = Sound(200, b"<html><body class='page page-id-9'><h1>About us</h1></body></html>")
        paper.pages["/sitemap.xml"] = urlset([*(f"{site.url}{post.path}" for post in paper.posts), site.url + about])
        for _ in range(2):
            crawl(site.url, data, "-a", "full=1", **KEEPING)
    assert [line["url"] for line in records(data / "rejected.jsonl")] == [site.url + about]
    assert any(record.url.endswith(about) for record in packed(data))  # a rule may be wrong


# -- what is made of it again --------------------------------------------------------------------------------------


def test_nothing_changes_where_the_rules_are_the_same(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data")
    before = dataset(data)
    ending = reparse(data)
    assert (ending.status, ending.err) == (0, "")
    assert ending.out.endswith("pages read again: nothing differs\n")
    assert dataset(data) == before


def test_pages_alone_give_the_same_bytes_as_the_crawls(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data", pages_only=True)
    assert reparse(data).status == 0
    (lines, current), (lines_before, current_before) = dataset(data), dataset(life.data)
    assert current == current_before
    assert sorted(lines.splitlines()) == sorted(lines_before.splitlines())
    assert life.split <= articles(data).keys()
    before = dataset(data)
    assert reparse(data).out.endswith("nothing differs\n")
    assert dataset(data) == before


def test_extract_gives_the_same_articles_in_the_order_fetched(life: Life) -> None:
    ending = extract(*warc.archives(life.data))
    assert (ending.status, ending.err) == (0, "")
    found = [json.loads(line) for line in ending.out.split("\n")[:-1]]
    assert {each["id"]: each for each in found} == articles(life.data)
    assert len(found) == len(articles(life.data))
    dates = [each["date_crawled"] for each in found if each["id"] not in life.split]  # whose last part counts
    assert dates == sorted(dates)


def test_extract_reads_an_unpacked_archive_too(life: Life, tmp_path: Path) -> None:
    first = warc.archives(life.data)[0]
    plain = tmp_path / "first.warc"
    plain.write_bytes(gzip.decompress(first.read_bytes()))
    assert extract(plain) == extract(first)
    assert len(extract(plain).out.splitlines()) > 50


# -- a repaired rule -----------------------------------------------------------------------------------------------


def spoil(data: Path, *numbers: int) -> dict[int, dict[str, Any]]:
    """The latest lines of articles, and leaves in their place what an older extractor would have made of them."""
    path = data / "changes.jsonl"
    lines = records(path)
    latest = {record["id"]: place for place, record in enumerate(lines)}
    good = {number: dict(lines[latest[number]]) for number in numbers}
    for number in numbers:
        lines[latest[number]] |= {"body": "A cookie notice.", "content_hash": "0" * 64, "extractor": "0"}
    path.write_bytes(b"".join(map(encode, lines)))
    return good


def test_fields_that_older_lines_lack_are_added(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data")
    path = data / "changes.jsonl"
    older = [{name: value for name, value in line.items() if name != "body_html"} for line in records(path)]
    path.write_bytes(b"".join(map(encode, older)))
    assert f"again: {len(articles(life.data))} reparsed\n" in reparse(data).out
    assert {line["body_html"] for line in articles(data).values()} == {
        line["body_html"] for line in articles(life.data).values()
    }
    assert reparse(data).out.endswith("nothing differs\n")


def test_a_mended_rule_repairs_the_feed_without_a_request(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data")
    numbers = list(articles(data))
    good = spoil(data, *numbers)
    before = dataset(data)[0]
    ending = reparse(data)
    assert (ending.status, ending.err) == (0, "")
    assert f"again: {len(numbers)} reparsed\n" in ending.out
    assert dataset(data)[0].startswith(before)
    for number, record in articles(data).items():
        assert record == good[number] | {"revision": good[number]["revision"] + 1, "change": "reparsed"}
    before_again = dataset(data)
    assert reparse(data).out.endswith("nothing differs\n")
    assert dataset(data) == before_again


def test_reparse_killed_anywhere_goes_on(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data")
    good = spoil(data, *articles(data))
    size = (data / "changes.jsonl").stat().st_size
    chance = random.Random(7)
    for _ in range(3):
        with started([*SCRAPY, "reparse", "-s", f"MAINLAND_DATA_DIR={data}"]) as process:
            enough = size + chance.randrange(1, 60_000)
            wait_until(lambda: (data / "changes.jsonl").stat().st_size > enough or process.poll() is not None)  # noqa: B023
            process.kill()
    assert reparse(data).status == 0
    assert articles(data) == {
        number: record | {"revision": record["revision"] + 1, "change": "reparsed"} for number, record in good.items()
    }
    assert len(changes(data)) == len(changes(life.data)) + len(good)


def test_pages_of_an_article_at_another_address_with_another_date_give_the_same_bytes(tmp_path: Path) -> None:
    paper = Paper([Post(7, path="/old/"), Post(8)])
    with serve_faulty(FaultySite(paper.answer)) as site:
        paper.pages["/sitemap.xml"] = urlset((site.url + post.path for post in paper.posts), LATE)
        assert crawl(site.url, tmp_path / "data", **KEEPING).status == 0
        paper.posts[0] = Post(7, path="/new/", published=LATER)
        paper.pages["/old/"] = Sound(301, b"", {"Location": "/new/"})
        paper.pages["/sitemap.xml"] = urlset((site.url + post.path for post in paper.posts), LATER)
        time.sleep(1)  # so that its page is of another second
        assert crawl(site.url, tmp_path / "data", **KEEPING).status == 0
    assert paths(tmp_path / "data") == ["/new/", "/story-8/"]
    again = copied(tmp_path / "data", tmp_path / "again", pages_only=True)
    assert reparse(again).status == 0
    assert dataset(again) == dataset(tmp_path / "data")


def test_what_was_edited_since_and_not_kept_is_not_turned_back(tmp_path: Path) -> None:
    with Replica(articles=60) as replica:
        assert crawl(replica.url, tmp_path, **KEEPING).status == 0
        turn(replica, 7)
        assert crawl(replica.url, tmp_path).status == 0
        wanted = expected(replica, COUNTS)
    kept = {line["id"] for line in changes(tmp_path) if line["date_crawled"] and line["revision"] == 1}
    later = {line["id"] for line in changes(tmp_path) if line["revision"] > 1}
    assert {"edited", "removed"} <= {line["change"] for line in changes(tmp_path)}
    assert re.search(r"nothing differs\n\d+ of \d+ articles without a page .*\n$", reparse(tmp_path).out)
    numbers = articles(tmp_path).keys() & (kept | later)
    spoil(tmp_path, *numbers)
    assert reparse(tmp_path).status == 0
    repaired = {line["id"] for line in changes(tmp_path) if line["change"] == "reparsed"}
    assert repaired
    assert not repaired & later
    found = stored(tmp_path, wanted)
    assert found.keys() == wanted.keys()
    assert {number: found[number] for number in repaired} == {number: wanted[number] for number in repaired}
    for number in later & articles(tmp_path).keys():
        assert articles(tmp_path)[number]["body"] == "A cookie notice."


def test_a_time_zone_given_goes_before_the_one_kept(tmp_path: Path) -> None:
    stamp = b'<meta property="article:published_time" content="2022-01-07T20:41:12Z">'
    late = page(1)
    archived(tmp_path, late.replace(body=late.body.replace(b"<title>", stamp + b"<title>")))
    assert reparse(tmp_path).out == "1 page read again: 1 new\n"
    assert reparse(tmp_path, "-s", "MAINLAND_TIMEZONE=Pacific/Kiritimati").out == "1 page read again: 1 reparsed\n"
    assert [line["day_published"] for line in changes(tmp_path)] == ["2022-01-07", "2022-01-08"]
    assert reparse(tmp_path).out == "1 page read again: 1 reparsed\n"


AUTUMN = "2024-10-27T01:30:00+00:00"  # when clocks in London show 01:30 for the second time
LOCAL = b'<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-10-27 01:30:00"}</script>'


class Undated(Press):
    """A newspaper whose pages do not show when they were published; the first one shows an hour that came twice."""

    def post(self, post: Post) -> Sound:
        page = super().post(post)
        body = re.sub(rb'<meta property="article:[^>]*>', LOCAL if post.id == 1 else b"", page.body)
        return replace(page, body=body.replace(b"What happened", f"What happened by {post.modified}".encode()))


def test_what_rest_says_of_the_date_is_read_again_from_the_pages(tmp_path: Path) -> None:
    crawled, copy = tmp_path / "crawled", tmp_path / "copy"
    zone = {"MAINLAND_TIMEZONE": "Europe/London"}
    paper = Undated([Post(1, published=AUTUMN), *map(Post, range(2, 7))], rest_page=2)
    with serve_faulty(FaultySite(paper.answer)) as site:
        listed(paper, site)
        assert crawl(site.url, crawled, **KEEPING, **zone).status == 0
        requested = [path for path in site.paths if "include=" in path]
        found = articles(crawled)
        paper.rest, paper.posts[1].modified = False, LATER
        listed(paper, site)
        time.sleep(1)  # what was downloaded within one second counts as one page
        crawl(site.url, crawled, **KEEPING, **zone)
    assert {number: line["date_published"] for number, line in found.items()} == {
        post.id: post.published.replace("+00:00", "Z") for post in paper.posts
    }
    assert len(requested) == 1  # for all that its first page lacks
    edit = changes(crawled)[-1]
    assert (edit["id"], edit["change"], edit["date_published"]) == (2, "edited", found[2]["date_published"])
    shutil.copytree(crawled / "pages", copy / "pages")
    assert reparse(copy).status == 0
    assert sorted(dataset(copy)[0].splitlines()) == sorted(dataset(crawled)[0].splitlines())
    assert scrapy("forget", "3", "-s", f"MAINLAND_DATA_DIR={crawled}").status == 0
    assert not [record for record in packed(crawled) if record.fields.get("post") == "3"]


# -- kills, damage and full disks ----------------------------------------------------------------------------------


def test_a_killed_crawl_leaves_pages_that_make_the_feed_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Replica(articles=60) as replica:
        for least in (5, 30):
            with crawling(replica.url, data, CONCURRENT_REQUESTS_PER_DOMAIN=2, **KEEPING) as process:
                wait_until((data / "changes.jsonl").exists)
                wait_until(lambda: len(records_so_far(data)) >= least or process.poll() is not None)  # noqa: B023
                process.kill()
        assert crawl(replica.url, data, **KEEPING).status == 0
        assert len(warc.archives(data)) == 3
        again = copied(data, tmp_path / "again", pages_only=True)
        assert reparse(again).status == 0
        assert stored(again, expected(replica)) == expected(replica)
        before = dataset(again)
        assert crawl(replica.url, again).status == 0
        assert dataset(again) == before


def records_so_far(data: Path) -> list[bytes]:
    """The lines of a file that is being written."""
    return (data / "changes.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize(
    "noise", [b"noise", b"\x1f\x8bnoise", gzip.compress(b"noise" * 99, mtime=0), b"<html>"], ids=repr
)
def test_what_is_no_archive_is_reported_in_a_line(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(noise)
    ending = extract(path)
    assert (ending.status, ending.out) == (1, "")
    assert f"{path}: damaged from byte 0 to {len(noise)}" in ending.err
    assert "Traceback" not in ending.err


def test_a_damaged_file_is_named_and_the_others_are_read(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data", pages_only=True)
    first, *_ = warc.archives(data)
    content = bytearray(first.read_bytes())
    middle = [record for record in warc.records(first) if record.kind == "response"][20]
    content[middle.offset : middle.offset + 40] = b"\xff" * 40
    first.write_bytes(content)
    ending = reparse(data)
    assert ending.status == 1
    assert f"{first}: damaged from byte {middle.offset} to {middle.offset + middle.length}; the rest was" in ending.err
    assert len(articles(life.data).keys() - articles(data).keys()) <= 2


def test_pages_that_cannot_be_written_do_not_cost_the_feed(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("in the way")
    with Replica(articles=40) as replica:
        ending = crawl(replica.url, tmp_path, **KEEPING)
        assert ending.status == 4
        assert "File exists; rename it" in ending.err
        assert stored(tmp_path, expected(replica)) == expected(replica)


def test_pages_leave_room_for_the_feed(tmp_path: Path) -> None:
    ended = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=66m", "tmpfs", tmp_path], capture_output=True, check=False
    )
    if ended.returncode:
        pytest.skip("a small file system cannot be mounted")
    try:
        with Replica(articles=60) as replica:
            (tmp_path / "filler").write_bytes(bytes(1900 << 10))
            ending = crawl(replica.url, tmp_path, **KEEPING)
            assert ending.status == 4
            assert "pages are not kept: the space left is for the dataset; free some space" in ending.err
            assert stored(tmp_path, expected(replica)) == expected(replica)
    finally:
        subprocess.run(["umount", tmp_path], check=True)


# -- forgetting ----------------------------------------------------------------------------------------------------


def test_forgetting_takes_the_pages_out_too(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data")
    all_lines = changes(data)
    moved = next(line["id"] for line in all_lines if line["change"] == "moved")
    plain = next(line["id"] for line in all_lines if line["change"] == "edited" and line["id"] not in life.split)
    numbers = {moved, plain, min(life.split)}
    gone = [line for line in all_lines if line["id"] in numbers and line["body"]]
    secrets = {block for line in gone for block in [*line["body"].split("\n\n")] if len(block) > 40}
    addresses = {urlsplit(line["url"]).path for line in gone}
    before = unpacked(data).decode("utf-8", "replace")
    assert any(secret in before for secret in secrets)
    (data / "report.html").write_text("a report can quote them")
    assert scrapy("forget", *numbers, "-s", f"MAINLAND_DATA_DIR={data}") == Ending(
        0, f"{len(numbers)} articles forgotten\n", ""
    )
    assert not (data / "report.html").exists()
    others = {line["id"] for line in all_lines} - numbers
    requested = [record.url for record in packed(data) if record.kind in {"response", "request"}]
    assert not [url for url in requested if urlsplit(url).path in addresses]
    text = unpacked(data).decode("utf-8", "replace")
    others_texts = "\n\n".join(line["body"] for line in changes(data) if line["body"])
    assert secrets - {secret for secret in secrets if secret in others_texts}
    assert not [secret for secret in secrets if secret in text and secret not in others_texts]
    again = copied(data, tmp_path / "again", pages_only=True)
    assert reparse(again).status == 0
    assert articles(again) == {n: record for n, record in articles(life.data).items() if n in others}
    assert reparse(data).out.endswith("nothing differs\n")


def test_forgetting_killed_on_the_way_is_ended_by_the_next_opening(life: Life, tmp_path: Path) -> None:
    data = copied(life.data, tmp_path / "data")
    number, record = next(iter(articles(data).items()))
    (data / "forgotten.jsonl").write_bytes(encode({"id": number, "url": record["url"], "date": "2022-01-07T08:41:12Z"}))
    assert reparse(data).status == 0
    assert number not in articles(data)
    assert record["url"] not in {each.url for each in packed(data)}


# -- wrong use -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--nonsense"], "unknown option --nonsense"),
        (["data"], "it takes no argument: data"),
        (["-s", "MAINLAND_TIMEZONE=Mars/Olympus"], "is no time zone"),
        ([], "there are no pages in"),
    ],
)
def test_wrong_use_of_reparse_is_reported_in_a_line(tmp_path: Path, options: list[str], says: str) -> None:
    ending = reparse(tmp_path, *options)
    assert ending.status == 2
    assert says in ending.err
    assert len(ending.err.splitlines()) == 1


def test_archives_of_two_sites_are_refused(tmp_path: Path) -> None:
    one = archived(tmp_path / "one", page(1), site="one.example")
    two = archived(tmp_path / "two", page(1), site="two.example")
    ending = extract(*one, *two)
    assert ending.status == 2
    assert "has pages of one.example" in ending.err
    assert len(ending.err.splitlines()) == 1
    shutil.copy(two[0], one[0].parent)
    assert reparse(tmp_path / "one").status == 2


def test_a_folder_of_another_site_is_refused(tmp_path: Path) -> None:
    archived(tmp_path, page(1), site="one.example")
    assert reparse(tmp_path).out == "1 page read again: 1 new\n"
    shutil.rmtree(tmp_path / "pages")
    archived(tmp_path, page(1), site="two.example")
    ending = reparse(tmp_path)
    assert ending.status == 2
    assert "has articles of one.example, not of two.example" in ending.err


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    archived(tmp_path, page(1), site="127.0.0.1")
    with Replica(articles=40, latency=0.5) as replica, crawling(replica.url, tmp_path):
        wait_until(lambda: len(replica.requests()) >= 2)
        ending = reparse(tmp_path)
    assert ending.status == 75
    assert "has been crawling" in ending.err


# -- single records ------------------------------------------------------------------------------------------------


def test_a_broken_body_is_no_page(tmp_path: Path) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
    (path,) = archived(
        tmp_path, Response("https://one.example/milk-7/", headers=headers, body=b"\x1f\x8bnoise"), page(8)
    )
    assert [json.loads(line)["id"] for line in extract(path).out.splitlines()] == [8]


def test_a_large_crawl_is_kept_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainland.storage.warc.writing._MOST_BYTES", 4_000)
    parts = [page(5, part=number, parts=4, text=f"Part {number}.") for number in (1, 2, 3, 4)]
    files = archived(tmp_path, *parts, *map(page, range(10, 20)))
    assert len(files) > 3
    assert [path.name[-13:-8] for path in files] == [f"{number:05}" for number in range(len(files))]
    assert all(path.stat().st_size <= 4_000 for path in files)
    lines = [json.loads(line) for line in extract(*files).out.splitlines()]
    assert [line["id"] for line in lines] == [5, *range(10, 20)]
    assert lines[0]["body"] == "Part 1.\n\nPart 2.\n\nPart 3.\n\nPart 4."


def test_two_crawls_of_one_second_have_files_of_their_own(tmp_path: Path) -> None:
    archived(tmp_path, page(1))
    archived(tmp_path, page(2))
    assert len(warc.archives(tmp_path)) == 2
    assert len(extract(*warc.archives(tmp_path)).out.splitlines()) == 2


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_split_article_with_a_part_lost_is_none(tmp_path: Path, lost: int) -> None:
    parts = [page(5, part=number, parts=3, text=f"Part {number}.") for number in (1, 2, 3) if number != lost]
    ending = extract(*archived(tmp_path, *parts, page(6)))
    assert [json.loads(line)["id"] for line in ending.out.splitlines()] == [6]


def test_a_part_that_moved_is_found(tmp_path: Path) -> None:
    first, second = (page(5, part=number, parts=2, text=f"Part {number}.") for number in (1, 2))
    elsewhere = second.replace(url="https://one.example/elsewhere/")
    moved = Response(second.url, status=301, headers={"Location": "/elsewhere/"})
    (line,) = extract(*archived(tmp_path, first, moved, elsewhere)).out.splitlines()
    assert json.loads(line)["body"] == "Part 1.\n\nPart 2."


def test_parts_of_two_crawls_are_not_mixed(tmp_path: Path) -> None:
    first = page(5, part=1, parts=2, text="Part 1, as it was.")
    archived(tmp_path, first)
    late = warc.PageArchive(tmp_path, "one.example", STARTED.replace(hour=9), {"site": "one.example"})
    late.save(Request(first.url), page(5, part=2, parts=2, text="Part 2."), "2022-01-07T09:41:12Z")
    late.close()
    assert extract(*warc.archives(tmp_path)).out == ""


def test_archives_of_other_tools_are_read(tmp_path: Path) -> None:
    path = tmp_path / "other.warc.gz"
    chunked = page(7).body
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (chunked[:100], chunked[100:])) + b"0\r\n\r\n"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        answers = [
            (chunks, ("Transfer-Encoding", "chunked")),
            (gzip.compress(page(8).body), ("Content-Encoding", "gzip")),
        ]
        for number, (body, more) in enumerate(answers):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), more], protocol="HTTP/1.1")
            about = {"WARC-Date": f"2022-01-07T08:41:1{number}.123456Z"}
            url = f"https://one.example/milk-{number + 7}/"
            made = writer.create_warc_record(
                url, "response", BytesIO(body), len(body), http_headers=head, warc_headers_dict=about
            )
            writer.write_record(made)
        writer.write_record(writer.create_warc_record("https://one.example/a", "resource", BytesIO(b"text"), 4))
    lines = [json.loads(line) for line in extract(path).out.splitlines()]
    assert [(line["id"], line["date_crawled"]) for line in lines] == [
        (7, "2022-01-07T08:41:10Z"),
        (8, "2022-01-07T08:41:11Z"),
    ]
    assert lines[0]["body"] == "A litre costs 31 cents."
