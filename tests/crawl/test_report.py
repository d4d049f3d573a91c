"""The report says what the files say, whatever stands in them, and a browser shows it without a request."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest

from mainland.reporting import figures
from tests.support.crawling import articles, changes, crawl, records
from tests.support.exporting import scrapy
from tests.support.replica import Replica
from tests.support.reports import Paper, crawled, page, text, tiles, words


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    return crawled(tmp_path_factory.mktemp("paper"))


# What a newspaper's days leave behind.


def test_it_counts_what_the_dataset_contains(paper: Paper) -> None:
    written, stored = changes(paper.data), articles(paper.data)
    counted = tiles(lxml.html.parse(paper.data / "report.html").getroot())
    changed = {
        change: sum(line["change"] == change for line in written) for change in ("new", "edited", "removed", "moved")
    }
    assert min(changed.values()) > 0
    assert counted == {
        **{change: str(n) for change, n in changed.items()},
        "near-duplicates stored": "0",
        "articles stored": str(len(stored)),
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
            for shown in words(each.iter(part)):
                assert shown in " ".join(" ".join(figures._as_text(revision[name]).split()) for name in fields)
    assert any("This paragraph was corrected" in shown for shown in words(tree.iter("ins")))


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
    printed, runs = text(page(paper.data), "stored"), records(paper.data / "runs.jsonl")
    assert f"{len(articles(paper.data))} of {runs[-1]['posts_on_site']} posts" in printed
    assert "1 password-protected" in printed


def test_charts_have_a_name_and_the_numbers_in_words(paper: Paper) -> None:
    tree, stored = page(paper.data), articles(paper.data).values()
    assert all(drawing.get("role") == "img" and drawing.get("aria-label") for drawing in tree.iter("svg"))
    by_section = {
        name: int(count) for name, count in map(words, tree.xpath("//section[@id='sections']//details//tbody/tr"))
    }
    assert by_section == {name: sum(line["section"] == name for line in stored) for name in by_section}
    assert sum(by_section.values()) == len(stored)
    structure = {name: numbers for name, *numbers in map(words, tree.xpath("//table[@id='structure']/tbody/tr"))}
    assert {name: int(numbers[0]) for name, numbers in structure.items()} == {"all": len(stored), **by_section}
    pictures = sum(len(line["images"]) for line in stored) / len(stored)
    assert structure["all"][3] == f"{pictures:.1f}"
    days = dict(map(words, tree.xpath("//section[@id='days']//tbody/tr")))
    last = max(line["day_published"] for line in stored)
    assert len(days) == 60
    assert next(iter(days.values())) == str(sum(line["day_published"] == last for line in stored))


def test_an_option_says_since_when(paper: Paper) -> None:
    out = paper.data.parent / "out.html"
    assert scrapy("report", out, "--since", "2100-01-01", "-s", f"MAINLAND_DATA_DIR={paper.data}") == 0
    assert set(list(tiles(lxml.html.parse(out).getroot()).values())[:4]) == {"0"}


# The command, and the setting.


def test_a_report_that_fails_is_no_fault_of_the_crawl(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with Replica(articles=20) as site:
        ended = crawl(site.url, tmp_path, MAINLAND_REPORT=1)
    assert ended.status == 0
    assert "No report was written: " in ended.err
    assert records(tmp_path / "runs.jsonl")[-1]["exit_status"] == 0
