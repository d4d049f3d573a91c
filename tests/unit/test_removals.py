"""Removals of many articles at once are held back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mainland.clean import dates
from mainland.crawl.removals import SAMPLE, WAIT, Removal, Removals
from tests.support.sample_data import address, made, pending

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def gone(numbers: range, removals: Removals) -> None:
    """Notes articles as gone."""
    for number in numbers:
        at = address(number)
        removals.add(Removal(made(number, change="removed"), pending(at)))


def written(removals: Removals, public: int, *, now: datetime = NOW, is_sound: bool = True) -> list[int | None]:
    """The ids of the removals that are written."""
    return [each.item.id for each in removals.decide(public, now, is_sound=is_sound)]


def waiting(number: int, since: datetime = NOW) -> dict[str, str]:
    """What an earlier crawl held back."""
    return {str(each): dates.utc(since) for each in range(1, number + 1)}


@pytest.mark.parametrize(
    ("found", "public", "removed"),
    [(20, 20, 20), (21, 419, 0), (21, 420, 21), (22, 420, 0), (50, 1000, 50), (51, 1000, 0), (30, 30, 0), (0, 9, 0)],
)
def test_more_than_twenty_and_more_than_a_twentieth_are_held_back(found: int, public: int, removed: int) -> None:
    removals = Removals()
    gone(range(found), removals)
    assert len(written(removals, public)) == removed
    assert len(removals.waiting) == found - removed
    assert set(removals.waiting.values()) <= {dates.utc(NOW)}


@pytest.mark.parametrize(
    ("later", "is_sound", "removed"),
    [
        (timedelta(0), True, 0),
        (WAIT - timedelta(seconds=1), True, 0),
        (WAIT, True, 30),
        (WAIT, False, 0),
        (timedelta(days=-400), True, 0),
    ],
)
def test_the_same_a_day_later_in_a_sound_crawl_is_believed(later: timedelta, is_sound: bool, removed: int) -> None:  # noqa: FBT001
    removals = Removals(waiting(30))
    gone(range(1, 31), removals)
    assert len(written(removals, 100, now=NOW + later, is_sound=is_sound)) == removed
    assert len(removals.waiting) == 30 - removed
    if not removed:  # it counts from the first finding, or from now where the clock was ahead
        assert set(removals.waiting.values()) == {dates.utc(min(NOW, NOW + later))}


def test_what_was_accepted_is_removed_at_once_even_beside_failures() -> None:
    removals = Removals(waiting(30), frozenset(range(1, 26)))
    gone(range(1, 31), removals)
    assert written(removals, 100, is_sound=False) == list(range(1, 31))
    gone(range(101, 131), removals)
    assert written(removals, 100, is_sound=False) == list(range(1, 26))


def test_what_is_found_a_few_at_a_time_beside_many_that_wait_is_held_back_too() -> None:
    removals = Removals(waiting(30))
    gone(range(31, 36), removals)
    assert written(removals, 100) == []
    assert len(removals.waiting) == 35


def test_what_is_alive_again_waits_no_longer() -> None:
    removals = Removals(waiting(30))
    for number in range(1, 28):
        removals.note_alive(number)
    gone(range(28, 30), removals)
    assert written(removals, 100) == [28, 29]
    assert list(removals.waiting) == [30]  # nobody looked


def test_what_shows_another_article_still_waits() -> None:
    removals = Removals(waiting(30))
    removals.note_alive(1)  # its address shows an article
    gone(range(1, 31), removals)  # which is another one
    assert written(removals, 100, now=NOW + timedelta(hours=1)) == []
    assert removals.waiting == {number: dates.utc(NOW) for number in range(1, 31)}


def test_only_some_that_wait_are_requested_while_all_of_them_are_gone() -> None:
    removals = Removals(waiting(200))
    assert removals.next_requests(NOW) == list(range(1, SAMPLE + 1))
    assert removals.next_requests(NOW) == []
    removals.note_alive(7)
    assert removals.next_requests(NOW) == list(range(SAMPLE + 1, 2 * SAMPLE + 1))
    old = Removals(waiting(200))
    found = [number for _ in range(5) for number in old.next_requests(NOW + WAIT)]
    assert found == list(range(1, 201))
