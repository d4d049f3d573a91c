"""Several workers share a crawl: with real servers, killed on the way, raced, and with the servers taken away."""

from __future__ import annotations

import json
import multiprocessing
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from scrapy.exceptions import DropItem

from mainland.config import Sharing
from mainland.crawl.drift import open_alarms
from mainland.pipelines import deduplicate
from mainland.storage.errors import LockedError
from mainland.storage.folder import DataFolder
from mainland.storage.runs import Run, history
from tests.support import drift, servers
from tests.support.crawling import (
    COUNTS,
    Ending,
    articles,
    command,
    crawl,
    crawling,
    expected,
    records,
    run,
    scrapy,
    stored,
    wait_until,
)
from tests.support.replica import Replica
from tests.support.sample_data import HOST, ROOT, address, made
from tests.support.warm import Process

pytestmark = pytest.mark.skipif(bool(servers.missing()), reason=f"not installed: {servers.missing()}")
WHOLE = Ending(0, "", "")


class Fleet(NamedTuple):
    """What workers share."""

    database: str
    redis: str
    data: Path

    def settings(self, worker: str) -> dict[str, object]:
        return {
            "MAINLAND_DATA_DIR": self.data,
            "MAINLAND_ARCHIVE": self.database,
            "MAINLAND_WORKER": worker,
            "REDIS_URL": self.redis,
        }

    def sharing(self, worker: str) -> Sharing:
        return Sharing(self.database, worker, self.redis)

    def changes(self) -> list[dict[str, Any]]:
        """The records of all changes files; number and revision are one line's."""
        found = [record for path in sorted(self.data.glob("changes*.jsonl")) for record in records(path)]
        assert len({(record["id"], record["revision"]) for record in found}) == len(found)
        return found


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with servers.redis_server() as server:
        yield server


@pytest.fixture
def fleet(database: str, redis: str, tmp_path: Path) -> Fleet:
    return Fleet(database, redis, tmp_path / "data")


def start(stack: ExitStack, replica: Replica, fleet: Fleet, worker: str, **more: object) -> Process:
    """A worker on its way."""
    settings = fleet.settings(worker) | {"CONCURRENT_REQUESTS": 1} | more
    data = Path(str(settings.pop("MAINLAND_DATA_DIR")))
    return stack.enter_context(crawling(replica.url, data, **settings))


def end(*workers: Process) -> list[tuple[int, str]]:
    """How workers end: exit status and standard error, but for a call of scrapy-redis that Scrapy would not have."""
    notice = r"(?m)^.*scrapy_redis/scheduler\.py.*ScrapyDeprecationWarning.*\n(?:  .*\n)?\n?"
    errors = [re.sub(notice, "", worker.communicate(timeout=120)[1]) for worker in workers]
    return [(worker.wait(), words) for worker, words in zip(workers, errors, strict=True)]


def assert_complete(replica: Replica, fleet: Fleet) -> None:
    """Compares the dataset with what the site has."""
    truth = expected(replica, without=COUNTS)
    assert stored(fleet.data, truth) == truth
    fleet.changes()


# -- one crawl of several workers ------------------------------------------------------------------------------------


def test_two_workers_share_a_crawl_and_later_the_changes(fleet: Fleet) -> None:
    with Replica(articles=100, latency=0.2) as replica, ExitStack() as stack:
        assert end(*(start(stack, replica, fleet, name) for name in "ab")) == [(0, ""), (0, "")]
        assert_complete(replica, fleet)
        requested = [request["path"] for request in replica.requests() if request["path"] != "/robots.txt"]
        assert len(set(requested)) == len(requested)
        taken = [records(fleet.data / f"runs-{name}.jsonl")[-1]["requests"].get("article", 0) for name in "ab"]
        assert all(taken), taken
        replica.set_day(30)
        assert end(*(start(stack, replica, fleet, name) for name in "ab")) == [(0, ""), (0, "")]
        assert_complete(replica, fleet)
        assert {"new", "edited", "moved"} <= {record["change"] for record in fleet.changes()}


@pytest.mark.parametrize(
    "lost",
    [pytest.param(lost, marks=pytest.mark.torture) for lost in ("a", "b", "bc")],
    ids=["who-leads", "who-follows", "two-of-four"],
)
def test_what_a_killed_worker_had_taken_is_requested_by_the_next_crawl(fleet: Fleet, lost: str) -> None:
    names = "abcd" if len(lost) == 2 else "ab"
    with Replica(articles=100, latency=0.2) as replica, ExitStack() as stack:
        workers = {"a": start(stack, replica, fleet, "a")}
        wait_until(lambda: bool(replica.requests()))  # so that a leads
        workers |= {name: start(stack, replica, fleet, name) for name in names[1:]}
        files = [fleet.data / f"changes-{name}.jsonl" for name in names]
        wait_until(lambda: all(file.exists() and file.stat().st_size for file in files))
        for name in lost:
            workers[name].kill()
        left = end(*(worker for name, worker in workers.items() if name not in lost))
        reason = "the worker that led was lost" if lost == "a" else "'b' was lost"
        assert any(status == 3 and reason in words for status, words in left), left
        assert len(fleet.changes()) < 99
        assert [status for status, _ in end(*(start(stack, replica, fleet, name) for name in names))] == [0] * len(
            names
        )
        assert_complete(replica, fleet)
        assert {record["revision"] for record in fleet.changes()} == {1}


def test_a_worker_alone_finds_what_a_killed_one_had_taken(fleet: Fleet) -> None:
    with Replica(articles=80, latency=0.05) as replica, ExitStack() as stack:
        workers = [start(stack, replica, fleet, name) for name in "ab"]
        wait_until(lambda: len(replica.requests()) > 60)
        for worker in workers:
            worker.kill()
        end(*workers)
        assert end(start(stack, replica, fleet, "a"))[0][0] == 0
        assert_complete(replica, fleet)


@pytest.mark.torture
def test_all_workers_together_keep_to_the_one_rate(fleet: Fleet) -> None:
    delay = 0.1
    with Replica(articles=60) as replica, ExitStack() as stack:
        begun = time.monotonic()
        workers = [start(stack, replica, fleet, name, DOWNLOAD_DELAY=delay) for name in "abcd"]
        assert [status for status, _ in end(*workers)] == [0] * 4
        taken = time.monotonic() - begun
        assert_complete(replica, fleet)
        # The turns of n requests are n - 1 delays apart, and no crawl ends before its last turn.
        assert taken >= (len(replica.requests()) - 1) * delay


def test_the_leader_judges_what_all_workers_read_and_asks_the_controls_itself(fleet: Fleet) -> None:
    with drift.serving() as server, ExitStack() as stack:
        site = drift.address(server)

        def begin(name: str) -> Process:
            settings = fleet.settings(name) | {"CONCURRENT_REQUESTS": 1}
            data = Path(str(settings.pop("MAINLAND_DATA_DIR")))
            return stack.enter_context(crawling(site, data, **settings))

        assert end(begin("a"), begin("b")) == [(0, ""), (0, "")]
        server.site = drift.Altered(8, drift.FAULTS["tags"][0])
        ended = end(begin("a"), begin("b"))
        assert sorted(status for status, _ in ended) == [0, 4], ended
        runs = [records(fleet.data / f"runs-{name}.jsonl")[-1] for name in "ab"]
        (led,) = (run for run in runs if run["leads"])
        (followed,) = (run for run in runs if not run["leads"])
        assert [alarm for alarm in led["alarms"] if alarm.startswith("tags:")] != []
        assert led["requests"]["control"] >= 2
        assert "control" not in followed["requests"]
        assert history(fleet.data)[-1] == Run.of(led)
        assert open_alarms(history(fleet.data)) == led["drift"] != {}


# -- one line -------------------------------------------------------------------------------------------------------


def deliver_all(fleet: Fleet, worker: str, numbers: range, begin: Any) -> None:
    """Delivers articles as a worker does, at the same time as another."""
    store = DataFolder(fleet.data, HOST, fleet.sharing(worker))
    store.database.begin_run()
    begin.wait()
    for number in numbers:
        item = made(number, body=f"As {worker} saw it." if number % 3 == 0 else "As all saw it.")
        try:
            item = deduplicate(item, store)
            while not store.deliver(item):
                item = deduplicate(item, store)
        except DropItem:
            pass
    store.close()


def test_of_workers_that_deliver_the_same_at_once_one_writes_a_revision(fleet: Fleet) -> None:
    fork = multiprocessing.get_context("spawn")
    begin = fork.Barrier(3)
    workers = [fork.Process(target=deliver_all, args=(fleet, name, range(1, 200), begin)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    found = fleet.changes()  # a number and a revision only once
    assert {record["id"] for record in found} == set(range(1, 200))
    assert all(record["revision"] == 1 for record in found if record["id"] % 3)
    for number in range(3, 200, 3):
        revisions = sorted(record["revision"] for record in found if record["id"] == number)
        assert revisions == list(range(1, len(revisions) + 1))


# -- files ------------------------------------------------------------------------------------------------------------


def deliver(fleet: Fleet, worker: str, *numbers: int, data: Path | None = None, **fields: Any) -> None:
    """Delivers articles as a worker does that is alone."""
    store = DataFolder(data or fleet.data, HOST, fleet.sharing(worker))
    for number in numbers:
        store.ledger.record_sighting(address(number), "2022-01-07T08:41:12Z")
        assert store.deliver(deduplicate(made(number, **fields), store))
    store.publish()
    store.close()


def test_articles_and_index_are_made_of_all_files(fleet: Fleet, postgres: str) -> None:
    deliver(fleet, "a", 1, 2)
    deliver(fleet, "b", 3)
    deliver(fleet, "b", 1, headline="Milk rises")
    whole = (fleet.data / "articles.jsonl").read_bytes()
    assert {number: record["revision"] for number, record in articles(fleet.data).items()} == {1: 2, 2: 1, 3: 1}
    other = fleet._replace(database=servers.database(postgres, "another"))
    deliver(other, "a")
    assert (fleet.data / "articles.jsonl").read_bytes() == whole
    with_sqlite = DataFolder(fleet.data, HOST)
    with_sqlite.publish()
    with_sqlite.close()
    assert (fleet.data / "articles.jsonl").read_bytes() == whole


def test_near_duplicates_are_found_in_the_files_of_all_workers(fleet: Fleet) -> None:
    def originals() -> dict[int, int | None]:
        return {number: record["duplicate_of"] for number, record in articles(fleet.data).items()}

    text = "".join(f"In the year {year} it rained on the hills. " for year in range(1900, 1960))
    deliver(fleet, "a", 1, 3, body=text)
    deliver(fleet, "b", 2, body=f"{text} And so it did here.")
    assert originals() == {1: None, 2: 1, 3: 1}
    deliver(fleet, "b", 3, body="It did not rain.")
    assert originals() == {1: None, 2: 1, 3: None}
    assert [record["id"] for record in records(fleet.data / "duplicates.jsonl")] == [2]
    found = (fleet.data / "articles.jsonl").read_bytes()
    (fleet.data / "copies.sqlite").write_bytes(b"broken")
    deliver(fleet, "a")
    assert (fleet.data / "articles.jsonl").read_bytes() == found


def test_half_a_line_of_a_lost_worker_is_set_aside_and_its_article_due(fleet: Fleet) -> None:
    deliver(fleet, "a", 1)
    deliver(fleet, "b", 2, 3)
    path = fleet.data / "changes-b.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    store = DataFolder(fleet.data, HOST, fleet.sharing("a"))
    assert store.repaired == ["a half line at the end of changes-b.jsonl was set aside"]
    store.ledger.run = 9
    assert [found.url for found in store.ledger.take_due(9)] == [address(3)]
    assert store.must_publish
    store.close()


def test_in_folders_of_their_own_no_revision_is_given_twice(fleet: Fleet, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    deliver(fleet, "a", 1, 2, data=one)
    deliver(fleet, "b", 1, data=two, headline="Milk rises")
    assert not (two / "articles.jsonl").exists()
    assert not (two / "duplicates.jsonl").exists()
    lost = (two / "changes-b.jsonl").read_bytes()
    (two / "changes-b.jsonl").write_bytes(b"")
    deliver(fleet, "b", 1, data=two, headline="Milk rises")
    (record,) = records(two / "changes-b.jsonl")
    assert (record["revision"], json.loads(lost)["revision"]) == (3, 2)
    out = tmp_path / "out.jsonl"
    ended = scrapy("export", str(out), str(one), str(two))
    assert ended == WHOLE
    assert {record["id"]: record["revision"] for record in records(out)} == {1: 3, 2: 1}


def test_export_reads_the_files_of_all_workers_and_goes_on_in_each(fleet: Fleet, tmp_path: Path) -> None:
    deliver(fleet, "a", 1, 2)
    deliver(fleet, "b", 3)
    out = tmp_path / "out.jsonl"
    export = ["export", out, fleet.data, "--changed-since", "last"]
    assert scrapy(*export) == WHOLE
    assert [record["id"] for record in records(out)] == [1, 2, 3]
    deliver(fleet, "b", 4)
    assert scrapy(*export) == WHOLE
    assert [record["id"] for record in records(out)] == [4]
    assert scrapy("export", fleet.data / "changes-b.jsonl", fleet.data).status == 2


def test_forget_takes_an_article_out_of_all_files_while_nobody_works(fleet: Fleet) -> None:
    deliver(fleet, "a", 1, 2)
    deliver(fleet, "b", 1, 3, headline="Milk rises")
    settings = [part for name, value in fleet.settings("a").items() for part in ("-s", f"{name}={value}")]
    forget = ["forget", *settings, "1"]
    at_work = DataFolder(fleet.data, HOST, fleet.sharing("b"))
    at_work.database.begin_run()
    assert scrapy(*forget).status == 75
    at_work.close()
    assert scrapy(*forget) == Ending(0, "1 article forgotten\n", "")
    assert {record["id"] for record in fleet.changes()} == {2, 3} == articles(fleet.data).keys()


# -- refusals ------------------------------------------------------------------------------------------------------


def test_a_name_is_one_workers_and_one_without_a_queue_works_alone(fleet: Fleet) -> None:
    store = DataFolder(fleet.data, HOST, fleet.sharing("a"))
    store.database.begin_run()
    with pytest.raises(LockedError, match="another process is worker 'a' at postgresql"):
        DataFolder(fleet.data / "other", HOST, fleet.sharing("a"))
    with pytest.raises(LockedError, match="other workers use"):
        DataFolder(fleet.data, HOST, Sharing(fleet.database, "b"))
    follower = DataFolder(fleet.data, HOST, fleet.sharing("b"))
    assert (store.database.leads, follower.database.leads) == (True, False)
    follower.close()
    store.close()


@pytest.mark.parametrize("gone", ["redis", "postgres"])
def test_a_server_that_goes_away_ends_the_crawl_and_loses_nothing(tmp_path: Path, gone: str) -> None:
    with ExitStack() as stack, Replica(articles=80, latency=0.05) as replica:
        queue, database = ExitStack(), ExitStack()
        stack.callback(queue.close)
        stack.callback(database.close)
        postgres = database.enter_context(servers.postgres_server())
        fleet = Fleet(
            servers.database(postgres, "news"), queue.enter_context(servers.redis_server()), tmp_path / "data"
        )
        workers = [start(stack, replica, fleet, name) for name in "ab"]
        wait_until(lambda: len(replica.requests()) > 60)
        (queue if gone == "redis" else database).close()
        ended = end(*workers)
        assert [status for status, _ in ended] == [73, 73], ended
        again = (
            fleet._replace(redis=stack.enter_context(servers.redis_server()))
            if gone == "redis"
            else fleet._replace(database="", redis="")
        )
        settings = again.settings("a" if gone == "redis" else "")
        assert crawl(replica.url, Path(str(settings.pop("MAINLAND_DATA_DIR"))), **settings).status == 0
        assert_complete(replica, fleet)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"MAINLAND_ARCHIVE": "mysql://a/b"}, "MAINLAND_ARCHIVE is not an address"),
        ({"MAINLAND_WORKER": "a"}, "MAINLAND_WORKER wants MAINLAND_ARCHIVE"),
        ({"REDIS_URL": "redis://a/0"}, "REDIS_URL wants MAINLAND_ARCHIVE"),
        ({"MAINLAND_ARCHIVE": "postgresql://a/b", "MAINLAND_WORKER": "../a"}, "it takes small letters"),
    ],
)
def test_wrong_settings_are_reported_in_a_line(given: dict[str, object], reason: str) -> None:
    ended = run(command(**given))
    assert ended.status == 2
    assert re.fullmatch(rf"scrapy crawl: .*{re.escape(reason)}.*\n", ended.err)


def test_a_server_that_is_not_there_is_reported_in_a_line(tmp_path: Path) -> None:
    address = f"postgresql://user:secret@127.0.0.1:{servers.free_port()}/news"
    ended = crawl("http://127.0.0.1:9/", tmp_path, MAINLAND_ARCHIVE=address)
    assert ended.status == 73
    assert re.fullmatch(r".* ERROR: PostgreSQL: .*\n", ended.err)
    assert "secret" not in ended.err


def test_a_queue_that_is_not_there_is_reported_in_a_line(fleet: Fleet) -> None:
    settings = fleet._replace(redis=f"redis://:secret@127.0.0.1:{servers.free_port()}/0").settings("a")
    ended = crawl("http://127.0.0.1:9/", Path(str(settings.pop("MAINLAND_DATA_DIR"))), **settings)
    assert ended.status == 73
    assert re.fullmatch(r".* ERROR: Redis: .*\n", ended.err)
    assert "secret" not in ended.err


def test_one_worker_loads_nothing_of_this(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from mainland.commands import crawl, forget
from mainland.spiders import articles
from mainland.storage.folder import DataFolder
DataFolder(Path(sys.argv[1]), "a.example").close()
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sqlalchemy", "psycopg", "redis", "scrapy_redis"}))
"""
    line = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"
