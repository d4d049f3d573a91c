"""The database of a data folder: its tables, its transactions, and the run that writes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from mainland.storage.index import Index
from mainland.storage.inventory import Inventory
from mainland.storage.ledger import Ledger
from mainland.storage.memory import Memory
from mainland.storage.schema import Statements


class Tables:
    """The tables of one database."""

    def __init__(self, db: Statements) -> None:
        """``db`` is a connection to a database that has the tables."""
        self.db = db
        self.memory = Memory(db)
        self.inventory = Inventory(db, self.memory)
        self.ledger = Ledger(db, self.inventory)
        self.index = Index(db, self.ledger)


class Database(Tables, ABC):
    """The tables with transactions, for one crawl; a subclass may let several workers share them."""

    is_new = False
    """Whether the tables were created when the database was opened."""

    leads = True
    """Whether this process requests the sources and judges the run: the only worker, or the leader of several."""

    alone = True
    """Whether no other process can write while this one has the database open."""

    @abstractmethod
    def commit(self, **values: Any) -> None:
        """Stores what was recorded since the last commit, together with values for the memory.

        :raises sqlite3.Error: SQLite stored nothing: it rolls a transaction back when the disk is full.
        :raises OSError: PostgreSQL cannot be reached.
        """

    @abstractmethod
    def compact(self) -> None:
        """Commits, and overwrites what was deleted, so that no text of it is left in the file."""

    @abstractmethod
    def close(self) -> None:
        """Closes the database without a commit."""

    @abstractmethod
    def together(self) -> AbstractContextManager[None]:
        """A block whose records are stored all together or not at all; in SQLite by the next :meth:`commit`."""

    def claim(self, number: int, revision: int) -> bool:
        """Whether a revision of an article, given by its id, is later than the stored one, or the first.

        Locks the article until the end of the block of :meth:`together`: no other worker writes a line of it.
        """
        return self.index.is_newer(number, revision)

    # -- the run -------------------------------------------------------------------------------------------

    def begin_run(self) -> int:
        """Begins a run, or joins the one that the leader began, and returns its number, one above the last run's."""
        run = int(self.memory.get("run") or 0) + 1
        self.memory.save(run=run)
        self.ledger.begin_run(run)
        return run

    def must_wait(self) -> bool:
        """Whether this worker, which has nothing to do, must wait for others; False for the only one."""
        return False

    def record_status(self, status: int) -> None:
        """Records that this worker ended its part of the run, with an exit status."""

    def unfinished(self) -> list[str]:
        """What went wrong with the other workers of the run, in words; empty if nothing did."""
        return []
