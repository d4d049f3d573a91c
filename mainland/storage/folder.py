"""The data folder: the feed, the archive beside it, and the lock on both."""

from __future__ import annotations

import dataclasses
import errno
import json
import logging
import os
import re
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from scrapy.exceptions import DropItem
from scrapy.settings import BaseSettings

from mainland import config
from mainland.clean import dates, urls
from mainland.clean.copies import METHOD, Text
from mainland.clean.text import LARGEST, counted
from mainland.config import Sharing
from mainland.decisions.types import Entry
from mainland.items import Article
from mainland.storage import indexing, repairs, tombstones, warc
from mainland.storage.database import Database
from mainland.storage.lines import (
    DamagedLineError,
    LinesFile,
    Place,
    bounded,
    cut,
    decode,
    encode,
    records,
    replace,
    sound_line,
    sync_folder,
)
from mainland.storage.near_duplicates import Duplicates
from mainland.storage.sqlite import SQLiteDatabase

logger = logging.getLogger(__name__)

CHANGES, ARTICLES, REJECTED = "changes.jsonl", "articles.jsonl", "rejected.jsonl"
RUNS, FORGOTTEN, LOCK = "runs.jsonl", "forgotten.jsonl", "crawl.lock"
ARCHIVE = "index.sqlite"
_FORMER_INDEX = "archive.sqlite"  # of versions before index.sqlite: left as it is, until something is forgotten
DUPLICATES, REPORT = "duplicates.jsonl", "report.html"
_FILES = {CHANGES, ARTICLES, REJECTED, RUNS, FORGOTTEN, LOCK, ARCHIVE, DUPLICATES, REPORT} | {
    "copies.sqlite",
    _FORMER_INDEX,
    "crawl.json",
    "exported.json",
}
_STALE = "stale"
_ADDRESS = re.compile(rb'https?://[^\s"\\<>]+')  # in JSON
_BEHIND_ADDRESS = ".,;:!?)]'"
_HOLDER_LONGEST = 8192  # characters of crawl.json


class LockedError(Exception):
    """Another crawl holds the folder or the archive. Its text says who, and since when."""


class WrongSiteError(Exception):
    """The folder belongs to another site."""


class UnwrittenItem(DropItem):
    """The item could not be written; the next crawl asks its page again."""


class KnownItem(DropItem):
    """The item says nothing that the feed does not have."""


class RejectedItem(DropItem):
    """The item lacks what an article must have. Its text says what."""


class _ElsewhereError(Exception):
    """A line stands in a file that this folder does not have: that of another worker, on another machine."""


class Store:
    """One data folder, held by one crawl; or by several workers, each with files of its own.

    ``changes.jsonl`` is the truth; the archive is its index, and is made again from it where the two differ.
    ``mended`` says in words what had to be put right on opening, or later; ``damages`` what of it the operator must
    know, because the disk fails; ``suspects`` counts by address the crawls that were killed while they read its page.
    """

    @classmethod
    def from_settings(cls, settings: BaseSettings, site: str | None = None, *, joins: bool = False) -> Self:
        """Opens the data folder that the settings name, as they say; with ``joins`` beside other workers.

        :raises ValueError: a setting is wrong; for others see the constructor.
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
        """Opens a folder for a site, named as by ``urls.host``; None for the one it belongs to.

        :raises LockedError: another crawl holds it.
        :raises WrongSiteError: it belongs to another site.
        :raises TombstoneError: it is not known what was forgotten; nothing in it was changed.
        :raises OSError: it cannot be written.
        """
        self.folder = folder
        self.sharing = sharing or Sharing()
        self._drop_duplicates = drop_duplicates
        self.mended: list[str] = []
        self.damages: list[str] = []
        self._changed = False
        _make(folder)
        self._holder = folder / self._own("crawl.json")
        with ExitStack() as opened:
            if self.sharing.archive:  # first: whoever holds it alone looks into the files of all workers
                self._use(self._shared_database())
                opened.callback(self.database.close)
            self._lock = FileLock(folder / self._own(LOCK))
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise LockedError(self._who()) from None
            except OSError as error:
                what = f"no file can be locked ({error.strerror}): choose a MAINLAND_DATA_DIR on another disk"
                if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                    what = f"{self._own(LOCK)} cannot be written ({error.strerror})"
                raise OSError(error.errno, what, str(folder)) from None
            opened.callback(self._lock.release)
            self._open(site)
            opened.pop_all()

    def _open(self, site: str | None) -> None:
        graves = tombstones.read(self.folder / FORGOTTEN)  # before anything is changed
        interrupted = self._hold()
        self.changes = LinesFile(self.folder / self._own(CHANGES))
        self.rejected = LinesFile(self.folder / self._own(REJECTED))
        self._note_torn(self.changes, self.rejected)
        if not self.sharing.archive:
            self._use(SQLiteDatabase(self.folder / ARCHIVE))
        if self.database.alone:
            self._complete(graves)
        with self._files(CHANGES) as files:
            if any(self.memory.get(file.path.name) != file.state for file in files):
                self._index(files)
        owner = self.memory.get("site") or site
        if site is not None and owner != site:
            choose = "MAINLAND_ARCHIVE" if self.sharing.archive else "MAINLAND_DATA_DIR"
            raise WrongSiteError(f"{self.folder} holds articles of {owner}, not of {site}; choose another {choose}")
        self.memory.save(site=owner)
        self.suspects = self.memory.get("suspects") or {}
        if interrupted:
            self.suspects[interrupted] = self.suspects.get(interrupted, 0) + 1
            self.database.commit(suspects=self.suspects)  # this run can be killed at once, too
        if self.database.alone:
            self._bury(graves)

    def _hold(self) -> str | None:
        """Writes down who holds the folder; the address whose page the last holder was reading when it was killed."""
        try:
            left = self._holder.read_text("utf-8", "replace")[:_HOLDER_LONGEST]
        except OSError:
            left = ""
        about = {"pid": os.getpid(), "machine": socket.gethostname(), "since": dates.utc(datetime.now(UTC))}
        first = f"{json.dumps(about)}\n".encode()
        self._holder_file = os.open(self._holder, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._holder_size = os.write(self._holder_file, first)
        return left.partition("\n")[2].strip() or None

    @contextmanager
    def reading(self, url: str) -> Iterator[None]:
        """A block that reads the page of an address: a process that is killed within it leaves the address behind."""
        os.pwrite(self._holder_file, url.encode("utf-8", "replace")[:_HOLDER_LONGEST], self._holder_size)
        try:
            yield
        finally:
            os.ftruncate(self._holder_file, self._holder_size)
            if url in self.suspects:
                self.clear_suspect(url)

    def clear_suspect(self, url: str) -> None:
        """Forgets that a crawl was killed while it read the page of an address."""
        del self.suspects[url]
        self.memory.save(suspects=self.suspects)

    def _use(self, database: Database) -> None:
        self.database = database
        self.memory, self.inventory = database.memory, database.inventory
        self.ledger, self.index = database.ledger, database.index

    def _shared_database(self) -> Database:
        from mainland.storage.postgresql import PostgreSQLDatabase  # noqa: PLC0415 - what it imports is optional

        try:
            return PostgreSQLDatabase(self.sharing.archive, self.sharing.worker, joins=bool(self.sharing.redis))
        except BlockingIOError as error:
            raise LockedError(str(error)) from None

    def _own(self, name: str) -> str:
        """What a file of a name is called that the worker writes: ``changes-NAME.jsonl``."""
        return called(name, self.sharing.worker)

    @contextmanager
    def _files(self, name: str) -> Iterator[list[LinesFile]]:
        """The files of a name that nobody else writes: those of all workers if we are alone, else our own.

        :raises LockedError: another crawl holds one of them all the same.
        """
        own = self.changes if name == CHANGES else self.rejected
        with ExitStack() as opened:
            files = [own]
            for worker, path in workers(self.folder, name).items():
                if self.database.alone and path != own.path:
                    try:
                        opened.enter_context(FileLock(self.folder / called(LOCK, worker), is_singleton=True).acquire(0))
                    except Timeout:
                        raise LockedError(f"another crawl holds {path}") from None
                    files.append(opened.enter_context(LinesFile(path)))
            self._note_torn(*files[1:])
            yield files

    def _note_torn(self, *files: LinesFile) -> None:
        for file in files:
            if file.torn:
                self.mended.append(f"a half line at the end of {file.path.name} was set aside")

    def _index(self, files: list[LinesFile]) -> None:
        """Makes the archive's articles anew from the feed, and what was rejected if the archive itself is new."""
        if self.database.is_new and any(file.size for file in files):
            self.mended.append(f"{ARCHIVE} was lost or damaged and was made again from {CHANGES}")
        for file in files:
            file.write_again(_size(self.memory.get(file.path.name)))
            sound = list(_sound(file))
            if sum(place.length for place in sound) < file.size:
                file.keep(sound)
                self.mended.append(
                    f"lines of {file.path.name} that cannot be read, or are there twice, were dropped; articles that"
                    " the feed lacks now are asked again"
                )
            file.sync()  # what is not on the disk for certain must not be recorded
        names = [file.path.name for file in files]
        within = [] if self.database.alone and self.index.files() <= set(names) else names
        site = None
        with self.database.together():
            indexing.begin(self.database, within)
            for file in files:
                for place, record in file.records():
                    if record:
                        self.index.add(record, file.path.name, place)
                        site = record["site"]
            indexing.end(self.database, within)
            self.memory.save(articles=_STALE, **({"site": site} if site else {}))
        if self.database.is_new:
            with self._files(REJECTED) as rejected:
                for _, record in (line for file in rejected for line in file.records()):
                    if record and isinstance(record.get("url"), str):
                        lastmod = record["lastmod"] if isinstance(record.get("lastmod"), str) else None
                        self.ledger.record_sighting(record["url"], lastmod)
                        entry = self.ledger.entry(record["url"])
                        self.ledger.save(entry.rejected(str(record.get("reason")), lastmod))
            self.database.is_new = False
            self.memory.save(is_index_new=True)
        self.database.commit(**{file.path.name: file.state for file in files})

    @property
    def changed(self) -> bool:
        """Whether ``articles.jsonl`` is not what it should be."""
        files = workers(self.folder, CHANGES).values()
        published = self.memory.get("articles")
        is_something = published is not None or any(path.stat().st_size for path in files)
        return is_something and published != self._published

    def deliver(self, item: Article) -> bool:
        """Writes an item to the feed and to the archive's next commit.

        False if that revision of the article has been written, by another worker or for another item.
        """
        record = {name: getattr(item, name) for name in Article.__dataclass_fields__}
        with self.database.together():
            if not self.database.claim(record["id"], record["revision"]):
                return False
            place = self.changes.append(record)
            self.index.deliver(record, self.changes.path.name, place)
        if not self._changed:
            self._changed = True
            self.memory.save(articles=_STALE)
        return True

    def reject(self, entry: Entry) -> None:
        """Records that an address is rejected, with a line for each reason and each change that was reported."""
        known, entry = self.ledger.entry(entry.url), dataclasses.replace(entry, reason=cut(entry.reason or ""))
        if (known.reason, known.settled_at) != (entry.reason, entry.settled_at):
            date = dates.utc(datetime.now(UTC))
            line = {"url": entry.url, "reason": entry.reason, "lastmod": entry.changed_at, "date": date}
            self.rejected.append(line)
        self.ledger.save(entry)

    def forget(self, numbers: set[int]) -> set[int]:
        """Takes articles out of the feed for good; the ids of those that were held.

        A tombstone is written first, safely on the disk, so that a kill on the way leaves nothing behind: the next
        opening goes on.

        :raises TombstoneError: it is not known what was forgotten; nothing was changed.
        """
        held = {held.id: held for number in numbers if (held := self.index.article(number))}
        graves = tombstones.read(self.folder / FORGOTTEN)
        self._entomb(graves, {number: article.url for number, article in held.items()})
        self._bury(graves, held)
        return set(held)

    def join_tombstones(self, found: dict[int, str]) -> None:
        """Adds addresses at which forgotten articles were seen to their tombstones, by id; nothing there is kept.

        :raises TombstoneError: it is not known what was forgotten; nothing was changed.
        """
        if found:
            graves = tombstones.read(self.folder / FORGOTTEN)
            self._entomb(graves, found)
            self._bury(graves, found.keys())

    def _complete(self, graves: dict[int, list[str]]) -> None:
        """Writes tombstones that the archive has, and the file lacks, into the file: the archive may be made again."""
        lost = {number: url for number, url in self.index.forgotten().items() if number not in graves}
        if lost:
            self._entomb(graves, lost)
            self.mended.append(
                f"{FORGOTTEN} lacked {counted(len(lost), 'article')} that were forgotten, and names them again; to let"
                f" one come back, delete its line together with {ARCHIVE}"
            )

    def _entomb(self, graves: dict[int, list[str]], articles: Mapping[int, str]) -> None:
        """Adds the tombstones of articles, given by their ids with an address, unless they are there."""
        missing = {number: url for number, url in articles.items() if url not in graves.get(number, ())}
        if missing:
            with LinesFile(self.folder / FORGOTTEN) as file:
                for number, url in missing.items():
                    file.append({"id": number, "url": url, "date": dates.utc(datetime.now(UTC))})
                    graves.setdefault(number, []).append(url)

    def _bury(self, graves: Mapping[int, list[str]], again: Collection[int] = ()) -> None:
        """Takes what has a tombstone out of the files and the archive, if some of it is still there.

        What a killed process left of that is done too.

        :raises TombstoneError: a tombstone gives an article an address that it never had; nothing was taken out.
        """
        fresh = {
            number: found
            for number, found in graves.items()
            if number in again or not all(self.index.is_forgotten(number, url) for url in found)
        }
        if fresh:
            ever = self._addresses_ever(fresh)
            with LinesFile(self.folder / FORGOTTEN) as file:
                file.write_again(0)  # first: nothing is taken out by a tombstone that can be lost
            self._repair()  # or damaged lines of other articles would be dropped with those
            self._take_out(fresh, ever)
            for number, found in fresh.items():
                for url in ever[number]:
                    if not self._is_of_another(number, url):
                        self.ledger.forget(url)
                for url in found:
                    self.index.forget(number, url)
            self.memory.save(buried=True)  # with the tombstones: what was published holds the articles still
            self._commit()
        if self.memory.get("buried"):
            (self.folder / REPORT).unlink(missing_ok=True)  # it may quote them
            for suffix in ("", "-wal", "-shm", "-journal", ".broken"):
                (self.folder / f"{_FORMER_INDEX}{suffix}").unlink(missing_ok=True)
            self.publish()
            self.database.compact()
            self.database.commit(buried=False)

    def _addresses_ever(self, fresh: Mapping[int, list[str]]) -> dict[int, set[str]]:
        """All addresses of the articles of tombstones, by id: those in tombstones, and those in lines.

        :raises TombstoneError: a tombstone gives an article an address that it never had, and the article or the
            address is known.
        """
        in_lines: dict[int, set[str]] = {number: set() for number in fresh}
        with self._files(CHANGES) as changes:
            for _, record in (line for file in changes for line in file.records()):
                if record and record.get("id") in fresh and isinstance(record.get("url"), str):
                    in_lines[record["id"]].add(record["url"])
        for number, found in fresh.items():
            had = set(map(urls.key, in_lines[number]))
            for url in found:
                if urls.key(url) not in had and (had or self._is_of_another(number, url)):
                    raise tombstones.TombstoneError(
                        f"{self.folder / FORGOTTEN} says that article {number} was at {url}, {CHANGES} says otherwise:"
                        f" correct the line; delete it together with {ARCHIVE} if the article may come back"
                    )
        return {number: in_lines[number] | set(found) for number, found in fresh.items()}

    def _is_of_another(self, number: int, url: str) -> bool:
        """Whether an address is that of a public article with another id."""
        held = self.index.article_at(url)
        return held is not None and held.state == "public" and held.id != number

    def _take_out(self, fresh: Mapping[int, list[str]], ever: Mapping[int, set[str]]) -> None:
        """Takes articles out of the pages and files: those that tell of all their addresses last."""
        addresses = {urls.key(url) for found in fresh.values() for url in found}
        everywhere = {urls.key(url) for found in ever.values() for url in found}
        warc.take_out(self.folder, dict(ever))
        for path in workers(self.folder, RUNS).values():
            with LinesFile(path) as runs:
                lines = ((place, runs.read(place)) for place, _ in runs.records())
                changed = {place: new for place, line in lines if (new := _without(line, everywhere)) != line}
                if changed:
                    runs.substitute(changed)
            path.with_name(f"{path.name}.torn").unlink(missing_ok=True)
        with self._files(REJECTED) as rejected:
            for file in rejected:
                _keep(file, lambda record: urls.key(str(record.get("url"))) not in everywhere)
        with self._files(CHANGES) as changes:
            for file in changes:
                _keep(
                    file,
                    lambda record: record.get("id") not in fresh and urls.key(str(record.get("url"))) not in addresses,
                )
            self._index(changes)

    def commit(self) -> None:
        """Puts all lines safely on the disk, then the archive."""
        self.changes.sync()
        self.rejected.sync()
        self._commit()

    def _commit(self) -> None:
        self.database.commit(**{self.changes.path.name: self.changes.state})

    def publish(self) -> None:
        """Replaces ``articles.jsonl`` by the latest lines of what is public, each with the article it is a copy of.

        Which are copies stands in ``duplicates.jsonl`` too. Where some lines stand in another folder there are no such
        files.

        A line that was damaged on the disk is never published: see :meth:`_repair`.

        :raises OSError: a file or the archive cannot be written; so does sqlite3.Error.
        """
        self.commit()
        try:
            copies = self._write()
        except DamagedLineError:
            self._repair()
            copies = self._write()
        self.memory.save(articles=self._published, copies=len(copies))
        self._changed = False

    def _write(self) -> dict[int, int]:
        """Replaces ``articles.jsonl`` and ``duplicates.jsonl``; the oldest of its group for each that is a copy.

        :raises DamagedLineError: a line was damaged on the disk; the old articles still stand.
        """
        site, copies = self.memory.get("site"), {}
        try:
            copies = self._copies()
            found = sorted(copies.items())
            lines = (encode({"site": site, "id": number, "duplicate_of": oldest}) for number, oldest in found)
            replace(self.folder / DUPLICATES, lines)
            replace(self.folder / ARTICLES, self._lines(copies))
        except _ElsewhereError as error:
            for name in (DUPLICATES, ARTICLES):
                (self.folder / name).unlink(missing_ok=True)
            where = self.folder / ARTICLES
            logger.warning("no %s: %s is elsewhere; scrapy export reads all folders as one", where, error)
        return copies

    def _repair(self) -> None:
        """Repairs what the index and the lines of public articles say differently: :mod:`mainland.storage.repairs`.

        A damaged line is replaced by the one in ``articles.jsonl`` if that is what was written, else dropped; its
        article is due again, and an older line takes its place until then. Where the lines are sound, the index is
        made again from them.
        """
        with self._files(CHANGES) as files:
            by_name = {each.path.name: each for each in files}
            entries = {entry.id: entry for entry in self._misplaced(by_name)}
            if not entries:
                return
            copies = self._published_lines(entries)
            found = repairs.judge(entries, {name: each.records() for name, each in by_name.items()}, copies)
            restored = {number for number in found.damaged if entries[number].place.fits(copies.get(number, b""))}
            changed: dict[str, dict[Place, bytes]] = {}
            for number, (name, place) in found.damaged.items():
                changed.setdefault(name, {})[place] = copies[number] if number in restored else b""
            for name, lines in changed.items():
                by_name[name].substitute(lines)
            self._index(files)
        damaged = entries.keys() - found.sound
        for number in damaged:
            self.ledger.make_due(entries[number].url)
        if found.sound:
            what = counted(len(found.sound), "line")
            self._note_damage(f"{ARCHIVE} was wrong about {what} of {CHANGES} and was corrected; check the disk")
        if damaged:
            names = ", ".join(sorted({entries[number].file for number in damaged}))
            self._note_damage(
                f"{counted(len(damaged), 'line')} of {names} damaged on the disk: {len(restored)} restored from"
                f" {ARTICLES}, {len(damaged) - len(restored)} dropped; the articles are asked again; check the disk"
            )

    def _misplaced(self, files: Collection[str]) -> Iterator[repairs.Entry]:
        """What the index says of public articles whose lines do not stand in some files as it says."""
        for number, name, place in self.index.public():
            try:
                self._read(name, place)
            except DamagedLineError:
                held = self.index.article(number)
                if held and (name in files or self.database.alone):
                    yield repairs.Entry(number, held.revision, held.url, name, place)
            except _ElsewhereError:
                continue

    def _note_damage(self, what: str) -> None:
        logger.warning("%s: %s", self.folder, what)
        self.mended.append(what)
        self.damages.append(what)

    def _published_lines(self, wanted: Mapping[int, repairs.Entry]) -> dict[int, bytes]:
        """The lines of some articles and revisions as they were written, from those published last."""
        path = self.folder / ARTICLES
        found = {}
        for _, record in records(path) if path.exists() else ():
            number = record.get("id") if record else None
            entry = wanted.get(number) if isinstance(number, int) else None
            if record and entry and record.get("revision") == entry.revision:
                found[entry.id] = encode(record | {"duplicate_of": None})
        return found

    def _lines(self, copies: dict[int, int]) -> Iterator[bytes]:
        """The latest lines of what is public."""
        for number, file, place in self.index.public():
            line = self._read(file, place)
            if number not in copies:
                yield line
            elif not self._drop_duplicates:
                yield encode(json.loads(line) | {"duplicate_of": copies[number]})

    @property
    def _published(self) -> str:
        """What changes whenever ``articles.jsonl`` is to be written anew, or was by another hand."""
        how = "without copies" if self._drop_duplicates else "with copies"
        states = " ".join(str(_state(path)) for path in workers(self.folder, CHANGES).values())
        return f"{_state(self.folder / ARTICLES)} of {states}, {how} by {METHOD}"

    def _read(self, file: str, place: Place) -> bytes:
        """The line at a place in a file of this folder, the worker's own or another's.

        :raises DamagedLineError: it is another one than was written there.
        """
        if file == self.changes.path.name:
            return self.changes.read(place)
        try:
            with (self.folder / file).open("rb") as other:
                return sound_line(other.fileno(), place)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError):
            if self.sharing.archive:
                raise _ElsewhereError(file) from None
            raise DamagedLineError(f"there is no {file!r}") from None  # the index is of this folder alone

    def _copies(self) -> dict[int, int]:
        """The oldest of its group for each article that is a copy, by the lines that are public now.

        Where the archive is shared, they are compared in a copy of it in SQLite.
        """
        if not self.sharing.archive:
            return Duplicates(self.database, self._text).find()
        copy = SQLiteDatabase(self.folder / "copies.sqlite")
        try:
            copy.index.replace_by(self.index)
            found = Duplicates(copy, self._text).find()
            copy.commit()
        finally:
            copy.close()
        return found

    def _text(self, file: str, place: Place) -> Text | None:
        record = decode(self._read(file, place)) or {}
        return Text.of(record.get("headline"), record.get("body"))

    def latest(self, most: int) -> Iterator[dict[str, Any]]:
        """Some public articles as they were delivered last, the highest id first; but for what cannot be read."""
        for file, place in self.index.latest(most):
            with suppress(_ElsewhereError, DamagedLineError):
                yield json.loads(self._read(file, place))

    def line(self, number: int) -> dict[str, Any] | None:
        """The latest line of an article; None where it cannot be read."""
        found = self.index.place(number)
        with suppress(_ElsewhereError, DamagedLineError):
            return decode(self._read(*found)) if found else None
        return None

    def log_run(self, record: dict[str, Any]) -> None:
        """Writes a line to ``runs.jsonl``, with each text in it cut to 200 characters.

        :raises OSError: it was not kept.
        """
        with LinesFile(self.folder / self._own(RUNS)) as runs:
            runs.append(bounded(record))

    def close(self) -> None:
        """Commits and lets the folder go.

        :raises OSError: what was recorded since the last commit was not kept; so does sqlite3.Error.
        """
        try:
            self.commit()
        finally:
            self.release()

    def release(self) -> None:
        """Lets the folder go without a commit."""
        self.database.close()
        for file in (self.changes, self.rejected):
            with suppress(OSError):
                file.close()
        with suppress(OSError):
            os.close(self._holder_file)
            self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _who(self) -> str:
        with suppress(OSError, ValueError, KeyError, TypeError):
            about = json.loads(self._holder.read_text("utf-8").partition("\n")[0])
            who = f"process {about['pid']} on {about['machine']}"
            return f"{who} has been crawling into {self.folder} since {about['since']}"
        return f"another crawl holds {self.folder}"


def called(name: str, worker: str) -> str:
    """What a file of a name is called that a worker writes.

    >>> called("changes.jsonl", "a"), called("changes.jsonl", "")
    ('changes-a.jsonl', 'changes.jsonl')
    """
    stem, dot, kind = name.partition(".")
    return f"{stem}-{worker}{dot}{kind}" if worker else name


def workers(folder: Path, name: str) -> dict[str, Path]:
    """The files of a name in a folder, by the worker that writes them; "" where there is one."""
    stem, _, kind = name.partition(".")
    paths = sorted(folder.glob(f"{stem}*.{kind}"))
    found = ((re.fullmatch(rf"{stem}(?:-([a-z0-9_]+))?\.{kind}", path.name), path) for path in paths)
    return {match[1] or "": path for match, path in found if match}


def is_own_file(name: str) -> bool:
    """Whether a file of a data folder, given by its name, is one that the commands write.

    >>> [is_own_file(name) for name in ("changes-a.jsonl", "index.sqlite-wal", ".changes.jsonl.20261127")]
    [True, True, False]
    """
    return re.sub(r"-[a-z0-9_]+(?=\.)|(?<=\.sqlite)-(wal|shm|journal)$", "", name) in _FILES


def require_crawled(settings: BaseSettings) -> None:
    """Refuses a folder into which no crawl ever wrote: to open it would make it a data folder.

    :raises ValueError: it is none; the text says so.
    """
    folder = config.folder(settings)
    shares = bool(config.sharing(settings).archive)  # the lines can stand in another folder
    if not (shares or (folder / ARCHIVE).exists() or workers(folder, CHANGES)):
        raise ValueError(f"no crawl wrote into {folder}: give -s MAINLAND_DATA_DIR=FOLDER")


def _sound(file: LinesFile) -> Iterator[Place]:
    """Where the lines of a file of the feed stand that can be read, each revision of an article once."""
    seen: set[tuple[int, int]] = set()
    for place, record in file.records():
        if record and _is_delivery(record) and (record["id"], record["revision"]) not in seen:
            seen.add((record["id"], record["revision"]))
            yield place


def _keep(file: LinesFile, is_kept: Callable[[dict[str, Any]], bool]) -> None:
    """Takes lines out of a file, those that cannot be read too, and what was set aside of it."""
    file.keep(place for place, record in file.records() if record and is_kept(record))
    file.path.with_name(f"{file.path.name}.torn").unlink(missing_ok=True)


def _without(line: bytes, keys: Collection[str]) -> bytes:
    """A line in which "forgotten" stands for some addresses, given by their keys; for those that were cut, too.

    >>> _without(b'{"url": "https://a.example/b/?c", "at": "https://a.example/d"}', {"a.example/b"})
    b'{"url": "forgotten", "at": "https://a.example/d"}'
    """

    def replaced(match: re.Match[bytes]) -> bytes:
        url = match[0].decode("utf-8", "replace").rstrip(_BEHIND_ADDRESS)
        key, is_cut = urls.key(url), match[0].endswith(b"...")
        is_one = key in keys or (is_cut and any(each.startswith(key) for each in keys))
        return b"forgotten" + match[0][len(url.encode()) :] if is_one else match[0]

    return _ADDRESS.sub(replaced, line)


def _make(folder: Path) -> None:
    """Makes a folder, safely on the disk."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def _size(state: Any) -> int:
    """The bytes of a file in a state that was kept; 0 if none was."""
    size = str(state).partition(":")[0]
    return int(size) if size.isdecimal() else 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and 0 < value <= LARGEST


def _is_delivery(record: dict[str, Any]) -> bool:
    return (
        _is_number(record.get("id"))
        and _is_number(record.get("revision"))
        and isinstance(record.get("site"), str)
        and urls.host(record["url"] if isinstance(record.get("url"), str) else None) is not None
    )


def _state(path: Path) -> str | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return f"{found.st_size}:{found.st_mtime_ns}"
