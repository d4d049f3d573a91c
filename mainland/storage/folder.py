"""The data folder: the dataset, its index, and the lock on both."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from scrapy.settings import BaseSettings

from mainland import config
from mainland.clean import dates
from mainland.clean.text import cut
from mainland.config import Sharing
from mainland.decisions.types import Entry
from mainland.items import Article
from mainland.storage import files, lock, tombstones
from mainland.storage.database import Database
from mainland.storage.errors import ElsewhereError, LockedError, WrongSiteError
from mainland.storage.files import CHANGES, FORGOTTEN, INDEX, RUNS, Files
from mainland.storage.forgetting import Forgetting
from mainland.storage.indexing import Indexer
from mainland.storage.lines import DamagedLineError, LinesFile, bounded, decode
from mainland.storage.publishing import Publisher
from mainland.storage.repairs import Repairer
from mainland.storage.sqlite import SQLiteDatabase


class DataFolder:
    """One data folder, locked by one crawl; or by several workers, each with files of its own.

    ``changes.jsonl`` is the source of truth. The database is made again from it where the two differ; ``ledger``,
    ``index``, ``memory`` and ``inventory`` are its parts.
    """

    @classmethod
    def from_settings(cls, settings: BaseSettings, site: str | None = None, *, joins: bool = False) -> Self:
        """Opens the data folder that the settings name; with ``joins`` other workers may use it at the same time.

        :raises ValueError: a setting is wrong; for other errors see the constructor.
        """
        sharing = config.sharing(settings)
        return cls(
            config.folder(settings),
            site,
            sharing if joins else dataclasses.replace(sharing, redis=""),
            drop_duplicates=config.drops_duplicates(settings),
        )

    def __init__(
        self, folder: Path, site: str | None = None, sharing: Sharing | None = None, *, drop_duplicates: bool = False
    ) -> None:
        """Opens or creates a folder, locks it, and repairs what a killed process or the disk left.

        ``site`` is named as by ``urls.host``; None for the one to which the folder belongs. ``sharing`` are the
        settings for several workers. With ``drop_duplicates`` near-duplicates are not published.

        :raises LockedError: another crawl is using it.
        :raises WrongSiteError: it belongs to another site.
        :raises TombstoneError: ``forgotten.jsonl`` cannot be read, or contradicts a line; nothing was changed.
        :raises OSError: it cannot be written; so does sqlite3.Error.
        """
        self.folder = folder
        self.sharing = sharing or Sharing()
        worker, is_shared = self.sharing.worker, bool(self.sharing.database)
        files.create(folder)
        with ExitStack() as opened:
            database: Database
            if is_shared:  # first: a worker that holds it alone looks into the files of all workers
                database = _shared(self.sharing)
                opened.callback(database.close)
            self._lock = lock.acquire(folder, worker)
            opened.callback(self._lock.release)
            forgotten = tombstones.read(folder / FORGOTTEN)  # before anything is changed
            self._holder = lock.Holder(folder, worker)
            opened.callback(self._holder.release)
            self.files = Files(folder, worker, is_shared=is_shared)
            opened.callback(self.files.close)
            if not is_shared:
                database = SQLiteDatabase(folder / INDEX)
                opened.callback(database.close)
            self.database = database
            self.memory, self.inventory = database.memory, database.inventory
            self.ledger, self.index = database.ledger, database.index
            self._indexer = Indexer(self.files, database)
            self._repairer = Repairer(self.files, database, self._indexer)
            self._publisher = Publisher(
                self.files,
                database,
                self._indexer,
                self._repairer,
                drop_duplicates=drop_duplicates,
                is_shared=is_shared,
            )
            self._forgetting = Forgetting(self.files, database, self._indexer, self._repairer, self._publisher)
            self.suspects: dict[str, int] = {}
            """How many crawls were killed while they read the page of an address, by address."""
            self._prepare(site, forgotten)
            self._opened = opened.pop_all()

    def _prepare(self, site: str | None, forgotten: dict[int, list[str]]) -> None:
        """Repairs the folder, checks whose it is, and completes what a killed process left undone.

        ``forgotten`` are the tombstones. For the errors see the constructor.
        """
        if self.database.alone:
            self._forgetting.restore(forgotten)
        self._indexer.rebuild_if_changed()
        owner = self.memory.get("site") or site
        if site is not None and owner != site:
            choose = "MAINLAND_ARCHIVE" if self.sharing.database else "MAINLAND_DATA_DIR"
            raise WrongSiteError(f"{self.folder} has articles of {owner}, not of {site}; choose another {choose}")
        self.memory.save(site=owner)
        self.suspects.update(self.memory.get("suspects") or {})
        if interrupted := self._holder.interrupted:
            self.suspects[interrupted] = self.suspects.get(interrupted, 0) + 1
            self.database.commit(suspects=self.suspects)  # this run can be killed at once, too
        if self.database.alone:
            self._forgetting.apply(forgotten)

    @property
    def repaired(self) -> list[str]:
        """What was repaired when the folder was opened, or later, in words."""
        return self.files.repaired

    @property
    def damages(self) -> list[str]:
        """The repairs of lines that were damaged on the disk, in words: the operator must check the disk."""
        return self._repairer.damages

    @contextmanager
    def reading_page(self, url: str) -> Iterator[None]:
        """A block in which the page of an address is read.

        If the process is killed within it, the next opening counts the address in :attr:`suspects`; at its end the
        address is removed from there.
        """
        self._holder.begin_reading(url)
        try:
            yield
        finally:
            self._holder.end_reading()
            if url in self.suspects:
                self.clear_suspect(url)

    def clear_suspect(self, url: str) -> None:
        """Removes an address from :attr:`suspects`: its page was read without a kill."""
        del self.suspects[url]
        self.memory.save(suspects=self.suspects)

    @property
    def must_publish(self) -> bool:
        """Whether :meth:`publish` would write another ``articles.jsonl``; False while there is nothing to write."""
        return self._publisher.is_outdated

    def deliver(self, item: Article) -> bool:
        """Writes an item to ``changes.jsonl`` and records it for the next commit; returns True.

        Writes nothing and returns False if that revision of the article was written, by another worker or item.

        :raises OSError: nothing of the line was written; so does sqlite3.Error.
        """
        record = {name: getattr(item, name) for name in Article.__dataclass_fields__}
        with self.database.together():
            if not self.database.claim(record["id"], record["revision"]):
                return False
            place = self.files.changes.append(record)
            self.index.deliver(record, self.files.changes.path.name, place)
        self._publisher.mark_stale()
        return True

    def reject(self, entry: Entry) -> None:
        """Saves the entry of a rejected address; writes a line to ``rejected.jsonl`` if its reason or change is new.

        :raises OSError: nothing of the line was written; so does sqlite3.Error.
        """
        known, entry = self.ledger.entry(entry.url), dataclasses.replace(entry, reason=cut(entry.reason or ""))
        if (known.reason, known.settled_at) != (entry.reason, entry.settled_at):
            date = dates.utc(datetime.now(UTC))
            line = {"url": entry.url, "reason": entry.reason, "lastmod": entry.changed_at, "date": date}
            self.files.rejected.append(line)
        self.ledger.save(entry)

    def forget(self, numbers: set[int]) -> set[int]:
        """Takes articles, given by their ids, out of all files permanently, and returns the ids of those stored.

        :raises TombstoneError: ``forgotten.jsonl`` cannot be read, or contradicts a line; nothing was changed.
        :raises OSError: a file cannot be written; the next opening continues. So does sqlite3.Error.
        """
        return self._forgetting.forget(numbers)

    def join_tombstones(self, found: Mapping[int, str]) -> None:
        """Adds addresses that show forgotten articles, one by article id, to their tombstones, and out of all files.

        :raises TombstoneError: ``forgotten.jsonl`` cannot be read, or contradicts a line; nothing was changed.
        :raises OSError: a file cannot be written; the next opening continues. So does sqlite3.Error.
        """
        self._forgetting.join_tombstones(found)

    def commit(self) -> None:
        """Puts all lines safely on the disk, then the database.

        :raises OSError: the index misses what was recorded since the last commit; so does sqlite3.Error.
        """
        self.files.sync()
        self._indexer.commit()

    def publish(self) -> None:
        """Replaces ``articles.jsonl`` and ``duplicates.jsonl``: :meth:`mainland.storage.publishing.Publisher.publish`.

        :raises OSError: a file or the database cannot be written; so does sqlite3.Error.
        """
        self._publisher.publish()

    def latest(self, most: int) -> Iterator[dict[str, Any]]:
        """Yields the latest lines of at most ``most`` public articles, the highest id first; skips unreadable lines."""
        for file, place in self.index.latest(most):
            with suppress(ElsewhereError, DamagedLineError):
                yield json.loads(self.files.read(file, place))

    def line(self, number: int) -> dict[str, Any] | None:
        """The latest line of an article, given by its id; None where there is none that can be read."""
        found = self.index.place(number)
        with suppress(ElsewhereError, DamagedLineError):
            return decode(self.files.read(*found)) if found else None
        return None

    def log_run(self, record: dict[str, Any]) -> None:
        """Adds a line to ``runs.jsonl``, cut as by :func:`mainland.storage.lines.bounded`.

        :raises OSError: it was not written.
        """
        with LinesFile(self.files.own(RUNS)) as runs:
            runs.append(bounded(record))

    def close(self) -> None:
        """Commits what was recorded, and releases the lock.

        :raises OSError: the lines cannot be synced; the index then lacks what was recorded since the last commit.
        :raises sqlite3.Error: the index cannot be written, and lacks it as well.
        """
        try:
            self.commit()
        finally:
            self.release()

    def release(self) -> None:
        """Releases the folder without a commit: the index lacks what was recorded since the last one."""
        self._opened.close()


def require_crawled(settings: BaseSettings) -> None:
    """Checks that a crawl wrote into the data folder of the settings: opening another would make it a data folder.

    An index in PostgreSQL counts as written.

    :raises ValueError: no crawl wrote into it; the text names the setting.
    """
    folder = config.folder(settings)
    shares = bool(config.sharing(settings).database)  # the lines can be in another folder
    if not (shares or (folder / INDEX).exists() or files.workers(folder, CHANGES)):
        raise ValueError(f"no crawl wrote into {folder}: give -s MAINLAND_DATA_DIR=FOLDER")


def _shared(sharing: Sharing) -> Database:
    """Opens the index in PostgreSQL.

    :raises LockedError: another worker uses it, and does not share it, or has the same name.
    :raises OSError: it cannot be reached, or workers of another version use it.
    """
    from mainland.storage.postgresql import PostgreSQLDatabase  # noqa: PLC0415 - what it imports is optional

    try:
        return PostgreSQLDatabase(sharing.database, sharing.worker, joins=bool(sharing.redis))
    except BlockingIOError as error:
        raise LockedError(str(error)) from None
