"""Data folders for reports, and what a report says, as a tree."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html

from mainland.reporting import report
from mainland.storage.lines import encode
from tests.support.crawling import crawl
from tests.support.exporting import HOSTILE, hostile, store
from tests.support.replica import Replica
from tests.support.sample_data import made

ZONE = ZoneInfo("Europe/London")


NOW = datetime(2022, 2, 1, 12, tzinfo=UTC)


RUN: dict[str, Any] = {
    "start": "2022-02-01T08:00:00Z",
    "end": "2022-02-01T08:05:00Z",
    "exit_status": 0,
    "verdict": "complete",
    "delivered": {"new": 1},
    "requests": {"feed": 1, "article": 2},
    "posts_on_site": 4,
}


Html = Any  # its stubs know little of what a tree gives


def log(data: Path, *runs: object) -> None:
    """Writes runs.jsonl of a data folder, with these lines."""
    (data / "runs.jsonl").write_bytes(b"".join(json.dumps(run).encode() + b"\n" for run in runs))


def page(data: Path, since: datetime | None = None) -> Html:
    """The tree of the report on a data folder, as of NOW."""
    return lxml.html.document_fromstring(report.page(data, ZONE, NOW, since))


def words(nodes: Iterable[Html]) -> list[str]:
    """The text of each node, on one line."""
    return [" ".join(" ".join(node.itertext()).split()) for node in nodes]


def text(tree: Html, anchor: str) -> str:
    """The text of the part of the page with an id, on one line."""
    return words([tree.get_element_by_id(anchor)])[0]


def tiles(tree: Html) -> dict[str, str]:
    """The numbers at the head of the report, as printed, by their labels."""
    return {link.find("span").text: link.find("b").text for link in tree.xpath("//ul[@class='tiles']//a")}


def hostile_report(data: Path) -> Path:
    """Writes a data folder in which every text is an attack, and the report on it; returns the path of the report."""
    attacks = [
        *HOSTILE,
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style><style>*{color:red}",
        "a\u202eb",
    ]
    items, lines = [], []
    for number, attack in enumerate(attacks, 1):
        first = replace(
            hostile(number, attack), section=attack, url=["javascript:alert(1)", "data:text/html,x"][number % 2]
        )
        edited = replace(
            first, change="edited", revision=2, headline=f"{attack} again", body=f"{attack} and more", tags=[attack]
        )
        gone = replace(made(1000 + number), headline=attack, url=attack)
        removed = replace(gone, change="removed", revision=2, headline=None, body=None, date_crawled=None)
        removed.date_removed = "2022-01-08T09:00:00Z"
        lines += [first, edited, gone, removed]
        items.append(replace(edited, duplicate_of=number - 1 or None))
    store(data, items, lines)
    failures = [{"url": attack, "reason": attack} for attack in attacks]
    extreme = {"verdict": attacks[-4], "exit_status": 3, "alarms": attacks, "mended": attacks, "failures": failures}
    log(
        data,
        RUN | {"delivered": dict.fromkeys(attacks, 1)},
        RUN | extreme | {"read": 3, "filled": {attacks[-4]: 2}},
    )
    rejected = [{"url": attack, "reason": attack, "date": "2022-02-01T08:00:00Z"} for attack in attacks]
    (data / "rejected.jsonl").write_bytes(b"".join(map(encode, rejected)))
    report.write(data, data / "report.html", ZONE, datetime(2000, 1, 1, tzinfo=UTC))
    return data / "report.html"


@dataclass
class Paper:
    """A data folder after some days of crawls."""

    data: Path
    site: str


def crawled(data: Path) -> Paper:
    """Crawls the replica on some days into an empty data folder; checks when a report is written."""
    with Replica(articles=60) as site:
        assert crawl(site.url, data).status == 0
        assert not (data / "report.html").exists()
        for day in (2, 3, 4, 7):
            site.set_day(day)
            assert crawl(site.url, data, MAINLAND_REPORT=1).status == 0
        written = (data / "report.html").stat()
        assert crawl(site.url, data, MAINLAND_REPORT=1).status == 0
        assert (data / "report.html").stat() == written, "a crawl that changed nothing wrote a report"
        return Paper(data, site.url)
