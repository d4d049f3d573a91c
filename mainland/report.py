"""What people look at: a data folder as one page of HTML, which asks no network and runs no script."""

from __future__ import annotations

import base64
import glob
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mainland import charts, dates, lines, queries, schema, scratch, text, urls
from mainland.exit_status import SAW_EVERYTHING, ExitStatus
from mainland.runs import Run, history
from mainland.store import ARTICLES, CHANGES, DUPLICATES, REJECTED, REPORT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN = 30  # of each list; the rest is counted

_WINDOW = timedelta(days=1)
_DAYS = 60  # on the chart of days
_DAYS_NARROW = 28  # of them on a phone
_SECTIONS = 12
_RUNS = 200  # the last crawls that are looked at
_CRAWLS = 30  # of them on the charts
_CRAWLS_LISTED = 12
_ADDRESSES = 10  # of a crawl's failures
_LATELY = 50  # pages read that make a coverage
_CONTEXT = 8  # words shown on either side of a change
_LONGEST = 80  # words of a change that are shown
_CHANGES = 12  # changes of a text that are shown
_TOO_MUCH = 4_000_000  # pairs of words that are no longer compared

# Controls, marks that turn the direction of what follows, halves of characters.
_HARMFUL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_TYPES = queries.TYPES | dict.fromkeys(schema.INSTANTS | schema.DAYS, "VARCHAR")  # as they stand in the file
_BOOKKEEPING = frozenset(
    "site id revision change content_hash extractor date_crawled date_removed word_count duplicate_of".split()
)
_NOT_EDITED = frozenset("url date_modified date_published_raw views comments image".split())
_COMPARED = tuple(name for name in _TYPES if name not in _BOOKKEEPING | _NOT_EDITED)
_ALTERED = ("edited", "moved", "removed", "returned")
_COVERED = tuple(name for name in _TYPES if name not in _BOOKKEEPING)
_SLIM = "site, id, url, headline, authors, section, date_published, day_published"


class ReportError(Exception):
    """There is nothing to report on. Its text says why, in one line."""


class Piece(NamedTuple):
    """A part of a text that is held against an older one."""

    kind: str
    """``same``, ``gone``, ``come``, or ``gap`` where words are left out."""

    text: str


def write(folder: Path, out: Path, zone: tzinfo, since: datetime | None = None) -> None:
    """Writes the report on a data folder, in one step.

    :raises ReportError: there is no feed, or it cannot be read.
    :raises OSError: the file cannot be written.
    """
    lines.replace(out, [page(folder, zone, datetime.now(UTC), since).encode("utf-8", "replace")])


def page(folder: Path, zone: tzinfo, now: datetime, since: datetime | None = None) -> str:
    """The report on a data folder, as HTML.

    It tells what changed since an instant; without one, since the last crawl that changed something, and of a day at
    least. Times are given in ``zone``. It only reads, so that a crawl may be running.

    :raises ReportError: there is no feed, or it cannot be read.
    """
    try:
        with scratch.temporary() as spilled, queries.database(spilled) as connection:
            connection.execute("SET threads = 1")  # each would take its own memory, and a crawl may be running
            _open(connection, folder)
            crawls = [run for run in history(folder) if run.is_crawl and run.leads]
            told = _told(connection, crawls, since or _default_since(connection, crawls, now), now)
        return _environment(zone).get_template(REPORT).render(told).lstrip()
    except (duckdb.Error, OSError) as error:
        raise ReportError(lines.printable(str(error).partition("\n")[0])) from error


# From files to rows


def _open(connection: DuckDBPyConnection, folder: Path) -> None:
    """Makes the files tables. Lines that cannot be read are rows of nulls: a crawl may be writing the last one.

    :raises ReportError: there is no feed.
    """

    def table(name: str, file: str, types: dict[str, str]) -> bool:
        path = folder / file
        if path.exists():
            connection.read_json(
                glob.escape(str(path)),
                columns=types,
                format="newline_delimited",
                ignore_errors=True,
                maximum_object_size=queries.LINE,
                hive_partitioning=False,
            ).create_view(name)
        return path.exists()

    has_changes = table("changes", CHANGES, _TYPES)
    if not table("articles", ARTICLES, _TYPES):
        if not has_changes:
            raise ReportError(f"there is no feed in {folder}: crawl first, or set MAINLAND_DATA_DIR")
        connection.execute(
            "CREATE VIEW articles AS SELECT * FROM (SELECT * FROM changes WHERE id IS NOT NULL"
            " QUALIFY row_number() OVER (PARTITION BY site, id ORDER BY revision DESC) = 1) WHERE date_removed IS NULL"
        )
    elif not has_changes:
        connection.execute("CREATE VIEW changes AS FROM articles")
    if not table("rejected", REJECTED, dict.fromkeys(("url", "reason", "date"), "VARCHAR")):
        connection.execute("CREATE VIEW rejected AS SELECT '' AS url, '' AS reason, '' AS date WHERE false")
    if not table("duplicates", DUPLICATES, {name: _TYPES[name] for name in ("site", "id")}):
        connection.execute("CREATE VIEW duplicates AS SELECT '' AS site, 0 AS id WHERE false")
    connection.execute(
        f"CREATE TEMP TABLE held AS SELECT {_SLIM}, duplicate_of, TRY_CAST(day_published AS DATE) AS day FROM articles"
    )


def _rows(connection: DuckDBPyConnection, sql: str, **values: Any) -> list[dict[str, Any]]:
    """What a query gives."""
    result = connection.execute(sql, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _one(connection: DuckDBPyConnection, sql: str, **values: Any) -> Any:
    """The first value of a query."""
    (row, *_) = _rows(connection, sql, **values)
    return next(iter(row.values()))


def _default_since(connection: DuckDBPyConnection, crawls: list[Run], now: datetime) -> datetime:
    """The start of the last crawl that changed something, or a day before the last one, whichever is earlier."""
    ends = [run.ended for run in crawls if run.ended]
    if not ends:
        last = dates.instant(_one(connection, "SELECT max(coalesce(date_crawled, date_removed)) FROM changes"))
        return (last or now) - _WINDOW
    starts = [run.began for run in crawls if run.began and run.delivered]
    return min([ends[-1] - _WINDOW, *starts[-1:]])


# From rows to what the page tells

_NEWEST = "coalesce(date_published, day_published) DESC NULLS LAST, id DESC"
_COPIES = f"""
    SELECT copy.*, original.headline AS original, original.url AS original_url
    FROM held AS copy LEFT JOIN held AS original ON original.site = copy.site AND original.id = copy.duplicate_of
    WHERE copy.duplicate_of IS NOT NULL
    ORDER BY coalesce(copy.date_published, copy.day_published) DESC NULLS LAST, copy.id DESC LIMIT {SHOWN}"""
_LEFT_OUT = "SELECT count(id) FROM duplicates ANTI JOIN held USING (site, id)"  # MAINLAND_DROP_DUPLICATES
_REASONS = """
    SELECT reason, count(DISTINCT url) AS n FROM rejected WHERE url <> '' GROUP BY reason
    ORDER BY n DESC, reason LIMIT 8"""
_REJECTED_LATELY = f"FROM rejected WHERE url <> '' AND date >= $since ORDER BY date DESC LIMIT {SHOWN}"


def _told(connection: DuckDBPyConnection, crawls: list[Run], since: datetime, now: datetime) -> dict[str, Any]:
    """All that the page shows."""
    connection.execute(
        f"CREATE TEMP TABLE recent AS SELECT {_SLIM}, revision, change, coalesce(date_crawled, date_removed) AS written"
        " FROM changes WHERE id IS NOT NULL AND coalesce(date_crawled, date_removed) >= $since",
        {"since": dates.utc(since)},
    )
    last = crawls[-1] if crawls else None
    until = (last and last.ended) or now
    held = _one(connection, "SELECT count(id) FROM held")
    trouble = [run for run in crawls[-_RUNS:] if _is_noteworthy(run) and (run.ended or since) >= since]
    return {
        "site": _one(connection, "SELECT any_value(site) FROM held") or "",
        "now": now,
        "since": since,
        "until": until,
        "shown": SHOWN,
        "addresses": _ADDRESSES,
        "last": last,
        "last_whole": next((run for run in reversed(crawls) if run.is_good), None),
        "held": held,
        "left_out": _one(connection, _LEFT_OUT),
        "on_site": next((run.posts_on_site for run in reversed(crawls) if run.posts_on_site is not None), None),
        "unreadable": _one(connection, "SELECT count(*) FROM held WHERE id IS NULL"),
        "newest": _newest(connection, now),
        "changed": dict.fromkeys(schema.CHANGES, 0)
        | {row["change"]: row["n"] for row in _rows(connection, "SELECT change, count(*) AS n FROM recent GROUP BY 1")},
        "new": _rows(connection, f"FROM recent WHERE change = 'new' ORDER BY {_NEWEST} LIMIT {SHOWN}"),
        **_altered(connection),
        "copies": _rows(connection, _COPIES),
        "copied": _one(connection, "SELECT count(duplicate_of) FROM held"),
        "days": _days(connection, until),
        "sections": _sections(connection, held),
        "coverage": _coverage(connection, crawls[-_RUNS:], held),
        "crawls": crawls[: -_CRAWLS_LISTED - 1 : -1],
        "crawl_charts": _crawl_charts(crawls[-_CRAWLS:]),
        "reasons": _rows(connection, _REASONS),
        "rejected": _rows(connection, _REJECTED_LATELY, since=dates.utc(since)),
        "trouble": trouble[: -SHOWN - 1 : -1],
    }


def _is_noteworthy(run: Run) -> bool:
    """Whether something went wrong."""
    return bool(run.exit_status or run.failures or run.alarms or run.mended)


def _seconds(run: Run) -> int | None:
    """How long a crawl took; None if that is not known."""
    return int((run.ended - run.began).total_seconds()) if run.began and run.ended else None


def _newest(connection: DuckDBPyConnection, now: datetime) -> dict[str, Any] | None:
    """The article published last, of those whose instant is known and past."""
    found = _rows(
        connection,
        "FROM held WHERE date_published <= $now ORDER BY date_published DESC, id DESC LIMIT 1",
        now=dates.utc(now),
    )
    return found[0] if found else None


def _altered(connection: DuckDBPyConnection) -> dict[str, list[dict[str, Any]]]:
    """The last lines of each change of an older line, which stands in them as ``before`` if it is held."""
    shown = {
        change: _rows(
            connection,
            f"FROM recent WHERE change = $change ORDER BY written DESC, id DESC LIMIT {SHOWN}",
            change=change,
        )
        for change in _ALTERED
    }
    wanted = [row for rows in shown.values() for row in rows]
    if wanted:
        found = _rows(
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
    """A field as text: lists with commas, of objects what they say."""
    if isinstance(value, dict):
        return " ".join(_as_text(each) for each in value.values() if each is not None)
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return "" if value is None else str(value)


def differences(old: str, new: str) -> list[Piece]:
    """How a text became another, word by word, with a few words around each change.

    >>> [tuple(piece) for piece in differences("A litre costs 31 cents.", "A litre costs 30 cents.")]
    [('same', 'A litre costs'), ('gone', '31'), ('come', '30'), ('same', 'cents.')]
    """
    before, after = old.split(), new.split()
    start = text.alike(before, after)
    end = text.alike(before[start:][::-1], after[start:][::-1])
    gone, come = before[start : len(before) - end], after[start : len(after) - end]
    codes: Sequence[tuple[str, int, int, int, int]] = [("replace", 0, len(gone), 0, len(come))]
    if len(gone) * len(come) <= _TOO_MUCH:
        codes = SequenceMatcher(None, gone, come).get_opcodes()
    pieces = _context(before[:start], head=False, tail=True)
    changes = 0
    for kind, i, j, k, m in codes:
        if kind == "equal":
            pieces += _context(gone[i:j], head=True, tail=True)
            continue
        changes += 1
        if changes > _CHANGES:
            return [*pieces, Piece("gap", "… and more further on")]
        pieces += [Piece("gone", _clipped(gone[i:j]))] if i < j else []
        pieces += [Piece("come", _clipped(come[k:m]))] if k < m else []
    return pieces + _context(before[len(before) - end :], head=True, tail=False)


def _context(words: list[str], *, head: bool, tail: bool) -> list[Piece]:
    """Words that stayed: those next to a change, with a gap for the rest."""
    first, last = _CONTEXT * head, _CONTEXT * tail
    if len(words) <= first + last + 1:
        shown = [Piece("same", " ".join(words))]
    else:
        shown = [
            Piece("same", " ".join(words[:first])),
            Piece("gap", "…"),
            Piece("same", " ".join(words[len(words) - last :])),
        ]
    return [piece for piece in shown if piece.text]


def _clipped(words: list[str]) -> str:
    """Words as far as they are shown."""
    rest = len(words) - _LONGEST
    return " ".join(words[:_LONGEST]) + (f" … {rest:,} more words" if rest > 0 else "")


def _days(connection: DuckDBPyConnection, until: datetime) -> dict[str, Any]:
    """Articles of each of the last days, up to the last that has some."""
    tomorrow = until.date() + timedelta(days=1)  # it is already somewhere
    last = _one(connection, "SELECT max(day) FROM held WHERE day <= $tomorrow", tomorrow=tomorrow) or until.date()
    days = [last - timedelta(days=_DAYS - 1 - number) for number in range(_DAYS)]
    counted = _rows(
        connection,
        "SELECT day, count(*) AS n FROM held WHERE day BETWEEN $first AND $last GROUP BY day",
        first=days[0],
        last=last,
    )
    by_day = {row["day"]: row["n"] for row in counted}
    counts = [by_day.get(day, 0) for day in days]
    labels = [_day_and_month(day) for day in days]
    title = f"Articles a day, {_day(days[0])} to {_day(last)}"
    part = f"Articles a day, {_day(days[-_DAYS_NARROW])} to {_day(last)}"
    return {
        "total": sum(counts),
        "rows": list(zip(days, counts, strict=True))[::-1],
        "wide": charts.columns(title, labels, counts, shown=range(_DAYS - 1, 0, -7), width=880, height=230),
        "narrow": charts.columns(
            part,
            labels[-_DAYS_NARROW:],
            counts[-_DAYS_NARROW:],
            shown=range(_DAYS_NARROW - 1, 0, -7),
            width=330,
            height=190,
        ),
        "titles": (title, part),
    }


def _sections(connection: DuckDBPyConnection, held: int) -> dict[str, Any]:
    """Articles held of each main section, the largest first."""
    found = _rows(
        connection,
        "SELECT coalesce(section, 'none') AS section, count(*) AS n FROM held WHERE id IS NOT NULL"
        f" GROUP BY ALL ORDER BY n DESC, section LIMIT {_SECTIONS}",
    )
    rest = held - sum(row["n"] for row in found)
    rows = [(row["section"], row["n"]) for row in found] + ([("all others", rest)] if rest else [])
    labels, counts = [_short(harmless(name)) for name, _ in rows], [n for _, n in rows]
    title = "Articles held, by main section"
    return {
        "title": title,
        "rows": rows,
        "wide": rows and charts.bars(title, labels, counts, width=880),
        "narrow": rows and charts.bars(title, labels, counts, width=330),
    }


def _coverage(connection: DuckDBPyConnection, crawls: list[Run], held: int) -> dict[str, Any]:
    """How many articles have each field: of all that are held, and of those that the last crawls read."""
    counted = ", ".join(
        f"count(*) FILTER (len({name}) > 0) AS {name}" if _TYPES[name].endswith("[]") else f"count({name}) AS {name}"
        for name in _COVERED
    )
    (of_all,) = _rows(connection, f"SELECT {counted} FROM articles WHERE id IS NOT NULL")
    runs = [run for run in crawls if run.read > 0 and run.filled]
    lately: list[Run] = []
    while len(lately) < len(runs) and sum(run.read for run in lately) < _LATELY:
        lately.append(runs[-len(lately) - 1])
    read = sum(run.read for run in lately)
    noted = {name for run in runs for name in run.filled}
    rows: list[dict[str, Any]] = []
    for name in _COVERED:
        shares = [min(1.0, run.filled.get(name, 0) / run.read) for run in runs[-_CRAWLS:]]
        rows.append(
            {
                "name": name,
                "all": of_all[name] / held if held else 0.0,
                "lately": min(1.0, sum(run.filled.get(name, 0) for run in lately) / read) if name in noted else None,
                "spark": charts.spark(f"{name} in the last {len(shares)} crawls", shares) if name in noted else None,
            }
        )
    always = [row["name"] for row in rows if row["all"] == 1 and row["lately"] in (1, None)]
    return {"always": always, "rows": [row for row in rows if row["name"] not in always], "read": read}


def _crawl_charts(runs: list[Run]) -> list[dict[str, Any]]:
    """Requests and seconds of the last crawls."""
    labels = [_day_and_month(run.ended.date()) if run.ended else "" for run in runs]
    firsts = [place for place, label in enumerate(labels) if not place or label != labels[place - 1]]
    shown = firsts[:: len(firsts) // 6 + 1]
    wanted = (
        (f"Requests of the last {len(runs)} crawls", [sum(run.requests.values()) for run in runs]),
        (f"Seconds that the last {len(runs)} crawls took", [_seconds(run) or 0 for run in runs]),
    )
    return [
        {"title": title, "chart": charts.columns(title, labels, values, shown=shown, width=430, height=190)}
        for title, values in wanted
    ]


# From what it tells to HTML


def harmless(value: str) -> str:
    r"""A text without characters that turn the page around it: controls, marks of direction, halves of characters.

    >>> harmless("K\u202e\x00öln\ud800")
    'Köln'
    """
    return _HARMFUL.sub("", value)


def _environment(zone: tzinfo) -> Environment:
    """Jinja, which escapes all that is not markup of ours, and makes it harmless before."""
    environment = Environment(
        loader=PackageLoader("mainland"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: harmless(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "at": lambda moment: _at(moment, zone),
        "day": _day,
        "ago": _ago,
        "number": lambda value: f"{value:,}",
        "percent": _percent,
        "duration": lambda run: _duration(_seconds(run)),
        "instant": dates.instant,
        "web": _web,
    }
    style = environment.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals |= {"ExitStatus": ExitStatus, "saw_everything": SAW_EVERYTHING}
    environment.globals |= {"style": Markup(style), "digest": digest, "zone": str(zone)}  # noqa: S704 - our own file
    return environment


def _web(url: Any) -> str | None:
    """The address if it is one of the web, which alone becomes a link."""
    is_web = isinstance(url, str) and re.match("https?://", url, re.IGNORECASE) and urls.host(url)
    return harmless(url) if is_web else None


def _at(moment: datetime | None, zone: tzinfo) -> Markup:
    """An instant on the newsroom's clock; for machines in UTC."""
    if moment is None:
        return Markup("at an unknown time")
    local = moment.astimezone(zone)
    return Markup('<time datetime="{}">{}, {}</time>').format(dates.utc(moment), _day(local.date()), f"{local:%H:%M}")


def _day(day: date) -> str:
    return f"{_day_and_month(day)} {day.year}"


def _day_and_month(day: date) -> str:
    return f"{day.day}\u00a0{day:%b}"


def _ago(moment: datetime, now: datetime) -> str:
    """How long before now.

    >>> now = datetime(2022, 1, 7, tzinfo=UTC)
    >>> _ago(now - timedelta(hours=47), now), _ago(now - timedelta(days=2), now), _ago(now, now)
    ('47 hours ago', '2 days ago', 'just now')
    """
    seconds = (now - moment).total_seconds()
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size):,} {unit} ago"
    return "just now"


def _duration(seconds: int | None) -> str:
    """How long something took.

    >>> _duration(119), _duration(125), _duration(9000), _duration(None)
    ('119 s', '2 min', '2.5 h', 'an unknown time')
    """
    if seconds is None:
        return "an unknown time"
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds} s"


def _percent(share: float) -> str:
    """A share; rounding makes it neither all nor none.

    >>> [_percent(share).replace("\u00a0", " ") for share in (1, 0.9999, 0.0001, 0)]
    ['100 %', '99.9 %', '0.1 %', '0 %']
    """
    exact = share if share in (0, 1) else min(max(share, 0.001), 0.999)
    return f"{100 * exact:.{0 if exact in (0, 1) else 1}f}\u00a0%"


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"
