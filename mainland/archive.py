"""What earlier crawls delivered, and what they were told: an index in SQLite beside the feed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mainland import dates, urls
from mainland.lines import Place

VERSION = 1

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
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
    state TEXT NOT NULL,
    offset INTEGER,
    length INTEGER,
    checks INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX articles_by_key ON articles (key);
CREATE TABLE addresses (
    key TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    lastmod TEXT,
    read TEXT,
    reason TEXT,
    listed INTEGER NOT NULL DEFAULT 0,
    tried INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX addresses_due ON addresses (lastmod) WHERE read IS NULL OR lastmod > read;
CREATE TABLE sections (slug TEXT PRIMARY KEY, page INTEGER NOT NULL, complete INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE validators (url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT) WITHOUT ROWID;
"""
_AGES = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
_ALIVE = -1
_REMOVED = "removed"
_DUE = "(read IS NULL OR lastmod > read)"


@dataclass(frozen=True, slots=True)
class Held:
    """An article as it was last delivered. ``state`` is ``public``, ``removed`` or ``forgotten``."""

    id: int
    url: str
    key: str
    content_hash: str | None
    extractor: str | None
    revision: int
    date_published: str | None
    date_modified: str | None
    day_published: str | None
    date_crawled: str | None
    state: str


_HELD = ", ".join(Held.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a source told of.

    ``lastmod`` is what the sources say, ``read`` what they said when it was last asked, None if it never was;
    ``reason`` why it gave no article; ``tried`` the last run that asked it.
    """

    key: str
    url: str
    lastmod: str | None
    read: str | None
    reason: str | None
    tried: int

    @property
    def due(self) -> bool:
        """Whether it is to be asked."""
        return self.read is None or (self.lastmod or "") > self.read


_ADDRESS = ", ".join(Address.__dataclass_fields__)


class Archive:
    """The index of one data folder. Nothing is kept before :meth:`commit`."""

    def __init__(self, path: Path) -> None:
        """Opens the archive; one that is broken or of another version is begun anew (``fresh``)."""
        self.path = path
        self.fresh = not path.exists() or not path.stat().st_size
        try:
            self._open()
        except sqlite3.DatabaseError:
            self._discard()
            self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(self.path, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._check()
            self._db.execute("BEGIN")
        except BaseException:
            self._db.close()
            raise

    def _check(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version != VERSION or self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("another version, or broken")

    def _discard(self) -> None:
        self.fresh = True
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def commit(self, **facts: Any) -> None:
        """Keeps what was recorded since the last commit, and facts that are true of it.

        :raises sqlite3.Error: nothing was kept: SQLite itself gives a transaction up when the disk is full.
        """
        if not self._db.in_transaction:
            raise sqlite3.OperationalError("what was recorded since the last commit is lost")
        self.keep(**facts)
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Closes the archive without a commit."""
        with suppress(sqlite3.Error):
            self._db.execute("ROLLBACK")
        self._db.close()

    # -- facts ---------------------------------------------------------------------------------------------

    def fact(self, name: str) -> Any:
        """A value that was kept by name; None if none was."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def keep(self, **facts: Any) -> None:
        """Keeps values by name."""
        self._db.executemany("REPLACE INTO facts VALUES (?, ?)", facts.items())

    # -- articles ------------------------------------------------------------------------------------------

    def article(self, number: int | None) -> Held | None:
        """The article with an id."""
        return self._held("id = ?", number)

    def article_at(self, url: str) -> Held | None:
        """The article at an address; of several the one that is public, else the latest."""
        return self._held("key = ? ORDER BY state = 'public' DESC, id DESC", urls.key(url))

    def _held(self, condition: str, value: Any) -> Held | None:
        row = self._db.execute(f"SELECT {_HELD} FROM articles WHERE {condition}", (value,)).fetchone()
        return Held(*row) if row else None

    def deliver(self, record: dict[str, Any], place: Place) -> None:
        """Records a line of the feed that was just written, given as its record, and where it stands."""
        self.index(record, place)
        self.read(record["url"], record.get("date_modified"), _REMOVED if record.get("change") == _REMOVED else None)

    def index(self, record: dict[str, Any], place: Place) -> None:
        """Records a line that stands in the feed, unless a later one of its article is recorded."""
        state = _REMOVED if record.get("change") == _REMOVED else "public"
        self._db.execute(
            "INSERT INTO articles (id, url, key, content_hash, extractor, revision, date_published, date_modified,"
            " day_published, date_crawled, state, offset, length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET url = excluded.url, key = excluded.key,"
            " content_hash = coalesce(excluded.content_hash, content_hash),"
            " extractor = coalesce(excluded.extractor, extractor), revision = excluded.revision,"
            " date_published = excluded.date_published, date_modified = excluded.date_modified,"
            " day_published = excluded.day_published, date_crawled = excluded.date_crawled,"
            " state = excluded.state, offset = excluded.offset, length = excluded.length"
            " WHERE excluded.revision >= revision",
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
                *place,
            ),
        )

    def public(self) -> Iterator[Place]:
        """Where the latest lines of the public articles stand, by id."""
        for row in self._db.execute("SELECT offset, length FROM articles WHERE state = 'public' ORDER BY id"):
            yield Place(*row)

    def forget(self, number: int, url: str) -> None:
        """Leaves a tombstone in place of an article; its address is never due again."""
        self._db.execute(
            "REPLACE INTO articles (id, url, key, revision, state) VALUES (?, ?, ?, 0, 'forgotten')",
            (number, url, urls.key(url)),
        )
        self._db.execute(
            "REPLACE INTO addresses (key, url, read, reason) VALUES (?, ?, '9999', 'forgotten')", (urls.key(url), url)
        )

    def is_forgotten(self, number: int) -> bool:
        """Whether an article has a tombstone."""
        held = self.article(number)
        return held is not None and held.state == "forgotten"

    def count(self, state: str = "public") -> int:
        """How many articles are in a state."""
        return int(self._db.execute("SELECT count(*) FROM articles WHERE state = ?", (state,)).fetchone()[0])

    def begin_index(self) -> None:
        """Forgets what was delivered, before the feed is indexed again; tombstones stay."""
        self._db.execute("DROP TABLE IF EXISTS temp.before")
        self._db.execute("CREATE TEMP TABLE before AS SELECT id, key, revision FROM articles")
        self._db.execute("DELETE FROM articles WHERE state <> 'forgotten'")

    def end_index(self) -> None:
        """Makes addresses due whose lines the feed lost; what it still has needs no second look."""
        self._db.execute(
            "INSERT INTO addresses (key, url, read, reason)"
            " SELECT key, url, coalesce(date_modified, ''), iif(state = 'removed', state, NULL) FROM articles"
            " WHERE state <> 'forgotten' ON CONFLICT (key) DO UPDATE SET read = coalesce(read, excluded.read)"
        )
        self._db.execute(
            "UPDATE addresses SET read = NULL, reason = NULL WHERE key IN (SELECT before.key FROM before"
            " LEFT JOIN articles USING (id) WHERE articles.id IS NULL OR articles.revision < before.revision)"
        )
        self._db.execute("DROP TABLE temp.before")

    # -- addresses -----------------------------------------------------------------------------------------

    def address(self, url: str) -> Address | None:
        """What is known of an address."""
        row = self._db.execute(f"SELECT {_ADDRESS} FROM addresses WHERE key = ?", (urls.key(url),)).fetchone()
        return Address(*row) if row else None

    def tell(self, url: str, lastmod: str | None = None, listed: int = 0) -> None:
        """Notes that a source told of an address; ``listed`` numbers the reading of the sitemaps it stands in.

        One that was found gone is due again.
        """
        self._db.execute(
            "INSERT INTO addresses (key, url, lastmod, listed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET lastmod = max(coalesce(lastmod, ''), coalesce(excluded.lastmod, '')),"
            " listed = max(listed, excluded.listed), read = iif(reason = 'removed', NULL, read)",
            (urls.key(url), url, lastmod, listed),
        )

    def read(self, url: str, lastmod: str | None = None, reason: str | None = None) -> None:
        """Notes that an address was read; it is due again when the sources tell of a later change."""
        self._db.execute(
            "INSERT INTO addresses (key, url, read, reason) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET read = max(coalesce(lastmod, ''), excluded.read), reason = excluded.reason",
            (urls.key(url), url, lastmod or "", reason),
        )

    def tried(self, url: str, run: int) -> None:
        """Notes that a run asks an address."""
        self._db.execute("UPDATE addresses SET tried = ? WHERE key = ?", (run, urls.key(url)))

    def due(self, run: int, most: int) -> list[Address]:
        """The addresses to ask next, the last changed first; each once a run."""
        return self._try(f"{_DUE} AND tried <> ? ORDER BY lastmod DESC", (run,), run, most)

    def unlisted(self, run: int, most: int, *, everything: bool) -> list[Address]:
        """The addresses of public articles that the last reading of the sitemaps did not find; each once a run.

        Of those that were found alive all the same, ``everything`` asks again.
        """
        return self._try(
            "listed <> ? AND (listed <> ? OR ?) AND tried <> ?"
            " AND key IN (SELECT key FROM articles WHERE state = 'public')",
            (self.fact("listing") or 0, _ALIVE, everything, run),
            run,
            most,
        )

    def alive(self, url: str) -> None:
        """Notes that an article is there though the sitemaps do not list it."""
        self._db.execute("UPDATE addresses SET listed = ? WHERE key = ?", (_ALIVE, urls.key(url)))

    def _try(self, condition: str, values: tuple[Any, ...], run: int, most: int) -> list[Address]:
        found = [
            Address(*row)
            for row in self._db.execute(f"SELECT {_ADDRESS} FROM addresses WHERE {condition} LIMIT ?", (*values, most))
        ]
        self._db.executemany("UPDATE addresses SET tried = ? WHERE key = ?", ((run, each.key) for each in found))
        return found

    def ageing(self, run: int, most: int, now: datetime) -> list[str]:
        """The addresses of public articles to look at again for their age, where the site tells no changes.

        That is an hour, a day, a week and a month after they were delivered.
        """
        found: list[tuple[int, str]] = []
        for checks, age in enumerate(_AGES):
            before = dates.utc(now - age)
            found += self._db.execute(
                "SELECT articles.id, articles.url FROM articles JOIN addresses USING (key) WHERE state = 'public'"
                " AND checks = ? AND date_crawled <= ? AND tried <> ? ORDER BY articles.id DESC LIMIT ?",
                (checks, before, run, most - len(found)),
            ).fetchall()
        for number, url in found:
            self._db.execute("UPDATE articles SET checks = checks + 1 WHERE id = ?", (number,))
            self.tried(url, run)
        return [url for _, url in found]

    def is_listed(self, url: str) -> bool:
        """Whether the last reading of the sitemaps found an address."""
        row = self._db.execute("SELECT listed FROM addresses WHERE key = ?", (urls.key(url),)).fetchone()
        return bool(row) and row[0] == (self.fact("listing") or 0) != 0

    # -- sections ------------------------------------------------------------------------------------------

    def section(self, slug: str) -> tuple[int, bool]:
        """The last page of a section that was read, 0 for none, and whether its walk reached the end."""
        row = self._db.execute("SELECT page, complete FROM sections WHERE slug = ?", (slug,)).fetchone()
        return (row[0], bool(row[1])) if row else (0, False)

    def walked(self, slug: str, page: int, *, complete: bool) -> None:
        """Notes how far a section was walked."""
        self._db.execute("REPLACE INTO sections VALUES (?, ?, ?)", (slug, page, complete))

    # -- validators ----------------------------------------------------------------------------------------

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """``ETag`` and ``Last-Modified`` of what an address last answered."""
        row = self._db.execute("SELECT etag, last_modified FROM validators WHERE url = ?", (url,)).fetchone()
        return (row[0], row[1]) if row else (None, None)

    def validate(self, url: str, etag: str | None, last_modified: str | None) -> None:
        """Keeps the validators of an answer."""
        self._db.execute("REPLACE INTO validators VALUES (?, ?, ?)", (url, etag, last_modified))
