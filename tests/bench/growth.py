"""What grows with the site: time an article, memory, the index, a recrawl, publishing."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mainland.storage.folder import DataFolder
from tests.bench.engine import crawl
from tests.bench.measured import Took
from tests.bench.tables import MOST_MEMORY, judged, table
from tests.support.replica import Replica

_ROUNDS = 3


@dataclass(frozen=True)
class Size:
    """What a site of some articles took."""

    articles: int
    first: Took
    again: Took
    index: float
    dataset: float
    publish: float


def main() -> None:
    """Print the table; ``BENCH_GROWTH`` is the number of articles of a third site, 100,000 say."""
    sizes = [_measured(articles) for articles in (1_000, 10_000, int(os.environ.get("BENCH_GROWTH", "0"))) if articles]
    small = sizes[0]
    table(
        f"Growth: one crawl at zero delay, start included; recrawl and publishing are medians of {_ROUNDS}",
        (
            *(
                "articles",
                "CPU ms an article",
                "ratio",
                "peak MB",
                "ratio",
                "index MB",
                "bytes an article",
                "dataset MB",
            ),
            *("unchanged recrawl s", "CPU s", "peak MB", "publish s", "ms for 1,000"),
        ),
        [
            [
                f"{size.articles:,}",
                f"{size.first.cpu / size.articles * 1000:.1f}",
                f"{size.first.cpu / size.articles / (small.first.cpu / small.articles):.2f}",
                f"{size.first.memory:.0f}",
                judged(size.first.memory / small.first.memory, MOST_MEMORY),
                f"{size.index / 1e6:.1f}",
                f"{size.index / size.articles:.0f}",
                f"{size.dataset / 1e6:.0f}",
                f"{size.again.seconds:.1f}",
                f"{size.again.cpu:.2f}",
                f"{size.again.memory:.0f}",
                f"{size.publish:.2f}",
                f"{size.publish / size.articles * 1e6:.0f}",
            ]
            for size in sizes
        ],
    )


def _measured(articles: int) -> Size:
    with Replica(articles=articles) as site, TemporaryDirectory() as name:
        data = Path(name)
        first = crawl(site, data)
        again = Took(*(median(column) for column in zip(*(crawl(site, data) for _ in range(_ROUNDS)), strict=True)))
        return Size(
            articles=articles,
            first=first,
            again=again,
            index=(data / "index.sqlite").stat().st_size,
            dataset=(data / "articles.jsonl").stat().st_size,
            publish=median(_publish(data) for _ in range(_ROUNDS)),
        )


def _publish(data: Path) -> float:
    """Seconds to replace ``articles.jsonl``."""
    store = DataFolder(data)
    begun = time.perf_counter()
    store.publish()
    seconds = time.perf_counter() - begun
    store.close()
    return seconds
