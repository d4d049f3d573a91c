"""The data folder: the feed, the archive beside it, and the lock on both."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from scrapy.exceptions import DropItem

from mainland import dates, urls, warc
from mainland.archive import Archive
from mainland.copies import METHOD, Text, is_copy
from mainland.items import Article
from mainland.lines import LinesFile, Place, decode, encode, replace

CHANGES, ARTICLES, REJECTED = "changes.jsonl", "articles.jsonl", "rejected.jsonl"
RUNS, FORGOTTEN, DUPLICATES = "runs.jsonl", "forgotten.jsonl", "duplicates.jsonl"
_STALE = "stale"

_LONG = 8 << 20  # bytes of history: a year of hourly crawls
_BATCH = 1000  # articles between two commits
_READ = 200  # texts in memory, to be compared


class LockedError(Exception):
    """Another crawl holds the folder. Its text says who, and since when."""


class WrongSiteError(Exception):
    """The folder belongs to another site."""


class UnwrittenItem(DropItem):
    """The item could not be written; the next crawl asks its page again."""


class RejectedItem(DropItem):
    """The item lacks what an article must have. Its text says what."""


class Store:
    """One data folder, held by one crawl.

    ``changes.jsonl`` is the truth; the archive is its index, and is made again from it where the two differ.
    ``mended`` says in words what had to be put right on opening.
    """

    def __init__(self, folder: Path, site: str | None = None, *, drop_duplicates: bool = False) -> None:
        """Opens a folder for a site, given as :func:`mainland.urls.host` names it; None for the one it belongs to.

        :raises LockedError: another crawl holds it.
        :raises WrongSiteError: it belongs to another site.
        :raises OSError: it cannot be written.
        """
        self.folder = folder
        self._drop_duplicates = drop_duplicates
        self.mended: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._holder = folder / "crawl.json"
        # A singleton, so that the command can hold the lock before the spider asks for it.
        self._lock = FileLock(folder / "crawl.lock", is_singleton=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LockedError(self._who()) from None
        try:
            self._open(site)
        except BaseException:
            self._lock.release()
            raise

    def _open(self, site: str | None) -> None:
        about = {"pid": os.getpid(), "machine": socket.gethostname(), "since": dates.utc(datetime.now(UTC))}
        self._holder.write_text(json.dumps(about), "utf-8")
        self.changes = LinesFile(self.folder / CHANGES)
        self.rejected = LinesFile(self.folder / REJECTED)
        self.archive = Archive(self.folder / "archive.sqlite")
        for file in (self.changes, self.rejected):
            if file.torn:
                self.mended.append(f"a half line at the end of {file.path.name} was set aside")
        if self.archive.fact("state") != self.changes.state:
            self._index()
        owner = self.archive.fact("site") or site
        if site is not None and owner != site:
            raise WrongSiteError(
                f"{self.folder} holds articles of {owner}, not of {site}; choose another MAINLAND_DATA_DIR"
            )
        self.archive.keep(site=owner)
        self._bury()
        published = self.archive.fact("articles")
        self.changed = published != self._published and (published is not None or self.changes.size > 0)

    def _index(self) -> None:
        """Makes the archive's articles anew from the feed, and what was rejected if the archive itself is new."""
        if self.archive.fresh and self.changes.size:
            self.mended.append("the archive was lost or broken and was made again from changes.jsonl")
        sound = list(self._sound())
        if sum(place.length for place in sound) < self.changes.size:
            self.changes.keep(sound)
            self.mended.append(
                "lines of changes.jsonl that cannot be read, or are there twice, were dropped; articles that the feed"
                " lacks now are asked again"
            )
        self.archive.begin_index()
        for place, record in self.changes.records():
            if record:
                self.archive.index(record, place)
                self.archive.keep(site=str(record.get("site")))
        self.archive.end_index()
        self.archive.keep(articles=_STALE)
        if self.archive.fresh:
            for _, record in self.rejected.records():
                if record and isinstance(record.get("url"), str):
                    self.archive.tell(record["url"], record.get("lastmod"))
                    self.archive.read(record["url"], record.get("lastmod"), str(record.get("reason")))
            self.archive.fresh = False
        self._commit()

    def _sound(self) -> Iterator[Place]:
        """Where the lines of the feed stand that can be read, each revision of an article once."""
        seen: set[tuple[int, int]] = set()
        for place, record in self.changes.records():
            if record and _is_delivery(record) and (record["id"], record["revision"]) not in seen:
                seen.add((record["id"], record["revision"]))
                yield place

    def deliver(self, item: Article) -> None:
        """Writes an item to the feed and to the archive's next commit."""
        record = {name: getattr(item, name) for name in Article.__dataclass_fields__}
        place = self.changes.append(record)
        self.archive.deliver(record, place)
        if not self.changed:
            self.archive.keep(articles=_STALE)
            self.changed = True

    def reject(self, url: str, reason: str) -> None:
        """Notes an address that gave no article: a line for each reason and each change that was told."""
        known = self.archive.address(url)
        told = known.lastmod if known else None
        if known is None or known.reason != reason or known.read != (told or ""):
            self.rejected.append({"url": url, "reason": reason, "lastmod": told, "date": dates.utc(datetime.now(UTC))})
        self.archive.read(url, told, reason)

    def forget(self, numbers: set[int]) -> set[int]:
        """Takes articles out of the feed for good; the ids of those that were held.

        A tombstone is written first, so that a kill on the way leaves nothing behind: the next opening goes on.
        """
        held = {held.id: held for number in numbers if (held := self.archive.article(number))}
        with LinesFile(self.folder / FORGOTTEN) as tombstones:
            for number, article in held.items():
                if article.state != "forgotten":
                    tombstones.append({"id": number, "url": article.url, "date": dates.utc(datetime.now(UTC))})
        self._bury()
        return set(held)

    def _bury(self) -> None:
        """Takes what has a tombstone out of the files and the archive, if some of it is still there."""
        path = self.folder / FORGOTTEN
        if not path.exists():
            return
        with LinesFile(path) as tombstones:
            graves = {record["id"]: record["url"] for _, record in tombstones.records() if record}
        fresh = {number: url for number, url in graves.items() if not self.archive.is_forgotten(number)}
        if not fresh:
            return
        ever = {number: {url} for number, url in fresh.items()}
        for _, record in self.changes.records():
            if record and record.get("id") in ever:
                ever[record["id"]].add(str(record.get("url")))
        warc.take_out(self.folder, ever)
        addresses = {urls.key(url) for url in fresh.values()}
        for file in (self.changes, self.rejected):
            file.keep(
                place
                for place, record in file.records()
                if record and record.get("id") not in fresh and urls.key(str(record.get("url"))) not in addresses
            )
            file.path.with_name(f"{file.path.name}.torn").unlink(missing_ok=True)
        self._index()
        for number, url in fresh.items():
            self.archive.forget(number, url)
        self._commit()
        self.publish()

    def commit(self) -> None:
        """Puts all lines safely on the disk, then the archive."""
        self.changes.sync()
        self.rejected.sync()
        self._commit()

    def _commit(self) -> None:
        self.archive.commit(state=self.changes.state)

    def publish(self) -> None:
        """Replaces ``articles.jsonl`` by the latest lines of what is public, each with the article it is a copy of.

        Which are copies stands in ``duplicates.jsonl`` too.

        :raises OSError: a file or the archive cannot be written; so does sqlite3.Error.
        """
        self._compare()
        site, copies = self.archive.fact("site"), self.archive.copies()
        replace(
            self.folder / DUPLICATES,
            (encode({"site": site, "id": number, "duplicate_of": oldest}) for number, oldest in sorted(copies.items())),
        )
        replace(self.folder / ARTICLES, self._lines(copies))
        self.archive.keep(articles=self._published, copies=len(copies))
        self.changed = False

    def _lines(self, copies: dict[int, int]) -> Iterator[bytes]:
        """The latest lines of what is public."""
        for number, place in self.archive.public():
            line = self.changes.read(place)
            if number not in copies:
                yield line
            elif not self._drop_duplicates:
                yield encode(json.loads(line) | {"duplicate_of": copies[number]})

    @property
    def _published(self) -> str:
        """What changes whenever ``articles.jsonl`` is to be written anew, or was by another hand."""
        how = "without copies" if self._drop_duplicates else "with copies"
        return f"{_state(self.folder / ARTICLES)} of {self.changes.state}, {how} by {METHOD}"

    def _compare(self) -> None:
        """Brings what is known of copies up to the lines that are public now."""
        archive = self.archive
        archive.drop_texts(everything=archive.fact("method") != METHOD)
        archive.keep(method=METHOD)
        after = 0
        while unread := archive.unread(after, _BATCH):
            archive.keep_texts((number, content_hash, self._text(place)) for number, content_hash, place in unread)
            after = unread[-1][0]
            self.commit()

        @lru_cache(maxsize=_READ)
        def read(number: int) -> Text | None:
            return self._text(archive.text_place(number))

        while due := archive.due_texts(_BATCH):
            near: list[tuple[int, int, int]] = []
            for number, sketch in due:
                others = archive.similar_texts(number, sketch)
                near += ((others[0], other, number) for other in others)
            # Texts of a kind one after another: each is read once.
            pairs = [(other, number) for _, other, number in sorted(near) if is_copy(read(other), read(number))]
            archive.compared([number for number, _ in due], pairs)
            self.commit()

    def _text(self, place: Place) -> Text | None:
        record = decode(self.changes.read(place)) or {}
        return Text.of(record.get("headline"), record.get("body"))

    def latest(self, most: int) -> Iterator[dict[str, Any]]:
        """Some public articles as they were delivered last, the highest id first."""
        for place in self.archive.latest(most):
            yield json.loads(self.changes.read(place))

    def history(self) -> list[dict[str, Any]]:
        """The lines of ``runs.jsonl``, the latest some thousand."""
        return history(self.folder)

    def log_run(self, record: dict[str, Any]) -> None:
        """Writes a line to ``runs.jsonl``."""
        with LinesFile(self.folder / RUNS) as runs:
            runs.append(record)

    def close(self) -> None:
        """Commits and lets the folder go."""
        self.commit()
        self.release()

    def release(self) -> None:
        """Lets the folder go without a commit."""
        self.archive.close()
        for file in (self.changes, self.rejected):
            with suppress(OSError):
                file.close()
        with suppress(OSError):
            self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _who(self) -> str:
        with suppress(OSError, ValueError, KeyError, TypeError):
            about = json.loads(self._holder.read_text("utf-8"))
            who = f"process {about['pid']} on {about['machine']}"
            return f"{who} has been crawling into {self.folder} since {about['since']}"
        return f"another crawl holds {self.folder}"


def history(folder: Path) -> list[dict[str, Any]]:
    """The lines of a folder's ``runs.jsonl``, the oldest first; of a long file those at its end."""
    try:
        with (folder / RUNS).open("rb") as runs:
            size = runs.seek(0, os.SEEK_END)
            runs.seek(max(0, size - _LONG))
            lines = runs.read().split(b"\n")[size > _LONG :]
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
    return [each for each in found if isinstance(each, dict)]


def _is_delivery(record: dict[str, Any]) -> bool:
    return (
        isinstance(record.get("id"), int)
        and isinstance(record.get("revision"), int)
        and urls.host(record["url"] if isinstance(record.get("url"), str) else None) is not None
    )


def _state(path: Path) -> str | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return f"{found.st_size}:{found.st_mtime_ns}"
