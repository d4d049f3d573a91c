"""The database in a SQLite file of the data folder, for one crawl."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from mainland.storage.database import Database, Tables
from mainland.storage.errors import reason
from mainland.storage.schema import LISTED, VERSION, VersionError, prepare

_NOT_DAMAGED = {  # errors of the disk or of another process, not of the file
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


class SQLiteDatabase(Database):
    """The database in a file. A transaction is always open; nothing is stored before :meth:`commit`."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file.

        A damaged file is renamed to ``NAME.broken``, one of another version is deleted; an empty one takes its place
        (``is_new``).

        :raises sqlite3.Error: the disk or another process prevents it; the file stays as it is.
        :raises IsADirectoryError: a folder stands in its place.
        """
        _require_file(path)
        is_new = not path.exists() or not path.stat().st_size
        try:
            connection = _opened(path)
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):
                raise
            _set_aside(path, is_kept=not isinstance(error, VersionError))
            is_new, connection = True, _opened(path)
        super().__init__(connection)
        self.is_new = is_new
        self._connection = connection

    def commit(self, **values: Any) -> None:
        """Stores what was recorded since the last commit, together with values for the memory.

        :raises sqlite3.Error: nothing was stored, or a write since the last commit failed.
        """
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("a write failed before; no line is lost, and the next crawl goes on")
        self.memory.save(**values)
        self.db.execute("COMMIT")
        self.db.execute("BEGIN")

    def compact(self) -> None:
        """Commits, and writes the file again without what was deleted."""
        self.commit()
        self.db.execute("COMMIT")
        self.db.execute("VACUUM")
        self.db.execute("BEGIN")

    def close(self) -> None:
        """Closes the file without a commit."""
        with suppress(sqlite3.Error):
            self.db.execute("ROLLBACK")
        self._connection.close()

    def together(self) -> AbstractContextManager[None]:
        """A block in the open transaction: what it records is stored by the next :meth:`commit`."""
        return nullcontext()


@contextmanager
def reading(path: Path) -> Iterator[Tables]:
    """A block that reads the tables in a file; a crawl may write them at the same time.

    :raises OSError: there is no file, it is of another version, or it cannot be opened or read; the text says what to
        do. A sqlite3.DatabaseError in the block becomes an OSError too; other errors of the block are raised as they
        are.
    """
    again = "run a crawl: it makes the index again"
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: {again}")
    _require_file(path)
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                raise OSError(f"{path} is of another version: {again}")
            yield Tables(connection)
    except sqlite3.DatabaseError as error:
        if _is_damaged(error):
            raise OSError(f"{path} cannot be read ({error}): {again}") from error
        raise OSError(f"{path} cannot be read: {reason(error)}") from error


def _require_file(path: Path) -> None:
    """Checks that no folder stands in the place of a file; SQLite would call it a file that cannot be opened.

    :raises IsADirectoryError: one does.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    """Whether an error comes from the file itself, not from the disk or another process."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NOT_DAMAGED


def _read_only(path: Path) -> str:
    """The URI with which SQLite opens a file for reading.

    SQLite creates files beside it, which a reader without rights to the folder cannot. Such a reader does without them
    if no crawl left a journal.
    """
    journal = path.with_name(f"{path.name}-wal")
    has_journal = journal.exists() and journal.stat().st_size > 0
    is_alone = not has_journal and not os.access(path.parent, os.W_OK)
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_alone else ''}"


def _opened(path: Path) -> sqlite3.Connection:
    """Opens or creates a file, prepares its tables, and begins a transaction.

    :raises sqlite3.Error: it cannot be opened, is damaged, or is of another version (VersionError).
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        prepare(connection)
        connection.execute(f"CREATE TEMP {LISTED} WITHOUT ROWID")
        connection.execute("BEGIN")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(path: Path, *, is_kept: bool) -> None:
    """Renames a file to ``NAME.broken`` if ``is_kept``, otherwise deletes it; deletes its journals."""
    if is_kept:
        path.replace(path.with_name(f"{path.name}.broken"))
    path.unlink(missing_ok=True)
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
