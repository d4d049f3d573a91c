"""What earlier crawls delivered, and what they were told: an index in SQLite beside the feed.

The statements are SQL that PostgreSQL takes too; :mod:`mainland.storage.postgresql` runs them there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from mainland.clean import dates, urls
from mainland.decisions.plan import SiteMemory
from mainland.decisions.record import earlier
from mainland.decisions.rules import OTHER_KIND
from mainland.decisions.types import Entry, State, StoredArticle, Suspicion, filed_under
from mainland.items import Article
from mainland.storage.lines import Place

VERSION = 6

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
    file TEXT,
    start INTEGER CHECK (start >= 0),
    length INTEGER CHECK (length > 0),
    crc INTEGER,
    checks INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX articles_by_key ON articles (key);
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
_NOT_BROKEN = {  # errors of the disk or of another process, not of the file
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
SHOWN = "TABLE shown (list TEXT, key TEXT, PRIMARY KEY (list, key))"
_AGES = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
_COMPLETE = -1
_REPORT = """
INSERT INTO addresses (key, url, state, changed_at, is_due, listed_in, seen_in, article_id)
VALUES (?, ?, 'pending', ?, 1, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    state = CASE WHEN addresses.state = 'candidate' THEN 'pending' ELSE addresses.state END,
    changed_at = CASE WHEN addresses.changed_at > excluded.changed_at
        THEN addresses.changed_at ELSE coalesce(excluded.changed_at, addresses.changed_at) END,
    is_due = CASE
        WHEN addresses.is_due = 1 OR addresses.state = 'candidate' THEN 1
        WHEN addresses.state <> 'alternate' AND excluded.changed_at > coalesce(addresses.changed_at, '')
            AND excluded.changed_at > coalesce(addresses.settled_at, '')
            AND (excluded.changed_at > ? OR coalesce(addresses.settled_at, '') = ''
                OR addresses.changed_at > addresses.settled_at)
            AND (addresses.changed_at IS NOT NULL OR coalesce(addresses.settled_at, '') = ''
                OR ? > addresses.settled_at) THEN 1
        WHEN addresses.state IN ('removed', 'moved', 'rejected') AND (addresses.seen_in < addresses.last_run
            OR (addresses.listed_in > 0 AND addresses.listed_in < excluded.listed_in - 1)) THEN 1
        ELSE 0 END,
    settled_at = CASE WHEN excluded.changed_at > addresses.settled_at AND addresses.settled_at > ''
        AND ((addresses.changed_at IS NULL AND ? <= addresses.settled_at)
            OR (excluded.changed_at <= ? AND addresses.is_due = 0
                AND coalesce(addresses.changed_at, '') <= addresses.settled_at))
        THEN excluded.changed_at ELSE addresses.settled_at END,
    listed_in = CASE WHEN excluded.listed_in > addresses.listed_in
        THEN excluded.listed_in ELSE addresses.listed_in END,
    seen_in = CASE WHEN excluded.seen_in > addresses.seen_in THEN excluded.seen_in ELSE addresses.seen_in END,
    looks_alive = CASE WHEN excluded.listed_in > 0 THEN 0 ELSE addresses.looks_alive END,
    article_id = coalesce(excluded.article_id, addresses.article_id)
WHERE addresses.state <> 'forgotten'
"""
_FEW_LACKING = 2
_PAGE = 10_000  # rows in hand at once


_HELD = ", ".join(StoredArticle.__dataclass_fields__)
_PLACE = "start, length, crc"
_LINE = f"{_HELD}, file, {_PLACE}"
_INSERT = f"INSERT INTO articles ({_LINE}) VALUES ({', '.join('?' * len(_LINE.split(', ')))})"


class _VersionError(sqlite3.DatabaseError):
    """The file is of another version of the project."""


class Database(Protocol):
    """What runs the statements."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...


class Archive:
    """The index of one data folder. Nothing is kept before :meth:`commit`."""

    leads = True
    """Whether it is this crawl that asks the sources, and judges the run."""

    alone = True
    """Whether nobody else can write while this is open."""

    db: Database
    """What runs the statements."""

    run = 0
    """The number of the run that is under way; 0 before one begins."""

    def __init__(self, path: Path) -> None:
        """Opens the archive; one that is broken or of another version is begun anew (``fresh``)."""
        self.path = path
        self.fresh = not path.exists() or not path.stat().st_size
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_BROKEN:
                raise
            self._set_aside(is_kept=not isinstance(error, _VersionError))
            self._open()

    def _open(self) -> None:
        self.db = self._sqlite = sqlite3.connect(self.path, isolation_level=None)
        try:
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self._check()
            self.db.execute(f"CREATE TEMP {SHOWN} WITHOUT ROWID")
            self.db.execute("BEGIN")
        except BaseException:
            self._sqlite.close()
            raise

    def _check(self) -> None:
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._sqlite.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION:
            raise _VersionError("another version")
        if self.db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("broken")
        if not _EXPECTED.items() <= _tables(self._sqlite).items():
            raise sqlite3.DatabaseError("another schema")
        for table in ("facts", "articles", "addresses", "sections", "validators"):
            for _ in self.db.execute(f"SELECT * FROM {table}"):
                pass  # raises an error at what is no text in UTF-8, which quick_check passes

    def _set_aside(self, *, is_kept: bool) -> None:
        """Renames the file to ``NAME.broken`` if it is kept, or deletes it: another one is made."""
        self.fresh = True
        if is_kept:
            self.path.replace(self.path.with_name(f"{self.path.name}.broken"))
        self.path.unlink(missing_ok=True)
        for suffix in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def commit(self, **facts: Any) -> None:
        """Keeps what was recorded since the last commit, and facts that are true of it.

        :raises sqlite3.Error: nothing was kept: SQLite itself gives a transaction up when the disk is full.
        """
        if not self._sqlite.in_transaction:
            raise sqlite3.OperationalError("what was recorded since the last commit is lost")
        self.keep(**facts)
        self.db.execute("COMMIT")
        self.db.execute("BEGIN")

    def close(self) -> None:
        """Closes the archive without a commit."""
        with suppress(sqlite3.Error):
            self.db.execute("ROLLBACK")
        self._sqlite.close()

    def together(self) -> AbstractContextManager[None]:
        """Within it what is recorded is kept as a whole, or not at all; here it always is."""
        return nullcontext()

    # -- the run -------------------------------------------------------------------------------------------

    def begin_run(self) -> int:
        """The number of the run that begins."""
        self.run = int(self.fact("run") or 0) + 1
        self.keep(run=self.run)
        self.db.execute(  # the address that was to be requested instead did not show the article
            "UPDATE addresses SET is_due = 1 WHERE state = 'alternate' AND article_id NOT IN (SELECT id FROM articles)"
        )
        return self.run

    def waits(self) -> bool:
        """Whether a worker that has nothing to do must wait for others."""
        return False

    def leave(self, status: int) -> None:
        """Notes how a worker's part of the run ended."""

    def unfinished(self) -> list[str]:
        """What went wrong with the other workers of the run, in words."""
        return []

    # -- facts ---------------------------------------------------------------------------------------------

    def fact(self, name: str) -> Any:
        """A value that was kept by name; None if none was."""
        row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, **facts: Any) -> None:
        """Keeps values by name."""
        self.db.executemany(
            "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [(name, json.dumps(value)) for name, value in facts.items()],
        )

    def site_memory(self) -> SiteMemory:
        """What earlier crawls left for this one."""
        return SiteMemory(**{name: self.fact(name) for name in SiteMemory.__dataclass_fields__})

    # -- articles ------------------------------------------------------------------------------------------

    def article(self, number: int | None) -> StoredArticle | None:
        """The article with an id."""
        return self._held("id = ?", number)

    def article_at(self, url: str) -> StoredArticle | None:
        """The article at an address; of several the one that is public, else the latest."""
        return self._held("key = ? ORDER BY state = 'public' DESC, id DESC", urls.key(url))

    def public_at(self, url: str) -> StoredArticle | None:
        """The public article at an address."""
        stored = self.article_at(url)
        return stored if stored and stored.state == "public" else None

    def is_shared(self, stored: StoredArticle) -> bool:
        """Whether another public article has the address of one, as after a kill while they changed places."""
        condition = "key = ? AND state = 'public' AND id <> ?"
        values = (stored.key, stored.id)
        return bool(self.db.execute(f"SELECT 1 FROM articles WHERE {condition}", values).fetchone())

    def match(self, item: Article) -> StoredArticle | None:
        """What is stored of an article: by its address and date of publication, then by its id.

        A re-import can give it a new id, which can be that of another stored article. A removal bears the stored id.
        """
        stored, there = self.article(item.id), self.article_at(str(item.url))
        if there is None or not there.is_dated_as(item) or item.change == "removed":
            return stored  # another article took the address over
        return there if stored is None or (stored.state != "forgotten" and there.state == "public") else stored

    def _held(self, condition: str, value: Any) -> StoredArticle | None:
        row = self.db.execute(f"SELECT {_HELD} FROM articles WHERE {condition}", (value,)).fetchone()
        return StoredArticle(*row) if row else None

    def claim(self, number: int, revision: int) -> bool:
        """Whether a revision of an article is to be had, until the end of :meth:`together`."""
        held = self.article(number)
        return held is None or held.revision < revision

    def deliver(self, record: dict[str, Any], file: str, place: Place) -> None:
        """Records a line of the feed that was just written, given as its record, and where it stands."""
        self.index(record, file, place)
        stored, is_removed = self.article_at(record["url"]), record.get("change") == "removed"
        if not (is_removed and stored and stored.state == "public"):  # another article stands there now
            entry = self.entry(record["url"])
            state = State.REMOVED if is_removed else State.LIVE
            self.save(entry.settled(state, believed(record.get("date_modified"))))

    def index(self, record: dict[str, Any], file: str, place: Place) -> None:
        """Records a line that stands in a file of the feed, unless a later one of the article is known."""
        state = "removed" if record.get("change") == "removed" else "public"
        self.db.execute(
            "UPDATE addresses SET state = 'moved',"  # due if this run lists it: another article may be there
            " is_due = CASE WHEN seen_in = ? AND seen_in > 0 THEN 1 ELSE is_due END WHERE state = 'live'"
            " AND key = (SELECT key FROM articles WHERE id = ? AND key <> ?)",
            (self.run, record["id"], urls.key(record["url"])),
        )
        self.db.execute(
            f"{_INSERT} ON CONFLICT (id) DO UPDATE SET url = excluded.url, key = excluded.key,"
            " content_hash = coalesce(excluded.content_hash, articles.content_hash),"
            " extractor = coalesce(excluded.extractor, articles.extractor), revision = excluded.revision,"
            " date_published = excluded.date_published, date_modified = excluded.date_modified,"
            " day_published = excluded.day_published, date_crawled = excluded.date_crawled,"
            " state = excluded.state, filed_under = coalesce(excluded.filed_under, articles.filed_under),"
            " file = excluded.file, start = excluded.start, length = excluded.length,"
            " crc = excluded.crc"
            " WHERE articles.revision <= excluded.revision",
            (
                record["id"],
                record["url"],
                urls.key(record["url"]),
                record.get("content_hash"),
                record.get("extractor"),
                record["revision"],
                record.get("date_published"),
                record.get("date_modified"),
                record.get("day_published"),
                record.get("date_crawled") or record.get("date_removed"),
                state,
                None if state == "removed" else filed_under(record.get("sections") or (), record.get("tags") or ()),
                file,
                *place,
            ),
        )

    def files(self) -> set[str]:
        """The names of the files in which latest lines stand."""
        return {name for (name,) in self.db.execute("SELECT DISTINCT file FROM articles WHERE file IS NOT NULL")}

    def public(self) -> Iterator[tuple[int, str, Place]]:
        """The ids of the public articles, and where their latest lines stand: file and place."""
        after = -1
        while rows := self.db.execute(
            f"SELECT id, file, {_PLACE} FROM articles WHERE state = 'public' AND id > ? ORDER BY id LIMIT ?",
            (after, _PAGE),
        ).fetchall():
            yield from ((number, file, Place(*place)) for number, file, *place in rows)
            after = rows[-1][0]

    def latest(self, most: int) -> list[tuple[str, Place]]:
        """Where the latest lines of some public articles stand, the highest id first."""
        rows = self.db.execute(
            f"SELECT file, {_PLACE} FROM articles WHERE state = 'public' ORDER BY id DESC LIMIT ?", (most,)
        )
        return [(file, Place(*place)) for file, *place in rows]

    def place(self, number: int) -> tuple[str, Place] | None:
        """Where the latest line of an article stands; None where that is not known."""
        row = self.db.execute(f"SELECT file, {_PLACE} FROM articles WHERE id = ?", (number,)).fetchone()
        return (row[0], Place(*row[1:])) if row and row[0] is not None else None

    def is_latest(self, number: int, revision: int) -> bool:
        """Whether a revision is what a public article is now."""
        held = self.article(number)
        return held is not None and (held.state, held.revision) == ("public", revision)

    def forget(self, number: int, url: str) -> None:
        """Leaves a tombstone in place of an article, at one of its addresses, which is never due again."""
        self.db.execute("DELETE FROM articles WHERE id = ?", (number,))
        self.db.execute(
            "INSERT INTO articles (id, url, key, revision, state) VALUES (?, ?, ?, 0, 'forgotten')",
            (number, url, urls.key(url)),
        )
        self.forget_address(url)

    def forget_address(self, url: str) -> None:
        """Leaves nothing but a tombstone of an address at which a forgotten article once was."""
        self.db.execute("DELETE FROM validators WHERE url = ?", (url,))
        self.db.execute("DELETE FROM addresses WHERE key = ?", (urls.key(url),))
        self.save(Entry(urls.key(url), url, State.FORGOTTEN))

    def compact(self) -> None:
        """Commits, and overwrites what was deleted, so that no text of it is left in the file."""
        self.commit()
        self.db.execute("COMMIT")
        self.db.execute("VACUUM")
        self.db.execute("BEGIN")

    def is_forgotten(self, number: int, url: str) -> bool:
        """Whether an article has a tombstone at one of its addresses."""
        stored = self.article(number)
        return stored is not None and stored.state == "forgotten" and self.entry(url).state is State.FORGOTTEN

    def forgotten(self) -> dict[int, str]:
        """The addresses of the articles that have a tombstone, by id."""
        return dict(self.db.execute("SELECT id, url FROM articles WHERE state = 'forgotten'").fetchall())

    def count(self, state: str = "public") -> int:
        """How many articles are in a state."""
        return int(self.db.execute("SELECT count(*) FROM articles WHERE state = ?", (state,)).fetchone()[0])

    def take_over(self, other: Archive) -> None:
        """Holds the public articles of another archive, and no others."""
        self.db.execute("DELETE FROM articles")
        after = -1
        while rows := other.db.execute(
            f"SELECT {_LINE} FROM articles WHERE state = 'public' AND id > ? ORDER BY id LIMIT ?", (after, _PAGE)
        ).fetchall():
            self.db.executemany(_INSERT, map(tuple, rows))
            after = rows[-1][0]

    def begin_index(self, files: Sequence[str] = ()) -> None:
        """Forgets what was delivered, before the feed is indexed again; tombstones stay.

        With ``files`` only what stands in these: the lines of others are out of reach.
        """
        self.db.execute("DROP TABLE IF EXISTS before")
        self.db.execute("CREATE TEMP TABLE before (id BIGINT, url TEXT, key TEXT, revision BIGINT)")
        among = f" AND file IN ({', '.join('?' for _ in files)})" if files else ""
        self.db.execute(
            f"INSERT INTO before SELECT id, url, key, revision FROM articles WHERE state <> 'forgotten'{among}",
            files,
        )
        self.db.execute(f"DELETE FROM articles WHERE state <> 'forgotten'{among}", files)

    def end_index(self, files: Sequence[str] = ()) -> None:
        """Makes addresses due whose lines the feed lost; what it still has needs no second look."""
        self.db.execute(
            "INSERT INTO addresses (key, url, state, settled_at, is_due)"
            " SELECT key, min(url), CASE WHEN min(state) = 'removed' THEN 'removed' ELSE 'live' END,"
            " max(coalesce(date_modified, date_crawled, '')), 0 FROM articles WHERE state <> 'forgotten' GROUP BY key"
            " ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
            " settled_at = coalesce(addresses.settled_at, excluded.settled_at),"
            " is_due = CASE WHEN addresses.settled_at IS NOT NULL THEN addresses.is_due"
            " WHEN addresses.changed_at > excluded.settled_at THEN 1 ELSE 0 END"
            " WHERE addresses.state <> 'forgotten'"
        )
        lost = self.db.execute(
            "UPDATE addresses SET state = CASE WHEN key IN (SELECT key FROM articles WHERE state = 'public')"
            " THEN 'live' ELSE 'pending' END, settled_at = NULL, is_due = 1, suspicion = NULL, reason = NULL"
            " WHERE state <> 'forgotten' AND key IN (SELECT before.key FROM before"
            " LEFT JOIN articles USING (id) WHERE articles.id IS NULL OR articles.revision < before.revision)"
        )
        if lost.rowcount:
            self.keep(unsure=True)  # some may be gone by now: only what the site lists tells
        if files:  # a revision that another file may hold is not given twice
            self.db.execute(
                "INSERT INTO articles (id, url, key, revision, state)"
                " SELECT before.id, before.url, before.key, before.revision, 'lost' FROM before"
                " LEFT JOIN articles USING (id) WHERE articles.id IS NULL"
            )
        self.db.execute("DROP TABLE before")

    # -- addresses -----------------------------------------------------------------------------------------

    def entry(self, url: str) -> Entry:
        """What is known of an address; one that nothing is known of is not due."""
        found = self._entries("key = ?", (urls.key(url),), 1)
        return found[0] if found else Entry(urls.key(url), url)

    def knows(self, url: str) -> bool:
        """Whether anything is known of an address."""
        return bool(self.db.execute("SELECT 1 FROM addresses WHERE key = ?", (urls.key(url),)).fetchone())

    def _entries(self, condition: str, values: tuple[Any, ...], most: int) -> list[Entry]:
        rows = self.db.execute(f"SELECT {_ENTRY} FROM addresses WHERE {condition} LIMIT ?", (*values, most))
        return [_entry(row) for row in rows]

    def save(self, entry: Entry) -> None:
        """Records a decision about an address. One that was forgotten stays so.

        What sources reported since ``entry`` was read stays: a later change makes the address due.
        """
        self.db.execute(
            f"INSERT INTO addresses ({_ENTRY}) VALUES ({', '.join('?' * len(Entry.__dataclass_fields__))})"
            f" ON CONFLICT (key) DO UPDATE SET {_SAVED} WHERE addresses.state <> 'forgotten'",
            _row(entry),
        )

    def wants(self, url: str, run: int) -> bool:
        """Whether a run requests an address that a list shows: it is unknown, or due and not requested yet."""
        entry = self.entry(url)
        return (entry.is_due and entry.last_run != run) or not self.knows(url)

    def was_requested(self, url: str, run: int) -> bool:
        """Whether a run requested an address."""
        return self.knows(url) and self.entry(url).last_run == run

    def report(
        self, url: str, date: str | None = None, inventory: int = 0, article_id: int | None = None, since: str = ""
    ) -> None:
        """Records that a source or a list reports an address; see :meth:`report_all`."""
        self.report_all([(url, date, article_id)], inventory, since)

    def report_all(
        self, found: Iterable[tuple[str, str | None, int | None]], inventory: int = 0, since: str = ""
    ) -> None:
        """Records that a source or a list reports addresses: what :func:`mainland.decisions.record.record` says.

        Each comes with the instant at which the source says that its article changed and the id of that article, None
        for none; ``inventory`` is the number of the inventory that they stand in, 0 for none; ``since`` is an instant
        before which the dates are no changes.
        """
        tomorrow = _tomorrow()
        rows = []
        for url, told, number in found:
            date = told if told and told < tomorrow else None
            before = earlier(date) if date else ""
            rows.append((urls.key(url), url, date, inventory, self.run, number, since, before, before, since))
        self.db.executemany(_REPORT, rows)

    def guess(self, url: str) -> None:
        """Records an address that only the home page shows; it is due."""
        self.db.execute(
            "INSERT INTO addresses (key, url, state, is_due) VALUES (?, ?, 'candidate', 1) ON CONFLICT DO NOTHING",
            (urls.key(url), url),
        )

    def open_addresses(self) -> dict[str, int]:
        """How many addresses wait for an answer, by what is the matter with them."""
        counts = self.db.execute(
            "SELECT sum(CASE WHEN is_due = 1 AND coalesce(rule, '') <> 'forbidden' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN is_due = 0 AND state = 'live' AND suspicion IS NOT NULL THEN 1 ELSE 0 END),"
            " sum(CASE WHEN is_due = 0 AND failures > 0 THEN 1 ELSE 0 END),"
            " sum(CASE WHEN is_due = 1 AND rule = 'forbidden' THEN 1 ELSE 0 END) FROM addresses"
        ).fetchone()
        names = ("due", "suspicious", "unreachable", "forbidden")
        return {name: int(number or 0) for name, number in zip(names, counts, strict=True)}

    def alternates(self, number: int) -> list[Entry]:
        """The other addresses that showed an article, a hundred at most."""
        return self._entries("state = 'alternate' AND article_id = ?", (number,), 100)

    def make_alternates_due(self, number: int) -> None:
        """Makes the other addresses due that showed an article."""
        self.db.execute("UPDATE addresses SET is_due = 1 WHERE state = 'alternate' AND article_id = ?", (number,))

    def named(self, number: int) -> Entry | None:
        """The address at which REST or the feed of this run says that an article is; None for none, or for several."""
        found = self._entries("article_id = ? AND seen_in = ? AND state <> 'alternate'", (number, self.run), 2)
        return found[0] if len(found) == 1 else None

    def missing(self, run: int) -> list[Entry]:
        """The addresses of public articles at which this run did not find them."""
        return self._entries("state = 'live' AND suspicion = 'missing' AND last_run = ?", (run,), _PAGE)

    def make_due(self, url: str) -> None:
        """Makes an address due, as one that was never read."""
        self.db.execute(
            "UPDATE addresses SET settled_at = NULL, is_due = 1 WHERE key = ? AND state <> 'forgotten'",
            (urls.key(url),),
        )

    def set_back(self, url: str, date: str | None) -> None:
        """Makes an address due that a source dates earlier than it did; a later date is a change again."""
        self.db.execute(
            "UPDATE addresses SET settled_at = NULL, is_due = 1, changed_at = ? WHERE key = ? AND state <> 'forgotten'",
            (believed(date), urls.key(url)),
        )

    def requested(self, url: str, run: int) -> None:
        """Records that a run requests an address."""
        self.db.execute("UPDATE addresses SET last_run = ? WHERE key = ?", (run, urls.key(url)))

    def due(self, run: int, most: int, most_stored: int | None = None) -> list[Entry]:
        """The addresses to request next, the last changed first; each once a run.

        With ``most_stored`` those of stored articles come last, and no more of them.
        """
        due, order = "is_due = 1 AND last_run <> ?", "ORDER BY changed_at DESC NULLS LAST"
        if most_stored is None:
            return self._take(f"{due} {order}", (run,), run, most)
        others = self._take(f"{due} AND state <> 'live' {order}", (run,), run, most)
        left = min(most - len(others), most_stored)
        return others + self._take(f"{due} AND state = 'live' {order}", (run,), run, left)

    def unlisted(self, run: int, most: int, *, everything: bool) -> list[Entry]:
        """The addresses of public articles that the latest inventory lacks; each once a run.

        Of those that were seen alive in two looks all the same, ``everything`` takes in these.
        """
        return self._take(
            "state = 'live' AND listed_in <> ? AND (looks_alive < 2 OR ?) AND last_run <> ?",
            (self.fact("listing") or 0, everything, run),
            run,
            most,
        )

    def unshown(self, run: int, most: int) -> list[Entry]:
        """The addresses of public articles that no list showed in this run; each once a run."""
        return self._take("state = 'live' AND last_run <> ? AND key NOT IN (SELECT key FROM shown)", (run,), run, most)

    def doubtful(self, run: int, most: int, other_pages: int) -> list[Entry]:
        """What a full crawl requests again, the longest not requested first; each once a run.

        These are the stored articles whose addresses do not show them, all of them; ``most`` other addresses that
        a source or a list reports and that showed no article; and ``other_pages`` that are pages of another kind.
        """
        confirmed = "is_due = 0 AND last_run <> ?"
        found = self._take(
            f"state = 'live' AND (suspicion IS NOT NULL OR failures > 0) AND {confirmed}", (run,), run, _PAGE
        )
        empty = f"state IN ('pending', 'removed', 'moved', 'alternate', 'rejected') AND seen_in = ? AND {confirmed}"
        for condition, number in (("<>", most), ("=", other_pages)):
            found += self._take(
                f"{empty} AND coalesce(rule, '') {condition} ? ORDER BY last_run", (run, run, OTHER_KIND), run, number
            )
        return found

    def _take(self, condition: str, values: tuple[Any, ...], run: int, most: int) -> list[Entry]:
        found = self._entries(condition, values, most)
        self.db.executemany("UPDATE addresses SET last_run = ? WHERE key = ?", [(run, each.key) for each in found])
        return found

    def ageing(self, run: int, most: int, now: datetime, *, are_days_told: bool) -> list[str]:
        """The addresses of public articles to look at again for their age, where the site tells no changes.

        That is an hour, a day, a week and a month after they were delivered. Where sources tell the days of changes,
        only what they date on the day of delivery or later.
        """
        found: list[tuple[int, str]] = []
        for checks, age in enumerate(_AGES):
            before = dates.utc(now - age)
            found += self.db.execute(
                "SELECT articles.id, articles.url FROM articles JOIN addresses USING (key)"
                " WHERE articles.state = 'public' AND checks = ? AND date_crawled <= ? AND last_run <> ?"
                " AND (? = 0 OR changed_at IS NULL OR substr(changed_at, 1, 10) >= substr(date_crawled, 1, 10))"
                " ORDER BY articles.id DESC LIMIT ?",
                (checks, before, run, int(are_days_told), most - len(found)),
            ).fetchall()
        for number, url in found:
            self.db.execute("UPDATE articles SET checks = checks + 1 WHERE id = ?", (number,))
            self.requested(url, run)
        return [url for _, url in found]

    def count_listed(self) -> int:
        """How many public articles the last reading of the sitemaps found."""
        return int(
            self.db.execute(
                "SELECT count(*) FROM addresses WHERE state = 'live' AND listed_in = ?",
                (self.fact("listing") or 0,),
            ).fetchone()[0]
        )

    def is_inventory_broken(self) -> bool:
        """Whether the latest inventory lacks articles that other sources or lists of this run show.

        More than two, and only those that an earlier inventory had: some are kept out of sitemaps, and one that was
        just removed can stand in a feed that is cached.
        """
        lacking = self.db.execute(
            "SELECT count(*) FROM addresses WHERE seen_in = ? AND state = 'live' AND listed_in > 0 AND listed_in < ?",
            (self.run, self.fact("listing") or 0),
        ).fetchone()[0]
        return int(lacking) > _FEW_LACKING

    def is_listed(self, url: str) -> bool:
        """Whether the last reading of the sitemaps found an address."""
        row = self.db.execute("SELECT listed_in FROM addresses WHERE key = ?", (urls.key(url),)).fetchone()
        return bool(row) and row[0] == (self.fact("listing") or 0) != 0

    def show(self, name: str, found: Iterable[str]) -> int:
        """How many of the addresses on a page of a list no other page of it showed in this run."""
        return sum(
            self.db.execute("INSERT INTO shown VALUES (?, ?) ON CONFLICT DO NOTHING", (name, urls.key(url))).rowcount
            for url in found
        )

    # -- sections ------------------------------------------------------------------------------------------

    def section(self, slug: str) -> tuple[int, bool]:
        """The last page of a section that was read, 0 for none, and whether a whole run reached its end."""
        row = self.db.execute("SELECT page, ended FROM sections WHERE slug = ?", (slug,)).fetchone()
        return (row[0], row[1] == _COMPLETE) if row else (0, False)

    def walked(self, slug: str, page: int, ended: int = 0) -> None:
        """Notes how far a section was walked, and the run that reached its end."""
        self.db.execute(
            "INSERT INTO sections (slug, page, ended) VALUES (?, ?, ?)"
            " ON CONFLICT (slug) DO UPDATE SET page = excluded.page, ended = excluded.ended",
            (slug, page, ended),
        )

    def unfinished_sections(self) -> set[str]:
        """The slugs of the sections whose last walk did not come to its end."""
        return {slug for (slug,) in self.db.execute("SELECT slug FROM sections WHERE ended <> ?", (_COMPLETE,))}

    def ended_sections(self, run: int) -> set[str]:
        """The slugs of the sections whose ends a run reached."""
        return {slug for (slug,) in self.db.execute("SELECT slug FROM sections WHERE ended = ?", (run,))}

    def complete(self, run: int) -> None:
        """Notes that a run ended by itself: the sections whose ends it reached are known."""
        self.db.execute("UPDATE sections SET ended = ? WHERE ended = ?", (_COMPLETE, run))

    # -- validators ----------------------------------------------------------------------------------------

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """``ETag`` and ``Last-Modified`` of what an address last answered."""
        row = self.db.execute("SELECT etag, last_modified FROM validators WHERE url = ?", (url,)).fetchone()
        return (row[0], row[1]) if row else (None, None)

    def validate(self, url: str, etag: str | None, last_modified: str | None) -> None:
        """Keeps the validators of an answer."""
        self.db.execute(
            "INSERT INTO validators (url, etag, last_modified) VALUES (?, ?, ?)"
            " ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified",
            (url, etag, last_modified),
        )


_ENTRY = ", ".join(Entry.__dataclass_fields__)
_REPORTED = ("changed_at", "listed_in", "seen_in")  # what report_all alone writes
_SAVED = ", ".join(
    f"{name} = excluded.{name}"
    for name in Entry.__dataclass_fields__
    if name not in ("key", "last_run", "is_due", *_REPORTED)
) + (
    ", is_due = CASE WHEN addresses.changed_at > coalesce(excluded.changed_at, '') AND addresses.state <> 'alternate'"
    " THEN 1 ELSE excluded.is_due END"
)


def _entry(row: Sequence[Any]) -> Entry:
    entry = Entry(*row)
    suspicion = Suspicion(entry.suspicion) if entry.suspicion else None
    return replace(entry, state=State(entry.state), is_due=bool(entry.is_due), suspicion=suspicion)


def _row(entry: Entry) -> tuple[Any, ...]:
    values = astuple(entry)
    return tuple(v.value if isinstance(v, StrEnum) else int(v) if isinstance(v, bool) else v for v in values)


@contextmanager
def reading(path: Path) -> Iterator[Archive]:
    """The index in a file, to be read only, beside a crawl that writes it.

    :raises OSError: there is none, it is damaged, or of another version; the text says what to do.
    """
    again = "run a crawl: it makes the index again"
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: {again}")
    archive = Archive.__new__(Archive)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise OSError(f"{path} is of another version: {again}")
        archive.path, archive.db = path, connection
        yield archive
    except sqlite3.DatabaseError as error:
        raise OSError(f"{path} cannot be read ({error}): {again}") from error
    finally:
        connection.close()


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    """The statements that made the tables and indexes of a database, by name."""
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _expected() -> dict[str, str]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    found = _tables(connection)
    connection.close()
    return found


_EXPECTED = _expected()


def believed(lastmod: str | None) -> str | None:
    """When a source says that an article changed; None for what is said to change later than tomorrow."""
    return lastmod if lastmod and lastmod < _tomorrow() else None


def _tomorrow() -> str:
    return dates.utc(datetime.now(UTC) + timedelta(days=1))
