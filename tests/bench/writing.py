"""Dataset and index beside ``json.dumps`` and a plain write."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mainland.clean import urls
from mainland.items import Article
from mainland.pages.article import article
from mainland.pages.page import parse
from mainland.storage.folder import DataFolder
from tests.bench.samples import HOME, replica
from tests.bench.tables import table

_ROUNDS = 5


def main() -> None:
    """Print the table."""
    number = int(os.environ.get("BENCH_ARTICLES", "1000"))
    items = _items(number)
    records = list(map(asdict, items))

    def plain(folder: Path) -> None:
        with (folder / "plain.jsonl").open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)

    def plain_items(folder: Path) -> None:
        with (folder / "items.jsonl").open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in items)

    def store(folder: Path) -> None:
        opened = DataFolder(folder, urls.host(HOME))
        for item in items:
            opened.deliver(item)
        opened.close()

    works = {"json.dumps of dicts, one write": plain, "the same from items (asdict)": plain_items}
    works["DataFolder.deliver, opening and commit"] = store
    runs = [{name: _taken(work) for name, work in works.items()} for _ in range(_ROUNDS)]
    first = next(iter(works))
    rows = []
    for name in works:
        cpu, seconds = (median(run[name][place] for run in runs) / number * 1e6 for place in (0, 1))
        ratio = median(run[name][0] / run[first][0] for run in runs)
        rows.append([name, f"{cpu:.0f}", f"{ratio:.2f}", f"{seconds:.0f}"])
    size = sum(len(json.dumps(record, ensure_ascii=False).encode()) for record in records) / number / 1000
    table(
        f"Writing: {number} items of {size:.1f} kB, median of {_ROUNDS} interleaved runs",
        ("writer", "CPU µs an item", "ratio", "µs an item by the clock"),
        rows,
    )


def _items(number: int) -> list[Article]:
    """Articles of the replica, repeated under other numbers and addresses."""
    read = [article(parse(sample.html, sample.url)) for sample in replica()]
    return [replace(read[n % len(read)], id=n + 1, url=f"{HOME}/article-{n + 1}/") for n in range(number)]


def _taken(work: Callable[[Path], None]) -> tuple[float, float]:
    """Seconds of CPU and by the clock."""
    with TemporaryDirectory(prefix="bench-") as name:
        cpu, begun = time.process_time(), time.perf_counter()
        work(Path(name))
        return time.process_time() - cpu, time.perf_counter() - begun
