"""The time and the requests of a recrawl."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.engine import crawl
from tests.bench.measured import Took
from tests.bench.tables import table
from tests.support.crawling import records
from tests.support.replica import Replica

_ROUNDS = 3


def main() -> None:
    """Print the table."""
    articles = int(os.environ.get("BENCH_ARTICLES", "1000"))
    with Replica(articles=articles) as site, TemporaryDirectory() as name:
        folder = Path(name)
        first, requested, lines = _crawl(site, folder / "first")
        rows = [("first crawl", first, requested, lines)]
        days = {0: "unchanged", 1: "after one day", 2: "after two days", 7: "after a week"}
        for day, label in days.items():
            site.set_day(day)
            runs = []
            for _ in range(_ROUNDS):
                shutil.rmtree(folder / "again", ignore_errors=True)
                shutil.copytree(folder / "first", folder / "again")
                runs.append(_crawl(site, folder / "again"))
            middle = Took(*(median(column) for column in zip(*(run[0] for run in runs), strict=True)))
            rows.append((label, middle, runs[0][1], runs[0][2] - lines))
    table(
        f"Recrawl of {articles} articles at zero delay, start included, median of {_ROUNDS} runs",
        ("crawl", "lines written", "share", "requests", "seconds", "CPU s", "CPU ratio"),
        [
            [
                *(label, str(wrote), f"{100 * wrote / articles:.1f} %", str(requests)),
                *(f"{took.seconds:.1f}", f"{took.cpu:.2f}", f"{took.cpu / first.cpu:.3f}"),
            ]
            for label, took, requests, wrote in rows
        ],
    )


def _crawl(site: Replica, data: Path) -> tuple[Took, int, int]:
    """What a crawl took, how much it requested, and how many lines its folder has then."""
    before = len(site.requests())
    taken = crawl(site, data)
    return taken, len(site.requests()) - before, len(records(data / "changes.jsonl"))
