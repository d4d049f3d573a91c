"""Exports: the articles as one table (Parquet, CSV, JSON Lines, Excel), or the newest ones as RSS or JSON Feed."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import duckdb
from lxml import etree
from lxml.builder import ElementMaker
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException

from mainland.clean.text import printable
from mainland.program import program
from mainland.reporting import queries, strict
from mainland.reporting.queries import LAST, TYPES, ExportError, Query, Selection, Source
from mainland.reporting.schema import DAYS, INSTANTS
from mainland.storage import lines, scratch
from mainland.storage.errors import LockedError

CELL = 32_767  # characters that a cell of Excel holds, counted as UTF-16 does
_FIRST_YEAR_OF_EXCEL = 1900
ROWS = 1_048_575  # rows that a sheet of Excel has under its header
CUT = " … [cut]"
BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of Windows

_GROUP = 20_000  # rows of a group in Parquet, kept in memory
_KIND = re.compile("^(?:[A-Z][A-Za-z]* )+Error: ")  # in front of what DuckDB says
_NUMBER = re.compile(r'"errno":"(\d{1,4})"')  # behind it, as JSON
_WHERE = re.compile(r",? (?:at byte \d+ )?in line \d+")
_SPACE = ' "\v\u00a0\u200b\u3000\ufeff'  # what a spreadsheet may pass over before a sign
_SIGN = r"=+\-@＝＋－＠"  # the wide ones of East Asia count too
_FORMULA = f"^(?:[{_SPACE}]*[{_SIGN}]|[\t\r'])"  # what a spreadsheet takes for a formula, or may
_INNER_FORMULA = f"([;\t\r\n][{_SPACE}]*)('*[{_SIGN}])"  # the same where another separator than a comma ends a cell
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEYS = re.compile(r"(\w+) VARCHAR")  # in a type of DuckDB
_DC = "http://purl.org/dc/elements/1.1/"
_LISTED = "site id url headline description authors sections date_published date_modified language".split()


class Result(NamedTuple):
    """The result of an export."""

    rows: int
    rewritten: list[Path]
    """Folders whose ``changes.jsonl`` was rewritten since the last export, so that all of it was exported again."""


def ending(out: Path) -> str:
    """The ending of a file name that selects the format of an export.

    >>> ending(Path("a.b.jsonl.gz")), ending(Path("news.XML"))
    ('.jsonl.gz', '.xml')

    :raises ValueError: the name has no such ending; the text lists them.
    """
    for known in WRITERS:
        if out.name.lower().endswith(known):
            return known
    raise ValueError(f"{str(out)!r} ends in no format: take {', '.join(WRITERS)}")


def export(out: Path, selection: Selection) -> Result:
    """Writes what is selected, in one step: the file stays as it was until all is written.

    With ``changed_since`` LAST it notes in each data folder, in ``exported.json``, how far it came.

    :raises ExportError: the dataset cannot be read, the format cannot hold the rows, or no row is left of the file's.
    :raises UnknownNameError: the selection is strict, and no article has a section or author that it names.
    :raises LockedError: another export is writing the file.
    :raises OSError: the file cannot be written.
    """
    write = WRITERS[ending(out)]
    closed = [folder for folder in selection.folders if not os.access(folder, os.W_OK)]
    if closed and selection.changed_since == LAST:
        raise OSError(f"how far it comes cannot be noted in {closed[0]}; give --changed-since TIME")
    with _exclusive(out):
        with scratch.replacing(out) as new:
            sources = list(queries.sources(selection, new.parent))
            try:
                with queries.database(new.parent) as connection:
                    if selection.is_strict:
                        strict.require_known(connection, selection, new.parent)
                    rows = write(connection, queries.query(selection, sources), selection, new)
            except (duckdb.IOException, duckdb.OutOfMemoryException, XlsxWriterException) as error:
                raise _of_disk(error, sources) from error
            except duckdb.Error as error:
                raise ExportError(f"{_reason(error, sources)}; {program()} validate names lines and fields") from error
            is_of_all = selection.changed_since is None  # an export of the changes alone can be empty
            if selection.is_strict and is_of_all and not rows and strict.has_rows(out, ending(out)):
                raise ExportError(f"nothing is selected, and {out} has rows: it stays; --allow-empty replaces it")
        for source in sources:
            if source.mark is not None and selection.changed_since == LAST:
                lines.replace(queries.mark_file(source.origin), [lines.encode(source.mark)])
    return Result(rows, [source.origin for source in sources if source.rewritten])


@contextmanager
def _exclusive(out: Path) -> Iterator[None]:
    """A context in which no other export writes the file.

    :raises LockedError: another export is writing it.
    """
    with ExitStack() as locks:
        try:
            locks.enter_context(scratch.exclusive(out))
        except BlockingIOError:
            raise LockedError(f"another export is writing {out}") from None
        yield


def _of_disk(error: Exception, sources: list[Source]) -> OSError:
    """The error of the disk that an error of DuckDB or XlsxWriter is about, for raising; with its number if known."""
    if isinstance(error.args[0], OSError):
        return error.args[0]
    number = _NUMBER.search(str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(_reason(error, sources))


def _reason(error: Exception, sources: list[Source]) -> str:
    """The first line of an error of DuckDB, with the names of copied files replaced by those of the data folder.

    The number of a line is left out, since a copy can begin later.
    """
    message = _KIND.sub("", _WHERE.sub("", str(error).partition("\n")[0])).rstrip(". ")
    for source in sources:
        message = message.replace(str(source.path), str(source.origin))
    return printable(message)


# The formats


def _parquet(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Writes Parquet, typed, nothing lost; returns the number of rows."""
    chosen = query.columns(selection.fields or TYPES)
    return _copy(connection, chosen, out, f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP}")


def _csv(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Writes CSV; returns the number of rows. Lists and objects are JSON text, null is an empty cell.

    Unless the selection is raw it is for spreadsheets: formulas are protected, and a mark says that it is UTF-8.
    """
    first, *others = selection.fields or tuple(TYPES)
    protect, mark = (_as_it_is, "") if selection.raw else (_protected, BYTE_ORDER_MARK)
    columns = [f'{_flat(first, protect, _json)} AS "{mark}{first}"']
    columns += [f"{_flat(name, protect, _json)} AS {name}" for name in others]
    return _copy(connection, query.columns(columns), out, "FORMAT csv, HEADER true")


def _json_lines(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Writes JSON Lines, letter by letter as in the dataset; returns the number of lines."""
    with out.open("wb") as file:
        return _write_lines(connection, query, selection, file.write)


def _json_lines_gz(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Writes JSON Lines as :func:`_json_lines`, compressed; returns the number of lines."""
    with gzip.open(out, "wb", compresslevel=6) as file:
        return _write_lines(connection, query, selection, file.write)


def _write_lines(
    connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, write: Callable[[bytes], int]
) -> int:
    """Writes each row as a line of JSON, by a function that takes bytes; returns the number of lines."""
    names = selection.fields or tuple(TYPES)
    count = 0
    for count, row in enumerate(queries.rows(connection, query.columns(map(_spelled, names))), 1):  # noqa: B007
        record = zip(names, row, strict=True)
        write(lines.encode({name: queries.as_stored(name, value) for name, value in record}))
    return count


def _xlsx(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Writes one sheet of Excel; returns the number of rows. Text is only text, lists are joined.

    Instants are Excel's own, which have no zone, in UTC; Excel knows no date before 1900: those are text, spelled as in
    the dataset.

    :raises ExportError: there are more rows than a sheet has.
    """
    names = selection.fields or tuple(TYPES)
    ((count,),) = queries.rows(connection, query.columns(["count(*)"]))
    if count > ROWS:
        raise ExportError(f"{count} rows, and a sheet of Excel has {ROWS}: select less, or export to .parquet")
    columns = [
        f"{name} AT TIME ZONE 'UTC'" if name in INSTANTS else name if name in DAYS else _flat(name, _as_it_is, _joined)
        for name in names
    ]
    with Workbook(out, {"constant_memory": True, "tmpdir": str(out.parent)}) as book:
        sheet = book.add_worksheet("articles")
        sheet.freeze_panes(1, 0)
        forms = {name: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}) for name in INSTANTS}
        forms |= {name: book.add_format({"num_format": "yyyy-mm-dd"}) for name in DAYS}
        for column, name in enumerate(names):
            sheet.write_string(0, column, f"{name} (UTC)" if name in INSTANTS else name)
        for number, row in enumerate(queries.rows(connection, query.columns(columns)), 1):
            for column, (name, value) in enumerate(zip(names, row, strict=True)):
                if isinstance(value, str):
                    sheet.write_string(number, column, fitting(value))
                elif isinstance(value, date) and value.year < _FIRST_YEAR_OF_EXCEL:
                    form = "%Y-%m-%dT%H:%M:%SZ" if name in INSTANTS else "%Y-%m-%d"
                    sheet.write_string(number, column, value.strftime(form))
                elif value is not None:
                    sheet.write(number, column, value, forms.get(name))
    return int(count)


def fitting(value: str) -> str:
    """A text cut to the 32,767 UTF-16 units that a cell of Excel holds; the cut is marked. Shorter ones are unchanged.

    >>> fitting("short"), fitting("x" * 40_000)[-10:], len(fitting("x" * 40_000))
    ('short', 'xx … [cut]', 32767)
    """
    units = value.encode("utf-16-le")
    if len(units) <= 2 * CELL:
        return value
    return units[: 2 * (CELL - len(CUT))].decode("utf-16-le", "ignore") + CUT


def _rss(connection: duckdb.DuckDBPyConnection, query: Query, selection: Selection, out: Path) -> int:
    """Writes RSS 2.0: headline, description and link of the newest articles; returns their number."""
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
    """Writes JSON Feed 1.1 of the newest articles; returns their number. An item's content is its description."""
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
    """The newest articles, as many as the selection says, the newest first, with the fields that a news feed has."""
    order = f"ORDER BY coalesce(date_published, day_published) DESC NULLS LAST, id DESC LIMIT {selection.newest}"
    return [
        dict(zip(_LISTED, row, strict=True))
        for row in queries.rows(connection, query.columns(map(_spelled, _LISTED), order))
    ]


def _about(articles: list[dict[str, Any]], selection: Selection) -> tuple[str, str]:
    """The title and the home page of a news feed: those of the site of its articles, else the selection's home page."""
    home = urljoin(articles[0]["url"], "/") if articles else selection.home
    return ", ".join(dict.fromkeys(article["site"] for article in articles)) or home, home


def _number(article: dict[str, Any]) -> str:
    """The id of an article in a news feed, which stays when its address changes."""
    return f"{article['site']}:{article['id']}"


def _copy(connection: duckdb.DuckDBPyConnection, query: Query, out: Path, options: str) -> int:
    """Writes the rows by DuckDB's COPY with its ``options``; returns their number."""
    copied = connection.execute(f"COPY ({query.sql}) TO $out ({options})", {**query.values, "out": str(out)})
    ((count,),) = copied.fetchall()
    return int(count)


def _spelled(name: str) -> str:
    """SQL for a field as JSON spells it: days and instants as text."""
    if name in INSTANTS:
        return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
    return f"CAST({name} AS VARCHAR)" if name in DAYS else name


def _flat(name: str, protect: Callable[[str], str], nested: Callable[[str], str]) -> str:
    """SQL for a field as a cell: spelled, or a text.

    ``protect`` gives the SQL for a safe text, given that for a text; ``nested`` the SQL for the text of a list or an
    object, given its name.
    """
    if TYPES[name] == "VARCHAR":
        return protect(name)
    is_nested = TYPES[name].endswith("]") or TYPES[name].startswith("STRUCT")
    return protect(nested(name)) if is_nested else _spelled(name)


def _json(name: str) -> str:
    """SQL for a list or an object as JSON text."""
    return f"CAST(to_json({name}) AS VARCHAR)"


def _joined(name: str) -> str:
    """SQL for a list or an object as a person reads it: ``World; Sport``, and ``ADDRESS | caption`` for an object."""
    keys = [key for key in _KEYS.findall(TYPES[name]) if key not in queries.OPTIONAL.get(name, ())]
    if TYPES[name].endswith("]"):
        inner = f"list_transform({name}, lambda each: {_values('each', keys)})" if keys else name
        return f"nullif(array_to_string({inner}, '; '), '')"
    return f"nullif({_values(name, keys)}, '')"


def _values(value: str, keys: list[str]) -> str:
    """SQL for the values of an object at some keys, with ``|`` between them."""
    return f"concat_ws(' | ', {', '.join(f'{value}.{key}' for key in keys)})"


def _protected(text: str) -> str:
    """SQL for a text of which no spreadsheet runs a part, whether it splits cells at commas, semicolons or tabs.

    A single quote stands before it if it begins like a formula or with a quote; and within it before what would begin
    a cell like a formula.
    """
    first, inner = (pattern.replace("'", "''") for pattern in (_FORMULA, _INNER_FORMULA))
    guarded = f"regexp_replace({text}, '{inner}', '\\1''\\2', 'g')"
    return f"CASE WHEN regexp_matches({text}, '{first}') THEN '''' || {guarded} ELSE {guarded} END"


def _as_it_is(text: str) -> str:
    """SQL for a text without protection: in place of :func:`_protected`."""
    return text


Writer = Callable[[duckdb.DuckDBPyConnection, Query, Selection, Path], int]
"""Writes the rows of a query into a file, with the fields that a selection names; returns their number."""

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
