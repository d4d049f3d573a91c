"""One site for one, two and four workers; and four sites at once on one machine."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.tables import table
from tests.support import servers
from tests.support.crawling import command, expected, stored
from tests.support.replica import Replica
from tests.support.sample_data import ROOT

_DELAY = 0.1
_SITES = 4
_NUMBERS = count(1)


def main() -> None:
    """Print the tables."""
    articles = int(os.environ.get("BENCH_ARTICLES", "400"))
    with servers.redis_server() as redis, servers.postgres_server() as postgres:
        rows = []
        for delay in (0.0, _DELAY):
            for workers in (0, 1, 2, 4):
                database = servers.database(postgres, f"bench_{next(_NUMBERS)}") if workers else ""
                rows.append(_one_site(articles, workers, delay, database, redis))
        table(
            f"Workers: {articles} articles; 0 is SQLite without any of this",
            ("workers", "delay s", "requests", "seconds", "requests a second", "CPU ms a request, all workers"),
            rows,
        )
    table(
        f"Sites: {_SITES} at once, each in its folder",
        ("site", "requests", "seconds", "requests a second", "CPU ms a request"),
        _many_sites(articles),
    )


def _one_site(articles: int, workers: int, delay: float, database: str, redis: str) -> list[str]:
    with Replica(articles=articles) as site, TemporaryDirectory() as name:
        shared = {"MAINLAND_ARCHIVE": database, "REDIS_URL": redis} if workers else {}
        commands = [
            command(
                *("-a", f"site={site.url}"),
                MAINLAND_DATA_DIR=name,
                DOWNLOAD_DELAY=delay,
                CONCURRENT_REQUESTS_PER_DOMAIN=1 if delay else 16,
                MAINLAND_WORKER=f"w{number}" if workers else "",
                **shared,
            )
            for number in range(max(workers, 1))
        ]
        cpu = _run(commands)
        truth = expected(site)
        if stored(Path(name), truth) != truth:
            raise RuntimeError("the dataset is incomplete")
        requests, seconds = _rate(site)
    return [
        *(str(workers), f"{delay:.1f}", str(requests), f"{seconds:.1f}", f"{requests / seconds:.1f}"),
        f"{1000 * cpu / requests:.1f}",
    ]


def _many_sites(articles: int) -> list[list[str]]:
    with TemporaryDirectory() as name, ExitStack() as stack:
        sites = [stack.enter_context(Replica(articles=articles // _SITES, seed=seed)) for seed in range(_SITES)]
        commands = [
            command(
                *("-a", f"site={site.url}"),
                MAINLAND_DATA_DIR=Path(name) / str(number),
                DOWNLOAD_DELAY=_DELAY,
                CONCURRENT_REQUESTS_PER_DOMAIN=1,
            )
            for number, site in enumerate(sites)
        ]
        cpu = _run(commands)
        rates = [_rate(site) for site in sites]
    rows = []
    for number, (requests, seconds) in enumerate(rates):
        rows.append([str(number + 1), str(requests), f"{seconds:.1f}", f"{requests / seconds:.1f}", ""])
    total = sum(requests for requests, _ in rates)
    longest = max(seconds for _, seconds in rates)
    return [*rows, ["all", str(total), f"{longest:.1f}", f"{total / longest:.1f}", f"{1000 * cpu / total:.1f}"]]


def _run(commands: list[list[str]]) -> float:
    """The CPU seconds of commands that run at the same time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [subprocess.Popen(each, cwd=ROOT, stderr=subprocess.PIPE, text=True) for each in commands]
    for process in running:
        errors = process.communicate()[1]
        if process.returncode:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}: {errors!r}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _rate(site: Replica) -> tuple[int, float]:
    """How many requests a site had, and the seconds from the first to the last, as its log says."""
    times = sorted(request["time"] for request in site.requests())
    return len(times), max(times[-1] - times[0], time.get_clock_info("time").resolution)


if __name__ == "__main__":
    main()
