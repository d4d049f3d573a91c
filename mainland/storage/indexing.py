"""Builds the index again from the lines of the data folder, if the two differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mainland.clean import urls
from mainland.clean.text import LARGEST
from mainland.storage.database import Database, Tables
from mainland.storage.files import CHANGES, INDEX, REJECTED, Files
from mainland.storage.lines import LinesFile, Place

STALE = "stale"
"""The value in the memory that means: ``articles.jsonl`` lacks lines that ``changes.jsonl`` has."""


class Indexer:
    """Keeps the index of a data folder equal to its lines, which are the source of truth."""

    def __init__(self, files: Files, database: Database) -> None:
        self._files, self._database = files, database

    def commit(self) -> None:
        """Commits the database, together with the state of the ``changes.jsonl`` to which it belongs.

        :raises OSError: nothing was stored; so does sqlite3.Error.
        """
        changes = self._files.changes
        self._database.commit(**{changes.path.name: changes.state})

    def rebuild_if_changed(self) -> None:
        """Builds the index again if a file of changes has changed since the last commit; commits then.

        :raises LockedError: another crawl is using the file of another worker.
        :raises OSError: a file cannot be read or written; so does sqlite3.Error.
        """
        with self._files.writable(CHANGES, are_others=self._database.alone) as files:
            if any(self._database.memory.get(file.path.name) != file.state for file in files):
                self.rebuild(files)

    def rebuild(self, files: list[LinesFile]) -> None:
        """Builds the index again from files of changes. Fills the ledger from ``rejected.jsonl``, if it is new too.

        Lines that cannot be read, or are there twice, are dropped. Commits.

        :raises OSError: a file cannot be read or written; so does sqlite3.Error.
        """
        database, repaired = self._database, self._files.repaired
        if database.is_new and any(file.size for file in files):
            repaired.append(f"{INDEX} was lost, damaged or of another version, and was made again from {CHANGES}")
        for file in files:
            self._drop_unreadable(file)
        self._replace_rows(files)
        if database.is_new:
            self._reject_again()
            database.is_new = False
            database.memory.save(are_many_due=True)
        database.commit(**{file.path.name: file.state for file in files})

    def _drop_unreadable(self, file: LinesFile) -> None:
        """Drops lines that cannot be read, or occur twice, from a file of changes, and syncs it.

        Notes that as repaired.

        :raises OSError: the file cannot be read or written.
        """
        file.write_again(_size(self._database.memory.get(file.path.name)))
        sound = list(_sound(file))
        if sum(place.length for place in sound) < file.size:
            file.keep(sound)
            self._files.repaired.append(
                f"lines of {file.path.name} that cannot be read, or are there twice, were dropped; articles that"
                " the dataset lacks now are requested again"
            )
        file.sync()  # what is not on the disk for certain must not be recorded

    def _replace_rows(self, files: list[LinesFile]) -> None:
        """Replaces the rows of articles in the index by those that the lines of files give; tombstones stay.

        Articles whose lines are in other files, of other workers, stay too.
        """
        database = self._database
        names = [file.path.name for file in files]
        within = [] if database.alone and database.index.files() <= set(names) else names
        site = None
        with database.together():
            begin_rebuild(database, within)
            for file in files:
                for place, record in file.records():
                    if record:
                        database.index.add(record, file.path.name, place)
                        site = record["site"]
            end_rebuild(database, within)
            database.memory.save(articles=STALE, **({"site": site} if site else {}))

    def _reject_again(self) -> None:
        """Records the addresses in ``rejected.jsonl`` as rejected in the ledger."""
        ledger = self._database.ledger
        with self._files.writable(REJECTED, are_others=self._database.alone) as rejected:
            for _, record in (line for file in rejected for line in file.records()):
                if record and isinstance(record.get("url"), str):
                    lastmod = record["lastmod"] if isinstance(record.get("lastmod"), str) else None
                    ledger.record_sighting(record["url"], lastmod)
                    ledger.save(ledger.entry(record["url"]).rejected(str(record.get("reason")), lastmod))


def begin_rebuild(database: Tables, files: Sequence[str] = ()) -> None:
    """Deletes all articles from the index, before their lines are added again; tombstones stay.

    With ``files`` only articles whose lines are in the files of these names: the lines of others are out of reach.
    What was deleted is in the table ``before`` until :func:`end_rebuild`.
    """
    database.db.execute("DROP TABLE IF EXISTS before")
    database.db.execute("CREATE TEMP TABLE before (id BIGINT, url TEXT, key TEXT, revision BIGINT)")
    among = f" AND file IN ({', '.join('?' for _ in files)})" if files else ""
    database.db.execute(
        f"INSERT INTO before SELECT id, url, key, revision FROM articles WHERE state <> 'forgotten'{among}",
        files,
    )
    database.db.execute(f"DELETE FROM articles WHERE state <> 'forgotten'{among}", files)


def end_rebuild(database: Tables, files: Sequence[str] = ()) -> None:
    """Completes what :func:`begin_rebuild` began, with the same ``files``, after the lines were added.

    Addresses of articles whose lines were lost become due, and those of two public articles, of which a removal was
    lost; those of articles whose lines are there are settled. With ``files`` articles without a line become ``lost``.
    """
    database.db.execute(
        "INSERT INTO addresses (key, url, state, settled_at, is_due)"
        " SELECT key, min(url), CASE WHEN min(state) = 'removed' THEN 'removed' ELSE 'live' END,"
        " max(coalesce(date_modified, date_crawled, '')), 0 FROM articles WHERE state <> 'forgotten' GROUP BY key"
        " ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
        " settled_at = coalesce(addresses.settled_at, excluded.settled_at),"
        " is_due = CASE WHEN addresses.settled_at IS NOT NULL THEN addresses.is_due"
        " WHEN addresses.changed_at > excluded.settled_at THEN 1 ELSE 0 END"
        " WHERE addresses.state <> 'forgotten'"
    )
    lost = database.db.execute(
        "UPDATE addresses SET state = CASE WHEN key IN (SELECT key FROM articles WHERE state = 'public')"
        " THEN 'live' ELSE 'pending' END, settled_at = NULL, is_due = 1, suspicion = NULL, reason = NULL"
        " WHERE state <> 'forgotten' AND key IN (SELECT before.key FROM before"
        " LEFT JOIN articles USING (id) WHERE articles.id IS NULL OR articles.revision < before.revision"
        " UNION SELECT key FROM articles WHERE state = 'public' GROUP BY key HAVING count(*) > 1)"
    )
    if lost.rowcount:
        database.memory.save(unsure=True)  # some may be gone by now: only what the site lists can show it
    if files:  # a revision that another file may hold is not given twice
        database.db.execute(
            "INSERT INTO articles (id, url, key, revision, state)"
            " SELECT before.id, before.url, before.key, before.revision, 'lost' FROM before"
            " LEFT JOIN articles USING (id) WHERE articles.id IS NULL"
        )
    database.db.execute("DROP TABLE before")


def _sound(file: LinesFile) -> Iterator[Place]:
    """The places of the lines of a file of changes that can be read, each revision of an article once."""
    seen: set[tuple[int, int]] = set()
    for place, record in file.records():
        if record and _is_delivery(record) and (record["id"], record["revision"]) not in seen:
            seen.add((record["id"], record["revision"]))
            yield place


def _is_delivery(record: dict[str, Any]) -> bool:
    """Whether a line has the id, revision, site and address of an article."""
    return (
        _is_number(record.get("id"))
        and _is_number(record.get("revision"))
        and isinstance(record.get("site"), str)
        and urls.host(record["url"] if isinstance(record.get("url"), str) else None) is not None
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and 0 < value <= LARGEST


def _size(state: Any) -> int:
    """The size in bytes in a stored :attr:`LinesFile.state`; 0 if none was stored."""
    size = str(state).partition(":")[0]
    return int(size) if size.isdecimal() else 0
