"""Checks of ``scrapy export``: it refuses names that no article has, and an empty table in place of one with rows."""

from __future__ import annotations

import glob
import gzip
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from mainland.clean.text import cut, printable
from mainland.reporting import queries
from mainland.reporting.queries import ExportError, Query, Selection

_NEAR = 0.8  # similarity by Jaro and Winkler, 0 to 1, from which on a name may be the one that was meant
_MOST = 5


class UnknownNameError(ValueError):
    """No article has a section or author that is requested. The text names others that there are."""


def require_known(connection: duckdb.DuckDBPyConnection, selection: Selection, scratch: Path) -> None:
    """Checks that each section and author of a selection is that of an article, a current or an earlier one.

    The history is read only where the current articles do not have a name; its files are copied into ``scratch``.

    :raises UnknownNameError: no article has one; the text names up to five others, the nearest first.
    :raises ExportError: a folder has no dataset, or one that cannot be read.
    :raises duckdb.Error: a file cannot be read.
    """
    named = [("section", queries.SECTIONS, name) for name in selection.sections]
    named += [("author", queries.AUTHORS, name) for name in selection.authors]
    every = Selection(selection.folders)
    query = _query(every, scratch / "current")
    unknown = [each for each in named if not _is_known(connection, query, *each[1:])]
    if not unknown:
        return
    with suppress(ExportError):  # a folder without its history
        query = _query(replace(every, all_revisions=True), scratch / "history")
    for kind, names, name in unknown:
        if not _is_known(connection, query, names, name):
            hint = _hint(connection, query, kind, names, name)
            raise UnknownNameError(f"no article has the {kind} {cut(printable(name))!r}: {hint}")


def _query(selection: Selection, scratch: Path) -> Query:
    """A query for all rows of a selection; changes are copied into ``scratch``, a folder that it creates."""
    scratch.mkdir()
    return queries.query(selection, list(queries.sources(selection, scratch)))


def _is_known(connection: duckdb.DuckDBPyConnection, query: Query, names: str, wanted: str) -> bool:
    """Whether a row of a query has a name among ``names`` (SQL for a list) that is alike ``wanted``."""
    condition = f"WHERE list_has_any({queries.alike(names)}, {queries.alike('$wanted')}) LIMIT 1"
    found = Query(f"SELECT 1 FROM ({query.sql}) {condition}", {**query.values, "wanted": [wanted]})
    return any(queries.rows(connection, found))


def _hint(connection: duckdb.DuckDBPyConnection, query: Query, kind: str, names: str, wanted: str) -> str:
    """The names in the rows that are similar to ``wanted``, in words for the message; else the most frequent names.

    ``kind`` is "section" or "author", ``names`` SQL for the list of them.
    """
    sql = (
        f"SELECT name, jaro_winkler_similarity({queries.alike('[name]')}[1], {queries.alike('$wanted')}[1]) AS near"
        f" FROM (SELECT unnest({names}) AS name FROM ({query.sql})) WHERE name IS NOT NULL GROUP BY name"
        f" ORDER BY near >= {_NEAR} DESC, if(near >= {_NEAR}, near, 0) DESC, count(*) DESC, name LIMIT {_MOST}"
    )
    found = list(queries.rows(connection, Query(sql, {**query.values, "wanted": [wanted]})))
    near = [name for name, similarity in found if similarity >= _NEAR]
    listed = ", ".join(cut(printable(name)) for name in near or [name for name, _ in found])
    if near:
        return f"did you mean {listed}?"
    return f"there are {listed}" if listed else f"no article names a {kind}"


def has_rows(out: Path, ending: str) -> bool:
    """Whether a file exists and has rows. A file that cannot be read in its format counts as one with rows.

    ``ending`` is its format, a key of :data:`mainland.reporting.export.WRITERS`.
    """
    try:
        return out.is_file() and out.stat().st_size > 0 and _ROWS[ending](out)
    except Exception:  # noqa: BLE001 - whatever stands there, it is not an empty table
        return True


def _beginning(out: Path) -> bytes:
    """The first 64 KB of a file, unpacked if it is compressed."""
    with gzip.open(out) if out.suffix.lower() == ".gz" else out.open("rb") as file:
        return file.read(_HEAD)


def _rows_of_parquet(out: Path) -> bool:
    """Whether a file of Parquet has rows."""
    ((rows,),) = duckdb.execute("SELECT num_rows FROM parquet_file_metadata(?)", [glob.escape(str(out))]).fetchall()
    return bool(rows)


def _rows_of_sheet(out: Path) -> bool:
    """Whether a file of Excel has rows under its header."""
    with zipfile.ZipFile(out) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        return b'<row r="2"' in sheet.read(_HEAD)


_HEAD = 1 << 16  # bytes at the start of a file that show its first row
_ROWS: dict[str, Callable[[Path], bool]] = {
    ".parquet": _rows_of_parquet,
    ".csv": lambda out: b"\n" in _beginning(out).rstrip(),
    ".jsonl": lambda out: bool(_beginning(out)),
    ".jsonl.gz": lambda out: bool(_beginning(out)),
    ".xlsx": _rows_of_sheet,
    ".xml": lambda out: b"<item" in _beginning(out),
    ".json": lambda out: b'"items": [{' in _beginning(out),
}
