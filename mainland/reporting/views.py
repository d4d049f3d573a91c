"""Views of the files of a data folder in DuckDB, for the report, and the rows of queries over them."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING, Any

from mainland.reporting import queries, schema
from mainland.storage.files import ARTICLES, CHANGES, DUPLICATES, REJECTED

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

TYPES = queries.TYPES | dict.fromkeys(schema.INSTANTS | schema.DAYS, "VARCHAR")
"""DuckDB's type of each field, days and instants as text: as they stand in the files."""

SLIM = "site, id, url, headline, authors, section, date_published, day_published"
"""The columns of lists of articles, in SQL."""

Row = dict[str, Any]
"""A row of a query, by column: for lists of articles those of :data:`SLIM`, spelled as in the dataset."""


class ReportError(Exception):
    """There is nothing to report on. Its text says why, in one line."""


def create_views(connection: DuckDBPyConnection, folder: Path, is_kept: str) -> None:
    """Creates views of the files of a data folder, and the table ``stored`` of what lists of current articles need.

    The views are ``articles``, ``changes``, ``rejected`` and ``duplicates``; ``is_kept`` is a condition in SQL for the
    first two. A line that cannot be read is a row of nulls: a crawl may be writing it.

    :raises ReportError: there is no dataset.
    """

    def table(name: str, file: str, types: dict[str, str], condition: str = "true") -> bool:
        path = folder / file
        if path.exists():
            path.open("rb").close()  # DuckDB says of a folder that there is no file
            connection.read_json(
                glob.escape(str(path)),
                columns=types,
                format="newline_delimited",
                ignore_errors=True,
                maximum_object_size=queries.LINE,
                hive_partitioning=False,
            ).filter(condition).create_view(name)
        return path.exists()

    has_changes = table("changes", CHANGES, TYPES, is_kept)
    if not table("articles", ARTICLES, TYPES, is_kept):
        if not has_changes:
            raise ReportError(f"there is no dataset in {folder}: crawl first, or set MAINLAND_DATA_DIR")
        connection.execute(
            "CREATE VIEW articles AS SELECT * FROM (SELECT * FROM changes WHERE id IS NOT NULL"
            " QUALIFY row_number() OVER (PARTITION BY site, id ORDER BY revision DESC) = 1) WHERE date_removed IS NULL"
        )
    elif not has_changes:
        connection.execute("CREATE VIEW changes AS FROM articles")
    if not table("rejected", REJECTED, dict.fromkeys(("url", "reason", "date"), "VARCHAR")):
        connection.execute("CREATE VIEW rejected AS SELECT '' AS url, '' AS reason, '' AS date WHERE false")
    if not table("duplicates", DUPLICATES, {name: TYPES[name] for name in ("site", "id")}):
        connection.execute("CREATE VIEW duplicates AS SELECT '' AS site, 0 AS id WHERE false")
    connection.execute(
        f"CREATE TEMP TABLE stored AS SELECT {SLIM}, duplicate_of, TRY_CAST(day_published AS DATE) AS day FROM articles"
    )


def rows(connection: DuckDBPyConnection, sql: str, **values: Any) -> list[Row]:
    """All rows of a query, each by column; ``values`` are those of its parameters."""
    result = connection.execute(sql, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def first_value(connection: DuckDBPyConnection, sql: str, **values: Any) -> Any:
    """The first value of the first row of a query, which must have one."""
    (row, *_) = rows(connection, sql, **values)
    return next(iter(row.values()))
