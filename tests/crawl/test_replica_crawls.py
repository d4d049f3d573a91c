"""Whole crawls against the replica."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mainland.items import Article
from tests.support.crawling import (
    COUNTS,
    Ending,
    articles,
    changes,
    command,
    crawl,
    crawling,
    expected,
    patched,
    records,
    run,
    scrapy,
    stored,
    true_fields,
    wait_until,
    without_sizes,
)
from tests.support.faults import FaultySite, Sound, serve_faulty
from tests.support.replica import Replica
from tests.support.replica.articles import PROTECTED
from tests.support.replica.newsroom import Newsroom

pytestmark = pytest.mark.few(1)

SIZE = 60
WHOLE = Ending(0, "", "")


def assert_complete(replica: Replica, data: Path, without: frozenset[str] = frozenset()) -> None:
    """The folder holds what the site holds, each article once, with the true fields."""
    wanted = expected(replica, without)
    found = stored(data, wanted)
    assert found.keys() == wanted.keys()
    for number, fields in wanted.items():
        assert found[number] == fields
    latest = {record["id"]: record for record in changes(data)}
    assert {n: r for n, r in latest.items() if r["change"] != "removed"} == articles(data)


# -- the life of a site ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of site, and what a crawl can see of its changes."""

    name: str
    options: dict[str, Any]
    fewest_requests: int
    sees: frozenset[str]
    days: tuple[int, ...]
    """The days on which it is crawled; the first two are one, on which nothing happens in between."""


ALL = frozenset({"new", "edited", "moved", "removed", "returned"})
KINDS = [
    Kind("open", {}, 3, ALL, (0, 0, 1, 4, 7, 8)),
    Kind("closed", {"no_rest": True, "sitemap": "yoast", "pagination": "nextprev"}, 10, ALL, (0, 0, 4, 7, 8)),
    Kind(
        "dateless",
        {"no_rest": True, "no_lastmod": True, "pagination": "loadmore"},
        *(10, frozenset({"new", "moved", "removed", "returned"}), (0, 0, 4, 8)),
    ),
    Kind(
        "bare",
        {"no_rest": True, "sitemap": "none", "pagination": "scrollload", "no_json_ld": True},
        *(10, frozenset({"new"}), (0, 0, 1, 7)),
    ),
]


@dataclass(frozen=True)
class Day:
    """What a crawl on a day of the site's life left behind."""

    number: int
    ending: Ending
    lines: list[dict[str, Any]]
    """The lines of changes.jsonl that it wrote."""

    stored: dict[int, dict[str, Any]]
    true: dict[int, dict[str, Any]]
    requests: list[dict[str, Any]]
    unchanged: bool
    """Whether not one byte of the two files changed."""


@dataclass(frozen=True)
class Life:
    """A site's crawls."""

    kind: Kind
    site: str
    data: Path
    days: list[Day]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    kind: Kind = request.param
    data = tmp_path_factory.mktemp(kind.name)
    files = [data / "changes.jsonl", data / "articles.jsonl"]
    with Replica(articles=SIZE, **kind.options) as replica:
        days: list[Day] = []
        for number in kind.days:
            replica.set_day(number)
            before = [path.read_bytes() if path.exists() else b"" for path in files]
            requested = len(replica.requests())
            ending = crawl(replica.url, data)
            after = [path.read_bytes() for path in files]
            assert after[0].startswith(before[0])
            days.append(
                Day(
                    number,
                    ending,
                    [json.loads(line) for line in after[0][len(before[0]) :].splitlines()],
                    articles(data),
                    {truth["id"]: true_fields(truth, replica.url) for truth in replica.truth()},
                    replica.requests()[requested:],
                    after == before,
                )
            )
        yield Life(kind, replica.url, data, days)


def expected_changes(before: Day, after: Day, ever: set[int]) -> set[tuple[int, str]]:
    """What happened between two days, as the dataset shows it: number and change."""
    found = {(number, "removed") for number in before.true.keys() - after.true.keys()}
    for number, fields in after.true.items():
        old = before.true.get(number)
        if old is None:
            found.add((number, "returned" if number in ever else "new"))
            continue
        differing = {name for name in fields if fields[name] != old[name]} - COUNTS - {"date_modified"}
        if differing:
            found.add((number, "moved" if differing == {"url"} else "edited"))
    return found


def test_first_crawl_gives_what_is_true(life: Life) -> None:
    first = life.days[0]
    assert first.ending == WHOLE
    assert first.stored.keys() == first.true.keys()
    for number, fields in first.true.items():
        assert {name: without_sizes(first.stored[number][name]) for name in fields} == fields
    assert {(line["revision"], line["change"]) for line in first.lines} == {(1, "new")}


def test_each_page_is_requested_once_a_crawl(life: Life) -> None:
    for day in life.days:
        paths = [request["path"] for request in day.requests if request["method"] == "GET"]
        assert len(paths) == len(set(paths))


def test_only_pages_are_requested(life: Life) -> None:
    requests = [request for day in life.days for request in day.requests]
    assert {request["method"] for request in requests if not request["path"].startswith("/-/")} == {"GET"}
    paths = {request["path"] for request in requests}
    assert not [path for path in paths if re.search(r"\.(?:jpe?g|png|css|js)$|/wp-(?:content|admin|login)", path)]
    agents = {request["agent"] for request in requests}
    assert all(agent and agent.startswith("mainland/") for agent in agents)


def test_nothing_new_costs_next_to_nothing_and_moves_no_byte(life: Life) -> None:
    again = life.days[1]
    assert again.ending == WHOLE
    assert again.lines == []
    assert again.unchanged
    assert len(again.requests) <= life.kind.fewest_requests


def test_every_day_ends_well(life: Life) -> None:
    assert {day.ending for day in life.days} == {WHOLE}
    runs = records(life.data / "runs.jsonl")
    assert [each["exit_status"] for each in runs] == [0] * len(life.days)
    assert [each["articles_held"] for each in runs] == [len(day.stored) for day in life.days]


def test_changes_are_reported_as_they_happened(life: Life) -> None:
    ever: set[int] = set()
    for before, after in zip(life.days[1:], life.days[2:], strict=False):
        ever |= before.true.keys()
        happened = expected_changes(before, after, ever)
        found = {(line["id"], line["change"]) for line in after.lines}
        assert found <= happened, f"day {after.number}"
        missed = {(number, change) for number, change in happened - found if change in life.kind.sees}
        assert not missed, f"day {after.number}"


def test_revisions_count_the_lines_of_an_article(life: Life) -> None:
    revisions: dict[int, list[int]] = {}
    for line in changes(life.data):
        revisions.setdefault(line["id"], []).append(line["revision"])
    assert all(found == list(range(1, len(found) + 1)) for found in revisions.values())


def test_what_was_seen_is_held_as_it_is_now(life: Life) -> None:
    if life.kind.sees != ALL:
        return
    for day in life.days:
        assert day.stored.keys() == day.true.keys()
        for number, fields in day.true.items():
            assert {n: without_sizes(day.stored[number][n]) for n in fields if n not in COUNTS} == {
                n: value for n, value in fields.items() if n not in COUNTS
            }


def test_password_protected_post_is_nowhere(life: Life) -> None:
    hidden = Newsroom(SIZE, 1, 0).article(PROTECTED)
    secrets = [hidden.headline, *(block for block in hidden.body if len(block) > 30)]
    assert len(secrets) > 2
    for path in life.data.iterdir():
        content = path.read_bytes().decode("utf-8", "replace")
        escaped = [json.dumps(secret)[1:-1] for secret in secrets]
        assert not [secret for secret in [*secrets, *escaped] if secret in content], path.name


def test_removed_lines_hold_no_text(life: Life) -> None:
    for line in changes(life.data):
        removed = line["change"] == "removed"
        assert (line["date_removed"] is not None) == removed
        assert (line["headline"] is None) == (line["body"] is None) == (line["content_hash"] is None) == removed


# -- what the site is like -----------------------------------------------------------------------------------------


def test_split_articles_come_out_as_one(tmp_path: Path) -> None:
    with Replica(articles=40) as replica:
        assert crawl(replica.url, tmp_path) == WHOLE
        split = [truth["id"] for truth in replica.truth() if truth["kind"] == "split"]
        assert split
        assert_complete(replica, tmp_path)


def test_faults_leave_no_trace(tmp_path: Path) -> None:
    with Replica(articles=40, faults=0.33) as replica:
        ending = crawl(replica.url, tmp_path)
        assert ending.status == 0
        assert_complete(replica, tmp_path)
        assert {"503", "reset", "truncate"} <= {request["fault"] for request in replica.requests()}


def test_sections_limit_the_crawl(tmp_path: Path) -> None:
    with Replica(articles=SIZE) as replica:
        assert crawl(replica.url, tmp_path, "-a", "sections=world,climate") == WHOLE
        wanted = {truth["id"] for truth in replica.truth() if {"World", "Climate"} & set(truth["sections"])}
        assert articles(tmp_path).keys() == wanted
        requested = [request["path"] for request in replica.requests()]
        others = {truth["url"] for truth in replica.truth() if truth["id"] not in wanted}
        assert not others & set(requested)
        assert crawl(replica.url, tmp_path) == WHOLE
        assert_complete(replica, tmp_path)


def test_a_full_crawl_adds_nothing_to_a_complete_dataset(tmp_path: Path) -> None:
    with Replica(articles=40) as replica:
        assert crawl(replica.url, tmp_path) == WHOLE
        before = (tmp_path / "changes.jsonl").read_bytes()
        assert crawl(replica.url, tmp_path, "-a", "full=1") == WHOLE
        assert (tmp_path / "changes.jsonl").read_bytes() == before


def test_output_of_this_run_has_the_declared_fields_in_order(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with Replica(articles=20) as replica:
        assert crawl(replica.url, tmp_path / "data", "-O", str(out)) == WHOLE
        assert [*records(out)[0]] == [*Article.__dataclass_fields__]
        assert records(out) == changes(tmp_path / "data")
        replica.set_day(1)
        assert crawl(replica.url, tmp_path / "data", "-O", str(out)) == WHOLE
        assert records(out) == changes(tmp_path / "data")[-len(records(out)) :]
        assert 5 <= len(records(out)) < 20


def test_no_request_leaves_the_host(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with Replica(articles=40) as replica:
        assert crawl(replica.url, tmp_path / "data", "-L", "DEBUG", "--logfile", str(log)).status == 0
        requested = re.findall(r"<([A-Z]+) (\S+?)>", log.read_text("utf-8"))
        links = {link["url"] for record in articles(tmp_path / "data").values() for link in record["links"]}
        assert links
        assert len(requested) > 40
        assert {method for method, _ in requested} == {"GET"}
        assert not [url for _, url in requested if not url.startswith(f"{replica.url}/")]


# -- wrong use -------------------------------------------------------------------------------------------------------


def test_an_unknown_section_is_reported_before_any_article_is_requested(tmp_path: Path) -> None:
    with Replica(articles=40) as replica:
        ending = crawl(replica.url, tmp_path, "-a", "sections=wrold")
        assert ending.status == 2
        assert "unknown section 'wrold'" in ending.err
        assert "world" in ending.err
        requested = {request["path"] for request in replica.requests()}
        assert not requested & {truth["url"] for truth in replica.truth()}
        assert not [path for path in requested if path.startswith("/category/")]


# -- broken off ------------------------------------------------------------------------------------------------------


def kill_and_finish(replica: Replica, data: Path, kills: int, seed: int) -> None:
    """Kills crawls after random numbers of requests, then lets one end."""
    draw = random.Random(seed)
    for _ in range(kills):
        limit = len(replica.requests()) + draw.randint(1, 30)
        with crawling(replica.url, data) as process:
            while len(replica.requests()) < limit and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
    assert crawl(replica.url, data).status == 0
    assert_complete(replica, data)
    assert {line["revision"] for line in changes(data)} == {1}


def test_killed_crawls_lose_and_double_nothing(tmp_path: Path) -> None:
    with Replica(articles=80, latency=0.02) as replica:
        kill_and_finish(replica, tmp_path, 5, seed=1)


@pytest.mark.torture
@pytest.mark.parametrize("options", [{}, {"no_rest": True, "sitemap": "none"}], ids=["open", "bare"])
def test_killed_crawls_lose_and_double_nothing_at_length(tmp_path: Path, options: dict[str, Any]) -> None:
    with Replica(articles=600, latency=0.02, **options) as replica:
        kill_and_finish(replica, tmp_path, 50, seed=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_crawl_that_is_told_to_stop_does_and_the_next_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    with Replica(articles=80, latency=0.05) as replica:
        with crawling(replica.url, tmp_path) as process:
            wait_until(lambda: len(replica.requests()) >= 30)
            process.send_signal(number)
            assert process.wait(30) == 128 + number
        before = articles(tmp_path)
        assert len(before) < 80
        assert records(tmp_path / "runs.jsonl")[-1]["exit_status"] == 128 + number
        assert crawl(replica.url, tmp_path) == WHOLE
        assert_complete(replica, tmp_path)
        assert before.items() <= articles(tmp_path).items()


def test_a_crawl_that_was_cut_short_says_so_and_the_next_brings_the_rest(tmp_path: Path) -> None:
    with Replica(articles=SIZE) as replica:
        ending = crawl(replica.url, tmp_path, CLOSESPIDER_ITEMCOUNT=20)
        assert ending.status == 3
        assert "cut short by CLOSESPIDER_ITEMCOUNT; the next crawl goes on" in ending.err
        assert 20 <= len(articles(tmp_path)) < SIZE - 1
        assert crawl(replica.url, tmp_path) == WHOLE
        assert_complete(replica, tmp_path)


def test_a_site_that_is_down_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    with Replica(articles=20) as replica:
        assert crawl(replica.url, tmp_path) == WHOLE
        site = replica.url
    before = {name: (tmp_path / name).read_bytes() for name in ("changes.jsonl", "articles.jsonl")}
    ending = crawl(site, tmp_path)
    assert ending.status == 69
    assert "cannot be reached" in ending.err
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_site_that_answers_404_to_everything_is_reported_so(tmp_path: Path) -> None:
    with serve_faulty(FaultySite(lambda _path, _base: Sound(404, b"<html>Gone</html>"))) as site:
        ending = crawl(site.url, tmp_path)
    assert ending.status == 69
    assert "the site cannot be reached: home page answers 404" in ending.err


def test_scrapys_own_commands_work_in_the_project() -> None:
    with Replica(articles=20) as replica:
        url = replica.url + next(replica.truth())["url"]
        shell = scrapy("shell", "--nolog", url, "-c", "response.xpath('//title').get()")
        fetch = scrapy("fetch", "--nolog", url)
    assert (shell.status, shell.err) == (fetch.status, fetch.err) == (0, "")
    assert "<title>" in shell.out
    assert "<title>" in fetch.out


def test_a_folder_of_another_site_is_refused(tmp_path: Path) -> None:
    with Replica(articles=20) as replica:
        assert crawl(replica.url, tmp_path) == WHOLE
        ending = crawl("https://b.example", tmp_path)
        assert ending.status == 2
        assert "choose another MAINLAND_DATA_DIR" in ending.err
        assert_complete(replica, tmp_path)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", "utf-8")
    ending = crawl("http://127.0.0.1:1", tmp_path / "data")
    assert (ending.status, "is a file, not a folder: give another" in ending.err) == (2, True)
    assert len(ending.err.splitlines()) == 1


def test_a_second_crawl_at_the_same_time_says_who_holds_the_folder(tmp_path: Path) -> None:
    with Replica(articles=40, latency=0.5) as replica, crawling(replica.url, tmp_path) as first:
        wait_until(lambda: len(replica.requests()) >= 2)
        ending = crawl(replica.url, tmp_path)
        assert first.poll() is None
        assert ending.status == 75
        assert f"process {first.pid} on {socket.gethostname()} has been crawling" in ending.err
        assert len(ending.err.splitlines()) == 1


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (int(given[0]),) * 2)
"""


@pytest.mark.parametrize("limit", [120_000, 170_000])
def test_a_full_disk_stops_the_crawl_and_the_next_ends_it(tmp_path: Path, limit: int) -> None:
    with Replica(articles=SIZE) as replica:
        given = command("-a", f"site={replica.url}", MAINLAND_DATA_DIR=tmp_path)
        ending = run(patched(LIMITED, given, limit))
        assert ending.status == 73
        assert "Traceback" not in ending.err
        assert len(changes(tmp_path)) < SIZE - 1
        assert crawl(replica.url, tmp_path).status == 0
        assert_complete(replica, tmp_path)


def damage(data: Path, chance: random.Random) -> None:
    """Cuts changes.jsonl at a random byte and, now and then, loses the index or turns it into noise."""
    changes_file, index = data / "changes.jsonl", data / "index.sqlite"
    os.truncate(changes_file, chance.randrange(changes_file.stat().st_size))
    match chance.randrange(3):
        case 0:
            index.unlink()
        case 1:
            index.write_bytes(chance.randbytes(20_000))


@pytest.mark.parametrize(
    "rounds",
    [
        4,
        pytest.param(
            50,
            marks=pytest.mark.torture,
        ),
    ],
)
def test_a_dataset_cut_anywhere_is_repaired_by_the_next_crawl(tmp_path: Path, rounds: int) -> None:
    chance = random.Random(7)
    with Replica(articles=SIZE) as replica:
        assert crawl(replica.url, tmp_path).status == 0
        for _ in range(rounds):
            damage(tmp_path, chance)
            assert crawl(replica.url, tmp_path).status == 0
            assert_complete(replica, tmp_path)
