"""What crawls write into runs.jsonl is what its reader knows."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import DropItem

from mainland import logs
from mainland.crawl.stats import counts
from mainland.logs import LogFormatter
from mainland.storage.lines import encode
from mainland.storage.runs import Run, history
from tests.support.crawling import records
from tests.support.sample_data import address, made, opened, reject


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": None},
        {"end": 7},
        {"exit_status": "0"},
        {"failed": {"status 500": "twice"}},
        {"failures": ["https://a.example/"]},
        {"failures": [{"url": "https://a.example/"}]},
        {"alarms": [None]},
        {"drift": {"tags": 1}},
        {"posts_on_site": []},
    ],
    ids=str,
)
def test_a_value_of_another_type_makes_a_line_none(wrong: dict[str, Any]) -> None:
    assert Run.of({"exit_status": 0, "version": "0.1.0"}) == Run(exit_status=0)
    assert Run.of({"exit_status": 0} | wrong) is None


def test_a_line_of_any_length_hides_no_other(tmp_path: Path) -> None:
    crawls = [{"exit_status": 0, "start": f"2022-01-0{day}T08:00:00Z"} for day in (1, 2)]
    long = {"exit_status": 0, "start": "2022-01-03T08:00:00Z", "verdict": "1" * (9 << 20)}
    with (tmp_path / "runs.jsonl").open("wb") as file:
        file.writelines(map(encode, [crawls[0], long, crawls[1], long]))
    assert [run.start for run in history(tmp_path)] == [each["start"] for each in crawls]


def test_of_a_long_history_the_end_is_read(tmp_path: Path) -> None:
    with (tmp_path / "runs.jsonl").open("wb") as file:
        file.writelines(encode({"exit_status": 0, "read": n, "verdict": "x" * 1000}) for n in range(10_000))
    found = [run.read for run in history(tmp_path)]
    assert found == list(range(10_000 - len(found), 10_000))
    assert 7_000 < len(found) < 9_000


def test_what_is_dropped_is_named_by_its_address() -> None:
    formatter = LogFormatter()
    item = made(7, body="Once upon a time")
    spider: Any = SimpleNamespace(crawler=SimpleNamespace(settings={"DEFAULT_DROPITEM_LOG_LEVEL": "INFO"}))
    for entry in (
        formatter.scraped(item, None, spider),
        formatter.dropped(item, DropItem("no id"), None, spider),
        formatter.item_error(item, ValueError("Once upon"), None, spider),
    ):
        message = entry["msg"] % entry["args"]
        assert address(7) in message
        assert "Once" not in message


def test_a_record_of_the_log_quotes_no_error_that_can_quote_a_page() -> None:
    text = "Once upon a time"
    try:
        raise ValueError(text)
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        printed = f"Task exception was never retrieved\nfuture: <Task exception={error!r}>: {error}"
        found = [
            logs.record("asyncio", 40, __file__, 1, printed, (), info),
            logs.record("mainland", 40, __file__, 1, "%s: %s", ("a", error), None),
            logs.record("mainland", 40, __file__, 1, "%(a)s", ({"a": error},), info),
            logs.record("mainland", 40, __file__, 1, "%s", ("x" * 9000,), None),
            logs.record("mainland", 40, __file__, 1, "%s", ("x\n" * 9000,), None),
        ]
    for record in found:
        printed = logging.Formatter().format(record)
        assert "Once" not in printed
        assert "ValueError" in printed or len(printed) <= 500
    assert "no space" in logging.Formatter().format(
        logs.record("mainland", 40, __file__, 1, "%s", (OSError(28, "no space"),), None)
    )


def test_many_reasons_are_counted_as_one() -> None:
    stats = {f"mainland/failed/{number:03}{'x' * 300}": number + 1 for number in range(500)}
    collector: Any = SimpleNamespace(get_stats=lambda: stats)
    found = counts(collector, "failed")
    assert (len(found), max(map(len, found)), sum(found.values())) == (100, 200, sum(stats.values()))


def test_a_reason_is_cut_and_noted_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for _ in range(2):
            reject(store, address(1), "x" * 1000)
    (line,) = records(tmp_path / "rejected.jsonl")
    assert line["reason"] == "x" * 197 + "..."
