"""Wrong arguments and settings are refused in one line; tests/unit/test_mistakes.py has the others, in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crawling import (
    Ending,
    command,
    run,
)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-a", "site=nonsense"], "site 'nonsense' is not an address"),
        (["-a", "site=http://127.0.0.1:1", "-s", "CLOSESPIDER_TIMEOUT=abc"], "CLOSESPIDER_TIMEOUT 'abc'"),
        (["-a", f"site=http://{'ü' * 70}.example"], "is not an address"),
        (["-a", "site=https://.../"], "site 'https://.../' is not an address"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_wrong_use_is_reported_in_a_line(tmp_path: Path, options: list[str], says: str) -> None:
    data = tmp_path / "data"
    ending = run(command(*options, MAINLAND_DATA_DIR=data))
    assert (ending.status, ending.out) == (2, "")
    assert says in ending.err
    assert len(ending.err.splitlines()) == 1
    assert not data.exists()


@pytest.mark.parametrize("given", [["--logfile", "{}"], ["-s", "LOG_FILE={}"]])
def test_a_log_that_cannot_be_written_is_reported_in_a_line(tmp_path: Path, given: list[str]) -> None:
    log, data = tmp_path / "nowhere" / "crawl.log", tmp_path / "data"
    ending = run(
        command("-a", "site=http://127.0.0.1:1", *(part.format(log) for part in given), MAINLAND_DATA_DIR=data)
    )
    message = f"scrapy crawl: cannot write the log {log}: No such file or directory\n"
    assert ending == Ending(73, "", message)
    assert not data.exists()
