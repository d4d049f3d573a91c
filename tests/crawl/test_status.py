"""``scrapy status`` shows what is stored, how fresh it is, and what the site says of machines."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.decisions import cells
from tests.support.crawling import Ending, called, crawl, crawling, records, scrapy, wait_until
from tests.support.replica import Replica
from tests.support.sample_data import ROOT
from tests.support.serving import Reply, newspaper, serving

ROBOTS = b"User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /wp-admin/\n"
TDMREP = b'[{"location": "*", "tdm-reservation": 1, "tdm-policy": "https://example.org/tdm.json"}]'


def status(data: Path, *options: str) -> Ending:
    return scrapy("status", *options, "-s", f"MAINLAND_DATA_DIR={data}")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    with Replica(articles=40) as site:
        assert crawl(site.url, data).status == 0
    return data


def test_what_is_held_is_explained(known: Path) -> None:
    ending = status(known, "--json")
    found = json.loads(ending.out)
    stored = len(records(known / "articles.jsonl"))
    assert ending.status == 0
    assert found["articles"] == stored
    assert found["on_site"]["posts"] == stored + found["on_site"]["protected"]
    assert (found["on_site"]["protected"], found["on_site"]["unexplained"]) == (1, 0)
    assert found["newest_published"] == max(record["date_published"] for record in records(known / "articles.jsonl"))
    assert found["sources"] == ["feed", "REST", "sitemap"]
    assert [each["exit_status"] for each in found["crawls"]] == [0]


def test_words_for_a_person(known: Path) -> None:
    ending = status(known)
    stored = len(records(known / "articles.jsonl"))
    assert f"{stored + 1} posts: {stored} stored, 1 protected by a password" in ending.out
    assert "complete" in ending.out


def test_an_article_that_was_protected_once_explains_nothing(known: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(known, data)
    stored = records(data / "articles.jsonl")[0]["url"]
    with (data / "rejected.jsonl").open("a") as lines:
        lines.write(json.dumps({"url": stored, "reason": "password-protected"}) + "\n")
    assert json.loads(status(data, "--json").out)["on_site"]["protected"] == 1


def test_a_line_broken_by_hand_hides_no_other(known: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(known, data)
    with (data / "articles.jsonl").open("a") as lines:
        lines.write('{"url": \n')
    assert json.loads(status(data, "--json").out)["articles"] == json.loads(status(known, "--json").out)["articles"]


@pytest.mark.parametrize(("age", "expected"), [("1000", 0), ("0", 1)])
def test_a_last_good_crawl_that_is_too_old_gives_exit_status_1(known: Path, age: str, expected: int) -> None:
    ending = status(known, "--max-age", age)
    assert ending.status == expected
    assert ("hours ago" in ending.err) == bool(expected)


def test_a_crawl_of_some_sections_or_with_failures_is_no_good_one(known: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (line,) = records(known / "runs.jsonl")
    others = [line | {"sections": ["world"]}, line | {"exit_status": 4, "failed": {"status 500": 1}}]
    (data / "runs.jsonl").write_text("".join(json.dumps(each) + "\n" for each in [*others, line | {"exit_status": 3}]))
    assert json.loads(status(data, "--json").out)["last_good_crawl"] is None
    assert status(data, "--max-age", "1000000").status == 1


@pytest.mark.parametrize("options", [["--max-age", "soon"], ["--max-age", "nan"], ["more"], ["--nonsense"]])
def test_wrong_use_is_reported_in_a_line(known: Path, options: list[str]) -> None:
    ending = status(known, *options)
    assert ending.status == 2
    assert "Traceback" not in ending.err


def test_no_folder_is_reported_in_a_line(tmp_path: Path) -> None:
    ending = status(tmp_path / "nowhere")
    assert (ending.status, ending.err.count("\n")) == (2, 1)


def test_a_folder_may_be_in_the_home(known: Path) -> None:
    ended = called("scrapy", ROOT, "status", "-s", f"MAINLAND_DATA_DIR=~/{known.name}", HOME=known.parent)
    assert ended.out == status(known).out
    ending = status(Path("~nobody.of.this.name"))
    assert (ending.status, ending.err.count("\n")) == (2, 1)


def test_status_answers_while_a_crawl_runs_and_accept_does_not(tmp_path: Path) -> None:
    with Replica(articles=200, latency=0.5) as site, crawling(site.url, tmp_path):
        wait_until(lambda: (tmp_path / "changes.jsonl").exists() and (tmp_path / "changes.jsonl").stat().st_size > 0)
        assert status(tmp_path).status == 0
        assert status(tmp_path, "--accept").status == 75


def test_before_the_first_crawl_has_ended_nothing_is_reported_of_the_site(known: Path, tmp_path: Path) -> None:
    shutil.copy(known / "changes.jsonl", tmp_path)
    printed = status(tmp_path).out.splitlines()
    site = records(known / "changes.jsonl")[0]["site"]
    assert printed[0] == f"folder     {tmp_path} ({site})"
    unknown = {line.partition("  ")[0] for line in printed if line.endswith(" nothing known yet")}
    assert unknown == {"site says", "open", "sources", "machines"}
    assert "pages      no page archive" in printed


def test_accept_closes_the_open_alarms(known: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(known, data)
    (line,) = records(data / "runs.jsonl")
    alarm = {"usual": 0.57, "now": "0 of 20", "since": line["start"], "addresses": ["http://127.0.0.1/\x1b[31m/"]}
    with (data / "runs.jsonl").open("a") as lines:
        lines.write(json.dumps(line | {"drift": {"tags": alarm}}) + "\n")
    printed = status(data).out
    assert "tags: 0 of 20, usually 57%" in printed
    assert "\x1b" not in printed
    assert status(data, "--accept").status == 0
    assert json.loads(status(data, "--json").out)["open_alarms"] == {}
    assert records(data / "runs.jsonl")[-1]["accepted"] == ["tags"]


def test_what_the_site_says_of_machines_is_recorded(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        replies = {"/robots.txt": Reply(200, ROBOTS, "text/plain"), "/.well-known/tdmrep.json": Reply(200, TDMREP)}
        return replies.get(path) or newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
        assert crawl(site.url, tmp_path).status == 0
        assert site.paths.count("/.well-known/tdmrep.json") == 1
    found = json.loads(status(tmp_path, "--json").out)["reservations"]
    assert found["refused_agents"] == ["CCBot", "GPTBot"]
    assert found["tdmrep"] == json.loads(TDMREP)
    assert "robots.txt refuses CCBot, GPTBot" in status(tmp_path).out


# -- lines of another shape ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "more", "expected", "words"),
    [
        ("stored, reported as changed, was 404 once", [], {"due": 1}, "1 requested by the next crawl"),
        (
            "stored, reported as changed, was 404 once",
            ["404"],
            {"suspicious": 1},
            "1 stored, though their pages are missing",
        ),
        ("new, listed", ["robots.txt forbids"], {"forbidden": 1}, "1 forbidden by robots.txt"),
        ("stored, unlisted", [], {}, "no address"),
    ],
)
def test_what_waits_for_an_answer_is_counted(
    tmp_path: Path, state: str, more: list[str], expected: dict[str, int], words: str
) -> None:
    data, history = tmp_path / "data", cells.STATES[state]
    cells.reach(data, history)
    for name in more:
        crawl = cells.crawl_of(data, history, is_last=True)
        crawl.request(cells.URL, cells.ANSWERS[name])
        crawl.end()
    nothing = {"due": 0, "suspicious": 0, "unreachable": 0, "forbidden": 0}
    assert json.loads(status(data, "--json").out)["addresses"] == nothing | expected
    assert f"open       {words}\n" in status(data).out
