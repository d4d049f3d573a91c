"""The report says what the files say, whatever stands in them, and a browser shows it without a request."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainland.exit_status import ExitStatus
from mainland.items import Article
from mainland.reporting import figures, report
from mainland.reporting.status import status
from mainland.reporting.worddiff import differences
from mainland.storage.lines import encode
from tests.support.browser import looking, needs_chromium
from tests.support.crawling import articles, changes, crawl, records
from tests.support.making import made, opened
from tests.support.replica import Replica
from tests.unit.test_export import HOSTILE, hostile, scrapy, store

ZONE = ZoneInfo("Europe/London")
NOW = datetime(2022, 2, 1, 12, tzinfo=UTC)
RUN: dict[str, Any] = {
    "start": "2022-02-01T08:00:00Z",
    "end": "2022-02-01T08:05:00Z",
    "exit_status": 0,
    "verdict": "whole",
    "delivered": {"new": 1},
    "requests": {"feed": 1, "article": 2},
    "posts_on_site": 4,
}
TOLD = [*RUN, "alarms", "failures", "mended", "filled", "read"]
Html = Any  # its stubs know little of what a tree gives


@dataclass
class Paper:
    """A data folder after some days of crawls."""

    data: Path
    site: str


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    data = tmp_path_factory.mktemp("paper")
    with Replica(articles=60) as site:
        assert crawl(site.url, data).status == 0
        assert not (data / "report.html").exists()
        for day in (2, 3, 4, 7):
            site.set_day(day)
            assert crawl(site.url, data, MAINLAND_REPORT=1).status == 0
        written = (data / "report.html").stat()
        assert crawl(site.url, data, MAINLAND_REPORT=1).status == 0
        assert (data / "report.html").stat() == written, "a crawl that changed nothing wrote a report"
        return Paper(data, site.url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two articles and a crawl."""
    store(tmp_path / "data", [made(1), made(2)])
    log(tmp_path / "data", RUN)
    return tmp_path / "data"


def log(data: Path, *runs: object) -> None:
    """Writes runs.jsonl."""
    (data / "runs.jsonl").write_bytes(b"".join(json.dumps(run).encode() + b"\n" for run in runs))


def page(data: Path, since: datetime | None = None) -> Html:
    """The report as a tree."""
    return lxml.html.document_fromstring(report.page(data, ZONE, NOW, since))


def words(nodes: Iterable[Html]) -> list[str]:
    """The text of each node, on one line."""
    return [" ".join(" ".join(node.itertext()).split()) for node in nodes]


def text(tree: Html, anchor: str) -> str:
    """The text of a part of the page."""
    return words([tree.get_element_by_id(anchor)])[0]


def tiles(tree: Html) -> dict[str, str]:
    """The numbers at its head."""
    return {link.find("span").text: link.find("b").text for link in tree.xpath("//ul[@class='tiles']//a")}


@pytest.mark.parametrize("name", ["site=x/id=9", "d[a]ta?"])
def test_the_name_of_a_folder_is_no_value_and_no_pattern(tmp_path: Path, name: str) -> None:
    data = tmp_path / name / "data"
    data.parent.mkdir(parents=True)
    store(data, [made(1), made(2)])
    assert tiles(page(data))["articles held"] == "2"
    assert page(data).xpath("//section[@id='new']//h3/a/@href") == [made(2).url, made(1).url]
    assert status(data, NOW)["articles"] == 2


def test_copies_that_are_left_out_are_not_missing(folder: Path) -> None:
    log(folder, RUN)
    copies = [{"site": made(3).site, "id": number, "duplicate_of": 1} for number in (2, 3, 4)]
    (folder / "duplicates.jsonl").write_bytes(b"".join(map(encode, copies)))
    assert "2 (and 2 copies left out) of 4 posts that the site counts, 100 %" in text(page(folder), "held")
    on_site = status(folder, NOW)["on_site"]
    assert (on_site["posts"], on_site["left_out"], on_site["unexplained"]) == (4, 2, 0)


# What a newspaper's days leave behind.


def test_it_counts_what_the_feed_holds(paper: Paper) -> None:
    written, held = changes(paper.data), articles(paper.data)
    counted = tiles(lxml.html.parse(paper.data / "report.html").getroot())
    told = {
        change: sum(line["change"] == change for line in written) for change in ("new", "edited", "removed", "moved")
    }
    assert min(told.values()) > 0
    assert counted == {
        **{change: str(n) for change, n in told.items()},
        "near-copies held": "0",
        "articles held": str(len(held)),
    }


def test_it_shows_the_newest_first_and_counts_the_rest(paper: Paper) -> None:
    tree = page(paper.data)
    new = [line for line in changes(paper.data) if line["change"] == "new"]
    new.sort(key=lambda line: (line["date_published"] or line["day_published"], line["id"]), reverse=True)
    links = tree.xpath("//section[@id='new']//h3/a")
    assert [link.get("href") for link in links] == [line["url"] for line in new[: figures.SHOWN]]
    assert words(links) == [line["headline"] for line in new[: figures.SHOWN]]
    assert f"and {len(new) - figures.SHOWN} more" in text(tree, "new")


def test_it_shows_edits_word_by_word(paper: Paper) -> None:
    tree = page(paper.data)
    lines = {(line["id"], line["revision"]): line for line in changes(paper.data)}
    edits = [line for line in lines.values() if line["change"] == "edited"]
    shown = tree.xpath("//section[@id='edited']//article")
    assert len(shown) == len(edits)
    by_address = {each.xpath(".//h3/a")[0].get("href"): each for each in shown}
    for after in edits:
        before, each = lines[after["id"], after["revision"] - 1], by_address[after["url"]]
        fields = [name.replace(" ", "_") for name in words(each.iter("dt"))]
        assert fields == [name for name in figures._COMPARED if before[name] != after[name]] != []
        for part, revision in (("del", before), ("ins", after)):
            for said in words(each.iter(part)):
                assert said in " ".join(" ".join(figures._as_text(revision[name]).split()) for name in fields)
    assert any("This paragraph was corrected" in said for said in words(tree.iter("ins")))


def test_it_names_what_went_and_what_moved(paper: Paper) -> None:
    tree = page(paper.data)
    lines = {(line["id"], line["revision"]): line for line in changes(paper.data)}
    for line in lines.values():
        before = lines.get((line["id"], line["revision"] - 1), {})
        if line["change"] == "removed":
            assert before["headline"] in text(tree, "removed")
            assert line["url"] in text(tree, "removed")
        if line["change"] == "moved":
            assert f"from {before['url']} to {line['url']}" in text(tree, "moved")


def test_it_says_how_complete_the_feed_is(paper: Paper) -> None:
    told, runs = text(page(paper.data), "held"), records(paper.data / "runs.jsonl")
    assert f"{len(articles(paper.data))} of {runs[-1]['posts_on_site']} posts" in told
    assert "1 password-protected" in told


def test_charts_have_a_name_and_the_numbers_in_words(paper: Paper) -> None:
    tree, held = page(paper.data), articles(paper.data).values()
    assert all(drawing.get("role") == "img" and drawing.get("aria-label") for drawing in tree.iter("svg"))
    by_section = {
        name: int(count) for name, count in (words(row) for row in tree.xpath("//section[@id='sections']//tbody/tr"))
    }
    assert by_section == {name: sum(line["section"] == name for line in held) for name in by_section}
    assert sum(by_section.values()) == len(held)
    days = dict(map(words, tree.xpath("//section[@id='days']//tbody/tr")))
    last = max(line["day_published"] for line in held)
    assert len(days) == 60
    assert next(iter(days.values())) == str(sum(line["day_published"] == last for line in held))


def test_an_option_says_since_when(paper: Paper) -> None:
    out = paper.data.parent / "out.html"
    assert scrapy("report", out, "--since", "2100-01-01", "-s", f"MAINLAND_DATA_DIR={paper.data}") == 0
    assert set(list(tiles(lxml.html.parse(out).getroot()).values())[:4]) == {"0"}


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_browser_shows_it_without_an_error_or_a_request(paper: Paper, width: int, scheme: Any) -> None:
    address = (paper.data / "report.html").as_uri()
    with looking(address, width=width, scheme=scheme) as seen:
        assert (seen.said, seen.asked) == ([], [address])
        assert seen.overflow == 0
        assert seen.page.locator("h1").is_visible()
        assert seen.page.locator("svg:visible").count() > 3
        shade = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert shade == {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 23, 26)"}[scheme]
        seen.page.locator("summary").first.click()
        assert seen.page.locator("table:visible").count() > 1
        assert seen.overflow == 0


# Whatever stands in the files.


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a folder in which every text is an attack."""
    data = tmp_path_factory.mktemp("hostile")
    attacks = [
        *HOSTILE,
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style><style>*{color:red}",
        "a\u202eb",
    ]
    items, lines = [], []
    for number, attack in enumerate(attacks, 1):
        first = replace(
            hostile(number, attack), section=attack, url=["javascript:alert(1)", "data:text/html,x"][number % 2]
        )
        edited = replace(
            first, change="edited", revision=2, headline=f"{attack} again", body=f"{attack} and more", tags=[attack]
        )
        gone = replace(made(1000 + number), headline=attack, url=attack)
        removed = replace(gone, change="removed", revision=2, headline=None, body=None, date_crawled=None)
        removed.date_removed = "2022-01-08T09:00:00Z"
        lines += [first, edited, gone, removed]
        items.append(replace(edited, duplicate_of=number - 1 or None))
    store(data, items, lines)
    failures = [{"url": attack, "reason": attack} for attack in attacks]
    told = {"verdict": attacks[-4], "exit_status": 3, "alarms": attacks, "mended": attacks, "failures": failures}
    log(
        data,
        RUN | {"delivered": dict.fromkeys(attacks, 1)},
        RUN | told | {"read": 3, "filled": {attacks[-4]: 2}},
    )
    rejected = [{"url": attack, "reason": attack, "date": "2022-02-01T08:00:00Z"} for attack in attacks]
    (data / "rejected.jsonl").write_bytes(b"".join(map(encode, rejected)))
    report.write(data, data / "report.html", ZONE, datetime(2000, 1, 1, tzinfo=UTC))
    return data / "report.html"


def test_hostile_text_stays_text(hostile_page: Path) -> None:
    source = hostile_page.read_text("utf-8")
    tree: Html = lxml.html.document_fromstring(source)
    assert [node.tag for node in tree.iter("script", "img", "iframe", "object", "form", "base")] == []
    assert len(list(tree.iter("style"))) == 1
    names: set[str] = {name for node in tree.iter("*") for name in node.attrib}
    assert [name for name in names if name.startswith("on") or name == "style"] == []
    addresses = [link.get("href") for link in tree.iter("a")]
    assert [each for each in addresses if not each.startswith(("#", "http://", "https://"))] == []
    assert "<script>alert(1)</script>" in "".join(tree.xpath("//section[@id='new']//text()"))
    assert "<script>alert(1)</script>" in "".join(tree.xpath("//section[@id='trouble']//text()"))
    assert report._HARMFUL.search(source.replace("\r", "")) is None


@needs_chromium
def test_hostile_text_does_nothing_in_a_browser(hostile_page: Path) -> None:
    with looking(hostile_page.as_uri(), width=360) as seen:
        assert (seen.said, seen.asked, seen.overflow) == ([], [hostile_page.as_uri()], 0)


@needs_chromium
@pytest.mark.parametrize(
    "planted",
    [
        "<script>console.log(1)</script>",
        "<p style='color:red'>",
        "<img src='http://127.0.0.1:9/x.png'>",
        "<style>p{}</style>",
    ],
)
def test_the_page_forbids_what_it_does_not_need(folder: Path, planted: str) -> None:
    out = folder / "planted.html"
    out.write_text(report.page(folder, ZONE, NOW).replace("</main>", f"{planted}</main>"), "utf-8")
    with looking(out.as_uri()) as seen:
        assert "Content Security Policy" in "".join(seen.said)


def test_lines_that_cannot_be_read_are_counted(folder: Path) -> None:
    with (folder / "articles.jsonl").open("ab") as file:
        file.write(b'nonsense\n{"id": "three"}\n')
    with (folder / "changes.jsonl").open("ab") as file:
        file.write(encode(asdict(made(3)))[:-20])  # a crawl is writing
    tree = page(folder)
    assert tiles(tree)["articles held"] == "2"
    assert "2 lines of articles.jsonl cannot be read" in text(tree, "trouble")


@pytest.mark.parametrize(
    "run",
    [
        {},
        [1, 2],
        "text",
        dict.fromkeys(TOLD, "text"),
        dict.fromkeys(TOLD, 7),
        {name: {"a": [None]} for name in TOLD},
        {name: [None, {"url": None}] for name in TOLD},
        RUN | {"read": 10**400, "filled": {"headline": 1}},
        RUN | {"start": "2022-02-01T09:00:00Z"},
        RUN | {"failures": [{"url": "https://a.example/"}]},
    ],
)
def test_strange_runs_are_told_as_far_as_they_can_be(folder: Path, run: object) -> None:
    log(folder, run, RUN, run)
    assert tiles(page(folder))["articles held"] == "2"


def test_of_several_workers_the_crawls_are_those_of_the_leaders(folder: Path) -> None:
    led, followed = RUN | {"leads": True, "verdict": "led"}, RUN | {"leads": False, "verdict": "followed"}
    for worker, run in (("a", led), ("b", followed)):
        (folder / f"runs-{worker}.jsonl").write_bytes(encode(run))
    (folder / "runs.jsonl").unlink()
    told = text(page(folder), "crawls")
    assert "led" in told
    assert "followed" not in told


def test_without_articles_jsonl_the_changes_tell(folder: Path) -> None:
    removed = made(2, change="removed", revision=2, date_crawled=None, date_removed="2022-01-09T00:00:00Z")
    with (folder / "changes.jsonl").open("ab") as file:
        file.write(encode(asdict(removed)))
    (folder / "articles.jsonl").unlink()
    (folder / "runs.jsonl").unlink()
    tree = page(folder)
    assert tiles(tree) == {
        "new": "2", "edited": "0", "removed": "1", "moved": "0", "near-copies held": "0", "articles held": "1",
    }  # fmt: skip


def test_an_empty_feed_is_a_page(tmp_path: Path) -> None:
    store(tmp_path, [])
    assert set(tiles(page(tmp_path)).values()) == {"0"}


def test_trouble_is_told_with_its_addresses(folder: Path) -> None:
    failures = [{"url": f"https://a.example/{n}", "reason": "status 503"} for n in range(12)]
    fault = {"exit_status": 3, "verdict": "12 addresses failed", "failures": failures, "alarms": ["Sport shows none"]}
    log(folder, RUN, RUN | fault)
    told = text(page(folder), "trouble")
    assert "12 addresses failed (exit status 3) Sport shows none https://a.example/0 status 503" in told
    assert "and 2 more, in runs.jsonl" in told
    assert "Last good crawl 1 Feb 2022, 08:05 (3 hours ago)" in text(page(folder), "held")


def test_near_copies_name_the_original(folder: Path) -> None:
    items = [made(1, headline="One"), made(2, duplicate_of=1), made(3, duplicate_of=99)]
    store(folder, items)
    told = text(page(folder), "copies")
    assert "copy of One" in told
    assert "copy of number 99, which is not held" in told


def test_coverage_is_that_of_the_last_articles_read(folder: Path) -> None:
    runs = [RUN | {"read": 40, "filled": {"tags": n, "headline": 40}} for n in (40, 40, 10, 20)]
    log(folder, RUN, *runs)
    tree = page(folder)
    rows = {words(row)[0]: words(row)[1:3] for row in tree.xpath("//section[@id='coverage']//tbody/tr")}
    assert rows["tags"] == ["0 %", "37.5 %"]
    assert rows["authors"] == ["0 %", "–"]
    assert "headline" not in rows


def test_the_days_end_with_the_last_article_that_is_not_of_the_future(folder: Path) -> None:
    store(
        folder, [made(1, day_published="2022-01-07"), made(2, day_published="2999-01-01"), made(3, day_published="x")]
    )
    days: dict[str, str] = dict(map(words, page(folder).xpath("//section[@id='days']//tbody/tr")))
    assert (next(iter(days)), days["7 Jan 2022"], sum(map(int, days.values()))) == ("7 Jan 2022", "1", 1)


# Word by word.

WORDS = st.lists(st.sampled_from(["a", "b", "c", "<d>"]), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_differences_hold_both_texts(old: str, new: str) -> None:
    pieces = differences(old, new)
    assert "gap" not in {piece.kind for piece in pieces}
    assert " ".join(piece.text for piece in pieces if piece.kind != "insert") == old
    assert " ".join(piece.text for piece in pieces if piece.kind != "delete") == new


def test_differences_of_long_texts_are_short() -> None:
    old = [f"word{number}" for number in range(30_000)]
    for new in (old[::-1], [*old[:9000], "x", *old[9000:]], [word if int(word[4:]) % 50 else "x" for word in old]):
        pieces = differences(" ".join(old), " ".join(new))
        assert 2 < sum(len(piece.text.split()) for piece in pieces) < 500


# The command, and the setting.


def test_the_report_lies_in_the_data_folder_and_asks_no_lock(folder: Path) -> None:
    with opened(folder):
        assert scrapy("report", f"--set=MAINLAND_DATA_DIR={folder}") == 0
    assert (folder / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["out.txt"], ExitStatus.WRONG_USE, "'out.txt' does not end in .html"),
        (["a.html", "b.html"], ExitStatus.WRONG_USE, "give one file to write"),
        (["--sinse", "2022-01-07"], ExitStatus.WRONG_USE, "unknown option --sinse"),
        (["--since", "yesterday"], ExitStatus.WRONG_USE, "'yesterday' is no time"),
        (["-s", "MAINLAND_TIMEZONE=Mars"], ExitStatus.WRONG_USE, "'Mars' is no time zone"),
        (["-s", "MAINLAND_DATA_DIR=/nowhere"], ExitStatus.WRONG_USE, "there is no folder /nowhere"),
        (["-s", "MAINLAND_DATA_DIR="], ExitStatus.WRONG_USE, "MAINLAND_DATA_DIR is empty"),
        (["--since", "0001-01-01"], ExitStatus.WRONG_USE, "'0001-01-01' is no time"),
        (["/nowhere/out.html"], ExitStatus.CANNOT_WRITE, "cannot write /nowhere/out.html"),
    ],
)
def test_wrong_use_is_told_in_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    assert scrapy("report", "-s", f"MAINLAND_DATA_DIR={folder}", *arguments) == status
    told = capsys.readouterr().err
    assert told.startswith("scrapy report: ")
    assert said in told
    assert told.count("\n") == 1


def test_a_report_that_fails_is_no_fault_of_the_crawl(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with Replica(articles=20) as site:
        ended = crawl(site.url, tmp_path, MAINLAND_REPORT=1)
    assert ended.status == 0
    assert "No report was written: " in ended.err
    assert records(tmp_path / "runs.jsonl")[-1]["exit_status"] == 0


def test_what_cannot_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", os.devnull)
    monkeypatch.setattr("tempfile.tempdir", str(folder / "missing"))
    with pytest.raises(figures.ReportError, match="No such file"):
        report.page(folder, ZONE, NOW)


def test_every_field_of_an_article_is_compared_or_said_not_to_be() -> None:
    names = set(Article.__dataclass_fields__)
    assert set(figures._COMPARED) | figures._BOOKKEEPING | figures._NOT_EDITED == names
