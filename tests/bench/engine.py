"""A whole crawl beside a spider that only fetches the same pages."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.measured import Took, took
from tests.bench.tables import MOST_ENGINE, judged, table
from tests.support.crawling import command, records
from tests.support.replica import Replica
from tests.support.replica.newsroom import LEAST, Newsroom

_ROUNDS = 3


def main() -> None:
    """Print the table."""
    articles = int(os.environ.get("BENCH_ARTICLES", "1000"))
    rounds: list[tuple[float, float, float, float]] = []
    with Replica(articles=articles) as site, Replica(articles=LEAST) as small, TemporaryDirectory() as name:
        folder = Path(name)
        addresses = _addresses(articles, site.url)
        crawl(small, folder / "small")
        for number in range(_ROUNDS):
            empty = fetch([], folder).cpu, crawl(small, folder / "small").cpu
            bare = fetch(addresses, folder)
            before = len(site.requests())
            whole = crawl(site, folder / str(number))
            requested = len(site.requests()) - before
            rounds.append((bare.cpu - empty[0], whole.cpu - empty[1], bare.memory, whole.memory))
        stored = len(records(folder / "0" / "articles.jsonl"))
    pages = len(addresses)
    theirs, ours, lean, full = (median(column) for column in zip(*rounds, strict=True))
    ratios = [mine / others for others, mine, *_ in rounds]
    table(
        f"Engine: {stored} articles on {pages} pages, CPU of the process without its start, median of {_ROUNDS} runs",
        ("spider", "requests", "ms a page of an article", "ratio", "of the runs", "ms a request", "ratio", "peak MB"),
        [
            [
                *("bare", str(pages), f"{1000 * theirs / pages:.2f}", "1.00", ""),
                *(f"{1000 * theirs / pages:.2f}", "1.00", f"{lean:.0f}"),
            ],
            [
                *("mainland", str(requested), f"{1000 * ours / pages:.2f}", judged(median(ratios), MOST_ENGINE)),
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                *(f"{1000 * ours / requested:.2f}", f"{median(ratios) * pages / requested:.2f}", f"{full:.0f}"),
            ],
        ],
    )


def crawl(site: Replica, data: Path) -> Took:
    """What a crawl of a site into a data folder takes."""
    return took(command("-a", f"site={site.url}", MAINLAND_DATA_DIR=data))


def fetch(addresses: list[str], folder: Path) -> Took:
    """What the bare spider takes for some addresses."""
    wanted, out = folder / "addresses.txt", folder / "bare.jsonl"
    wanted.write_text("".join(f"{url}\n" for url in addresses), "utf-8")
    out.unlink(missing_ok=True)
    measured = took([sys.executable, "-m", "tests.bench.bare", str(wanted), str(out)])
    found = len(records(out)) if out.exists() else 0
    if found != len(addresses):
        raise RuntimeError(f"the bare spider wrote {found} addresses of {len(addresses)}")
    return measured


def _addresses(articles: int, home: str) -> list[str]:
    """The pages of all articles, with their further parts."""
    newsroom = Newsroom(articles, seed=1, day=0)
    found: list[str] = []
    for article in map(newsroom.article, newsroom.numbers):
        further = [f"{article.path}{part}/" for part in range(2, len(article.parts) + 1)]
        found += [home + path for path in (article.path, *further)]
    return found
