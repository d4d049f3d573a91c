"""Wrong arguments and settings are refused in one line."""

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
        (["-a", "site="], "site '' is not an address"),
        (["-a", "site=ftp://a.example"], "is not an address"),
        (["-a", "site=http://127.0.0.1:1", "-a", "section=world"], "unknown argument 'section'"),
        (["-a", "site=http://127.0.0.1:1", "-a", "full=yes"], "full is 'yes'"),
        (["-a", "site=http://127.0.0.1:1", "-a", "sections=,"], "sections is empty"),
        (["-a", "site=http://127.0.0.1:1", "--nonsense"], "--nonsense"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_TIMEZONE=Mars/Olympus"], "is no time zone"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_DATE_ORDER=MYD"], "MAINLAND_DATE_ORDER 'MYD'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_FULL_EVERY=weekly"], "MAINLAND_FULL_EVERY 'weekly'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_FULL_EVERY=inf"], "MAINLAND_FULL_EVERY 'inf'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_RECHECKS=many"], "MAINLAND_RECHECKS 'many'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_REPORT=often"], "MAINLAND_REPORT 'often'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "DOWNLOAD_DELAY=short"], "DOWNLOAD_DELAY 'short'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_DATA_DIR="], "MAINLAND_DATA_DIR is empty"),
        (["-a", "site=http://127.0.0.1:1", "-s", "DOWNLOAD_DELAY=nan"], "DOWNLOAD_DELAY 'nan'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "DOWNLOAD_DELAY=-1"], "a number of seconds, 0 or more"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_RECHECKS=-1"], "MAINLAND_RECHECKS '-1'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_FULL_EVERY=-0.5"], "MAINLAND_FULL_EVERY '-0.5'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=0"], "requests, 1 or more"),
        (["-a", "site=http://127.0.0.1:1", "-s", "CLOSESPIDER_ITEMCOUNT=few"], "CLOSESPIDER_ITEMCOUNT 'few'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "DOWNLOAD_TIMEOUT=long"], "DOWNLOAD_TIMEOUT 'long'"),
        (["-a", "site=http://127.0.0.1:1", "-L", "LOUD"], "LOG_LEVEL 'LOUD'"),
        (["-a", "site=http://127.0.0.1:1", "-s", "MAINLAND_KEEP_PAGE=1"], "did you mean MAINLAND_KEEP_PAGES?"),
        (["-a", f"site=http://{'ü' * 70}.example"], "is not an address"),
        (["-a", "site=https://.../"], "site 'https://.../' is not an address"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_wrong_use_is_told_in_a_line(tmp_path: Path, options: list[str], says: str) -> None:
    data = tmp_path / "data"
    ending = run(command(*options, MAINLAND_DATA_DIR=data))
    assert (ending.status, ending.out) == (2, "")
    assert says in ending.err
    assert len(ending.err.splitlines()) == 1
    assert not data.exists()


@pytest.mark.parametrize("given", [["--logfile", "{}"], ["-s", "LOG_FILE={}"]])
def test_a_log_that_cannot_be_written_is_told_in_a_line(tmp_path: Path, given: list[str]) -> None:
    log, data = tmp_path / "nowhere" / "crawl.log", tmp_path / "data"
    ending = run(
        command("-a", "site=http://127.0.0.1:1", *(part.format(log) for part in given), MAINLAND_DATA_DIR=data)
    )
    said = f"scrapy crawl: cannot write the log {log}: No such file or directory\n"
    assert ending == Ending(73, "", said)
    assert not data.exists()
