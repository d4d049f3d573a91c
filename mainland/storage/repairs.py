"""Repairs damaged lines of ``changes.jsonl``, and an index that is wrong about lines."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping

from mainland.clean.text import counted
from mainland.storage.damage import IndexedLine, judge_lines
from mainland.storage.database import Database
from mainland.storage.errors import ElsewhereError
from mainland.storage.files import ARTICLES, CHANGES, INDEX, Files
from mainland.storage.indexing import Indexer
from mainland.storage.lines import DamagedLineError, Place, encode, records

logger = logging.getLogger(__name__)


class Repairer:
    """Repairs differences between the index and the lines of public articles: see :mod:`mainland.storage.damage`."""

    def __init__(self, files: Files, database: Database, indexer: Indexer) -> None:
        self._files, self._database, self._indexer = files, database, indexer
        self.damages: list[str] = []
        """Repairs of lines that were damaged on the disk, in words: the operator must check the disk."""

    def repair(self) -> None:
        """Repairs all lines that are damaged, and builds the index again; does nothing if none is.

        A damaged line is replaced by the one in ``articles.jsonl`` if that is what was written, otherwise dropped; its
        article becomes due, and an older line takes its place until then. :attr:`damages` says what was done.

        :raises OSError: a file cannot be read or written; so does sqlite3.Error.
        """
        with self._files.writable(CHANGES, are_others=self._database.alone) as files:
            by_name = {each.path.name: each for each in files}
            expected = {line.id: line for line in self._misplaced(by_name)}
            if not expected:
                return
            copies = self._published(expected)
            found = judge_lines(expected, {name: each.records() for name, each in by_name.items()}, copies)
            restored = {number for number in found.damaged if expected[number].place.fits(copies.get(number, b""))}
            changed: dict[str, dict[Place, bytes]] = {}
            for number, (name, place) in found.damaged.items():
                changed.setdefault(name, {})[place] = copies[number] if number in restored else b""
            for name, lines in changed.items():
                by_name[name].substitute(lines)
            self._indexer.rebuild(files)
        damaged = [line for number, line in expected.items() if number not in found.sound]
        for line in damaged:
            self._database.ledger.make_due(line.url)
        if found.sound:
            what = counted(len(found.sound), "line")
            self._note(f"{INDEX} was wrong about {what} of {CHANGES} and was corrected; check the disk")
        if damaged:
            self._note(
                f"{counted(len(damaged), 'line')} of {', '.join(sorted({line.file for line in damaged}))} damaged on"
                f" the disk: {len(restored)} restored from {ARTICLES}, {len(damaged) - len(restored)} dropped; the"
                " articles are requested again; check the disk"
            )

    def _misplaced(self, files: Collection[str]) -> Iterator[IndexedLine]:
        """Yields the latest lines of public articles in the index that are not at their places in the files.

        Of several workers only those in ``files``, given by their names.
        """
        for number, name, place in self._database.index.public():
            try:
                self._files.read(name, place)
            except DamagedLineError:
                stored = self._database.index.article(number)
                if stored and (name in files or self._database.alone):
                    yield IndexedLine(number, stored.revision, stored.url, name, place)
            except ElsewhereError:
                continue

    def _published(self, wanted: Mapping[int, IndexedLine]) -> dict[int, bytes]:
        """The lines in ``articles.jsonl`` of some articles and revisions, by id, as ``changes.jsonl`` had them."""
        path = self._files.folder / ARTICLES
        found = {}
        for _, record in records(path) if path.exists() else ():
            number = record.get("id") if record else None
            line = wanted.get(number) if isinstance(number, int) else None
            if record and line and record.get("revision") == line.revision:
                found[line.id] = encode(record | {"duplicate_of": None})
        return found

    def _note(self, what: str) -> None:
        """Logs a repair, and notes it as repaired and as a damage."""
        logger.warning("%s: %s", self._files.folder, what)
        self._files.repaired.append(what)
        self.damages.append(what)
