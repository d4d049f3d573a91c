"""The numbers and rows of a report, without markup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from mainland.clean import dates
from mainland.clean.text import printable
from mainland.items import BOOKKEEPING
from mainland.reporting import contents, queries, schema
from mainland.reporting.contents import Contents
from mainland.reporting.views import SLIM, TYPES, ReportError, Row, create_views, first_value, rows
from mainland.reporting.worddiff import differences
from mainland.storage import scratch
from mainland.storage.errors import reason
from mainland.storage.runs import Run, history

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 30  # rows of each list; the rest is counted
DAYS = 60  # days whose articles are counted
CRAWLS = 30  # the last crawls, whose coverage is shown one by one

_WINDOW = timedelta(days=1)
_SECTIONS = 12  # the largest; the rest is one row
_RUNS = 200  # the last crawls that are looked at
_LATELY = 50  # articles read last, or a few more, that make one coverage

_BOOKKEEPING = BOOKKEEPING | {"site", "word_count"}
_NOT_EDITED = frozenset(
    "url date_modified date_published_raw views comments image author_pages section_pages tag_pages"
    " is_accessible_for_free original_url body_html embeds".split()
)
_COMPARED = tuple(name for name in TYPES if name not in _BOOKKEEPING | _NOT_EDITED)
_ALTERED = ("edited", "moved", "removed", "returned")
_COVERED = tuple(name for name in TYPES if name not in _BOOKKEEPING)


@dataclass(frozen=True)
class Figures:
    """What a report shows; its template knows them by these names. Lists of rows have :data:`SHOWN` at most."""

    site: str
    """Host of the site; empty where no article is stored."""

    now: datetime
    since: datetime
    """The instant from which on changes are shown."""

    until: datetime
    """The end of the last crawl."""

    last: Run | None
    """The last crawl."""

    last_good: Run | None
    """The last crawl that saw the whole site."""

    stored: int
    """Public articles in the dataset."""

    left_out: int
    """Number of near-duplicates that ``MAINLAND_DROP_DUPLICATES`` left out of the dataset."""

    on_site: int | None
    """Number of posts by the site's latest count."""

    unreadable: int
    """Lines of ``articles.jsonl`` that cannot be read."""

    newest: Row | None
    """The article with the latest ``date_published`` up to now; None where no article has one."""

    changed: dict[str, int]
    """Lines written since then, by ``change``."""

    new: list[Row]
    edited: list[Row]
    """Edited articles: each row has the line ``before`` it, if it is stored, and ``differences``, the changed pieces of
    each field. So have the rows of the next three lists.
    """

    moved: list[Row]
    removed: list[Row]
    returned: list[Row]
    near_duplicates: list[Row]
    """The newest near-duplicates, each with headline and address of the original."""

    near_duplicate_count: int
    """Stored articles that are near-duplicates."""

    contents: Contents
    """Statistics on the stored articles."""

    days: list[tuple[date, int]]
    """Articles of each of the last days, the oldest first."""

    sections: list[tuple[str, int]]
    """Stored articles of each main section, the largest first."""

    coverage: dict[str, Any]
    """``rows``: fields with their shares, 0 to 1; ``always``: fields of every article; ``read``: articles read last."""

    crawls: list[Run]
    """The last crawls, the oldest first."""

    reasons: list[Row]
    """Addresses that gave no article, counted by reason."""

    rejected: list[Row]
    """Those of them since then."""

    trouble: list[Run]
    """The crawls since then in which something went wrong, the newest first."""


def read(folder: Path, now: datetime, since: datetime | None = None) -> Figures:
    """What the report shows of a data folder.

    It shows what changed since an instant; without one, since the last crawl that changed something, and at least of
    one day. A crawl may be running: nothing is written.

    :raises ReportError: there is no dataset, or it cannot be read.
    :raises TombstoneError: ``forgotten.jsonl`` cannot be read.
    """
    is_kept = queries.not_forgotten([folder])
    try:
        with scratch.temporary() as spilled, queries.database(spilled) as connection:
            connection.execute("SET threads = 1")  # each would take its own memory, and a crawl may be running
            create_views(connection, folder, is_kept)
            crawls = [run for run in history(folder) if run.is_crawl and run.leads]
            return _figures(connection, crawls, since or _default_since(connection, crawls, now), now)
    except (duckdb.Error, OSError) as error:
        raise ReportError(printable(reason(error).partition("\n")[0])) from error


def _default_since(connection: DuckDBPyConnection, crawls: list[Run], now: datetime) -> datetime:
    """The instant from which on changes are shown by default.

    It is the start of the last crawl that changed something, or a day before the end of the last crawl, if that is
    earlier; without a crawl a day before the last line, or before ``now``.
    """
    ends = [run.ended for run in crawls if run.ended]
    if not ends:
        last = dates.instant(first_value(connection, "SELECT max(coalesce(date_crawled, date_removed)) FROM changes"))
        return (last or now) - _WINDOW
    starts = [run.began for run in crawls if run.began and run.delivered]
    return min([ends[-1] - _WINDOW, *starts[-1:]])


# From rows to figures

_NEWEST = "coalesce(date_published, day_published) DESC NULLS LAST, id DESC"
_NEAR_DUPLICATES = f"""
    SELECT near.*, original.headline AS original, original.url AS original_url
    FROM stored AS near LEFT JOIN stored AS original ON original.site = near.site AND original.id = near.duplicate_of
    WHERE near.duplicate_of IS NOT NULL
    ORDER BY coalesce(near.date_published, near.day_published) DESC NULLS LAST, near.id DESC LIMIT {SHOWN}"""
_LEFT_OUT = "SELECT count(id) FROM duplicates ANTI JOIN stored USING (site, id)"  # MAINLAND_DROP_DUPLICATES
_REASONS = """
    SELECT reason, count(DISTINCT url) AS n FROM rejected WHERE url <> '' GROUP BY reason
    ORDER BY n DESC, reason LIMIT 8"""
_REJECTED_LATELY = f"FROM rejected WHERE url <> '' AND date >= $since ORDER BY date DESC LIMIT {SHOWN}"


def _figures(connection: DuckDBPyConnection, crawls: list[Run], since: datetime, now: datetime) -> Figures:
    """What a report shows, from the views of :func:`_create_views`; ``crawls`` are all crawls, the oldest first.

    It creates the table ``recent``, the changes from ``since`` on, so that it can be called once for a connection.
    """
    connection.execute(
        f"CREATE TEMP TABLE recent AS SELECT {SLIM}, revision, change, coalesce(date_crawled, date_removed) AS written"
        " FROM changes WHERE id IS NOT NULL AND coalesce(date_crawled, date_removed) >= $since",
        {"since": dates.utc(since)},
    )
    last = crawls[-1] if crawls else None
    until = (last and last.ended) or now
    stored = first_value(connection, "SELECT count(id) FROM stored")
    trouble = [run for run in crawls[-_RUNS:] if _is_noteworthy(run) and (run.ended or since) >= since]
    return Figures(
        site=first_value(connection, "SELECT any_value(site) FROM stored") or "",
        now=now,
        since=since,
        until=until,
        last=last,
        last_good=next((run for run in reversed(crawls) if run.is_good), None),
        stored=stored,
        left_out=first_value(connection, _LEFT_OUT),
        on_site=next((run.posts_on_site for run in reversed(crawls) if run.posts_on_site is not None), None),
        unreadable=first_value(connection, "SELECT count(*) FROM stored WHERE id IS NULL"),
        newest=_newest(connection, now),
        changed=dict.fromkeys(schema.CHANGES, 0)
        | {row["change"]: row["n"] for row in rows(connection, "SELECT change, count(*) AS n FROM recent GROUP BY 1")},
        new=rows(connection, f"FROM recent WHERE change = 'new' ORDER BY {_NEWEST} LIMIT {SHOWN}"),
        **_altered(connection),
        near_duplicates=rows(connection, _NEAR_DUPLICATES),
        near_duplicate_count=first_value(connection, "SELECT count(duplicate_of) FROM stored"),
        contents=contents.read(connection),
        days=_days(connection, until),
        sections=_sections(connection, stored),
        coverage=_coverage(connection, crawls[-_RUNS:], stored),
        crawls=crawls[-_RUNS:],
        reasons=rows(connection, _REASONS),
        rejected=rows(connection, _REJECTED_LATELY, since=dates.utc(since)),
        trouble=trouble[: -SHOWN - 1 : -1],
    )


def _is_noteworthy(run: Run) -> bool:
    """Whether a crawl has failures, alarms or repairs, or did not exit with status 0."""
    return bool(run.exit_status or run.failures or run.alarms or run.mended)


def _newest(connection: DuckDBPyConnection, now: datetime) -> Row | None:
    """The article with the latest ``date_published`` up to now; None where no article has one."""
    found = rows(
        connection,
        "FROM stored WHERE date_published <= $now ORDER BY date_published DESC, id DESC LIMIT 1",
        now=dates.utc(now),
    )
    return found[0] if found else None


def _altered(connection: DuckDBPyConnection) -> dict[str, list[Row]]:
    """The latest articles that were edited, moved, removed and returned, from the table ``recent``, by these words.

    Each row has the line ``before`` it (None if it is not stored) and its ``differences``: for an edit, by field.
    """
    shown = {
        change: rows(
            connection,
            f"FROM recent WHERE change = $change ORDER BY written DESC, id DESC LIMIT {SHOWN}",
            change=change,
        )
        for change in _ALTERED
    }
    wanted = [row for each in shown.values() for row in each]
    if wanted:
        found = rows(
            connection,
            f"SELECT DISTINCT ON (site, id, revision) site, id, revision, url, {', '.join(_COMPARED)} FROM changes"
            " WHERE list_contains($ids, id) AND list_contains($revisions, revision)",
            ids=sorted({row["id"] for row in wanted}),
            revisions=sorted({row["revision"] - step for row in wanted for step in (0, 1)}),
        )
        by_key = {(row["site"], row["id"], row["revision"]): row for row in found}
        for row in wanted:
            after = by_key.get((row["site"], row["id"], row["revision"]), {})
            row["before"] = before = by_key.get((row["site"], row["id"], row["revision"] - 1))
            row["differences"] = {
                name: differences(_as_text(before[name]), _as_text(after[name]))
                for name in _COMPARED
                if row["change"] == "edited" and before and after and before[name] != after[name]
            }
    return shown


def _as_text(value: Any) -> str:
    """The value of a field as text; of lists and objects the values in them; "" for None."""
    if isinstance(value, dict):
        return " ".join(_as_text(each) for each in value.values() if each is not None)
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return "" if value is None else str(value)


def _days(connection: DuckDBPyConnection, until: datetime) -> list[tuple[date, int]]:
    """The last :data:`DAYS` days and their numbers of articles, up to the last day that has any; the oldest first.

    Days after ``until`` do not count, but for the next one, which it already is somewhere.
    """
    tomorrow = until.date() + timedelta(days=1)  # it is already somewhere
    last = (
        first_value(connection, "SELECT max(day) FROM stored WHERE day <= $tomorrow", tomorrow=tomorrow) or until.date()
    )
    days = [last - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    counted = rows(
        connection,
        "SELECT day, count(*) AS n FROM stored WHERE day BETWEEN $first AND $last GROUP BY day",
        first=days[0],
        last=last,
    )
    by_day = {row["day"]: row["n"] for row in counted}
    return [(day, by_day.get(day, 0)) for day in days]


def _sections(connection: DuckDBPyConnection, stored: int) -> list[tuple[str, int]]:
    """The main sections and their numbers of articles, the largest first; a last row for all others."""
    found = rows(
        connection,
        "SELECT coalesce(section, 'none') AS section, count(*) AS n FROM stored WHERE id IS NOT NULL"
        f" GROUP BY ALL ORDER BY n DESC, section LIMIT {_SECTIONS}",
    )
    rest = stored - sum(row["n"] for row in found)
    return [(row["section"], row["n"]) for row in found] + ([("all others", rest)] if rest else [])


def _coverage(connection: DuckDBPyConnection, crawls: list[Run], stored: int) -> dict[str, Any]:
    """How many articles have each field, as shares from 0 to 1; ``stored`` is the number of articles.

    :returns: a dict. ``always``: the names of the fields that every stored article has, and every article that was read
        lately. ``rows``: a dict for each other field: ``name``; ``all``, the share of the stored articles; ``lately``,
        that of the articles read last; ``shares``, that of each of the last crawls, the oldest first. ``lately`` and
        ``shares`` are None if no run noted the field. ``read``: how many articles were read last, at least 50 if the
        runs read so many; 0 without such a run.
    """
    counted = ", ".join(
        f"count(*) FILTER (len({name}) > 0) AS {name}" if TYPES[name].endswith("[]") else f"count({name}) AS {name}"
        for name in _COVERED
    )
    (of_all,) = rows(connection, f"SELECT {counted} FROM articles WHERE id IS NOT NULL")
    runs = [run for run in crawls if run.read > 0 and run.filled]
    lately: list[Run] = []
    while len(lately) < len(runs) and sum(run.read for run in lately) < _LATELY:
        lately.append(runs[-len(lately) - 1])
    read = sum(run.read for run in lately)
    noted = {name for run in runs for name in run.filled}
    found: list[Row] = []
    for name in _COVERED:
        shares = [min(1.0, run.filled.get(name, 0) / run.read) for run in runs[-CRAWLS:]]
        found.append(
            {
                "name": name,
                "all": of_all[name] / stored if stored else 0.0,
                "lately": min(1.0, sum(run.filled.get(name, 0) for run in lately) / read) if name in noted else None,
                "shares": shares if name in noted else None,
            }
        )
    always = [row["name"] for row in found if row["all"] == 1 and row["lately"] in (1, None)]
    return {"always": always, "rows": [row for row in found if row["name"] not in always], "read": read}
