"""Finds near-duplicates among the stored articles, by an LSH index in the database. New articles are added to it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from functools import lru_cache

from mainland.clean.minhash import LEAST_SHARED, METHOD, Text, is_near_duplicate, oldest
from mainland.storage.database import Database
from mainland.storage.lines import Place

# The text of each article, which several may share; the bands of each text; and which texts are near-duplicates of one
# another, the lower number first.
_TABLES = """
CREATE TABLE IF NOT EXISTS bodies (article INTEGER PRIMARY KEY, revision INTEGER NOT NULL, text INTEGER);
CREATE INDEX IF NOT EXISTS bodies_by_text ON bodies (text);
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,
    signature BLOB NOT NULL,
    due INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS texts_due ON texts (id) WHERE due = 1;
CREATE TABLE IF NOT EXISTS bands (value INTEGER, text INTEGER, PRIMARY KEY (value, text)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pairs (one INTEGER, other INTEGER, PRIMARY KEY (one, other)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pairs_by_other ON pairs (other);
"""
_COMMON = 50  # a band that more texts share comes from boilerplate, and shows nothing
_BATCH = 1000  # articles between two commits
_READ = 64  # texts in memory, to be compared; of 2 MB at most each


class Duplicates:
    """The texts of the public articles in a SQLite database, and the pairs of near-duplicates."""

    def __init__(self, database: Database, read: Callable[[str, Place], Text | None]) -> None:
        """``read`` returns the text of the article whose line is at a place in a file, given by its name."""
        self.database, self.read = database, read

    def find(self) -> dict[int, int]:
        """The id of the oldest article of its group, by the id of each near-duplicate among the public articles.

        Reads and compares the texts of articles that are new since the last call, and commits. Errors of ``read`` are
        raised.

        :raises sqlite3.Error: the database cannot be written.
        """
        database = self.database
        if database.memory.get("method") != METHOD:
            for table in ("bodies", "texts", "bands", "pairs", "sketches"):  # sketches: the bands of method 2
                database.db.execute(f"DROP TABLE IF EXISTS {table}")
            database.memory.save(method=METHOD)
        for statement in _TABLES.split(";"):
            database.db.execute(statement)
        self._drop()
        after = 0
        while unread := self._unread(after, _BATCH):
            self._save((number, revision, self.read(file, place)) for number, revision, file, place in unread)
            after = unread[-1][0]
            database.commit()

        @lru_cache(maxsize=_READ)
        def text(number: int) -> Text | None:
            return self.read(*self._place(number))

        while due := self._due(_BATCH):
            near: list[tuple[int, int, int]] = []
            for number, signature in due:
                others = self._candidates(number, signature)
                near += ((others[0], other, number) for other in others)
            # Texts of a kind one after another: each is read once.
            pairs = [
                (other, number) for _, other, number in sorted(near) if is_near_duplicate(text(other), text(number))
            ]
            self._compared([number for number, _ in due], pairs)
            database.commit()
        return self._oldest()

    def _drop(self) -> None:
        """Deletes the texts of articles that are not public any more, or have a later line, with their pairs."""
        self.database.db.execute(
            "DELETE FROM bodies WHERE NOT EXISTS (SELECT 1 FROM articles WHERE id = article AND state = 'public'"
            " AND articles.revision = bodies.revision)"
        )
        gone = self.database.db.execute(
            "SELECT id, signature FROM texts WHERE NOT EXISTS (SELECT 1 FROM bodies WHERE text = texts.id)"
        ).fetchall()
        for text, signature in gone:
            self.database.db.executemany(
                "DELETE FROM bands WHERE value = ? AND text = ?", ((value, text) for value in array("i", signature))
            )
            self.database.db.execute("DELETE FROM pairs WHERE one = ?", (text,))
            self.database.db.execute("DELETE FROM pairs WHERE other = ?", (text,))
            self.database.db.execute("DELETE FROM texts WHERE id = ?", (text,))

    def _unread(self, after: int, most: int) -> list[tuple[int, int, str, Place]]:
        """At most ``most`` public articles whose texts are not stored yet, with ids above ``after``, ascending.

        Each as its id and revision, the name of the file of its latest line, and the place there.
        """
        rows = self.database.db.execute(
            "SELECT id, articles.revision, file, start, length, crc FROM articles"
            " LEFT JOIN bodies ON article = id WHERE state = 'public' AND article IS NULL AND id > ?"
            " ORDER BY id LIMIT ?",
            (after, most),
        )
        return [(number, revision, file, Place(*place)) for number, revision, file, *place in rows]

    def _save(self, read: Iterable[tuple[int, int, Text | None]]) -> None:
        """Saves the texts of articles, given with their ids and revisions; texts that are new are to be compared."""
        bands: list[tuple[int, int]] = []
        try:
            for article, revision, text in read:
                number = None
                if text is not None:
                    known = self.database.db.execute("SELECT id FROM texts WHERE digest = ?", (text.digest,)).fetchone()
                    if known is None:
                        signature = array("i", text.signature())
                        insert = "INSERT INTO texts (digest, signature) VALUES (?, ?) RETURNING id"
                        known = self.database.db.execute(insert, (text.digest, signature.tobytes())).fetchone()
                        bands += ((value, known[0]) for value in signature)
                    number = known[0]
                self.database.db.execute("INSERT INTO bodies VALUES (?, ?, ?)", (article, revision, number))
        finally:  # what was saved before a line that cannot be read is complete
            # In the order of the table, or each page of it is written many times.
            self.database.db.executemany("INSERT INTO bands VALUES (?, ?) ON CONFLICT DO NOTHING", sorted(bands))

    def _due(self, most: int) -> list[tuple[int, bytes]]:
        """The numbers and signatures of at most ``most`` texts that are to be compared."""
        return list(
            self.database.db.execute("SELECT id, signature FROM texts WHERE due = 1 ORDER BY id LIMIT ?", (most,))
        )

    def _candidates(self, text: int, signature: bytes) -> list[int]:
        """The numbers, ascending, of the texts before a text that share enough bands with it to be compared.

        ``text`` is its number, ``signature`` its bands. Bands that many texts have do not count.
        """
        values = array("i", signature)
        if not values:
            return []
        rows = self.database.db.execute(
            f"WITH own (value) AS (VALUES {', '.join('(?)' for _ in values)})"
            " SELECT text FROM own JOIN bands USING (value) WHERE text < ? AND NOT EXISTS"
            " (SELECT 1 FROM bands AS common WHERE common.value = own.value LIMIT 1 OFFSET ?)"
            " GROUP BY text HAVING count(*) >= ? ORDER BY text",
            (*values, text, _COMMON, LEAST_SHARED),
        )
        return [other for (other,) in rows]

    def _place(self, text: int) -> tuple[str, Place]:
        """The file name and the place of a line with a text, given by its number."""
        file, *place = self.database.db.execute(
            "SELECT file, start, length, crc FROM bodies JOIN articles ON id = article WHERE text = ? LIMIT 1", (text,)
        ).fetchone()
        return file, Place(*place)

    def _compared(self, texts: Iterable[int], pairs: Iterable[tuple[int, int]]) -> None:
        """Records that texts, given by their numbers, were compared, and the pairs of near-duplicates among them."""
        self.database.db.executemany("INSERT INTO pairs VALUES (?, ?) ON CONFLICT DO NOTHING", pairs)
        self.database.db.executemany("UPDATE texts SET due = 0 WHERE id = ?", ((text,) for text in texts))

    def _oldest(self) -> dict[int, int]:
        """The id of the oldest article of its group, by the id of each near-duplicate."""
        texts = self.database.db.execute(
            "SELECT id, text FROM bodies JOIN articles ON id = article"
            " WHERE text IN (SELECT one FROM pairs UNION SELECT other FROM pairs"
            " UNION SELECT text FROM bodies WHERE text IS NOT NULL GROUP BY text HAVING count(*) > 1)"
            " ORDER BY coalesce(date_published, day_published, '9999'), id"
        )
        return oldest(texts, self.database.db.execute("SELECT one, other FROM pairs"))
