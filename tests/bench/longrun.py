"""A month of a newspaper's life, a crawl a day: memory, files, requests, and whether the dataset is exact."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.measured import ROOT
from tests.bench.tables import table
from tests.support.crawling import COUNTS, changes, command, expected, stored
from tests.support.replica import Replica

_WEEK = 7
_PAUSE = 0.2


@dataclass(frozen=True)
class Day:
    """What the crawl of a day took."""

    number: int
    status: int
    lines: int
    requests: int
    seconds: float
    cpu: float
    memory: list[float]
    """MB at regular moments."""

    files: list[int]
    """Open files at the same moments."""

    index: float
    """MB."""

    exact: bool
    """Whether the dataset says of each article what is true on that day."""

    @property
    def settled(self) -> list[float]:
        """Memory after the first third of the crawl."""
        return self.memory[len(self.memory) // 3 :] or self.memory


def main() -> None:
    """Print the table; ``BENCH_LONGRUN`` is the number of articles, ``BENCH_DAYS`` the number of days."""
    articles, last = int(os.environ.get("BENCH_LONGRUN", "1000")), int(os.environ.get("BENCH_DAYS", "10"))
    table(
        f"Long run: {articles:,} articles and {last} days, a crawl a day at zero delay; every seventh reads all",
        (
            *("day", "status", "lines", "requests", "seconds", "CPU s"),
            *("MB after a third", "at the end", "peak", "files after a third, most", "index MB", "dataset exact"),
        ),
        [
            [
                *(str(day.number), str(day.status), str(day.lines), str(day.requests)),
                *(f"{day.seconds:.0f}", f"{day.cpu:.1f}"),
                *(f"{day.settled[0]:.0f}", f"{median(day.settled[-5:]):.0f}", f"{max(day.memory):.0f}"),
                *(f"{day.files[len(day.files) // 3]}, {max(day.files)}", f"{day.index:.1f}"),
                "yes" if day.exact else "NO",
            ]
            for day in month(articles, last)
        ],
    )


def month(articles: int, last: int) -> Iterator[Day]:
    """What the crawls took from day 0 to the last."""
    with Replica(articles=articles) as site, TemporaryDirectory() as name:
        for number in range(last + 1):
            site.set_day(number)
            yield _crawled(site, Path(name), number)


def _crawled(site: Replica, data: Path, number: int) -> Day:
    full = ["-a", "full=1"] if number and number % _WEEK == 0 else []
    before, requested = (len(changes(data)) if number else 0), len(site.requests())
    memory, files = [], []
    begun = time.perf_counter()
    process = subprocess.Popen(command("-a", f"site={site.url}", *full, MAINLAND_DATA_DIR=data), cwd=ROOT)
    about = Path("/proc", str(process.pid))
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        memory.append(int((about / "statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6)
        files.append(len(list((about / "fd").iterdir())))
        time.sleep(_PAUSE)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    wanted = expected(site, COUNTS)
    return Day(
        number,
        process.returncode,
        lines=len(changes(data)) - before,
        requests=len(site.requests()) - requested,
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=memory,
        files=files,
        index=(data / "index.sqlite").stat().st_size / 1e6,
        exact=stored(data, wanted) == wanted,
    )
