"""What a report of an address changes: SQL and its specification say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mainland.clean import urls
from mainland.decisions.record import Sighting, record
from mainland.decisions.types import Entry, State, Suspicion
from mainland.storage.database import Database
from mainland.storage.sqlite import SQLiteDatabase

URL = "https://a.example/story-5/"
INSTANTS = st.sampled_from(  # a second, a minute, a little more, and months apart
    [
        "2024-03-05T08:41:12Z",
        "2024-03-05T08:41:13Z",
        "2024-03-05T08:42:12Z",
        "2024-03-05T08:42:13Z",
        "2024-08-01T10:00:00Z",
    ]
)
NUMBERS = st.integers(0, 5)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    suspicion = draw(st.none() | st.sampled_from(Suspicion))
    return Entry(
        urls.key(URL),
        URL,
        draw(st.sampled_from(State)),
        draw(st.none() | INSTANTS),
        draw(st.sampled_from([None, ""]) | INSTANTS),
        is_due=draw(st.booleans()),
        suspicion=suspicion,
        looks=draw(st.integers(1, 3)) if suspicion else 0,
        failures=draw(NUMBERS),
        failing_since=draw(st.none() | INSTANTS),
        reason=draw(st.none() | st.just("status 404")),
        listed_in=draw(NUMBERS),
        seen_in=draw(NUMBERS),
        looks_alive=draw(st.integers(0, 2)),
        article_id=draw(st.none() | st.just(7)),
        absences=draw(st.integers(0, 2)),
        rule=draw(st.none() | st.just("article")),
        decided_at=draw(st.none() | INSTANTS),
        last_run=draw(NUMBERS),
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    tables = SQLiteDatabase(Path(tmp_path_factory.mktemp("record")) / "index.sqlite")
    yield tables
    tables.close()


def reported(tables: Database, entry: Entry | None, sighting: Sighting) -> Entry:
    """What the ledger has of an address after a report."""
    tables.db.execute("DELETE FROM addresses")
    tables.ledger.run = sighting.run
    if entry:
        tables.ledger.save(entry)
    found = (sighting.url, sighting.date, sighting.article_id)
    tables.ledger.record_sightings([found], sighting.inventory, sighting.since)
    return tables.ledger.entry(sighting.url)


@given(st.none() | entries(), NUMBERS, st.none() | INSTANTS, NUMBERS, st.none() | st.just(8), st.just("") | INSTANTS)
@example(None, 1, None, 0, None, "")
@example(Entry(urls.key(URL), URL, State.REJECTED, listed_in=2, seen_in=1, last_run=1), 2, None, 4, None, "")
def test_the_ledger_records_what_the_specification_says(
    tables: Database, entry: Entry | None, run: int, date: str | None, inventory: int, number: int | None, since: str
) -> None:
    sighting = Sighting(URL, run, date, inventory, number, since)
    assert reported(tables, entry, sighting) == record(entry, sighting)


@given(entries(), NUMBERS, st.none() | INSTANTS, NUMBERS, st.none() | st.just(8), st.just("") | INSTANTS)
def test_the_same_report_again_changes_nothing(
    entry: Entry, run: int, date: str | None, inventory: int, number: int | None, since: str
) -> None:
    sighting = Sighting(URL, run, date, inventory, number, since)
    once = record(entry, sighting)
    assert record(once, sighting) == once
