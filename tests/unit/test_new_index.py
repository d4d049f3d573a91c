"""An index that is made anew: of a version before, or because the file was lost."""

from __future__ import annotations

from pathlib import Path

from mainland.crawl.frontier import Frontier
from mainland.decisions.types import State
from tests.support.sample_data import address, made, opened, reject

STORED = 700
SOON, LATER = "2022-01-07T08:41:50Z", "2022-02-07T08:41:50Z"  # of articles that changed last at 08:41:12


def lost(folder: Path) -> None:
    """Deletes the index."""
    for path in folder.glob("index.sqlite*"):
        path.unlink()


def requested(frontier: Frontier) -> list[str]:
    """All that a crawl requests because it is due."""
    found: list[str] = []
    while urls := frontier.take_due():
        found += urls
    return found


def frontier_of(store: object) -> Frontier:
    nothing: object = None
    return Frontier(store, nothing, nothing, nothing, nothing, nothing, 0)  # type: ignore[arg-type]


def test_the_index_of_a_version_before_is_left_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        reject(store, address(9), "static page")
    lost(tmp_path)
    former = tmp_path / "archive.sqlite"
    former.write_bytes(b"as it was")
    with opened(tmp_path) as store:
        assert store.ledger.entry(address(1)).state is State.LIVE
        entry = store.ledger.entry(address(9))
        assert (entry.state, entry.reason) == (State.REJECTED, "static page")
        assert former.read_bytes() == b"as it was"
        store.forget({1})
    assert not former.exists()


def test_a_few_stored_articles_a_crawl_are_requested_for_a_later_date(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for number in range(STORED):
            store.deliver(made(number + 1))
    lost(tmp_path)
    for expected in (501, 195, 0):
        with opened(tmp_path) as store:
            store.database.begin_run()
            for number in range(STORED):
                store.ledger.record_sighting(address(number + 1), SOON if number < 5 else LATER)
            if expected == 501:
                store.ledger.record_sighting(address(9999), SOON)
            found = requested(frontier_of(store))
            assert len(found) == expected
            for url in found:
                store.ledger.save(store.ledger.entry(url).settled(State.LIVE))
    with opened(tmp_path) as store:
        assert store.memory.get("are_many_due") is False
