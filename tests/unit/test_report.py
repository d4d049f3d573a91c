"""The report as HTML: its figures, hostile text, strange runs."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainland.exit_status import ExitStatus
from mainland.items import Article, Embed, Image
from mainland.reporting import figures, report
from mainland.reporting.status import status
from mainland.reporting.views import ReportError
from mainland.reporting.worddiff import differences
from mainland.storage.lines import encode
from tests.support.exporting import scrapy, store
from tests.support.lanes import examples
from tests.support.reports import NOW, RUN, ZONE, Html, hostile_report, log, page, text, tiles, words
from tests.support.sample_data import made, opened

SHOWN = [*RUN, "alarms", "failures", "mended", "filled", "read"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two articles and a crawl."""
    store(tmp_path / "data", [made(1), made(2)])
    log(tmp_path / "data", RUN)
    return tmp_path / "data"


@pytest.mark.parametrize("name", ["site=x/id=9", "d[a]ta?"])
def test_the_name_of_a_folder_is_no_value_and_no_pattern(tmp_path: Path, name: str) -> None:
    data = tmp_path / name / "data"
    data.parent.mkdir(parents=True)
    store(data, [made(1), made(2)])
    assert tiles(page(data))["articles stored"] == "2"
    assert page(data).xpath("//section[@id='new']//h3/a/@href") == [made(2).url, made(1).url]
    assert status(data, NOW)["articles"] == 2


def test_near_duplicates_that_are_left_out_are_not_missing(folder: Path) -> None:
    log(folder, RUN)
    duplicates = [{"site": made(3).site, "id": number, "duplicate_of": 1} for number in (2, 3, 4)]
    (folder / "duplicates.jsonl").write_bytes(b"".join(map(encode, duplicates)))
    assert "2 (and 2 near-duplicates left out) of 4 posts that the site counts, 100 %" in text(page(folder), "stored")
    on_site = status(folder, NOW)["on_site"]
    assert (on_site["posts"], on_site["left_out"], on_site["unexplained"]) == (4, 2, 0)


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_report(tmp_path_factory.mktemp("hostile"))


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


def test_lines_that_cannot_be_read_are_counted(folder: Path) -> None:
    with (folder / "articles.jsonl").open("ab") as file:
        file.write(b'nonsense\n{"id": "three"}\n')
    with (folder / "changes.jsonl").open("ab") as file:
        file.write(encode(asdict(made(3)))[:-20])  # a crawl is writing
    tree = page(folder)
    assert tiles(tree)["articles stored"] == "2"
    assert "2 lines of articles.jsonl cannot be read" in text(tree, "trouble")


@pytest.mark.parametrize(
    "run",
    [
        {},
        [1, 2],
        "text",
        dict.fromkeys(SHOWN, "text"),
        dict.fromkeys(SHOWN, 7),
        {name: {"a": [None]} for name in SHOWN},
        {name: [None, {"url": None}] for name in SHOWN},
        RUN | {"read": 10**400, "filled": {"headline": 1}},
        RUN | {"start": "2022-02-01T09:00:00Z"},
        RUN | {"failures": [{"url": "https://a.example/"}]},
    ],
)
def test_strange_runs_are_shown_as_far_as_they_can_be(folder: Path, run: object) -> None:
    log(folder, run, RUN, run)
    assert tiles(page(folder))["articles stored"] == "2"


def test_of_several_workers_the_crawls_are_those_of_the_leaders(folder: Path) -> None:
    led, followed = RUN | {"leads": True, "verdict": "led"}, RUN | {"leads": False, "verdict": "followed"}
    for worker, run in (("a", led), ("b", followed)):
        (folder / f"runs-{worker}.jsonl").write_bytes(encode(run))
    (folder / "runs.jsonl").unlink()
    printed = text(page(folder), "crawls")
    assert "led" in printed
    assert "followed" not in printed


def test_without_articles_jsonl_the_changes_tell(folder: Path) -> None:
    removed = made(2, change="removed", revision=2, date_crawled=None, date_removed="2022-01-09T00:00:00Z")
    with (folder / "changes.jsonl").open("ab") as file:
        file.write(encode(asdict(removed)))
    (folder / "articles.jsonl").unlink()
    (folder / "runs.jsonl").unlink()
    tree = page(folder)
    assert tiles(tree) == {
        "new": "2", "edited": "0", "removed": "1", "moved": "0", "near-duplicates stored": "0", "articles stored": "1",
    }  # fmt: skip


def test_what_changed_comes_before_what_is_new_and_the_time_zone_before_the_times(folder: Path) -> None:
    tree = page(folder)
    order = ["edited", "removed", "moved", "new", "days"]
    assert [each.get("id") for each in tree.iter("section")][:5] == order
    assert [each.get("href") for each in tree.iterfind(".//nav//a")][:4] == [f"#{name}" for name in order[:4]]
    lead = next(each for each in tree.iter("p") if each.get("class") == "lead").text_content()
    assert lead.endswith(f"(times of {ZONE})")


def test_an_empty_feed_is_a_page(tmp_path: Path) -> None:
    store(tmp_path, [])
    assert set(tiles(page(tmp_path)).values()) == {"0"}


def test_trouble_is_shown_with_its_addresses(folder: Path) -> None:
    failures = [{"url": f"https://a.example/{n}", "reason": "status 503"} for n in range(12)]
    fault = {"exit_status": 3, "verdict": "12 addresses failed", "failures": failures, "alarms": ["Sport shows none"]}
    log(folder, RUN, RUN | fault)
    printed = text(page(folder), "trouble")
    assert "12 addresses failed (exit status 3) Sport shows none https://a.example/0 status 503" in printed
    assert "and 2 more, in runs.jsonl" in printed
    assert "Last good crawl 1 Feb 2022, 08:05 (3 hours ago)" in text(page(folder), "stored")


def test_near_duplicates_name_the_original(folder: Path) -> None:
    items = [made(1, headline="One"), made(2, duplicate_of=1), made(3, duplicate_of=99)]
    store(folder, items)
    printed = text(page(folder), "near-duplicates")
    assert "near-duplicate of One" in printed
    assert "near-duplicate of number 99, which is not stored" in printed


def test_what_an_article_contains_is_shown_by_section(folder: Path) -> None:
    picture: Image = {"url": "https://a.example/a.jpg", "caption": None}
    video: Embed = {"type": "video", "provider": "YouTube", "url": "https://v.example/1", "title": None}
    store(
        folder,
        [
            made(1, section="World", word_count=1000, body_html="<h2>A</h2><p>B</p><h3>C</h3>", images=[picture] * 3),
            made(2, section="World", word_count=2001, body_html="<p>h2</p>", embeds=[video]),
            made(3, section="Sport", word_count=7, body_html=None),
            made(4, section=None, word_count=None),
        ],
    )
    rows = words(page(folder).xpath("//table[@id='structure']/tbody/tr"))
    assert rows == ["all 4 1,003 1.0 0.8 0.2", "World 2 1,500 1.0 1.5 0.5", "Sport 1 7 – 0.0 0.0", "none 1 – – 0.0 0.0"]


def test_articles_behind_a_paywall_are_counted(folder: Path) -> None:
    assert "Behind a paywall none" in text(page(folder), "stored")
    cut = {"is_accessible_for_free": False}
    store(folder, [made(1), made(2, **cut), made(3, **cut), made(4)])
    assert "Behind a paywall 2 (50.0 %)" in text(page(folder), "stored")
    assert "Not compared: 2 articles" in text(page(folder), "near-duplicates")


def test_hosts_where_articles_were_first_are_listed(folder: Path) -> None:
    assert "No article names another site" in text(page(folder), "republished")
    wire = ["https://www.wire.example/a?b=1"] * 3
    first = [*wire, "https://Wire.example", "http://b.example:8080/", "javascript:alert(1)", None, None]
    store(folder, [made(number, original_url=url) for number, url in enumerate(first, 1)])
    tree = page(folder)
    assert "5 of the stored articles (62.5 %)" in text(tree, "republished")
    rows = words(tree.xpath("//section[@id='republished']//tbody/tr"))
    assert rows == ["wire.example 4", "b.example:8080 1"]


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


WORDS = st.lists(st.sampled_from(["a", "b", "c", "<d>"]), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_differences_hold_both_texts(old: str, new: str) -> None:
    pieces = differences(old, new)
    assert "gap" not in {piece.kind for piece in pieces}
    assert " ".join(piece.text for piece in pieces if piece.kind != "insert") == old
    assert " ".join(piece.text for piece in pieces if piece.kind != "delete") == new


def test_differences_of_long_texts_are_short() -> None:
    old = [f"word{number}" for number in range(examples(30_000))]
    for new in (old[::-1], [*old[:3000], "x", *old[3000:]], [word if int(word[4:]) % 50 else "x" for word in old]):
        pieces = differences(" ".join(old), " ".join(new))
        assert 2 < sum(len(piece.text.split()) for piece in pieces) < 500


def test_the_report_lies_in_the_data_folder_and_asks_no_lock(folder: Path) -> None:
    with opened(folder):
        assert scrapy("report", f"--set=MAINLAND_DATA_DIR={folder}") == 0
    assert (folder / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
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
def test_wrong_use_is_reported_in_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, expected: str
) -> None:
    assert scrapy("report", "-s", f"MAINLAND_DATA_DIR={folder}", *arguments) == status
    printed = capsys.readouterr().err
    assert printed.startswith("scrapy report: ")
    assert expected in printed
    assert printed.count("\n") == 1


def test_what_cannot_be_read_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", os.devnull)
    monkeypatch.setattr("tempfile.tempdir", str(folder / "missing"))
    with pytest.raises(ReportError, match="No such file"):
        report.page(folder, ZONE, NOW)


def test_every_field_of_an_article_is_compared_or_listed_as_not_compared() -> None:
    names = set(Article.__dataclass_fields__)
    assert set(figures._COMPARED) | figures._BOOKKEEPING | figures._NOT_EDITED == names
