"""The tables of the database: their SQL, its version, and the check that a file has them.

SQLite and PostgreSQL both take these statements; :mod:`mainland.storage.postgresql` adapts the types.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

VERSION = 7
"""Version of the tables. A database of another version is made again from the JSON Lines files."""

SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    key TEXT NOT NULL,
    content_hash TEXT,
    extractor TEXT,
    revision INTEGER NOT NULL,
    date_published TEXT,
    date_modified TEXT,
    day_published TEXT,
    date_crawled TEXT,
    state TEXT NOT NULL CHECK (state IN ('public', 'removed', 'forgotten', 'lost')),
    filed_under TEXT,
    new_id INTEGER,
    file TEXT,
    start INTEGER CHECK (start >= 0),
    length INTEGER CHECK (length > 0),
    crc INTEGER,
    checks INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX articles_by_key ON articles (key);
CREATE INDEX articles_by_new_id ON articles (new_id) WHERE new_id IS NOT NULL;
CREATE TABLE addresses (
    key TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at TEXT,
    settled_at TEXT,
    is_due INTEGER NOT NULL,
    suspicion TEXT,
    looks INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TEXT,
    reason TEXT,
    listed_in INTEGER NOT NULL DEFAULT 0,
    seen_in INTEGER NOT NULL DEFAULT 0,
    looks_alive INTEGER NOT NULL DEFAULT 0,
    article_id INTEGER,
    absences INTEGER NOT NULL DEFAULT 0,
    rule TEXT,
    decided_at TEXT,
    last_run INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX addresses_due ON addresses (changed_at) WHERE is_due = 1;
CREATE INDEX addresses_by_article ON addresses (article_id) WHERE article_id IS NOT NULL;
CREATE TABLE sections (slug TEXT PRIMARY KEY, page INTEGER NOT NULL, ended INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE validators (url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT) WITHOUT ROWID;
"""

LISTED = "TABLE shown (list TEXT, key TEXT, PRIMARY KEY (list, key))"
"""The addresses that the pages of lists showed in this run, by list; temporary."""

TABLES = ("facts", "articles", "addresses", "sections", "validators")


class Statements(Protocol):
    """What runs SQL statements with ``?`` for parameters: a connection of :mod:`sqlite3`, or what acts like one."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...


class VersionError(sqlite3.DatabaseError):
    """The file is of another version of the project."""


def prepare(connection: sqlite3.Connection) -> None:
    """Creates the tables in an empty database; checks those of another one, every row included.

    :raises VersionError: the file is of another version.
    :raises sqlite3.DatabaseError: it is damaged, or has other tables.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION:
        raise VersionError("another version")
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("broken")
    if not _EXPECTED.items() <= _tables(connection).items():
        raise sqlite3.DatabaseError("another schema")
    if connection.execute("SELECT count(*) FROM facts WHERE NOT json_valid(value)").fetchone()[0]:
        raise sqlite3.DatabaseError("broken")
    for table in TABLES:
        for _ in connection.execute(f"SELECT * FROM {table}"):
            pass  # raises an error for text that is not UTF-8, which quick_check accepts


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    """The statements that created the tables and indexes of a database, by name."""
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _expected() -> dict[str, str]:
    """The statements of :data:`SCHEMA` as SQLite stores them, by name."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    found = _tables(connection)
    connection.close()
    return found


_EXPECTED = _expected()
