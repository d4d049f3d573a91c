"""The state of a data folder, from its files alone."""

from __future__ import annotations

import glob
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from mainland.clean.text import LONGEST_TEXT, printable
from mainland.crawl import drift
from mainland.pages.errors import PROTECTED
from mainland.reporting.queries import LINE, database, not_forgotten
from mainland.storage import runs, scratch, tombstones, warc
from mainland.storage.files import ARTICLES, CHANGES, DUPLICATES, FORGOTTEN, INDEX, REJECTED, workers
from mainland.storage.runs import Run
from mainland.storage.sqlite import reading

_REASONS = 1000  # of addresses that gave no article, the most frequent
_READ = (
    "read_json(${file}, format = 'newline_delimited', hive_partitioning = false,"
    f" maximum_object_size = {LINE}, ignore_errors = true,"
    " columns = {{site: 'VARCHAR', id: 'BIGINT', url: 'VARCHAR', reason: 'VARCHAR', revision: 'BIGINT',"
    " change: 'VARCHAR', date_published: 'VARCHAR', date_crawled: 'VARCHAR'}})"
)
_RUNS = 5  # the last crawls that are listed
_KEPT = ("start", "end", "exit_status", "verdict", "delivered", "failed", "alarms")


def status(folder: Path, now: datetime) -> dict[str, Any]:
    """The state of a data folder, for JSON: its articles, its last crawls, the comparison with the site's count.

    Instants are texts in UTC; None is for what is not known. A folder without crawls has 0 articles.

    :raises OSError: the folder cannot be read, or it is not known what was forgotten.
    """
    forgotten = len(tombstones.read(folder / FORGOTTEN))
    history = runs.history(folder)
    crawls = [run for run in history if run.is_crawl and run.end and run.leads]
    good = [run for run in crawls if run.is_good]
    last = crawls[-1] if crawls else Run()
    ((stored, published, crawled, site),) = _select(
        folder, "SELECT count(*), max(date_published), max(date_crawled), any_value(site) FROM current"
    )
    return {
        "folder": str(folder),
        "site": last.site or site,
        "articles": stored,
        "newest_published": published,
        "newest_crawled": crawled,
        "last_crawl": last.end or None,
        "last_good_crawl": good[-1].end if good else None,
        "hours_since_good": _hours(good[-1], now) if good else None,
        "crawls": [{name: getattr(run, name) for name in _KEPT} for run in crawls[-_RUNS:]],
        "sources": last.sources,
        "changes_by": last.changes_by,
        "on_site": _compared(folder, crawls, stored, forgotten),
        "addresses": _addresses(folder),
        "page_archive": _page_archive(folder),
        "open_alarms": drift.open_alarms(history),
        "unconfirmed": runs.unconfirmed(history),
        "reservations": {name: value for run in crawls for name, value in run.reservations.items()},
    }


def _addresses(folder: Path) -> dict[str, int] | None:
    """How many addresses wait for a request, by reason; None if there is no index, or it cannot be read."""
    try:
        with reading(folder / INDEX) as tables:
            return tables.ledger.count_open()
    except OSError:
        return None


def _page_archive(folder: Path) -> dict[str, int]:
    """The number of ``files`` of the page archive, and their size in ``bytes``."""
    sizes = [path.stat().st_size for path in warc.archives(folder)]
    return {"files": len(sizes), "bytes": sum(sizes)}


def _compared(folder: Path, crawls: list[Run], stored: int, forgotten: int) -> dict[str, Any] | None:
    """The latest count of posts that the site gave, and what explains the difference; None if it never gave one.

    ``crawls``: the oldest first. ``stored``, ``forgotten``: numbers of articles. The result has ``posts``, the count;
    those not in the dataset: ``protected`` (by a password), ``forgotten``, ``left_out`` (near-duplicates) and
    ``unexplained``, the rest, at least 0; ``rejected``: how many addresses show no article now, by reason.

    :raises OSError: a file cannot be read.
    """
    counts = [run.posts_on_site for run in crawls if run.posts_on_site is not None]
    if not counts:
        return None
    rejected, left_out = _rejected(folder), _left_out(folder)
    protected = rejected.get(PROTECTED, 0)
    explained = stored + left_out + protected + forgotten
    return {
        "posts": counts[-1],
        "protected": protected,
        "forgotten": forgotten,
        "left_out": left_out,
        "unexplained": max(0, counts[-1] - explained),  # what was forgotten can be gone there too
        "rejected": rejected,
    }


def _rejected(folder: Path) -> dict[str, int]:
    """How many addresses were rejected and show no article now, by the last reason, the most frequent first."""
    return dict(
        _select(
            folder,
            f"SELECT left(reason, {LONGEST_TEXT}) AS why, count(*) AS n FROM"
            f" (SELECT url, arg_max(reason, number) AS reason FROM"
            f" (SELECT url, reason, row_number() OVER () AS number FROM {_READ.format(file='rejected')}"
            " WHERE url IS NOT NULL AND reason IS NOT NULL) GROUP BY url)"
            f" WHERE url NOT IN (SELECT url FROM current) GROUP BY why ORDER BY n DESC, why LIMIT {_REASONS}",
            rejected=list(workers(folder, REJECTED).values()),
        )
    )


def _left_out(folder: Path) -> int:
    """How many near-duplicates ``MAINLAND_DROP_DUPLICATES`` left out of the current articles."""
    found = _select(
        folder,
        f"SELECT count(DISTINCT id) FROM {_READ.format(file='duplicates')}"
        " WHERE id NOT IN (SELECT id FROM current WHERE id IS NOT NULL)",
        duplicates=[folder / DUPLICATES],
    )
    return int(found[0][0]) if found else 0


def _select(folder: Path, sql: str, **files: list[Path]) -> list[tuple[Any, ...]]:
    """The rows of a query over files, given by the names of its parameters, and over the ``current`` articles.

    These come from the changes if nothing is published yet. Fields are as they are in the file. [] if one of the files
    does not exist.

    :raises OSError: a file cannot be read.
    """
    articles = [folder / ARTICLES] if (folder / ARTICLES).exists() else list(workers(folder, CHANGES).values())
    paths = {
        name: [glob.escape(str(path)) for path in found if path.exists() and path.stat().st_size]
        for name, found in {"articles": articles, **files}.items()
    }
    nothing = "(SELECT NULL AS site, NULL AS id, NULL AS url, NULL AS date_published, NULL AS date_crawled WHERE false)"
    current = (
        f"(SELECT * FROM {_READ.format(file='articles')} WHERE url IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY revision DESC) = 1)"
    )
    if not paths["articles"]:
        del paths["articles"]
        current = nothing
    if not all(paths.values()):
        return []
    for path in (each for found in (articles, *files.values()) for each in found):
        path.open("rb").close()  # DuckDB says of a folder that there is no file
    condition = not_forgotten([folder])
    with scratch.temporary() as spilled, database(spilled) as connection:
        try:
            return connection.execute(
                f"WITH current AS (SELECT * FROM {current} WHERE change <> 'removed' AND {condition}) {sql}"
                if current is not nothing
                else f"WITH current AS {nothing} {sql}",
                paths,
            ).fetchall()
        except duckdb.Error as error:
            raise OSError(printable(str(error).partition("\n")[0])) from error


def _hours(run: Run, now: datetime) -> float | None:
    """The hours since the end of a crawl; None if that is not known."""
    return (now - run.ended).total_seconds() / 3600 if run.ended else None
