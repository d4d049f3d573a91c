"""The state of a data folder, from its files alone."""

from __future__ import annotations

import glob
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from mainland import drift, lines, runs, scratch, tombstones
from mainland.queries import LINE, database, kept
from mainland.runs import Run
from mainland.store import ARTICLES, CHANGES, DUPLICATES, FORGOTTEN, REJECTED, workers

_RUNS = 5  # the last crawls that are listed
_KEPT = ("start", "end", "exit_status", "verdict", "delivered", "failed", "alarms")


def status(folder: Path, now: datetime) -> dict[str, Any]:
    """What a folder holds, how fresh it is, how the last crawls went, and what the site says that it has.

    As JSON: instants as text, UTC; null for what is not known.

    :raises OSError: the folder cannot be read, or it is not known what was forgotten.
    """
    forgotten = len(tombstones.read(folder / FORGOTTEN))
    told = runs.history(folder)
    crawls = [run for run in told if run.is_crawl and run.end and run.leads]
    good = [run for run in crawls if run.is_good]
    last = crawls[-1] if crawls else Run()
    found = _rows(folder, "count(*), max(date_published), max(date_crawled), any_value(site)", "TRUE")
    held, published, crawled, site = found[0] if found else (0, None, None, None)
    return {
        "folder": str(folder),
        "site": last.site or site,
        "articles": held,
        "newest_published": published,
        "newest_crawled": crawled,
        "last_crawl": last.end or None,
        "last_good_crawl": good[-1].end if good else None,
        "hours_since_good": _hours(good[-1], now) if good else None,
        "crawls": [{name: getattr(run, name) for name in _KEPT} for run in crawls[-_RUNS:]],
        "sources": last.sources,
        "changes_by": last.changes_by,
        "on_site": _compared(folder, crawls, held, forgotten),
        "open_alarms": drift.open_alarms(told),
        "unconfirmed": runs.unconfirmed(told),
        "reservations": {name: value for run in crawls for name, value in run.reservations.items()},
    }


def _compared(folder: Path, crawls: list[Run], held: int, forgotten: int) -> dict[str, Any] | None:
    """The site's own count of its posts, and what makes the difference; None where it gives none.

    REST counts posts that are protected by a password, whose texts nobody may read, those that were forgotten here, and
    copies that are left out.
    """
    counts = [run.posts_on_site for run in crawls if run.posts_on_site is not None]
    if not counts:
        return None
    reasons = {each["url"]: each["reason"] for each in _records(folder / REJECTED) if each.keys() >= {"url", "reason"}}
    rejected = Counter(reasons[url] for url in reasons.keys() - _held(folder, list(reasons)))
    protected, left_out = rejected["password-protected"], _left_out(folder)
    explained = held + left_out + protected + forgotten
    return {
        "posts": counts[-1],
        "protected": protected,
        "forgotten": forgotten,
        "left_out": left_out,
        "unexplained": max(0, counts[-1] - explained),  # what was forgotten can be gone there too
        "rejected": dict(rejected.most_common()),
    }


def _left_out(folder: Path) -> int:
    """How many copies are not among the current articles, because of ``MAINLAND_DROP_DUPLICATES``."""
    copies = {each["id"] for each in _records(folder / DUPLICATES) if isinstance(each.get("id"), int)}
    found = _rows(folder, "count(*)", "id IN (SELECT unnest(?))", list(copies)) if copies else []
    return len(copies) - (found[0][0] if found else 0)


def _held(folder: Path, addresses: list[str]) -> set[str]:
    """Those of some addresses that are an article's by now."""
    return {url for (url,) in _rows(folder, "url", "url IN (SELECT unnest(?))", addresses)} if addresses else set()


def _rows(folder: Path, columns: str, condition: str, *values: Any) -> list[tuple[Any, ...]]:
    """Columns of the current articles that fulfil a condition; from the changes where nothing is published yet.

    Fields are as they stand in the file; of them site, id, url, revision, change, date_published and date_crawled.

    :raises OSError: the feed cannot be read.
    """
    paths = [folder / ARTICLES] if (folder / ARTICLES).exists() else workers(folder, CHANGES).values()
    files = [glob.escape(str(path)) for path in paths if path.stat().st_size]
    if not files:
        return []
    with scratch.temporary() as spilled, database(spilled) as connection:
        try:
            return connection.execute(
                f"SELECT {columns} FROM (FROM read_json(?, format = 'newline_delimited', hive_partitioning = false,"
                f" maximum_object_size = {LINE}, ignore_errors = true,"
                " columns = {site: 'VARCHAR', id: 'BIGINT', url: 'VARCHAR', revision: 'BIGINT', change: 'VARCHAR',"
                " date_published: 'VARCHAR', date_crawled: 'VARCHAR'}) WHERE url IS NOT NULL"
                " QUALIFY row_number() OVER (PARTITION BY id ORDER BY revision DESC) = 1)"
                f" WHERE change <> 'removed' AND {kept([folder])} AND {condition}",
                [files, *values],
            ).fetchall()
        except duckdb.Error as error:
            raise OSError(str(error).partition("\n")[0]) from error


def _records(path: Path) -> list[dict[str, Any]]:
    return [record for _, record in lines.records(path) if record] if path.exists() else []


def _hours(run: Run, now: datetime) -> float | None:
    return (now - run.ended).total_seconds() / 3600 if run.ended else None
