"""Reads rows from data folders in DuckDB: which files are read, and which rows are selected, as SQL."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import duckdb

from mainland.clean import urls
from mainland.items import Article
from mainland.reporting.schema import DAYS, INSTANTS
from mainland.storage import lines, tombstones
from mainland.storage.files import ARTICLES, CHANGES, DUPLICATES, FORGOTTEN, called, workers

EXPORTED = "exported.json"
LAST = "last"
LINE = 64 << 20  # bytes of the longest line: two pages of DOWNLOAD_MAXSIZE
SECTIONS, AUTHORS = "list_append(sections, section)", "authors"  # SQL: the names that --section and --author select by

_MEMORY = "1GB"  # for DuckDB; what does not fit into it waits on the disk
_BATCH = 500  # rows in Python's hands at once
_TAIL = 4096  # bytes before a place in a file whose digest shows that it is the same place
_NOTHING: dict[str, Any] = {"bytes": 0}  # the place of a file of which nothing was exported
_PATH = "regexp_extract(url, '^https?://[^/?#]*([^?#]*)', 1)"
_KEY = (  # urls.key as SQL
    "(regexp_replace(regexp_extract(lower(url), '^https?://(?:[^/?#@]*@)?(?:www\\.)?([^/?#]*)', 1), ':(?:80|443)$', '')"
    f" || rtrim(lower(coalesce(TRY(url_decode({_PATH})), {_PATH})), '/')"
    f" || CASE WHEN rtrim({_PATH}, '/') = '' AND regexp_matches(url, '[?&]p=[0-9]{{1,18}}(?:[^0-9]|$)')"
    " THEN '/?p=' || regexp_extract(url, '[?&]p=([0-9]{1,18})(?:[^0-9]|$)', 1) ELSE '' END)"
)
_WHOLE = "CASE WHEN id IS NULL THEN error('a line has no id') ELSE true END"  # DuckDB reads null as a row of nulls


class ExportError(Exception):
    """The articles cannot be read, or the format cannot hold them. Its text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles and which of their fields to export."""

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
    """Whether near-duplicates are left out, with all their lines."""

    raw: bool = False
    """Whether CSV is written without protection against formulas."""

    newest: int = 50
    """The number of articles in a news feed."""

    home: str = "about:blank"
    """Address of the site for a news feed without articles."""

    is_strict: bool = False
    """Whether unknown sections and authors are refused, and an empty result where the file to replace has rows."""


class Query(NamedTuple):
    """SQL that gives rows, and the values in it."""

    sql: str
    values: dict[str, Any]

    def columns(self, columns: Iterable[str], order: str = "") -> Query:
        """A query for the same rows with other columns, each an SQL expression; ``order`` is an ORDER BY clause."""
        return Query(f"SELECT {', '.join(columns)} FROM ({self.sql}) {order}", self.values)


class Source(NamedTuple):
    """A file to read."""

    path: Path
    origin: Path
    """The file of the data folder: this file, or the one of which it is a copy."""

    mark: dict[str, Any] | None = None
    """The place in the origin to which it is exported, if this is a copy of the changes."""

    rewritten: bool = False
    """Whether the origin was rewritten since the last export."""


def _types() -> dict[str, str]:
    """DuckDB's type of each field, by name, such as ``VARCHAR[]``; from the type in the item.

    :raises KeyError: the item has a type that is not listed here.
    """
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


def _optional() -> dict[str, frozenset[str]]:
    """The keys that can be missing in the objects of a field, by the field."""
    found: dict[str, frozenset[str]] = {}
    for name, hint in get_type_hints(Article).items():
        for part in filter(is_typeddict, (hint, *get_args(hint))):
            hints = get_type_hints(part, include_extras=True)
            found[name] = frozenset(key for key, each in hints.items() if get_origin(each) is NotRequired)
    return {name: keys for name, keys in found.items() if keys}


TYPES = _types()
OPTIONAL = _optional()


def as_stored(name: str, value: Any) -> Any:
    """The value of a field as lines have it, from DuckDB's, which has null for a key that an object does not have."""
    keys = OPTIONAL.get(name, frozenset())
    if isinstance(value, list) and keys:
        return [as_stored(name, each) for each in value]
    if isinstance(value, dict) and keys:
        return {key: each for key, each in value.items() if each is not None or key not in keys}
    return value


def day_or_instant(value: str) -> date:
    """The day (a date) or the instant (a datetime) that a text of ISO 8601 names; an instant without a zone is in UTC.

    >>> day_or_instant("2022-01-07"), day_or_instant("2022-01-07T09:00:00+01:00").isoformat()
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
    """The instant that a text names; that of a day is its midnight, UTC.

    >>> instant("2022-01-07").isoformat()
    '2022-01-07T00:00:00+00:00'

    :raises ValueError: it is neither.
    """
    found = day_or_instant(value)
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day, tzinfo=UTC)


def database(folder: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in memory, in UTC, which uses a folder for temporary files and downloads no extension.

    It uses two threads and at most 1 GB of memory. To be closed by the caller.
    """
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


def not_forgotten(folders: Iterable[Path]) -> str:
    """A condition in SQL: a row with site, id and url was not forgotten in any of the data folders.

    "true" if nothing was. A process that was killed while it took articles out leaves their lines behind, until the
    next one writes.

    :raises TombstoneError: a ``forgotten.jsonl`` cannot be read.
    """
    ids: dict[str, set[int]] = {}
    keys: set[str] = set()
    for folder in folders:
        for number, addresses in tombstones.read(folder / FORGOTTEN).items():
            for url in addresses:
                ids.setdefault(urls.host(url) or "", set()).add(number)
                keys.add(urls.key(url))
    if not keys:
        return "true"
    forgotten = [
        f"(site = {_literal(site)} AND id IN ({', '.join(map(str, sorted(found)))}))" for site, found in ids.items()
    ]
    forgotten.append(f"{_KEY} IN ({', '.join(map(_literal, sorted(keys)))})")
    return " AND ".join(f"NOT coalesce({each}, false)" for each in forgotten)


def _literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def rows(connection: duckdb.DuckDBPyConnection, query: Query) -> Iterator[tuple[Any, ...]]:
    """Yields the rows of a query, fetched a few at a time; the query runs when the first one is requested.

    :raises duckdb.Error: a file cannot be read.
    """
    result = connection.execute(query.sql, query.values)
    while batch := result.fetchmany(_BATCH):
        yield from batch


def sources(selection: Selection, scratch: Path) -> Iterator[Source]:
    """Yields the files to read: current articles, or the part of the changes that is requested.

    Changes are copied into ``scratch``, without half a line at the end: a crawl may be writing it. For several folders
    the changes are read instead of the current articles: an article may be removed in one of them only.

    :raises ExportError: a folder has no dataset, or it cannot be read, or its history is requested and missing.
    """
    history = selection.all_revisions or selection.changed_since is not None
    for number, folder in enumerate(selection.folders):
        if not os.access(folder, os.R_OK | os.X_OK):
            raise ExportError(f"cannot read {folder}")
        articles, duplicates, files = folder / ARTICLES, folder / DUPLICATES, workers(folder, CHANGES)
        if not (articles.exists() or files):
            raise ExportError(f"there is no dataset in {folder}: name the data folder of a crawl")
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
            last = _exported(mark_file(changes)) if selection.changed_since == LAST else _NOTHING
            yield _copied(changes, scratch / f"{number}-{worker}.jsonl", last)


def _copied(changes: Path, copy: Path, last: dict[str, Any]) -> Source:
    """Copies the lines of changes after the place of the last export into ``copy``; returns the copy as a Source.

    ``last`` is that place; if it is not found there, all lines are copied. Half a line at the end is left out.
    """
    with changes.open("rb") as file:  # the same file to the end, whatever is put in its place
        is_there = last["bytes"] <= os.fstat(file.fileno()).st_size
        fits = last == _NOTHING or (is_there and last == _place(file, last["bytes"]))
        start = last["bytes"] if fits else 0
        file.seek(start)
        with copy.open("wb") as out:
            shutil.copyfileobj(file, out)
        lines.LinesFile(copy).close()  # sets half a line at the end aside
        return Source(copy, changes, _place(file, start + copy.stat().st_size), rewritten=not fits)


def mark_file(changes: Path) -> Path:
    """The path of the file that says how far changes were exported."""
    (worker,) = (worker for worker, path in workers(changes.parent, CHANGES).items() if path == changes)
    return changes.with_name(called(EXPORTED, worker))


def _exported(mark: Path) -> dict[str, Any]:
    """The place in ``changes.jsonl`` to which the last export came, from its mark file; the start without one."""
    with suppress(OSError, ValueError):
        found = json.loads(mark.read_text("utf-8"))
        if isinstance(found, dict) and isinstance(found.get("bytes"), int) and found["bytes"] >= 0:
            return found
    return _NOTHING


def _place(file: BinaryIO, place: int) -> dict[str, Any]:
    """A place in a file, in bytes, with a digest of the bytes before it, by which a later export recognises it."""
    file.seek(max(0, place - _TAIL))
    return {"bytes": place, "sha256": hashlib.sha256(file.read(min(place, _TAIL))).hexdigest()}


def query(selection: Selection, sources: list[Source]) -> Query:
    """A query for the selected rows of the files, with all fields, ordered by site, id and revision.

    :raises TombstoneError: a ``forgotten.jsonl`` cannot be read.
    """
    if not sources:
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in TYPES.items())
        return Query(f"SELECT {nothing} WHERE false", {})
    is_kept = not_forgotten(selection.folders)
    paths = [glob.escape(str(source.path)) for source in sources]  # DuckDB takes them for patterns
    values: dict[str, Any] = {"paths": paths, "types": TYPES, "longest": LINE}
    fields = ", ".join(
        f"coalesce({name}, []) AS {name}" if kind.endswith("[]") else name  # null in lines older than the field
        for name, kind in TYPES.items()
    )
    sql = (
        f"SELECT {fields}, coalesce(date_crawled, date_removed) AS written FROM read_json($paths,"
        " format = 'newline_delimited', hive_partitioning = false, columns = $types, maximum_object_size = $longest)"
        f" WHERE {_WHOLE} AND {is_kept}"
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
    is_current = len(sources) == 1 and sources[0].path == sources[0].origin
    if not is_current:
        key = "site, id, revision, written" if selection.all_revisions else "site, id"
        is_one_folder = len({source.origin.parent for source in sources}) == 1
        latest = "revision DESC" if is_one_folder else "written DESC, revision DESC"
        sql = f"SELECT * FROM ({sql}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {latest}) = 1"
    conditions = " AND ".join(_conditions(selection, values)) or "true"
    order = "" if is_current and is_kept == "true" else "ORDER BY site, id, revision, written"
    return Query(f"SELECT * EXCLUDE written FROM ({sql}) WHERE {conditions} {order}", values)


def _duplicates(sources: list[Source]) -> list[str]:
    """The files of near-duplicates beside copied changes, whose lines do not have them, as patterns for DuckDB."""
    beside = dict.fromkeys(source.origin.with_name(DUPLICATES) for source in sources if source.path != source.origin)
    return [glob.escape(str(path)) for path in beside if path.exists()]


def _conditions(selection: Selection, values: dict[str, Any]) -> Iterator[str]:
    """Yields the conditions that rows must fulfil, in SQL; adds to ``values`` what they are compared with."""
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
    for name, column, wanted in (
        ("sections", SECTIONS, selection.sections),
        ("authors", AUTHORS, selection.authors),
    ):
        if wanted:
            values[name] = list(wanted)
            yield f"(list_has_any({alike(column)}, {alike(f'${name}')}){removals})"


def alike(names: str) -> str:
    """SQL for a list of names without case, accents, spaces and punctuation, so that a slug equals its name.

    ``names`` is SQL for the list.
    """
    plain = "translate(strip_accents(lower(name)), 'łøđð', 'lodd')"  # letters with strokes have no accent to strip
    for letter, letters in (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th")):
        plain = f"replace({plain}, '{letter}', '{letters}')"
    bare = rf"regexp_replace({plain}, '[^\pL\pN]+', '', 'g')"
    return f"list_transform(CAST({names} AS VARCHAR[]), lambda name: {bare})"
