"""JSON Lines files that survive a kill, a full disk and an editor."""

from __future__ import annotations

import json
import os
import stat
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from mainland import scratch


class Place(NamedTuple):
    """Where a line stands in its file, in bytes, its end of line included."""

    offset: int
    length: int


def printable(value: str) -> str:
    r"""One line that does nothing to a terminal, from text that came from a page.

    >>> printable("a\x1b[31mb\nc")
    'a?[31mb?c'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in value)


def encode(record: dict[str, Any]) -> bytes:
    r"""One line: UTF-8, and no character in it that some reader takes for an end of line.

    >>> encode({"headline": "Köln\u2028"}).decode()
    '{"headline": "Köln\\u2028"}\n'
    """
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    for mark in "\x7f\x85\u2028\u2029":
        if mark in text:
            text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text.encode("utf-8", "replace") + b"\n"


def decode(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None if the line is no JSON object."""
    try:
        record = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


class LinesFile:
    """An append-only file of whole lines.

    A half line at its end, left by a kill or a full disk, is set aside in ``NAME.torn`` when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.torn = self._set_torn_aside()
        self._synced = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._file).st_size

    @property
    def state(self) -> str:
        """What changes whenever the file does: its size and the time of its last change."""
        found = os.fstat(self._file)
        return f"{found.st_size}:{found.st_mtime_ns}"

    def append(self, record: dict[str, Any]) -> Place:
        """Writes a line and gives its place; safe from a kill at once, from a power cut after :meth:`sync`.

        :raises OSError: nothing of the line was kept.
        """
        line = encode(record)
        offset = append(self._file, line)
        self._synced = False
        return Place(offset, len(line))

    def sync(self) -> None:
        """Puts all lines safely on the disk."""
        if not self._synced:
            os.fsync(self._file)
            self._synced = True

    def read(self, place: Place) -> bytes:
        """The line at a place."""
        return os.pread(self._file, place.length, place.offset)

    def records(self) -> Iterator[tuple[Place, dict[str, Any] | None]]:
        """All lines with their places; None for a line that is no JSON object."""
        return records(self.path)

    def keep(self, places: Iterable[Place]) -> None:
        """Replaces the file, in one step, by these of its lines."""
        replace(self.path, map(self.read, places))
        os.close(self._file)
        self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        """Syncs and closes the file."""
        self.sync()
        os.close(self._file)

    def _set_torn_aside(self) -> bool:
        end = self.size
        start = end
        while start and os.pread(self._file, 1, start - 1) != b"\n":
            step = min(start, 1 << 16)
            chunk = os.pread(self._file, step, start - step)
            start = start - step + chunk.rfind(b"\n") + 1
            if b"\n" in chunk:
                break
        if start == end:
            return False
        with self.path.with_name(f"{self.path.name}.torn").open("ab") as torn:
            torn.write(os.pread(self._file, end - start, start) + b"\n")
        os.ftruncate(self._file, start)
        os.fsync(self._file)
        return True


def records(path: Path) -> Iterator[tuple[Place, dict[str, Any] | None]]:
    """The lines of a file with their places; None for a line that is no JSON object."""
    with path.open("rb") as lines:
        offset = len(BOM_UTF8) if lines.read(len(BOM_UTF8)) == BOM_UTF8 else 0  # some editors leave it
        lines.seek(offset)
        for line in lines:
            yield Place(offset, len(line)), decode(line)
            offset += len(line)


def append(file: int, data: bytes) -> int:
    """Where bytes begin that were just added to the end of an open file.

    :raises OSError: nothing of them was kept.
    """
    offset = os.fstat(file).st_size
    try:
        written = os.pwrite(file, data, offset)
        while written < len(data):  # a full disk takes a part, then refuses the rest
            written += os.pwrite(file, data[written:], offset + written)
    except OSError:
        os.ftruncate(file, offset)
        raise
    return offset


def replace(path: Path, chunks: Iterable[bytes]) -> None:
    """Replaces a file in one step: readers see the old one or the new one, complete.

    The new one has the owner and the mode of the old one. Where the path is a symbolic link, the file that it names is
    replaced, and the link stays.

    :raises OSError: the old one still stands.
    """
    path = path.resolve()
    with scratch.replacing(path) as new, new.open("xb") as out:
        out.writelines(chunks)
        with suppress(FileNotFoundError):
            old = path.stat()
            with suppress(PermissionError):  # only root may give a file away
                os.fchown(out.fileno(), old.st_uid, old.st_gid)
            os.fchmod(out.fileno(), stat.S_IMODE(old.st_mode))
