"""The index of ``changes.jsonl``: where the latest line of each article is, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mainland.clean import dates, urls
from mainland.decisions.stored import StoredArticle, filed_under
from mainland.decisions.types import State
from mainland.items import Article
from mainland.storage.ledger import Ledger, believed
from mainland.storage.lines import Place
from mainland.storage.schema import Statements

_AGES = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
_PAGE = 10_000  # rows in memory at once
_STORED = ", ".join(StoredArticle.__dataclass_fields__)
_PLACE = "start, length, crc"
_LINE = f"{_STORED}, file, {_PLACE}"
_INSERT = f"INSERT INTO articles ({_LINE}) VALUES ({', '.join('?' * len(_LINE.split(', ')))})"


class Index:
    """The latest lines of all articles. Nothing is stored before the commit of the database.

    An article is given by its id, or by an address. Its state is ``public``, ``removed``, ``forgotten``, or ``lost``
    where its line is in a file out of reach.
    """

    def __init__(self, db: Statements, ledger: Ledger) -> None:
        self._db, self._ledger = db, ledger

    def article(self, number: int | None) -> StoredArticle | None:
        """The article with an id, in any state; None if there is none."""
        return self._stored("id = ?", number)

    def article_at(self, url: str) -> StoredArticle | None:
        """The article at an address, in any state; None if there is none.

        Of several the public one, otherwise the one with the highest id.
        """
        return self._stored("key = ? ORDER BY state = 'public' DESC, id DESC", urls.key(url))

    def public_at(self, url: str) -> StoredArticle | None:
        """The public article at an address; None if there is none.

        Of several the one that was crawled first: another took its place, and a kill lost the line that removes it.
        """
        return self._stored("key = ? AND state = 'public' ORDER BY date_crawled, id", urls.key(url))

    def is_address_shared(self, stored: StoredArticle) -> bool:
        """Whether another public article has the address of a stored one, as a kill can leave it."""
        found = self._db.execute(
            "SELECT 1 FROM articles WHERE key = ? AND state = 'public' AND id <> ?", (stored.key, stored.id)
        )
        return bool(found.fetchone())

    def match(self, item: Article) -> StoredArticle | None:
        """The stored article that an item is, in any state; None if it is new.

        Matched by address and date of publication, then by id; a removal by its id alone. A re-import can give an
        article a new id, even that of another stored article. After a crawl saw the new id, the article is matched by
        it too.
        """
        stored, there = self.article(item.id), self.article_at(str(item.url))
        imported = self._stored("new_id = ?", item.id)
        if imported and (imported.state == "forgotten" or imported.is_dated_as(item)):
            stored = imported
        if there is None or not there.is_dated_as(item) or item.change == "removed":
            return stored  # another article took the address over
        return there if stored is None or (stored.state != "forgotten" and there.state == "public") else stored

    def _stored(self, condition: str, value: Any) -> StoredArticle | None:
        row = self._db.execute(f"SELECT {_STORED} FROM articles WHERE {condition}", (value,)).fetchone()
        return StoredArticle(*row) if row else None

    def is_newer(self, number: int, revision: int) -> bool:
        """Whether a revision of an article is later than its stored revision; True if the article is not stored."""
        stored = self.article(number)
        return stored is None or stored.revision < revision

    def deliver(self, record: dict[str, Any], file: str, place: Place) -> None:
        """Records a line that was just written and settles the address of its article, unless a source dates it later.

        ``record`` has the fields of :class:`mainland.items.Article`; ``file`` is the name of the line's file in the
        data folder.
        """
        self.add(record, file, place)
        stored, is_removed = self.article_at(record["url"]), record.get("change") == "removed"
        if not (is_removed and stored and stored.state == "public"):  # another article stands there now
            entry = self._ledger.entry(record["url"])
            state, date = State.REMOVED if is_removed else State.LIVE, believed(record.get("date_modified"))
            is_behind = not is_removed and date is not None and date < (entry.changed_at or "")
            self._ledger.save(replace(entry, state=state) if is_behind else entry.settled(state, date))

    def add(self, record: dict[str, Any], file: str, place: Place) -> None:
        """Records a line of a file, unless a later one of its article is known; for the arguments see :meth:`deliver`.

        The article's former address is recorded as moved.
        """
        state = "removed" if record.get("change") == "removed" else "public"
        self._ledger.record_move(record["id"], record["url"])
        self._db.execute(
            f"{_INSERT} ON CONFLICT (id) DO UPDATE SET url = excluded.url, key = excluded.key,"
            " content_hash = coalesce(excluded.content_hash, articles.content_hash),"
            " extractor = coalesce(excluded.extractor, articles.extractor), revision = excluded.revision,"
            " date_published = excluded.date_published, date_modified = excluded.date_modified,"
            " day_published = excluded.day_published, date_crawled = excluded.date_crawled,"
            " state = excluded.state, filed_under = coalesce(excluded.filed_under, articles.filed_under),"
            " file = excluded.file, start = excluded.start, length = excluded.length, crc = excluded.crc,"
            " checks = CASE WHEN articles.revision < excluded.revision THEN 0 ELSE articles.checks END"
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
                None,
                file,
                *place,
            ),
        )

    def note_new_id(self, number: int, new_id: int | None) -> None:
        """Records the id of an article on the site, ``new_id``; None where it is ``number``, the one in the dataset."""
        self._db.execute("UPDATE articles SET new_id = ? WHERE id = ?", (new_id, number))

    def files(self) -> set[str]:
        """The names of the files that have a latest line of an article."""
        return {name for (name,) in self._db.execute("SELECT DISTINCT file FROM articles WHERE file IS NOT NULL")}

    def public(self) -> Iterator[tuple[int, str, Place]]:
        """The public articles by ascending id: the id, the name of the file of the latest line, and its place there."""
        after = -1
        while rows := self._db.execute(
            f"SELECT id, file, {_PLACE} FROM articles WHERE state = 'public' AND id > ? ORDER BY id LIMIT ?",
            (after, _PAGE),
        ).fetchall():
            yield from ((number, file, Place(*place)) for number, file, *place in rows)
            after = rows[-1][0]

    def latest(self, most: int) -> list[tuple[str, Place]]:
        """The file names and places of the latest lines of at most ``most`` public articles, the highest id first."""
        rows = self._db.execute(
            f"SELECT file, {_PLACE} FROM articles WHERE state = 'public' ORDER BY id DESC LIMIT ?", (most,)
        )
        return [(file, Place(*place)) for file, *place in rows]

    def place(self, number: int) -> tuple[str, Place] | None:
        """The name of the file and the place of the latest line of an article; None where that is not known."""
        row = self._db.execute(f"SELECT file, {_PLACE} FROM articles WHERE id = ?", (number,)).fetchone()
        return (row[0], Place(*row[1:])) if row and row[0] is not None else None

    def is_latest(self, number: int, revision: int) -> bool:
        """Whether a revision is the latest one of an article, and the article is public."""
        stored = self.article(number)
        return stored is not None and (stored.state, stored.revision) == ("public", revision)

    def forget(self, number: int, url: str) -> None:
        """Replaces an article by a tombstone, at one of its addresses. It and its alternates become FORGOTTEN."""
        stored = self.article(number)
        self._db.execute("DELETE FROM articles WHERE id = ?", (number,))
        self._db.execute(
            "INSERT INTO articles (id, url, key, revision, state, new_id) VALUES (?, ?, ?, 0, 'forgotten', ?)",
            (number, url, urls.key(url), stored and stored.new_id),
        )
        for address in (url, *(alternate.url for alternate in self._ledger.alternates(number))):
            self._ledger.forget(address)

    def is_forgotten(self, number: int, url: str) -> bool:
        """Whether an article has a tombstone that covers an address."""
        stored = self.article(number)
        return stored is not None and stored.state == "forgotten" and self._ledger.entry(url).state is State.FORGOTTEN

    def forgotten(self) -> dict[int, str]:
        """An address of each article that has a tombstone, by id."""
        return dict(self._db.execute("SELECT id, url FROM articles WHERE state = 'forgotten'").fetchall())

    def count(self, state: str = "public") -> int:
        """How many articles are in a state."""
        return int(self._db.execute("SELECT count(*) FROM articles WHERE state = ?", (state,)).fetchone()[0])

    def has_any(self) -> bool:
        """Whether it has an article, in any state."""
        return self._db.execute("SELECT 1 FROM articles LIMIT 1").fetchone() is not None

    def replace_by(self, other: Index) -> None:
        """Replaces all rows by the public articles of another index."""
        self._db.execute("DELETE FROM articles")
        for rows in other.public_rows():
            self._db.executemany(_INSERT, rows)

    def public_rows(self) -> Iterator[list[tuple[Any, ...]]]:
        """Yields the rows of the public articles by ascending id, in lists that fit into memory."""
        after = -1
        while rows := self._db.execute(
            f"SELECT {_LINE} FROM articles WHERE state = 'public' AND id > ? ORDER BY id LIMIT ?", (after, _PAGE)
        ).fetchall():
            yield list(map(tuple, rows))
            after = rows[-1][0]

    def take_due_by_age(self, most: int, now: datetime, *, are_changes_dated: bool) -> list[str]:
        """At most ``most`` addresses of public articles to request again because of their age; records the requests.

        That is an hour, a day, a week and a month after they were delivered: one request for each age, overdue or not,
        and at most one a run. With ``are_changes_dated`` (sources give the days of changes) only articles with a change
        on the day of delivery or later, or none.
        """
        found: list[tuple[int, str]] = []
        for checks, age in enumerate(_AGES):
            before = dates.utc(now - age)
            found += self._db.execute(
                "SELECT articles.id, articles.url FROM articles JOIN addresses USING (key)"
                " WHERE articles.state = 'public' AND checks = ? AND date_crawled <= ? AND last_run <> ?"
                " AND (? = 0 OR changed_at IS NULL OR substr(changed_at, 1, 10) >= substr(date_crawled, 1, 10))"
                " ORDER BY articles.id DESC LIMIT ?",
                (checks, before, self._ledger.run, int(are_changes_dated), most - len(found)),
            ).fetchall()
        for number, url in found:
            self._db.execute("UPDATE articles SET checks = checks + 1 WHERE id = ?", (number,))
            self._ledger.record_request(url)
        return [url for _, url in found]
