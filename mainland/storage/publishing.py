"""Publishing ``articles.jsonl``: the latest line of each public article."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from mainland.clean.minhash import METHOD, Text
from mainland.program import program
from mainland.storage.database import Database
from mainland.storage.errors import ElsewhereError
from mainland.storage.files import ARTICLES, CHANGES, COMPARED, DUPLICATES, Files, state, workers
from mainland.storage.indexing import STALE, Indexer
from mainland.storage.lines import DamagedLineError, Place, decode, encode, replace
from mainland.storage.near_duplicates import Duplicates
from mainland.storage.repairs import Repairer
from mainland.storage.sqlite import SQLiteDatabase

logger = logging.getLogger(__name__)


class Publisher:
    """Writes ``articles.jsonl`` and ``duplicates.jsonl`` from the lines of ``changes.jsonl``."""

    def __init__(
        self,
        files: Files,
        database: Database,
        indexer: Indexer,
        repairer: Repairer,
        *,
        drop_duplicates: bool,
        is_shared: bool,
    ) -> None:
        """With ``drop_duplicates`` near-duplicates are left out; ``is_shared`` says that the index is in PostgreSQL."""
        self._files, self._database, self._indexer, self._repairer = files, database, indexer, repairer
        self._drop_duplicates, self._is_shared = drop_duplicates, is_shared
        self._is_stale = False

    @property
    def is_outdated(self) -> bool:
        """Whether ``articles.jsonl`` is not what :meth:`publish` would write, or was changed by another program.

        False while no line was written and nothing was published.
        """
        files = workers(self._files.folder, CHANGES).values()
        published = self._database.memory.get("articles")
        is_something = published is not None or any(path.stat().st_size for path in files)
        return is_something and published != self._state

    def mark_stale(self) -> None:
        """Records that ``articles.jsonl`` lacks a line of ``changes.jsonl``."""
        if not self._is_stale:
            self._is_stale = True
            self._database.memory.save(articles=STALE)

    def publish(self) -> None:
        """Replaces ``articles.jsonl`` by the latest lines of all public articles, and ``duplicates.jsonl``.

        The line of a near-duplicate names the oldest article of its group in ``duplicate_of``; ``duplicates.jsonl`` has
        the same pairs. Where some lines are in another folder, both files are removed. A line that was damaged on the
        disk is never published: it is repaired first. Syncs the lines and commits before. Each file is replaced in one
        step.

        :raises OSError: a file cannot be written.
        :raises sqlite3.Error: the database cannot be written.
        """
        self._files.sync()
        self._indexer.commit()
        try:
            duplicates = self._write()
        except DamagedLineError:
            self._repairer.repair()
            duplicates = self._write()
        self._database.memory.save(articles=self._state, copies=len(duplicates))
        self._is_stale = False

    def _write(self) -> dict[int, int]:
        """Replaces both files; returns the id of the oldest article of its group, by the id of each near-duplicate.

        Removes both, with a warning, where a line is in another folder.

        :raises DamagedLineError: a line was damaged on the disk; the old files are still there.
        """
        folder, site = self._files.folder, self._database.memory.get("site")
        duplicates: dict[int, int] = {}
        try:
            duplicates = self._duplicates()
            found = sorted(duplicates.items())
            lines = (encode({"site": site, "id": number, "duplicate_of": oldest}) for number, oldest in found)
            replace(folder / DUPLICATES, lines)
            replace(folder / ARTICLES, self._lines(duplicates))
        except ElsewhereError as error:
            for name in (DUPLICATES, ARTICLES):
                (folder / name).unlink(missing_ok=True)
            text = "no %s: %s is elsewhere; %s export reads all folders as one"
            logger.warning(text, folder / ARTICLES, error, program())
        return duplicates

    def _lines(self, duplicates: dict[int, int]) -> Iterator[bytes]:
        """Yields the lines of ``articles.jsonl``, those of near-duplicates with ``duplicate_of``, or without them.

        ``duplicates`` has the id of the oldest article of its group, by the id of each near-duplicate.

        :raises DamagedLineError: a line was damaged on the disk.
        :raises ElsewhereError: a line is in a file of another folder.
        """
        for number, file, place in self._database.index.public():
            line = self._files.read(file, place)
            if number not in duplicates:
                yield line
            elif not self._drop_duplicates:
                yield encode(json.loads(line) | {"duplicate_of": duplicates[number]})

    @property
    def _state(self) -> str:
        """A text that changes whenever ``articles.jsonl`` must be written again, or another program wrote it."""
        how = "without copies" if self._drop_duplicates else "with copies"
        states = " ".join(str(state(path)) for path in workers(self._files.folder, CHANGES).values())
        return f"{state(self._files.folder / ARTICLES)} of {states}, {how} by {METHOD}"

    def _duplicates(self) -> dict[int, int]:
        """The id of the oldest article of its group, by the id of each near-duplicate among the public articles.

        An index in PostgreSQL is copied to SQLite, where the texts are compared.
        """
        if not self._is_shared:
            return Duplicates(self._database, self._text).find()
        compared = SQLiteDatabase(self._files.folder / COMPARED)
        try:
            compared.index.replace_by(self._database.index)
            found = Duplicates(compared, self._text).find()
            compared.commit()
        finally:
            compared.close()
        return found

    def _text(self, file: str, place: Place) -> Text | None:
        """The text of the line at a place in a file, to be compared.

        None for an article that is not free to read, since only its beginning is known.
        """
        record = decode(self._files.read(file, place)) or {}
        if record.get("is_accessible_for_free") is False:
            return None
        return Text.of(record.get("headline"), record.get("body"))
