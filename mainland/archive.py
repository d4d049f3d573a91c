"""What earlier crawls delivered, and what they were told: an index in SQLite beside the feed.

The statements are SQL that PostgreSQL takes too; :mod:`mainland.workers` runs them there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from mainland import dates, urls
from mainland.items import Article
from mainland.lines import Place

VERSION = 4

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
    lastmod TEXT,
    read TEXT,
    reason TEXT,
    listed INTEGER NOT NULL DEFAULT 0,
    tried INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX addresses_due ON addresses (lastmod) WHERE read IS NULL OR lastmod > read;
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
_ALIVE, _SEEN_ALIVE, _COMPLETE = -1, -2, -1
_REMOVED, _LEFT, _DOUBTED, _GUESSED, _ASTRAY = "removed", "left", "doubted", "guessed", "astray"
_FORGOTTEN = "forgotten"
TAKEN, ELSEWHERE = "its id is that of another article", "leads to another article"
_MISSING = ("status 404", "status 410", TAKEN, ELSEWHERE)  # may be there again, though nobody tells of a change
_DUE = "(read IS NULL OR lastmod > read)"
_PAGE = 10_000  # rows in hand at once


@dataclass(frozen=True, slots=True)
class Held:
    """An article as it was last delivered.

    ``state`` is ``public``, ``removed``, ``forgotten``, or ``lost`` where its line is and other files are out of reach.
    """

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

    def is_dated_as(self, item: Article) -> bool:
        """Whether an article bears the same date of publication; False where there is none to compare."""
        dated = self.date_published or self.day_published
        return dated is not None and dated == (item.date_published or item.day_published)

    def is_another(self, item: Article, *addresses: str) -> bool:
        """Whether an article of the same id is another one: of another date and text, and at none of its addresses."""
        return (
            self.state == "public"
            and not self.is_dated_as(item)
            and self.content_hash != item.content_hash
            and self.key not in map(urls.key, (str(item.url), *addresses))
        )

    def removal(self, site: str, date: str) -> Article:
        """The line that says that the article is gone."""
        return Article(
            site=site,
            id=self.id,
            url=self.url,
            date_published=self.date_published,
            date_modified=self.date_modified,
            day_published=self.day_published,
            change="removed",
            date_removed=date,
        )


_HELD = ", ".join(Held.__dataclass_fields__)
_PLACE = "start, length, crc"
_LINE = f"{_HELD}, file, {_PLACE}"
_INSERT = f"INSERT INTO articles ({_LINE}) VALUES ({', '.join('?' * len(_LINE.split(', ')))})"


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
        run = (self.fact("run") or 0) + 1
        self.keep(run=run)
        return int(run)

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

    # -- articles ------------------------------------------------------------------------------------------

    def article(self, number: int | None) -> Held | None:
        """The article with an id."""
        return self._held("id = ?", number)

    def article_at(self, url: str) -> Held | None:
        """The article at an address; of several the one that is public, else the latest."""
        return self._held("key = ? ORDER BY state = 'public' DESC, id DESC", urls.key(url))

    def _held(self, condition: str, value: Any) -> Held | None:
        row = self.db.execute(f"SELECT {_HELD} FROM articles WHERE {condition}", (value,)).fetchone()
        return Held(*row) if row else None

    def claim(self, number: int, revision: int) -> bool:
        """Whether a revision of an article is to be had, until the end of :meth:`together`."""
        held = self.article(number)
        return held is None or held.revision < revision

    def deliver(self, record: dict[str, Any], file: str, place: Place) -> None:
        """Records a line of the feed that was just written, given as its record, and where it stands."""
        self.index(record, file, place)
        self.read(record["url"], record.get("date_modified"), _REMOVED if record.get("change") == _REMOVED else None)

    def index(self, record: dict[str, Any], file: str, place: Place) -> None:
        """Records a line that stands in a file of the feed, unless a later one of the article is known."""
        state = _REMOVED if record.get("change") == _REMOVED else "public"
        self.db.execute(
            "UPDATE addresses SET reason = ?"
            " WHERE reason IS NULL AND key = (SELECT key FROM articles WHERE id = ? AND key <> ?)",
            (_LEFT, record["id"], urls.key(record["url"])),
        )
        self.db.execute(
            f"{_INSERT} ON CONFLICT (id) DO UPDATE SET url = excluded.url, key = excluded.key,"
            " content_hash = coalesce(excluded.content_hash, articles.content_hash),"
            " extractor = coalesce(excluded.extractor, articles.extractor), revision = excluded.revision,"
            " date_published = excluded.date_published, date_modified = excluded.date_modified,"
            " day_published = excluded.day_published, date_crawled = excluded.date_crawled,"
            " state = excluded.state, file = excluded.file, start = excluded.start, length = excluded.length,"
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
        self.db.execute(
            "INSERT INTO addresses (key, url, read, reason) VALUES (?, ?, '9999', ?)", (urls.key(url), url, _FORGOTTEN)
        )

    def compact(self) -> None:
        """Commits, and overwrites what was deleted, so that no text of it is left in the file."""
        self.commit()
        self.db.execute("COMMIT")
        self.db.execute("VACUUM")
        self.db.execute("BEGIN")

    def is_forgotten(self, number: int, url: str) -> bool:
        """Whether an article has a tombstone at one of its addresses."""
        held, known = self.article(number), self.address(url)
        return held is not None and held.state == _FORGOTTEN and known is not None and known.reason == _FORGOTTEN

    def forgotten(self) -> dict[int, str]:
        """The addresses of the articles that have a tombstone, by id."""
        return dict(self.db.execute("SELECT id, url FROM articles WHERE state = ?", (_FORGOTTEN,)).fetchall())

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
            "INSERT INTO addresses (key, url, read, reason)"
            " SELECT key, min(url), max(coalesce(date_modified, '')),"
            " CASE WHEN min(state) = 'removed' THEN 'removed' END FROM articles"
            " WHERE state <> 'forgotten' GROUP BY key"
            " ON CONFLICT (key) DO UPDATE SET read = coalesce(addresses.read, excluded.read)"
        )
        lost = self.db.execute(
            "UPDATE addresses SET read = NULL, reason = NULL WHERE key IN (SELECT before.key FROM before"
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

    def address(self, url: str) -> Address | None:
        """What is known of an address."""
        row = self.db.execute(f"SELECT {_ADDRESS} FROM addresses WHERE key = ?", (urls.key(url),)).fetchone()
        return Address(*row) if row else None

    def wants(self, url: str, run: int) -> bool:
        """Whether an address is to be asked: unknown or changed, and not asked in a run."""
        address = self.address(url)
        return address is None or (address.due and address.tried != run)

    def was_asked(self, url: str, run: int) -> bool:
        """Whether an address was asked in a run."""
        address = self.address(url)
        return address is not None and address.tried == run

    def is_removed(self, url: str) -> bool:
        """Whether an address was found gone."""
        known = self.address(url)
        return known is not None and known.reason == _REMOVED

    def is_empty(self, url: str) -> bool:
        """Whether the article of an address was removed, or moved away."""
        known = self.address(url)
        return known is not None and known.reason in (_REMOVED, _LEFT)

    def tell(self, url: str, lastmod: str | None = None, listed: int = 0) -> None:
        """Notes that a source told of an address; ``listed`` numbers the reading of the sitemaps it stands in.

        One whose article was removed, or moved away, is due again; so is what was only guessed.
        """
        self.db.execute(
            "INSERT INTO addresses (key, url, lastmod, listed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET lastmod = CASE WHEN addresses.lastmod > excluded.lastmod"
            " THEN addresses.lastmod ELSE coalesce(excluded.lastmod, addresses.lastmod, '') END,"
            " listed = CASE WHEN excluded.listed > addresses.listed AND excluded.listed > 0 THEN excluded.listed"
            " ELSE addresses.listed END,"
            " read = CASE WHEN addresses.reason IN (?, ?, ?) THEN NULL ELSE addresses.read END,"
            " reason = CASE WHEN addresses.reason = ? THEN NULL ELSE addresses.reason END",
            (urls.key(url), url, believed(lastmod), listed, _REMOVED, _LEFT, _GUESSED, _GUESSED),
        )

    def read(self, url: str, lastmod: str | None = None, reason: str | None = None) -> None:
        """Notes that an address was read; it is due again when the sources tell of a later change.

        What they told is held against what they told before: their clock need not be that of the pages.
        """
        self.db.execute(
            "INSERT INTO addresses (key, url, read, reason) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET read = CASE WHEN addresses.lastmod > '' THEN addresses.lastmod ELSE excluded.read END,"
            " reason = excluded.reason WHERE coalesce(addresses.reason, '') <> ?",
            (urls.key(url), url, believed(lastmod) or "", reason, _FORGOTTEN),
        )

    def guess(self, url: str) -> None:
        """Notes an address that nobody told of and that may be an article's; it is due."""
        self.db.execute(
            "INSERT INTO addresses (key, url, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (urls.key(url), url, _GUESSED),
        )

    def pass_by(self, url: str) -> None:
        """Notes that a guess shows no article for the time being; it is due when something tells of it."""
        self.read(url, reason=_GUESSED)

    def is_guess(self, url: str) -> bool:
        """Whether nobody has told of an address, and it showed no article yet."""
        known = self.address(url)
        return known is not None and known.reason == _GUESSED

    def renew(self, url: str) -> None:
        """Makes an address due, as one that changed."""
        self.db.execute("UPDATE addresses SET read = NULL WHERE key = ?", (urls.key(url),))

    def set_back(self, url: str, lastmod: str | None) -> None:
        """Makes an address due, as one that a source dates earlier than it did; a later date is a change again."""
        self.db.execute(
            "UPDATE addresses SET read = NULL, lastmod = ? WHERE key = ?", (believed(lastmod), urls.key(url))
        )

    def look_again(self, url: str) -> None:
        """Makes an address that was read due once more, for the next crawl."""
        self.db.execute("UPDATE addresses SET read = NULL, reason = ? WHERE key = ?", (_DOUBTED, urls.key(url)))

    def doubt(self, url: str) -> bool:
        """Notes that what a due address showed wants a second look, by the next crawl; False if it had one."""
        doubted = self.db.execute(
            f"UPDATE addresses SET reason = ? WHERE key = ? AND {_DUE} AND coalesce(reason, '') <> ?",
            (_DOUBTED, urls.key(url), _DOUBTED),
        )
        return bool(doubted.rowcount)

    def tried(self, url: str, run: int) -> None:
        """Notes that a run asks an address."""
        self.db.execute("UPDATE addresses SET tried = ? WHERE key = ?", (run, urls.key(url)))

    def due(self, run: int, most: int) -> list[Address]:
        """The addresses to ask next, the last changed first; each once a run."""
        return self._try(f"{_DUE} AND tried <> ? ORDER BY lastmod DESC NULLS LAST", (run,), run, most)

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

    def unshown(self, run: int, most: int) -> list[Address]:
        """The addresses of public articles that no list showed in this run; each once a run."""
        return self._try(
            "tried <> ? AND key IN (SELECT key FROM articles WHERE state = 'public')"
            " AND key NOT IN (SELECT key FROM shown)",
            (run,),
            run,
            most,
        )

    def missing(self, run: int, most: int) -> list[Address]:
        """The addresses that the last reading of the sitemaps found and that showed no article; each once a run."""
        reasons = ", ".join("?" * len(_MISSING))
        asked = (*_MISSING, self.fact("listing") or 0, run)
        return self._try(f"reason IN ({reasons}) AND listed = ? AND tried <> ?", asked, run, most)

    def alive(self, url: str) -> None:
        """Notes that an address still answers though the sitemaps do not list it.

        One that did so before is not asked again but in a crawl of the whole site: the first time it may have been a
        cache.
        """
        self.db.execute(
            "UPDATE addresses SET listed = CASE WHEN listed IN (?, ?) THEN ? ELSE ? END WHERE key = ?",
            (_ALIVE, _SEEN_ALIVE, _ALIVE, _SEEN_ALIVE, urls.key(url)),
        )

    def astray(self, url: str, *, is_due: bool) -> bool:
        """Notes that an address led elsewhere, and whether that makes it due; whether it did so before, too."""
        known = self.address(url)
        read = None if is_due or known is None else known.read
        self.db.execute("UPDATE addresses SET read = ?, reason = ? WHERE key = ?", (read, _ASTRAY, urls.key(url)))
        return known is not None and known.reason == _ASTRAY

    def _try(self, condition: str, values: tuple[Any, ...], run: int, most: int) -> list[Address]:
        found = [
            Address(*row)
            for row in self.db.execute(f"SELECT {_ADDRESS} FROM addresses WHERE {condition} LIMIT ?", (*values, most))
        ]
        self.db.executemany("UPDATE addresses SET tried = ? WHERE key = ?", [(run, each.key) for each in found])
        return found

    def ageing(self, run: int, most: int, now: datetime) -> list[str]:
        """The addresses of public articles to look at again for their age, where the site tells no changes.

        That is an hour, a day, a week and a month after they were delivered.
        """
        found: list[tuple[int, str]] = []
        for checks, age in enumerate(_AGES):
            before = dates.utc(now - age)
            found += self.db.execute(
                "SELECT articles.id, articles.url FROM articles JOIN addresses USING (key) WHERE state = 'public'"
                " AND checks = ? AND date_crawled <= ? AND tried <> ?"
                # of one that the sources date before, they would tell a change
                " AND (coalesce(lastmod, '') = '' OR substr(lastmod, 1, 10) >= substr(date_crawled, 1, 10))"
                " ORDER BY articles.id DESC LIMIT ?",
                (checks, before, run, most - len(found)),
            ).fetchall()
        for number, url in found:
            self.db.execute("UPDATE articles SET checks = checks + 1 WHERE id = ?", (number,))
            self.tried(url, run)
        return [url for _, url in found]

    def count_listed(self) -> int:
        """How many public articles the last reading of the sitemaps found."""
        return int(
            self.db.execute(
                "SELECT count(*) FROM articles JOIN addresses USING (key) WHERE state = 'public' AND listed = ?",
                (self.fact("listing") or 0,),
            ).fetchone()[0]
        )

    def is_listed(self, url: str) -> bool:
        """Whether the last reading of the sitemaps found an address."""
        row = self.db.execute("SELECT listed FROM addresses WHERE key = ?", (urls.key(url),)).fetchone()
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
    return lastmod if lastmod and lastmod < dates.utc(datetime.now(UTC) + timedelta(days=1)) else None
