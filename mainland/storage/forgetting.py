"""Forgetting articles: their tombstones in ``forgotten.jsonl``, and taking them out of all files permanently."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from mainland.clean import dates, urls
from mainland.clean.text import counted
from mainland.storage import tombstones, warc
from mainland.storage.database import Database
from mainland.storage.files import CHANGES, FORGOTTEN, FORMER_INDEX, INDEX, REJECTED, REPORT, RUNS, Files, workers
from mainland.storage.indexing import Indexer
from mainland.storage.lines import LinesFile
from mainland.storage.publishing import Publisher
from mainland.storage.repairs import Repairer

_ADDRESS = re.compile(rb'https?://[^\s"\\<>]+')  # in JSON
_BEHIND_ADDRESS = ".,;:!?)]'"

Tombstones = dict[int, list[str]]
"""The addresses of forgotten articles, by id; see :func:`mainland.storage.tombstones.read`."""


class Forgetting:
    """Forgets articles of a data folder.

    A tombstone is written first, safely on the disk. So a process that is killed on the way leaves nothing behind: the
    next opening of the folder continues. Methods raise OSError or sqlite3.Error for what cannot be read or written.
    """

    def __init__(
        self, files: Files, database: Database, indexer: Indexer, repairer: Repairer, publisher: Publisher
    ) -> None:
        self._files, self._database, self._indexer = files, database, indexer
        self._repairer, self._publisher = repairer, publisher
        self._path = files.folder / FORGOTTEN

    def forget(self, numbers: set[int]) -> set[int]:
        """Takes articles, given by their ids, out of all files permanently, and returns the ids of those stored.

        :raises TombstoneError: the tombstones cannot be read, or contradict a line; nothing was changed.
        :raises OSError: a file cannot be written; the next opening continues. So does sqlite3.Error.
        """
        stored = {each.id: each for number in numbers if (each := self._database.index.article(number))}
        known = tombstones.read(self._path)
        self._add(known, {number: article.url for number, article in stored.items()})
        self.apply(known, stored)
        return set(stored)

    def join_tombstones(self, found: Mapping[int, str]) -> None:
        """Adds addresses that show forgotten articles, one by article id, to their tombstones.

        Takes these addresses out of all files.

        :raises TombstoneError: the tombstones cannot be read, or contradict a line; nothing was changed.
        """
        if found:
            known = tombstones.read(self._path)
            self._add(known, found)
            self.apply(known, found.keys())

    def restore(self, known: Tombstones) -> None:
        """Adds tombstones that the index has and ``known`` lacks to ``forgotten.jsonl``, and to ``known``.

        ``known`` are those in the file. What was added is noted as repaired.
        """
        lost = {number: url for number, url in self._database.index.forgotten().items() if number not in known}
        if lost:
            self._add(known, lost)
            self._files.repaired.append(
                f"{FORGOTTEN} lacked {counted(len(lost), 'article')} that were forgotten, and names them again; to let"
                f" one come back, delete its line together with {INDEX}"
            )

    def apply(self, known: Tombstones, again: Collection[int] = ()) -> None:
        """Takes articles that have a tombstone out of the files and the database, if some of it is still there.

        Articles whose ids are in ``again`` are taken out once more. What a killed process left undone is done.

        :raises TombstoneError: a tombstone gives an article an address that it never had; nothing was taken out.
        """
        fresh = {
            number: found
            for number, found in known.items()
            if number in again or not all(self._database.index.is_forgotten(number, url) for url in found)
        }
        if fresh:
            self._take_out(fresh)
        if self._database.memory.get("buried"):
            self._publish()

    def _add(self, known: Tombstones, articles: Mapping[int, str]) -> None:
        """Adds tombstones to ``forgotten.jsonl``, safely on the disk, and to ``known``, which is what the file has.

        ``articles`` has an address by article id. A new address of an article that has a tombstone is added as well;
        only an address that ``known`` has for this very article is skipped.
        """
        missing = {number: url for number, url in articles.items() if url not in known.get(number, ())}
        if missing:
            with LinesFile(self._path) as file:
                for number, url in missing.items():
                    file.append({"id": number, "url": url, "date": dates.utc(datetime.now(UTC))})
                    known.setdefault(number, []).append(url)

    def _take_out(self, fresh: Tombstones) -> None:
        """Takes the articles of tombstones out of the page archive, the JSON Lines files and the database. Commits.

        ``articles.jsonl`` still has them until :meth:`_publish`.
        """
        ever = self._addresses_ever(fresh)
        with LinesFile(self._path) as file:
            file.write_again(0)  # first: nothing is taken out by a tombstone that can be lost
        self._repairer.repair()  # or damaged lines of other articles would be dropped with those
        warc.take_out(self._files.folder, ever)
        self._take_lines_out(fresh, ever)
        for number, found in fresh.items():
            for url in ever[number]:
                if not self._is_of_another(number, url):
                    self._database.ledger.forget(url)
            for url in found:
                self._database.index.forget(number, url)
        self._database.memory.save(buried=True)  # with the tombstones: what was published has the articles still
        self._indexer.commit()

    def _publish(self) -> None:
        """Publishes the articles without those taken out; deletes the report and old indexes, which may quote them."""
        folder = self._files.folder
        (folder / REPORT).unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm", "-journal", ".broken"):
            (folder / f"{FORMER_INDEX}{suffix}").unlink(missing_ok=True)
        self._publisher.publish()
        self._database.compact()
        self._database.commit(buried=False)

    def _addresses_ever(self, fresh: Tombstones) -> dict[int, set[str]]:
        """All addresses of the articles of tombstones, by id: those in tombstones, and those in lines.

        :raises TombstoneError: a tombstone gives an article an address that it never had, and the article or the
            address is known.
        """
        in_lines: dict[int, set[str]] = {number: set() for number in fresh}
        with self._files.writable(CHANGES, are_others=self._database.alone) as changes:
            for _, record in (line for file in changes for line in file.records()):
                if record and record.get("id") in fresh and isinstance(record.get("url"), str):
                    in_lines[record["id"]].add(record["url"])
        for number, found in fresh.items():
            self._check(number, found, set(map(urls.key, in_lines[number])))
        return {number: in_lines[number] | set(found) for number, found in fresh.items()}

    def _check(self, number: int, found: list[str], had: set[str]) -> None:
        """Checks the addresses of an article's tombstone against ``had``, the keys of those in its lines.

        :raises TombstoneError: the tombstone gives an address that is in none of the lines; without lines, one of
            another public article.
        """
        for url in found:
            if urls.key(url) not in had and (had or self._is_of_another(number, url)):
                raise tombstones.TombstoneError(
                    f"{self._path} says that article {number} was at {url}, {CHANGES} says otherwise:"
                    f" correct the line; delete it together with {INDEX} if the article may come back"
                )

    def _is_of_another(self, number: int, url: str) -> bool:
        """Whether an address is that of a public article with another id."""
        stored = self._database.index.article_at(url)
        return stored is not None and stored.state == "public" and stored.id != number

    def _take_lines_out(self, fresh: Tombstones, ever: Mapping[int, set[str]]) -> None:
        """Removes the lines of articles from the rejected and then from the changes, and builds the index again.

        In ``runs.jsonl`` the word "forgotten" takes the place of their addresses. ``fresh`` are their tombstones,
        ``ever`` all their addresses, by id. What was set aside of these files is deleted.
        """
        addresses = {urls.key(url) for found in fresh.values() for url in found}
        everywhere = {urls.key(url) for found in ever.values() for url in found}
        for path in workers(self._files.folder, RUNS).values():
            with LinesFile(path) as runs:
                lines = ((place, runs.read(place)) for place, _ in runs.records())
                changed = {place: new for place, line in lines if (new := _without(line, everywhere)) != line}
                if changed:
                    runs.substitute(changed)
            path.with_name(f"{path.name}.torn").unlink(missing_ok=True)
        with self._files.writable(REJECTED, are_others=self._database.alone) as rejected:
            for file in rejected:
                _keep(file, lambda record: urls.key(str(record.get("url"))) not in everywhere)
        with self._files.writable(CHANGES, are_others=self._database.alone) as changes:
            for file in changes:
                _keep(
                    file,
                    lambda record: record.get("id") not in fresh and urls.key(str(record.get("url"))) not in addresses,
                )
            self._indexer.rebuild(changes)


def _keep(file: LinesFile, is_kept: Callable[[dict[str, Any]], bool]) -> None:
    """Keeps the lines of a file for which ``is_kept`` is true; drops all others, unreadable ones and ``NAME.torn``."""
    file.keep(place for place, record in file.records() if record and is_kept(record))
    file.path.with_name(f"{file.path.name}.torn").unlink(missing_ok=True)


def _without(line: bytes, keys: Collection[str]) -> bytes:
    """A line with "forgotten" in place of some addresses, given by their keys.

    Addresses that were cut, and end in "...", are replaced if one of them begins so.

    >>> _without(b'{"url": "https://a.example/b/?c", "at": "https://a.example/d"}', {"a.example/b"})
    b'{"url": "forgotten", "at": "https://a.example/d"}'
    """

    def replaced(match: re.Match[bytes]) -> bytes:
        url = match[0].decode("utf-8", "replace").rstrip(_BEHIND_ADDRESS)
        key, is_cut = urls.key(url), match[0].endswith(b"...")
        is_one = key in keys or (is_cut and any(each.startswith(key) for each in keys))
        return b"forgotten" + match[0][len(url.encode()) :] if is_one else match[0]

    return _ADDRESS.sub(replaced, line)
