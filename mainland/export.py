"""What analysts open: the articles as one table (Parquet, CSV, JSON Lines, Excel), the newest as a news feed."""

from __future__ import annotations

import glob
import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, get_args, get_type_hints, is_typeddict
from urllib.parse import urljoin

import duckdb
from filelock import FileLock, Timeout
from lxml import etree
from lxml.builder import ElementMaker
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException

from mainland import lines, scratch
from mainland.items import Article
from mainland.schema import DAYS, INSTANTS
from mainland.store import ARTICLES, CHANGES, DUPLICATES, FORGOTTEN, REJECTED, RUNS, LockedError, called, workers

EXPORTED = "exported.json"
LAST = "last"
CELL = 32_767  # characters that a cell of Excel holds, counted as UTF-16 does
ROWS = 1_048_575  # rows that a sheet of Excel has under its header
CUT = " … [cut]"

_OURS = frozenset({CHANGES, ARTICLES, DUPLICATES, REJECTED, RUNS, FORGOTTEN, EXPORTED, "crawl.json"})
_WORKER = re.compile(r"-[a-z0-9_]+(?=\.)")
_MEMORY = "1GB"  # for DuckDB; what does not fit into it waits on the disk
LINE = 64 << 20  # bytes of the longest line: two pages of DOWNLOAD_MAXSIZE
_GROUP = 20_000  # rows of a group in Parquet, which is held in memory
_BATCH = 500  # rows in Python's hands at once
_TAIL = 4096  # bytes by which a place in a file is known again
_NOTHING: dict[str, Any] = {"bytes": 0}
_WHERE = re.compile(r",? (?:at byte \d+ )?in line \d+")
_WHOLE = "CASE WHEN id IS NULL THEN error('a line has no id') ELSE true END"  # as the line null has none
_FORMULA = "'=', '+', '-', '@', '\t', '\r', ''''"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DC = "http://purl.org/dc/elements/1.1/"


class ExportError(Exception):
    """There is no table to be had. Its text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are wanted, and what of them."""

    folders: tuple[Path, ...]
    """Data folders, read as one."""

    since: date | None = None
    """The first day (in the site's time zone) or instant of publication."""

    until: date | None = None
    """The last day or instant of publication."""

    changed_since: datetime | str | None = None
    """Only what changed since an instant, removals too; with :data:`LAST` since the last such export."""

    sections: tuple[str, ...] = ()
    """Names or slugs; the articles of any of them."""

    authors: tuple[str, ...] = ()
    """Names; the articles of any of them."""

    all_revisions: bool = False
    """All lines of an article instead of its latest."""

    fields: tuple[str, ...] = ()
    """The columns, in order; all if empty."""

    drop_duplicates: bool = False
    """Whether copies are left out, with all their lines."""

    raw: bool = False
    """Whether CSV goes without protection from formulas."""

    newest: int = 50
    """Articles in a news feed."""

    home: str = "about:blank"
    """Address of the site for a news feed without articles."""


class Result(NamedTuple):
    """What came of an export."""

    rows: int
    rewritten: list[Path]
    """Folders whose ``changes.jsonl`` was written anew since the last export, so that all of it was exported."""


class Query(NamedTuple):
    """SQL that gives rows, and the values in it."""

    sql: str
    values: dict[str, Any]

    def columns(self, columns: Iterable[str], order: str = "") -> Query:
        """The same rows with other columns."""
        return Query(f"SELECT {', '.join(columns)} FROM ({self.sql}) {order}", self.values)


class Source(NamedTuple):
    """A file to read."""

    path: Path
    origin: Path
    """The file of the data folder: itself, or what it is a copy of."""

    mark: dict[str, Any] | None = None
    """How far the origin is exported with it, if it is a copy of the changes."""

    rewritten: bool = False
    """Whether the origin was written anew since the last export."""


def _types() -> dict[str, str]:
    """DuckDB's type of each field, from the item's."""
    plain = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN"}

    def named(hint: Any) -> str:
        if is_typeddict(hint):
            return f"STRUCT({', '.join(f'{key} {named(each)}' for key, each in get_type_hints(hint).items())})"
        inner = [part for part in get_args(hint) if part is not type(None)]
        if not inner:
            return plain[hint]
        return named(inner[0]) + ("" if type(None) in get_args(hint) else "[]")

    special = dict.fromkeys(INSTANTS, "TIMESTAMPTZ") | dict.fromkeys(DAYS, "DATE")
    return {name: special.get(name) or named(hint) for name, hint in get_type_hints(Article).items()}


TYPES = _types()


def moment(value: str) -> date:
    """A day, or an instant as a datetime; one that names no zone is UTC.

    >>> moment("2022-01-07"), moment("2022-01-07T09:00:00+01:00").isoformat()
    (datetime.date(2022, 1, 7), '2022-01-07T09:00:00+01:00')

    :raises ValueError: it is neither, or of the first or the last year that a clock knows.
    """
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if not date.min.year < found.year < date.max.year:  # another zone's clock would know it no more
        raise ValueError("out of range")
    return found


def instant(value: str) -> datetime:
    """An instant; that of a day is its midnight, UTC.

    >>> instant("2022-01-07").isoformat()
    '2022-01-07T00:00:00+00:00'

    :raises ValueError: it is neither.
    """
    found = moment(value)
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day, tzinfo=UTC)


def ending(out: Path) -> str:
    """The ending that says which format a file has.

    >>> ending(Path("a.b.jsonl.gz")), ending(Path("news.XML"))
    ('.jsonl.gz', '.xml')

    :raises ValueError: none does; the text says which do.
    """
    for known in WRITERS:
        if out.name.lower().endswith(known):
            return known
    raise ValueError(f"{str(out)!r} ends in no format: take {', '.join(WRITERS)}")


def is_ours(out: Path, folders: Iterable[Path]) -> bool:
    """Whether a file is one that a data folder lives by: one of these, or any."""
    place = out.resolve().parent
    is_data = place in {folder.resolve() for folder in folders} or next(place.glob("crawl*.lock"), None) is not None
    return _WORKER.sub("", out.name) in _OURS and is_data


def export(out: Path, selection: Selection) -> Result:
    """Writes what is selected, in one step: the file stays as it was until all is written.

    :raises ExportError: the feed cannot be read, or the format cannot hold the rows.
    :raises LockedError: another export is writing the file.
    :raises OSError: the file cannot be written.
    """
    write = WRITERS[ending(out)]
    closed = [folder for folder in selection.folders if not os.access(folder, os.W_OK)]
    if closed and selection.changed_since == LAST:
        raise OSError(f"how far it comes cannot be noted in {closed[0]}; give --changed-since TIME")
    with _scratch(out) as folder:
        beside = folder / "out"
        sources = list(_sources(selection, folder))
        try:
            with database(folder) as connection:
                rows = write(connection, _query(selection, sources), selection, beside)
        except (duckdb.IOException, duckdb.OutOfMemoryException, XlsxWriterException) as error:
            raise OSError(_reason(error, sources)) from error
        except duckdb.Error as error:
            raise ExportError(f"{_reason(error, sources)}; scrapy validate names lines and fields") from error
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(out)
    for source in sources:
        if source.mark is not None and selection.changed_since == LAST:
            lines.replace(_mark(source.origin), [lines.encode(source.mark)])
    return Result(rows, [source.origin for source in sources if source.rewritten])


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """A folder beside a file, for what comes before it; what a killed export left in it is taken away."""
    folder = out.with_name(f".{out.name}.export")
    folder.mkdir(exist_ok=True)
    try:
        lock = FileLock(folder / "lock").acquire(timeout=0)
    except Timeout:
        raise LockedError(f"another export is writing {out}") from None
    with lock:
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != "lock":
                left.unlink()
        with scratch.used(folder):
            yield folder


def database(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into the scratch folder and fetches no extension."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": _MEMORY,
            "threads": "2",  # each takes twice the longest line
            "temp_directory": str(folder / "spilled"),
        }
    )
    return connection.execute("SET TimeZone = 'UTC'")


def _reason(error: Exception, sources: list[Source]) -> str:
    """The first line of an error, with the names that people know; without a line's number, which can be another's."""
    said = _WHERE.sub("", str(error).partition("\n")[0]).rstrip(". ")
    for source in sources:
        said = said.replace(str(source.path), str(source.origin))
    return lines.printable(said)


# From folders to rows


def _sources(selection: Selection, copies: Path) -> Iterator[Source]:
    """The files to read: current articles, or the part of the changes that is asked for.

    Changes are copied, as far as their lines are whole: a crawl may be writing the next one. Of several folders one can
    know of a removal that another does not.

    :raises ExportError: a folder has no feed, or one that cannot be read, or not its history where that is asked for.
    """
    history = selection.all_revisions or selection.changed_since is not None
    for number, folder in enumerate(selection.folders):
        if not os.access(folder, os.R_OK | os.X_OK):
            raise ExportError(f"cannot read {folder}")
        articles, duplicates, files = folder / ARTICLES, folder / DUPLICATES, workers(folder, CHANGES)
        if not (articles.exists() or files):
            raise ExportError(f"there is no feed in {folder}: name the data folder of a crawl")
        if history and not files:
            raise ExportError(f"there is no {CHANGES} in {folder}: the next crawl makes it again")
        is_current = articles.exists() and not history and (len(selection.folders) == 1 or not files)
        for path in [articles] if is_current else [*files.values(), *([duplicates] if duplicates.exists() else [])]:
            try:
                path.open("rb").close()
            except OSError as error:
                raise ExportError(f"cannot read {path}: {error.strerror}") from error
        if is_current:
            yield Source(articles, articles)
            continue
        for worker, changes in files.items():
            last = _exported(_mark(changes)) if selection.changed_since == LAST else _NOTHING
            yield _copied(changes, copies / f"{number}-{worker}.jsonl", last)


def _copied(changes: Path, copy: Path, last: dict[str, Any]) -> Source:
    """A copy of the whole lines after the place of the last export; of all, if that place is not found again."""
    with changes.open("rb") as file:  # the same file to the end, whatever is put in its place
        is_there = last["bytes"] <= os.fstat(file.fileno()).st_size
        fits = last == _NOTHING or (is_there and last == _place(file, last["bytes"]))
        start = last["bytes"] if fits else 0
        file.seek(start)
        with copy.open("wb") as out:
            shutil.copyfileobj(file, out)
        lines.LinesFile(copy).close()  # sets half a line at the end aside
        return Source(copy, changes, _place(file, start + copy.stat().st_size), rewritten=not fits)


def _mark(changes: Path) -> Path:
    """The file that says how far changes were exported."""
    (worker,) = (worker for worker, path in workers(changes.parent, CHANGES).items() if path == changes)
    return changes.with_name(called(EXPORTED, worker))


def _exported(mark: Path) -> dict[str, Any]:
    """The place in ``changes.jsonl`` to which the last export came."""
    with suppress(OSError, ValueError):
        found = json.loads(mark.read_text("utf-8"))
        if isinstance(found, dict) and isinstance(found.get("bytes"), int) and found["bytes"] >= 0:
            return found
    return _NOTHING


def _place(file: BinaryIO, place: int) -> dict[str, Any]:
    """A place in a file, with what makes it known again: a digest of what stands before it."""
    file.seek(max(0, place - _TAIL))
    return {"bytes": place, "sha256": hashlib.sha256(file.read(min(place, _TAIL))).hexdigest()}


def _query(selection: Selection, sources: list[Source]) -> Query:
    """The selected rows of the files with all fields, ordered by site, id and revision."""
    if not sources:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in TYPES.items())
        return Query(f"SELECT {nothing} WHERE false", {})
    paths = [glob.escape(str(source.path)) for source in sources]  # DuckDB takes them for patterns
    values: dict[str, Any] = {"paths": paths, "types": TYPES, "longest": LINE}
    fields = ", ".join(
        f"coalesce({name}, []) AS {name}" if kind.endswith("[]") else name  # null in lines older than the field
        for name, kind in TYPES.items()
    )
    sql = (
        f"SELECT {fields}, coalesce(date_crawled, date_removed) AS written FROM read_json($paths,"
        " format = 'newline_delimited', hive_partitioning = false, columns = $types, maximum_object_size = $longest)"
        f" WHERE {_WHOLE}"
    )
    duplicates = _duplicates(sources)
    if duplicates:
        values |= {
            "duplicates": duplicates,
            "duplicate": {name: TYPES[name] for name in ("site", "id", "duplicate_of")},
        }
        sql = (
            "SELECT line.* REPLACE (coalesce(now.duplicate_of, line.duplicate_of) AS duplicate_of)"
            f" FROM ({sql}) AS line LEFT JOIN read_json("
            "$duplicates, format = 'newline_delimited', hive_partitioning = false, columns = $duplicate) AS now"
            " USING (site, id)"
        )
    if isinstance(selection.changed_since, datetime):
        values["changed_since"] = selection.changed_since.isoformat()
        sql = f"SELECT * FROM ({sql}) WHERE written >= CAST($changed_since AS TIMESTAMPTZ)"
    once_in_order = len(sources) == 1 and sources[0].path == sources[0].origin
    if not once_in_order:
        key = "site, id, revision, written" if selection.all_revisions else "site, id"
        is_one_folder = len({source.origin.parent for source in sources}) == 1
        latest = "revision DESC" if is_one_folder else "written DESC, revision DESC"
        sql = f"SELECT * FROM ({sql}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {latest}) = 1"
    conditions = " AND ".join(_conditions(selection, values)) or "true"
    order = "" if once_in_order else "ORDER BY site, id, revision, written"
    return Query(f"SELECT * EXCLUDE written FROM ({sql}) WHERE {conditions} {order}", values)


def _duplicates(sources: list[Source]) -> list[str]:
    """Files that say which articles are copies now, for sources whose lines do not."""
    beside = dict.fromkeys(source.origin.with_name(DUPLICATES) for source in sources if source.path != source.origin)
    return [glob.escape(str(path)) for path in beside if path.exists()]


def _conditions(selection: Selection, values: dict[str, Any]) -> Iterator[str]:
    """What the rows must fulfil; what they are compared with goes into the values."""
    if selection.changed_since is None and not selection.all_revisions:
        yield "date_removed IS NULL"
    if selection.drop_duplicates:
        yield "duplicate_of IS NULL"
    for name, sign, bound in (("since", ">=", selection.since), ("until", "<=", selection.until)):
        if bound is not None:
            values[name] = bound.isoformat()
            column = "date_published" if isinstance(bound, datetime) else "day_published"
            yield f"{column} {sign} CAST(${name} AS {TYPES[column]})"
    # A removal names no section and no author; who keeps a copy must hear of it all the same.
    removals = " OR change = 'removed'" if selection.changed_since is not None else ""
    for name, held, wanted in (
        ("sections", "list_append(sections, section)", selection.sections),
        ("authors", "authors", selection.authors),
    ):
        if wanted:
            values[name] = list(wanted)
            yield f"(list_has_any({_alike(held)}, {_alike(f'${name}')}){removals})"


def _alike(names: str) -> str:
    """SQL for names without case, accents, spaces and punctuation, so that a slug is like its name."""
    plain = "translate(strip_accents(lower(name)), 'łøđð', 'lodd')"  # letters with strokes have no accent to strip
    for letter, letters in (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th")):
        plain = f"replace({plain}, '{letter}', '{letters}')"
    bare = rf"regexp_replace({plain}, '[^\pL\pN]+', '', 'g')"
    return f"list_transform(CAST({names} AS VARCHAR[]), lambda name: {bare})"


# From rows to files


def _parquet(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Parquet: typed, nothing lost."""
    chosen = query.columns(selection.fields or TYPES)
    return _copy(connection, chosen, out, f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP}")


def _csv(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """CSV: lists and objects as JSON text, null as an empty cell."""
    protect = _as_it_is if selection.raw else _protected
    columns = (f"{_flat(name, protect)} AS {name}" for name in selection.fields or TYPES)
    return _copy(connection, query.columns(columns), out, "FORMAT csv, HEADER true")


def _json_lines(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """JSON Lines, letter by letter as in the feed."""
    with out.open("wb") as file:
        return _write_lines(connection, query, selection, file.write)


def _json_lines_gz(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """The same, compressed."""
    with gzip.open(out, "wb", compresslevel=6) as file:
        return _write_lines(connection, query, selection, file.write)


def _write_lines(
    connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, write: Callable[[bytes], int]
) -> int:
    names = selection.fields or tuple(TYPES)
    count = 0
    for count, row in enumerate(_rows(connection, query.columns(map(_spelled, names))), 1):  # noqa: B007
        write(lines.encode(dict(zip(names, row, strict=True))))
    return count


def _xlsx(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """One sheet of Excel: text only as text, instants as Excel's own, which know no zone, in UTC.

    :raises ExportError: there are more rows than a sheet has.
    """
    names = selection.fields or tuple(TYPES)
    ((count,),) = _rows(connection, query.columns(["count(*)"]))
    if count > ROWS:
        raise ExportError(f"{count} rows, and a sheet of Excel has {ROWS}: select less, or export to .parquet")
    columns = [
        f"{name} AT TIME ZONE 'UTC'" if name in INSTANTS else name if name in DAYS else _flat(name, _as_it_is)
        for name in names
    ]
    with Workbook(out, {"constant_memory": True, "tmpdir": str(out.parent)}) as book:
        sheet = book.add_worksheet("articles")
        sheet.freeze_panes(1, 0)
        forms = {name: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}) for name in INSTANTS}
        forms |= {name: book.add_format({"num_format": "yyyy-mm-dd"}) for name in DAYS}
        for column, name in enumerate(names):
            sheet.write_string(0, column, f"{name} (UTC)" if name in INSTANTS else name)
        for number, row in enumerate(_rows(connection, query.columns(columns)), 1):
            for column, (name, value) in enumerate(zip(names, row, strict=True)):
                if isinstance(value, str):
                    sheet.write_string(number, column, fitting(value))
                elif value is not None:
                    sheet.write(number, column, value, forms.get(name))
    return int(count)


def fitting(value: str) -> str:
    """A text as far as a cell of Excel holds it, with a mark where it was cut.

    >>> fitting("short"), fitting("x" * 40_000)[-10:], len(fitting("x" * 40_000))
    ('short', 'xx … [cut]', 32767)
    """
    units = value.encode("utf-16-le")
    if len(units) <= 2 * CELL:
        return value
    return units[: 2 * (CELL - len(CUT))].decode("utf-16-le", "ignore") + CUT


def _rss(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """RSS 2.0: headline, description and link of the newest."""
    articles = _newest(connection, query, selection)
    make, creator = ElementMaker(nsmap={"dc": _DC}), f"{{{_DC}}}creator"
    title, home = _about(articles, selection)
    channel = make.channel(make.title(title), make.link(home), make.description(f"The newest articles of {title}"))
    for article in articles:
        item = etree.SubElement(channel, "item")
        # Readers take the description for HTML, the other texts for what they are.
        parts = [("title", article["headline"]), ("link", article["url"])]
        parts += [("description", escape(article["description"] or "", quote=False))]
        parts += [(creator, name) for name in article["authors"]]
        parts += [("category", name) for name in article["sections"]]
        if article["date_published"]:
            published = datetime.fromisoformat(article["date_published"])
            parts.append(("pubDate", format_datetime(published, usegmt=True)))
        for tag, value in parts:
            if value:
                etree.SubElement(item, tag).text = _NOT_XML.sub("", value)
        etree.SubElement(item, "guid", isPermaLink="false").text = _number(article)
    out.write_bytes(
        etree.tostring(make.rss(channel, version="2.0"), encoding="utf-8", xml_declaration=True, pretty_print=True)
    )
    return len(articles)


def _json_feed(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """JSON Feed 1.1: the same. It wants a content of each item: that is the description."""
    articles = _newest(connection, query, selection)
    title, home = _about(articles, selection)
    items = [
        {
            "id": _number(article),
            "url": article["url"],
            "title": article["headline"],
            "content_text": article["description"] or article["headline"] or article["url"],
            "date_published": article["date_published"],
            "date_modified": article["date_modified"],
            "authors": [{"name": name} for name in article["authors"]],
            "tags": article["sections"],
            "language": article["language"],
        }
        for article in articles
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": home,
        "items": [{key: value for key, value in item.items() if value} for item in items],
    }
    out.write_bytes(lines.encode(feed))
    return len(articles)


def _newest(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection) -> list[dict[str, Any]]:
    """The newest articles, the newest first, without their texts."""
    names = [name for name in TYPES if name != "body"]
    order = f"ORDER BY coalesce(date_published, day_published) DESC NULLS LAST, id DESC LIMIT {selection.newest}"
    return [dict(zip(names, row, strict=True)) for row in _rows(connection, query.columns(map(_spelled, names), order))]


def _about(articles: list[dict[str, Any]], selection: Selection) -> tuple[str, str]:
    """Title and home page of a news feed."""
    home = urljoin(articles[0]["url"], "/") if articles else selection.home
    return ", ".join(dict.fromkeys(article["site"] for article in articles)) or home, home


def _number(article: dict[str, Any]) -> str:
    """What an article keeps when its address changes."""
    return f"{article['site']}:{article['id']}"


def _copy(connection: duckdb.DuckDBPyConnection, query: Query, out: Path, options: str) -> int:
    """Writes rows by DuckDB itself; their number."""
    copied = connection.execute(f"COPY ({query.sql}) TO $out ({options})", {**query.values, "out": str(out)})
    ((count,),) = copied.fetchall()
    return int(count)


def _rows(connection: duckdb.DuckDBPyConnection, query: Query) -> Iterator[tuple[Any, ...]]:
    """The rows, a few at a time."""
    result = connection.execute(query.sql, query.values)
    while batch := result.fetchmany(_BATCH):
        yield from batch


def _spelled(name: str) -> str:
    """SQL for a field as JSON spells it: days and instants as text."""
    if name in INSTANTS:
        return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    return f"CAST({name} AS VARCHAR)" if name in DAYS else name


def _flat(name: str, protect: Callable[[str], str]) -> str:
    """SQL for a field as a cell: spelled, a list or an object as JSON text."""
    if TYPES[name] == "VARCHAR":
        return protect(name)
    is_nested = TYPES[name].endswith("]") or TYPES[name].startswith("STRUCT")
    return f"CAST(to_json({name}) AS VARCHAR)" if is_nested else _spelled(name)


def _protected(text: str) -> str:
    """SQL for a text that no spreadsheet runs: a quote before it if its first letter makes a formula, or is a quote."""
    return f"CASE WHEN {text}[1] IN ({_FORMULA}) THEN '''' || {text} ELSE {text} END"


def _as_it_is(text: str) -> str:
    return text


Writer = Callable[[duckdb.DuckDBPyConnection, Query, Selection, Path], int]
WRITERS: dict[str, Writer] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".jsonl.gz": _json_lines_gz,
    ".xlsx": _xlsx,
    ".xml": _rss,
    ".json": _json_feed,
}
NEWS = (".xml", ".json")
