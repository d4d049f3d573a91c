"""The ledger, the index and the memory: what they store, and what replaces a damaged file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainland.decisions.types import State
from mainland.storage import indexing
from mainland.storage.database import Database
from mainland.storage.lines import Place
from mainland.storage.postgresql import PostgreSQLDatabase
from mainland.storage.schema import VERSION
from mainland.storage.sqlite import SQLiteDatabase
from tests.support.sample_data import address, made, opened

PLACE = Place(0, 10, 7)
EARLY, LATE = "2022-01-07T08:41:12Z", "2022-02-01T00:00:00Z"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
def tables(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "sqlite":
        found: Database = SQLiteDatabase(tmp_path / "index.sqlite")
    else:
        found = PostgreSQLDatabase(request.getfixturevalue("database"), "", joins=False)
    yield found
    found.close()


def in_run(run: int, tables: Database) -> Database:
    """The tables, in a run."""
    tables.ledger.run = run
    return tables


def keys(found: list[str]) -> set[int]:
    """The numbers in addresses."""
    return {int(url.rstrip("/").rpartition("-")[2]) for url in found}


def test_nothing_is_kept_before_the_commit(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = SQLiteDatabase(path)
    assert first.is_new
    first.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    first.commit()
    first.index.deliver(asdict(made(2)), "changes.jsonl", PLACE)
    first.memory.save(run=1)
    first.close()
    second = SQLiteDatabase(path)
    assert not second.is_new
    assert (second.index.count(), second.index.article(2), second.memory.get("run")) == (1, None, None)
    second.close()


@pytest.mark.parametrize("noise", [b"", b"x", b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_noise_is_replaced_by_an_empty_database(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(noise)
    found = SQLiteDatabase(path)
    assert found.index.count() == 0
    found.index.deliver(asdict(made()), "changes.jsonl", PLACE)
    found.commit()
    found.close()
    again = SQLiteDatabase(path)
    assert (again.is_new, again.index.count()) == (False, 1)
    again.close()


def test_another_version_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = SQLiteDatabase(path)
    first.index.deliver(asdict(made()), "changes.jsonl", PLACE)
    first.commit()
    first.close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    second = SQLiteDatabase(path)
    assert (second.is_new, second.index.count()) == (True, 0)
    second.close()


def test_a_stored_value_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = SQLiteDatabase(path)
    first.commit(plan={"sections": 3})
    first.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE facts SET value = '{sections'")
    database.close()
    second = SQLiteDatabase(path)
    assert (second.is_new, second.memory.get("plan")) == (True, None)
    second.close()


def test_damage_anywhere_is_found(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = SQLiteDatabase(path)
    for number in range(300):
        first.index.deliver(asdict(made(number)), "changes.jsonl", PLACE)
    first.commit()
    first.close()
    whole = path.read_bytes()
    for page in range(1, len(whole) // 4096, 3):
        path.write_bytes(whole[: page * 4096] + b"\x5a" * 4096 + whole[(page + 1) * 4096 :])
        found = SQLiteDatabase(path)
        assert (found.is_new, found.index.count()) == (True, 0)
        found.close()


def test_an_address_is_due_until_it_is_read_and_when_it_changed(tables: Database) -> None:
    def due() -> set[int]:
        found = tables.ledger.take_due(10)
        tables.ledger.run += 1
        return keys([entry.url for entry in found])

    tables.ledger.run = 1
    tables.ledger.record_sighting(address(1), EARLY)
    tables.ledger.record_sighting(address(2))
    assert due() == {1, 2}
    tables.ledger.save(tables.ledger.entry(address(1)).settled(State.LIVE, EARLY))
    tables.ledger.save(tables.ledger.entry(address(2)).rejected("category page"))
    assert due() == set()
    tables.ledger.record_sighting(address(1), EARLY)
    tables.ledger.record_sighting(address(2))
    assert due() == set()
    tables.ledger.record_sighting(address(1), LATE)
    assert due() == {1}
    tables.ledger.save(tables.ledger.entry(address(1)).settled(State.LIVE, EARLY))
    assert due() == set()


def test_a_decision_leaves_what_was_reported_while_it_was_made(tables: Database) -> None:
    tables.ledger.run = 1
    tables.ledger.record_sighting(address(1), EARLY)
    entry = tables.ledger.entry(address(1))
    tables.ledger.run = 2
    tables.ledger.record_sighting(address(1), LATE, 3)
    tables.ledger.save(entry.settled(State.LIVE))
    found = tables.ledger.entry(address(1))
    assert (found.state, found.settled_at, found.is_due) == (State.LIVE, EARLY, True)
    assert (found.changed_at, found.listed_in, found.seen_in) == (LATE, 3, 2)


def test_an_address_is_requested_once_a_run_last_changed_first(tables: Database) -> None:
    for number, lastmod in ((1, EARLY), (2, LATE), (3, None)):
        tables.ledger.record_sighting(address(number), lastmod)
    assert [found.url for found in in_run(1, tables).ledger.take_due(2)] == [address(2), address(1)]
    assert [found.url for found in in_run(1, tables).ledger.take_due(2)] == [address(3)]
    assert in_run(1, tables).ledger.take_due(2) == []
    assert len(in_run(2, tables).ledger.take_due(10)) == 3


def test_an_address_that_was_gone_is_due_when_it_is_listed_again(tables: Database) -> None:
    tables.ledger.run = 1
    tables.ledger.record_sighting(address(1), EARLY, 1)
    tables.ledger.record_request(address(1))
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    tables.ledger.run = 2
    tables.ledger.record_request(address(1))  # since nothing tells of it
    tables.index.deliver(asdict(made(1, change="removed", revision=2)), "changes.jsonl", PLACE)
    for run in (3, 4):
        assert in_run(run, tables).ledger.take_due(10) == []
    tables.ledger.run = 5
    tables.ledger.record_sighting(address(1), EARLY)
    assert [found.url for found in in_run(5, tables).ledger.take_due(10)] == [address(1)]
    tables.ledger.record_sighting(address(1), EARLY)  # by a list that shows it as well
    tables.ledger.save(tables.ledger.entry(address(1)).settled(State.REMOVED))
    tables.ledger.run = 6
    tables.ledger.record_sighting(address(1), EARLY)
    assert in_run(6, tables).ledger.take_due(10) == []


def test_a_rejected_address_is_due_when_inventories_that_lacked_it_list_it_again(tables: Database) -> None:
    for run, inventory, is_due in ((1, 1, True), (2, 2, False), (3, 3, False), (4, 5, True)):
        tables.ledger.run = run
        tables.ledger.record_sighting(address(1), EARLY, inventory)
        assert [found.url for found in in_run(run, tables).ledger.take_due(10)] == ([address(1)] if is_due else [])
        tables.ledger.save(tables.ledger.entry(address(1)).rejected("category page"))


def test_addresses_differ_by_what_matters_only(tables: Database) -> None:
    tables.ledger.record_sighting("https://www.a.example/ARTICLE-1?utm_source=x", EARLY)
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    assert in_run(1, tables).ledger.take_due(10) == []
    stored = tables.index.article_at("http://a.example/article-1#top")
    assert stored
    assert stored.id == 1


def test_of_two_articles_at_an_address_the_public_one_is_meant(tables: Database) -> None:
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    tables.index.deliver(asdict(made(2, url=address(1), change="removed")), "changes.jsonl", PLACE)
    stored = tables.index.article_at(address(1))
    assert stored
    assert (stored.id, stored.state) == (1, "public")


def test_what_the_sitemaps_no_longer_list_is_reported_once_a_run(tables: Database) -> None:
    for number in (1, 2, 3):
        tables.ledger.record_sighting(address(number), EARLY, 1)
        tables.index.deliver(asdict(made(number)), "changes.jsonl", PLACE)
    tables.index.deliver(asdict(made(3, change="removed")), "changes.jsonl", PLACE)
    tables.memory.save(listing=1)
    assert in_run(1, tables).ledger.take_unlisted(10, everything=True) == []
    tables.ledger.record_sighting(address(1), EARLY, 2)
    tables.memory.save(listing=2)
    assert [found.url for found in in_run(2, tables).ledger.take_unlisted(10, everything=False)] == [address(2)]
    assert in_run(2, tables).ledger.take_unlisted(10, everything=True) == []
    assert (tables.inventory.lists(address(1)), tables.inventory.lists(address(2))) == (True, False)


def test_what_is_alive_though_unlisted_is_requested_again_only_with_everything(tables: Database) -> None:
    tables.ledger.record_sighting(address(1), EARLY, 1)
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    tables.memory.save(listing=2)
    tables.ledger.save(replace(tables.ledger.entry(address(1)), looks_alive=2))
    assert in_run(1, tables).ledger.take_unlisted(10, everything=False) == []
    assert [found.url for found in in_run(1, tables).ledger.take_unlisted(10, everything=True)] == [address(1)]


def test_what_sources_date_before_it_was_read_is_not_looked_at_for_its_age(tables: Database) -> None:
    crawled = datetime(2022, 1, 8, 8, 41, 12, tzinfo=UTC)
    for number, lastmod in ((1, "2022-01-08T00:00:00Z"), (2, "2022-01-07T00:00:00Z")):
        tables.ledger.record_sighting(address(number), lastmod)
        tables.index.deliver(asdict(made(number, date_crawled="2022-01-08T08:41:12Z")), "changes.jsonl", PLACE)
    assert in_run(1, tables).index.take_due_by_age(10, crawled + timedelta(hours=2), are_changes_dated=True) == [
        address(1)
    ]
    found = in_run(1, tables).index.take_due_by_age(10, crawled + timedelta(hours=2), are_changes_dated=False)
    assert found == [address(2)]


def test_articles_are_requested_again_after_an_hour_a_day_a_week_a_month(tables: Database) -> None:
    crawled = datetime(2022, 1, 8, 8, 41, 12, tzinfo=UTC)
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    ages = [(0.5, 0), (1.5, 1), (2, 0), (25, 1), (26, 0), (24 * 8, 1), (24 * 31, 1), (24 * 365, 0)]
    for run, (hours, looks) in enumerate(ages, 1):
        now = crawled + timedelta(hours=hours)
        assert len(in_run(run, tables).index.take_due_by_age(10, now, are_changes_dated=True)) == looks, hours
    assert in_run(99, tables).index.take_due_by_age(0, crawled + timedelta(days=400), are_changes_dated=True) == []


def test_an_article_that_changed_is_looked_at_again_after_an_hour(tables: Database) -> None:
    crawled = datetime(2022, 1, 8, 8, 41, 12, tzinfo=UTC)
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    assert in_run(1, tables).index.take_due_by_age(10, crawled + timedelta(hours=2), are_changes_dated=False) == [
        address(1)
    ]
    tables.index.deliver(asdict(made(1, revision=2, change="edited")), "changes.jsonl", PLACE)
    assert in_run(2, tables).index.take_due_by_age(10, crawled + timedelta(hours=2), are_changes_dated=False) == [
        address(1)
    ]
    assert in_run(3, tables).index.take_due_by_age(10, crawled + timedelta(hours=3), are_changes_dated=False) == []


def test_a_forgotten_article_is_never_due_again(tables: Database) -> None:
    tables.ledger.record_sighting(address(1), EARLY)
    tables.index.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    tables.index.forget(1, address(1))
    tables.ledger.record_sighting(address(1), "2099-01-01T00:00:00Z")
    assert in_run(1, tables).ledger.take_due(10) == []
    assert list(tables.index.public()) == []
    stored = tables.index.article(1)
    assert stored
    assert (stored.state, stored.content_hash, stored.date_published) == ("forgotten", None, None)
    indexing.begin_rebuild(tables)
    indexing.end_rebuild(tables)
    assert tables.index.count("forgotten") == 1


def test_sections_and_validators_are_kept(tables: Database) -> None:
    assert tables.memory.section("world") == (0, False)
    tables.memory.save_section("world", 3)
    tables.memory.save_section("world", 7, ended=5)
    assert tables.memory.section("world") == (7, False)
    tables.memory.confirm_sections(5)
    assert tables.memory.section("world") == (7, True)
    feed = "https://a.example/feed/"
    assert not any(tables.memory.validators(feed))
    tables.memory.save_validators(feed, '"x"', None)
    tables.memory.save_validators(feed, '"y"', "Fri, 07 Jan 2022 08:41:12 GMT")
    assert tables.memory.validators(feed) == ('"y"', "Fri, 07 Jan 2022 08:41:12 GMT")


def test_places_of_public_articles_come_by_number(tables: Database) -> None:
    for number in (3, 1, 2):
        tables.index.deliver(asdict(made(number)), "changes.jsonl", Place(number, 1, 7))
    tables.index.deliver(asdict(made(1, revision=2)), "changes-a.jsonl", Place(9, 1, 7))
    tables.index.deliver(asdict(made(2, change="removed")), "changes.jsonl", Place(10, 1, 7))
    assert list(tables.index.public()) == [(1, "changes-a.jsonl", Place(9, 1, 7)), (3, "changes.jsonl", Place(3, 1, 7))]
    assert tables.index.latest(1) == [("changes.jsonl", Place(3, 1, 7))]
    assert (tables.index.count(), tables.index.count("removed")) == (2, 1)


BROKEN: dict[str, tuple[bytes, bytes]] = {
    "a column of another name": (b"    content_hash TEXT,", b"    content_hush TEXT,"),
    "no text in UTF-8": (b"https://a.example/article-1/", b"https://a.example/article-\xff/"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_archive_that_is_broken_where_sqlite_does_not_look_is_set_aside(tmp_path: Path, case: str) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        store.publish()
    path = tmp_path / "index.sqlite"
    broken = path.read_bytes().replace(*BROKEN[case])
    assert broken != path.read_bytes()
    path.write_bytes(broken)
    with opened(tmp_path) as store:
        assert store.repaired == [
            "index.sqlite was lost, damaged or of another version, and was made again from changes.jsonl"
        ]
        stored = store.index.article(1)
        assert stored
        assert stored.url == made(1).url
        store.deliver(made(2))
        store.publish()
    assert (tmp_path / "index.sqlite.broken").read_bytes() == broken


def test_an_article_is_matched_by_its_address_and_date_before_its_id(tables: Database) -> None:
    other = "2022-03-01T00:00:00Z"
    tables.index.deliver(asdict(made(7)), "changes.jsonl", PLACE)
    tables.index.deliver(asdict(made(1007, date_published=other)), "changes.jsonl", PLACE)
    at_seven = {"url": address(7), "date_published": made(7).date_published}
    found = {
        "imported anew": tables.index.match(made(1007, **at_seven)),
        "taken over": tables.index.match(made(1007, url=address(7), date_published=other)),
        "another one": tables.index.match(made(8, url=address(7), date_published=other)),
        "removed": tables.index.match(made(1007, change="removed", **at_seven)),
    }
    assert {name: stored and stored.id for name, stored in found.items()} == {
        "imported anew": 7,
        "taken over": 1007,
        "another one": None,
        "removed": 1007,
    }
