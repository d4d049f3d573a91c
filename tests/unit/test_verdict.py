"""Which ends of a crawl are reported as errors, given the runs before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mainland.crawl.verdict import Verdict, is_news
from mainland.storage.runs import Run

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def run(hours: float, status: int, *sections: str) -> Run:
    """A crawl that ended some hours ago."""
    end = (NOW - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    return Run(end=end, exit_status=status, sections=list(sections))


def hourly(since: int, status: int) -> list[Run]:
    """A crawl every hour, the first ``since`` hours ago."""
    return [run(hours, status) for hours in range(since, 0, -1)]


@pytest.mark.parametrize(
    ("status", "history", "is_reported"),
    [
        (0, [], False),
        (130, [], False),
        (3, [], False),
        (3, hourly(5, 3), False),
        (3, hourly(24, 3), True),  # it has lasted a day
        (3, hourly(25, 3), False),
        (3, hourly(47, 3), False),
        (3, hourly(48, 3), True),  # another one
        (3, [*hourly(24, 3)[:-1], run(0.5, 0)], False),  # a whole crawl between
        (3, [*hourly(24, 3)[:-1], run(0.5, 4)], False),
        (3, [*hourly(24, 3)[:-1], run(0.5, 0, "world")], True),  # of a section
        (3, [run(24, 3)], True),  # crawled once a day
        (69, [], True),
        (69, [run(1, 0)], True),
        (69, hourly(1, 69), False),
        (69, hourly(23, 69), False),
        (69, hourly(24, 69), True),
        (69, [run(2, 69), run(1, 3)], False),  # it comes and goes
        (69, [run(2, 69), run(1, 0)], True),
        (77, hourly(3, 77), False),
        (77, hourly(3, 69), True),  # another fault
        (77, [Run(accepted=["listing"]), Run(end="", exit_status=77)], True),
        (2, hourly(3, 2), True),
        (4, hourly(3, 4), True),
        (73, hourly(3, 73), True),
    ],
)
def test_an_end_is_reported_once_and_then_daily(status: int, history: list[Run], *, is_reported: bool) -> None:
    assert is_news(Verdict(status, "why"), history, NOW) is is_reported


def test_a_site_that_is_down_for_a_month_is_reported_once_a_day() -> None:
    history: list[Run] = []
    reported = 0
    start = NOW
    for hour in range(24 * 30):
        now = start + timedelta(hours=hour, seconds=hour % 40)
        reported += is_news(Verdict(69, "down"), history, now)
        history.append(Run(end=now.isoformat().replace("+00:00", "Z"), exit_status=69))
    assert reported == 30
