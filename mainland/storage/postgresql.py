"""The database in PostgreSQL, for one worker or several."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from mainland.clean.text import printable
from mainland.exit_status import SAW_EVERYTHING
from mainland.storage.database import Database
from mainland.storage.schema import LISTED, SCHEMA, TABLES, VERSION

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, CursorResult

_CREW, _LEADER = 1, 2
_PATIENCE = 10.0  # seconds in which a run ends whose leader just left
_SESSION = (
    "SET synchronous_commit = off",  # what a server that fell forgot is indexed again from the files
    "SET tcp_keepalives_idle = 30",  # the locks of a machine that fell are free after a minute
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)


class _Statements:
    """Runs the statements of the database, each in a transaction of its own unless one is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> CursorResult[Any]:
        """Runs a statement with ``?`` for its parameters.

        :raises OSError: PostgreSQL cannot be reached or refuses it.
        """
        try:
            return self._connection.exec_driver_sql(sql.replace("?", "%s"), tuple(parameters))
        except SQLAlchemyError as error:
            raise _unreachable(error) from error

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Runs a statement once with each of several parameters; for the error see :meth:`execute`."""
        if rows := list(map(tuple, parameters)):
            try:
                self._connection.exec_driver_sql(sql.replace("?", "%s"), rows)
            except SQLAlchemyError as error:
                raise _unreachable(error) from error


class PostgreSQLDatabase(Database):
    """The database of one site in PostgreSQL, for one worker or several. What is recorded is stored at once.

    The worker that opens it first, alone, leads: it repairs the data folder, requests the sources, and judges the run.
    The others wait until that is done, then follow. Advisory locks say which workers are there; PostgreSQL releases
    them when their holder ends.
    """

    def __init__(self, address: str, worker: str, *, joins: bool) -> None:
        """Connects a worker to ``postgresql://user@host/database``; ``joins`` allows other workers beside it.

        :raises BlockingIOError: another process has the name of this worker, or has the database and does not share it.
        :raises OSError: it cannot be reached, or workers of another version use it.
        """
        self.worker = worker
        self._state: str | None = None
        url = make_url(address).set(drivername="postgresql+psycopg")
        self.at = url.render_as_string(hide_password=True)
        try:
            self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            self._connection = self._engine.connect()
        except SQLAlchemyError as error:
            raise _unreachable(error) from error
        super().__init__(_Statements(self._connection))
        try:
            for setting in _SESSION:
                self.db.execute(setting)
            if not self._try_lock(worker):
                raise BlockingIOError(f"another process is worker {worker!r} at {self.at}")
            self._enter(joins=joins)
        except BaseException:
            self._connection.close()
            raise

    def _enter(self, *, joins: bool) -> None:
        """Becomes the leader, or joins one that shares the database; waits at most 10 s while one begins or ends.

        :raises BlockingIOError: other workers use the database, and do not share it, or not yet.
        """
        latest = time.monotonic() + _PATIENCE
        while not self._try_lock(_CREW):
            if joins and not self._is_free(_LEADER):
                self._lock("advisory_lock_shared", _CREW)
                if not self._is_free(_LEADER):
                    return self._follow()
                self._lock("advisory_unlock_shared", _CREW)
            if time.monotonic() > latest or not joins:
                raise BlockingIOError(f"other workers use {self.at}")
            time.sleep(0.2)
        self._lock("advisory_lock", _LEADER)
        return self._lead()

    def _lead(self) -> None:
        """Makes this worker the leader: creates the tables, or makes those of another version anew."""
        is_ours = self.db.execute("SELECT to_regclass('facts')").fetchone()[0] is not None
        self.is_new = not (is_ours and self.memory.get("version") == VERSION)
        if self.is_new:
            with self.together():
                for table in (*TABLES, "workers") if is_ours and self.memory.get("version") else ():
                    self.db.execute(f"DROP TABLE {table}")
                for statement in _schema():
                    self.db.execute(statement)
                self.memory.save(version=VERSION)
        self.db.execute("DROP TABLE IF EXISTS shown")
        self.db.execute(f"CREATE {LISTED}")

    def _follow(self) -> None:
        """Makes this worker one that follows the leader.

        :raises OSError: the leader has another version.
        """
        self.leads = self.alone = self.is_new = False
        if self.memory.get("version") != VERSION:
            raise OSError(f"{self.at} is in use by workers of another version")

    def commit(self, **values: Any) -> None:
        """Saves values in the memory; all else is stored already."""
        self.memory.save(**values)

    def compact(self) -> None:
        """Does nothing: PostgreSQL itself reuses the space of deleted rows."""

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    @contextmanager
    def together(self) -> Iterator[None]:
        """A block in one transaction: stored at its end, rolled back if an error leaves it.

        Not to be nested. An error of the database must leave the block: if it is caught inside, nothing is stored.

        :raises OSError: PostgreSQL cannot be reached, or refuses it.
        """
        self.db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def claim(self, number: int, revision: int) -> bool:
        """Whether a revision is later than the stored one; locks the article until the end of the transaction."""
        self.db.execute(
            "SELECT pg_advisory_xact_lock(hashtext('article ' || current_schema()), ?)", (number % 0x7FFFFFFF,)
        )
        return super().claim(number, revision)

    # -- the run -------------------------------------------------------------------------------------------

    def begin_run(self) -> int:
        """Begins a run, or joins the one that the leader began, and returns its number; from now on others may join."""
        self.ledger.run = super().begin_run() if self.leads else int(self.memory.get("run") or 0)
        self._note("busy")
        if self.leads:
            self._lock("advisory_lock_shared", _CREW)
            self._lock("advisory_unlock", _CREW)
            self.alone = False
        return self.ledger.run

    def must_wait(self) -> bool:
        """Whether this worker must wait, because others may find more to request; records that it is idle.

        The leader waits for all others to end, and records when no worker is busy. The others wait until then.
        """
        self._note("idle")
        if not self.leads:
            return bool(self.memory.get("ended") != self.ledger.run) and not self._is_free(_LEADER)
        self.alone = self.alone or self._try_lock(_CREW)
        busy = self._others("state = 'busy'")
        if not any(not self._is_free(name) for name, _ in busy):
            self.memory.save(ended=self.ledger.run)
        return not self.alone

    def work(self) -> None:
        """Records that this worker has something to do."""
        if self._state != "busy":
            self._note("busy")

    def record_status(self, status: int) -> None:
        """Records that this worker ended its part of the run, with an exit status."""
        self._note(str(status))

    def unfinished(self) -> list[str]:
        """The other workers that were lost or did not see everything, in words; for a follower only the leader."""
        if not self.leads:
            led = self.memory.get("ended") == self.ledger.run or not self._is_free(_LEADER)
            return [] if led else ["the worker that led was lost"]
        return [
            f"worker {name!r} {f'ended with {state}' if state.isdecimal() else 'was lost'}"
            for name, state in self._others(f"state NOT IN {tuple(map(str, SAW_EVERYTHING))}")
        ]

    def _note(self, state: str) -> None:
        """Records the state of this worker: ``busy``, ``idle`` or its exit status."""
        if self._state != state:
            self.db.execute(
                "INSERT INTO workers (name, run, state) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET run = excluded.run, state = excluded.state",
                (self.worker, self.ledger.run, state),
            )
            self._state = state

    def _others(self, condition: str) -> list[tuple[str, str]]:
        """The names and states of the other workers of the run that fulfil a condition in SQL."""
        found = self.db.execute(
            f"SELECT name, state FROM workers WHERE run = ? AND name <> ? AND {condition}",
            (self.ledger.run, self.worker),
        )
        return [(name, state) for name, state in found]

    def _lock(self, kind: str, of: int | str) -> bool:
        """Calls a function of PostgreSQL for an advisory lock, ``pg_KIND``; returns its answer, if it gives one."""
        # Numbers are locks of the database, names those of workers; each schema has its own.
        second = "?" if isinstance(of, int) else "hashtext(?)"
        return bool(self.db.execute(f"SELECT pg_{kind}(hashtext(current_schema()), {second})", (of,)).fetchone()[0])

    def _try_lock(self, of: int | str) -> bool:
        """Takes a lock of the database or a worker, if no other process has it; returns whether it did."""
        return self._lock("try_advisory_lock", of)

    def _is_free(self, of: int | str) -> bool:
        """Whether no process holds a lock exclusively; that of a worker is free once the worker has ended."""
        if not self._lock("try_advisory_lock_shared", of):
            return False
        self._lock("advisory_unlock_shared", of)
        return True


def _schema() -> list[str]:
    """The statements that create the tables in PostgreSQL."""
    tables = (
        SCHEMA.replace(" WITHOUT ROWID", "")
        .replace(" STRICT", "")
        .replace("INTEGER", "BIGINT")
        .replace("TEXT", 'TEXT COLLATE "C"')
    )
    tables = tables.replace("(changed_at)", "(changed_at NULLS FIRST)")
    workers = "CREATE TABLE workers (name TEXT PRIMARY KEY, run BIGINT NOT NULL, state TEXT NOT NULL)"
    return [*filter(str.strip, tables.split(";")), workers]


def _unreachable(error: SQLAlchemyError) -> OSError:
    """The error to raise for one of SQLAlchemy: with the first line of what PostgreSQL says."""
    cause = getattr(error, "orig", None) or error
    return ConnectionError(f"PostgreSQL: {printable(str(cause).strip().partition(chr(10))[0])}")
