"""What the archive knows, and what it does about noise in its place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainland.decisions.types import State
from mainland.storage.archive import VERSION, Archive
from mainland.storage.lines import Place
from mainland.storage.postgresql import SharedArchive
from tests.support.making import address, made, opened

PLACE = Place(0, 10, 7)
EARLY, LATE = "2022-01-07T08:41:12Z", "2022-02-01T00:00:00Z"


@pytest.fixture(params=["sqlite", "postgres"])
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Archive]:
    if request.param == "sqlite":
        found = Archive(tmp_path / "index.sqlite")
    else:
        found = SharedArchive(request.getfixturevalue("database"), "", joins=False)
    yield found
    found.close()


def keys(found: list[str]) -> set[int]:
    """The numbers in addresses."""
    return {int(url.rstrip("/").rpartition("-")[2]) for url in found}


def test_nothing_is_kept_before_the_commit(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = Archive(path)
    assert first.fresh
    first.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    first.commit()
    first.deliver(asdict(made(2)), "changes.jsonl", PLACE)
    first.keep(run=1)
    first.close()
    second = Archive(path)
    assert not second.fresh
    assert (second.count(), second.article(2), second.fact("run")) == (1, None, None)
    second.close()


@pytest.mark.parametrize("noise", [b"", b"x", b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_noise_is_replaced_by_an_empty_archive(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(noise)
    found = Archive(path)
    assert found.count() == 0
    found.deliver(asdict(made()), "changes.jsonl", PLACE)
    found.commit()
    found.close()
    again = Archive(path)
    assert (again.fresh, again.count()) == (False, 1)
    again.close()


def test_another_version_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = Archive(path)
    first.deliver(asdict(made()), "changes.jsonl", PLACE)
    first.commit()
    first.close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()
    second = Archive(path)
    assert (second.fresh, second.count()) == (True, 0)
    second.close()


def test_damage_anywhere_is_found(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = Archive(path)
    for number in range(300):
        first.deliver(asdict(made(number)), "changes.jsonl", PLACE)
    first.commit()
    first.close()
    whole = path.read_bytes()
    for page in range(1, len(whole) // 4096, 3):
        path.write_bytes(whole[: page * 4096] + b"\x5a" * 4096 + whole[(page + 1) * 4096 :])
        found = Archive(path)
        assert (found.fresh, found.count()) == (True, 0)
        found.close()


def test_an_address_is_due_until_it_is_read_and_when_it_changed(archive: Archive) -> None:
    def due() -> set[int]:
        found = archive.due(archive.run, 10)
        archive.run += 1
        return keys([entry.url for entry in found])

    archive.run = 1
    archive.report(address(1), EARLY)
    archive.report(address(2))
    assert due() == {1, 2}
    archive.save(archive.entry(address(1)).settled(State.LIVE, EARLY))
    archive.save(archive.entry(address(2)).rejected("category page"))
    assert due() == set()
    archive.report(address(1), EARLY)
    archive.report(address(2))
    assert due() == set()
    archive.report(address(1), LATE)
    assert due() == {1}
    archive.save(archive.entry(address(1)).settled(State.LIVE, EARLY))  # older than the sitemap said: a cache
    assert due() == set()


def test_a_decision_leaves_what_was_reported_while_it_was_made(archive: Archive) -> None:
    archive.run = 1
    archive.report(address(1), EARLY)
    entry = archive.entry(address(1))
    archive.run = 2
    archive.report(address(1), LATE, 3)
    archive.save(entry.settled(State.LIVE))
    found = archive.entry(address(1))
    assert (found.state, found.settled_at, found.is_due) == (State.LIVE, EARLY, True)
    assert (found.changed_at, found.listed_in, found.seen_in) == (LATE, 3, 2)


def test_an_address_is_asked_once_a_run_last_changed_first(archive: Archive) -> None:
    for number, lastmod in ((1, EARLY), (2, LATE), (3, None)):
        archive.report(address(number), lastmod)
    assert [found.url for found in archive.due(1, 2)] == [address(2), address(1)]
    assert [found.url for found in archive.due(1, 2)] == [address(3)]
    assert archive.due(1, 2) == []
    assert len(archive.due(2, 10)) == 3


def test_an_address_that_was_gone_is_due_when_it_is_told_of_again(archive: Archive) -> None:
    archive.run = 1
    archive.report(address(1), EARLY, 1)
    archive.requested(address(1), 1)
    archive.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    archive.run = 2
    archive.requested(address(1), 2)  # since nothing tells of it
    archive.deliver(asdict(made(1, change="removed", revision=2)), "changes.jsonl", PLACE)
    for run in (3, 4):
        assert archive.due(run, 10) == []
    archive.run = 5
    archive.report(address(1), EARLY)
    assert [found.url for found in archive.due(5, 10)] == [address(1)]
    archive.report(address(1), EARLY)  # by a list that shows it as well
    archive.save(archive.entry(address(1)).settled(State.REMOVED))
    archive.run = 6
    archive.report(address(1), EARLY)
    assert archive.due(6, 10) == []


def test_a_rejected_address_is_due_when_inventories_that_lacked_it_list_it_again(archive: Archive) -> None:
    for run, inventory, is_due in ((1, 1, True), (2, 2, False), (3, 3, False), (4, 5, True)):
        archive.run = run
        archive.report(address(1), EARLY, inventory)
        assert [found.url for found in archive.due(run, 10)] == ([address(1)] if is_due else [])
        archive.save(archive.entry(address(1)).rejected("category page"))


def test_addresses_differ_by_what_matters_only(archive: Archive) -> None:
    archive.report("https://www.a.example/ARTICLE-1?utm_source=x", EARLY)
    archive.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    assert archive.due(1, 10) == []
    held = archive.article_at("http://a.example/article-1#top")
    assert held
    assert held.id == 1


def test_of_two_articles_at_an_address_the_public_one_is_meant(archive: Archive) -> None:
    archive.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    archive.deliver(asdict(made(2, url=address(1), change="removed")), "changes.jsonl", PLACE)
    held = archive.article_at(address(1))
    assert held
    assert (held.id, held.state) == (1, "public")


def test_what_the_sitemaps_no_longer_list_is_told_once_a_run(archive: Archive) -> None:
    for number in (1, 2, 3):
        archive.report(address(number), EARLY, 1)
        archive.deliver(asdict(made(number)), "changes.jsonl", PLACE)
    archive.deliver(asdict(made(3, change="removed")), "changes.jsonl", PLACE)
    archive.keep(listing=1)
    assert archive.unlisted(1, 10, everything=True) == []
    archive.report(address(1), EARLY, 2)
    archive.keep(listing=2)
    assert [found.url for found in archive.unlisted(2, 10, everything=False)] == [address(2)]
    assert archive.unlisted(2, 10, everything=True) == []
    assert (archive.is_listed(address(1)), archive.is_listed(address(2))) == (True, False)


def test_what_is_alive_though_unlisted_is_asked_again_only_with_everything(archive: Archive) -> None:
    archive.report(address(1), EARLY, 1)
    archive.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    archive.keep(listing=2)
    archive.save(replace(archive.entry(address(1)), looks_alive=2))
    assert archive.unlisted(1, 10, everything=False) == []
    assert [found.url for found in archive.unlisted(1, 10, everything=True)] == [address(1)]


def test_what_sources_date_before_it_was_read_is_not_looked_at_for_its_age(archive: Archive) -> None:
    crawled = datetime(2022, 1, 8, 8, 41, 12, tzinfo=UTC)
    for number, lastmod in ((1, "2022-01-08T00:00:00Z"), (2, "2022-01-07T00:00:00Z")):
        archive.report(address(number), lastmod)
        archive.deliver(asdict(made(number, date_crawled="2022-01-08T08:41:12Z")), "changes.jsonl", PLACE)
    assert archive.ageing(1, 10, crawled + timedelta(hours=2), are_days_told=True) == [address(1)]
    found = archive.ageing(1, 10, crawled + timedelta(hours=2), are_days_told=False)  # as where the site stopped to
    assert found == [address(2)]


def test_old_friends_are_looked_at_again_after_an_hour_a_day_a_week_a_month(archive: Archive) -> None:
    crawled = datetime(2022, 1, 8, 8, 41, 12, tzinfo=UTC)
    archive.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    ages = [(0.5, 0), (1.5, 1), (2, 0), (25, 1), (26, 0), (24 * 8, 1), (24 * 31, 1), (24 * 365, 0)]
    for run, (hours, looks) in enumerate(ages, 1):
        assert len(archive.ageing(run, 10, crawled + timedelta(hours=hours), are_days_told=True)) == looks, hours
    assert archive.ageing(99, 0, crawled + timedelta(days=400), are_days_told=True) == []


def test_a_forgotten_article_is_never_due_again(archive: Archive) -> None:
    archive.report(address(1), EARLY)
    archive.deliver(asdict(made(1)), "changes.jsonl", PLACE)
    archive.forget(1, address(1))
    archive.report(address(1), "2099-01-01T00:00:00Z")
    assert archive.due(1, 10) == []
    assert list(archive.public()) == []
    held = archive.article(1)
    assert held
    assert (held.state, held.content_hash, held.date_published) == ("forgotten", None, None)
    archive.begin_index()
    archive.end_index()
    assert archive.count("forgotten") == 1


def test_sections_and_validators_are_kept(archive: Archive) -> None:
    assert archive.section("world") == (0, False)
    archive.walked("world", 3)
    archive.walked("world", 7, ended=5)
    assert archive.section("world") == (7, False)
    archive.complete(5)
    assert archive.section("world") == (7, True)
    feed = "https://a.example/feed/"
    assert not any(archive.validators(feed))
    archive.validate(feed, '"x"', None)
    archive.validate(feed, '"y"', "Fri, 07 Jan 2022 08:41:12 GMT")
    assert archive.validators(feed) == ('"y"', "Fri, 07 Jan 2022 08:41:12 GMT")


def test_places_of_public_articles_come_by_number(archive: Archive) -> None:
    for number in (3, 1, 2):
        archive.deliver(asdict(made(number)), "changes.jsonl", Place(number, 1, 7))
    archive.deliver(asdict(made(1, revision=2)), "changes-a.jsonl", Place(9, 1, 7))
    archive.deliver(asdict(made(2, change="removed")), "changes.jsonl", Place(10, 1, 7))
    assert list(archive.public()) == [(1, "changes-a.jsonl", Place(9, 1, 7)), (3, "changes.jsonl", Place(3, 1, 7))]
    assert archive.latest(1) == [("changes.jsonl", Place(3, 1, 7))]
    assert (archive.count(), archive.count("removed")) == (2, 1)


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
        assert store.mended == ["the archive was lost or broken and was made again from changes.jsonl"]
        held = store.archive.article(1)
        assert held
        assert held.url == made(1).url
        store.deliver(made(2))
        store.publish()
    assert (tmp_path / "index.sqlite.broken").read_bytes() == broken


def test_an_article_is_matched_by_its_address_and_date_before_its_id(archive: Archive) -> None:
    other = "2022-03-01T00:00:00Z"
    archive.deliver(asdict(made(7)), "changes.jsonl", PLACE)
    archive.deliver(asdict(made(1007, date_published=other)), "changes.jsonl", PLACE)
    at_seven = {"url": address(7), "date_published": made(7).date_published}
    found = {
        "imported anew": archive.match(made(1007, **at_seven)),
        "taken over": archive.match(made(1007, url=address(7), date_published=other)),
        "another one": archive.match(made(8, url=address(7), date_published=other)),
        "removed": archive.match(made(1007, change="removed", **at_seven)),
    }
    assert {name: stored and stored.id for name, stored in found.items()} == {
        "imported anew": 7,
        "taken over": 1007,
        "another one": None,
        "removed": 1007,
    }
