"""JSON Lines files that survive a kill, a full disk and an editor."""

from __future__ import annotations

import errno
import json
import os
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from zlib import crc32

from mainland.clean.text import LONGEST_TEXT, cut
from mainland.storage import scratch

_MOST_PARTS = 1000
_BLOCK = 1 << 20  # bytes that are read or written again at once
_STEP = 1 << 16  # bytes that are read at once from the end
_LONGEST_UNENDED = 128 << 20  # bytes of a last line that is read, to know whether only its end of line is lacking
_PAGE = 4096  # bytes that the kernel writes at once


class Place(NamedTuple):
    """The place of a line in its file, and a checksum of its bytes."""

    offset: int
    """Bytes before it."""

    length: int
    """Bytes of the line, its end of line included."""

    crc: int
    """CRC-32 of these bytes."""

    @classmethod
    def of(cls, offset: int, line: bytes) -> Place:
        """The place of a line, end of line included, with ``offset`` bytes before it."""
        return cls(offset, len(line), crc32(line))

    def fits(self, line: bytes) -> bool:
        """Whether a line is the one that was written here."""
        return len(line) == self.length and crc32(line) == self.crc


class DamagedLineError(OSError):
    """The bytes at a place are not the line that was written there."""


def bounded(value: Any) -> Any:
    """A JSON value with each text, names too, cut to 200 characters, and each list and object to 1000 members.

    Halves of surrogate pairs, which no file in UTF-8 can hold, become question marks.

    >>> bounded({"facts": {"version": "1" * 300}})["facts"]["version"] == "1" * 197 + "..."
    True
    """
    if isinstance(value, str):
        return cut(value) if value.isascii() else cut(value).encode("utf-8", "replace").decode()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {bounded(name): bounded(each) for name, each in islice(value.items(), _MOST_PARTS)}
    if isinstance(value, (list, tuple)):
        return [bounded(each) for each in value[:_MOST_PARTS]]
    return value


def is_bounded(line: bytes) -> bool:
    """Whether :func:`bounded` leaves the JSON of a line as it is: a quick look, False where that is not sure."""
    is_short = max(map(len, line.split(b'"'))) <= LONGEST_TEXT and line.count(b",") < _MOST_PARTS
    return is_short and b"\\" not in line


def encode(record: dict[str, Any]) -> bytes:
    r"""A JSON object as one line in UTF-8, without characters that some readers take for an end of line.

    Halves of surrogate pairs become question marks.

    :raises ValueError: it has a number that is infinite or not a number.

    >>> encode({"headline": "Köln\u2028"}).decode()
    '{"headline": "Köln\\u2028"}\n'
    """
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    for mark in "\x7f\x85\u2028\u2029":
        if mark in text:
            text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text.encode("utf-8", "replace") + b"\n"


def decode(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line, in UTF-8; None if the line is not one."""
    try:
        record = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


class LinesFile:
    """An append-only file of complete lines.

    A half line at its end, left by a kill or a full disk, is set aside in ``NAME.torn`` when it is opened; a last line
    that lacks nothing but its end of line gets it.

    After a failed sync the file is cut back to its size at the last good sync, and takes no more lines: the kernel may
    have dropped data that it could not write, and still show it to readers. A file with half a line at its end that
    cannot be repaired takes no more lines either.
    """

    def __init__(self, path: Path) -> None:
        """Opens or creates the file, and repairs its end; ``torn`` says whether half a line was set aside.

        :raises OSError: it cannot be opened or repaired.
        """
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self.torn = self._complete_end()
        except BaseException:
            os.close(self._file)
            raise
        self._safe = self.size
        self._is_synced = True
        self._is_named = False
        self._fault: OSError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return os.fstat(self._file).st_size

    @property
    def state(self) -> str:
        """A text that differs after each change of the file: its size in bytes, the time of the change in ns."""
        found = os.fstat(self._file)
        return f"{found.st_size}:{found.st_mtime_ns}"

    def append(self, record: dict[str, Any]) -> Place:
        """Adds a line and returns its place; it survives a kill at once, a power cut after :meth:`sync`.

        :raises OSError: nothing of the line was written, or the file takes no more lines.
        """
        self._require_sound()
        line, before = encode(record), self.size
        try:
            offset = append(self._file, line)
        except OSError as error:
            if self.size != before:
                self._fault = error
            raise
        self._is_synced = False
        return Place.of(offset, line)

    def sync(self) -> None:
        """Puts all lines, and the entry of the file in its folder, safely on the disk.

        :raises OSError: all lines since the last good sync are lost, and the file takes no more.
        """
        self._require_sound()
        if self._is_synced:
            return
        try:
            os.fsync(self._file)
            if not self._is_named:
                sync_folder(self.path.resolve().parent)  # of the file itself, where the path is a link
        except OSError as error:
            self._fault = error
            with suppress(OSError):
                os.ftruncate(self._file, self._safe)
            raise
        self._safe, self._is_synced, self._is_named = self.size, True, True

    def write_again(self, safe: int) -> None:
        """Writes again all bytes from the memory page in which the first ``safe`` bytes end, for the next :meth:`sync`.

        After an fsync that failed, in another process too, the kernel can treat these bytes as written although they
        are not on the disk.

        :raises OSError: they cannot be read or written.
        """
        for offset in range(safe - safe % _PAGE, self.size, _BLOCK):
            os.pwrite(self._file, os.pread(self._file, _BLOCK, offset), offset)
        self._is_synced = False

    def read(self, place: Place) -> bytes:
        """The line at a place.

        :raises DamagedLineError: the bytes there are not the line that was written.
        """
        return sound_line(self._file, place)

    def records(self) -> Iterator[tuple[Place, dict[str, Any] | None]]:
        """Yields the place and the JSON object of each line; None for a line that is not one."""
        return records(self.path)

    def keep(self, places: Iterable[Place]) -> None:
        """Replaces the file, in one step, by its lines at these places, and drops all others.

        :raises DamagedLineError: one is not the line that was written there; the file stays as it is.
        :raises OSError: it cannot be written; the file stays as it is.
        """
        self._replace(map(self.read, places))

    def substitute(self, lines: Mapping[Place, bytes]) -> None:
        """Replaces the lines at some places by other bytes, none for a line that goes; the file in one step.

        :raises OSError: it cannot be written; the file stays as it is.
        """
        self._replace(self._with(lines))

    def _with(self, lines: Mapping[Place, bytes]) -> Iterator[bytes]:
        """Yields the content of the file, with other bytes at some places."""
        offset = 0
        for place in sorted(lines):
            yield from self._blocks(offset, place.offset)
            yield lines[place]
            offset = place.offset + place.length
        yield from self._blocks(offset, self.size)

    def _blocks(self, start: int, end: int) -> Iterator[bytes]:
        """Yields the bytes of the file from one offset up to another."""
        for offset in range(start, end, _BLOCK):
            yield os.pread(self._file, min(_BLOCK, end - offset), offset)

    def _replace(self, chunks: Iterable[bytes]) -> None:
        """Replaces the file in one step by other content, and opens it again.

        :raises OSError: it cannot be written; the file stays as it is.
        """
        self._require_sound()
        replace(self.path, chunks)
        os.close(self._file)
        self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        self._safe, self._is_synced = self.size, True

    def close(self) -> None:
        """Syncs and closes the file.

        :raises OSError: it cannot be synced, see :meth:`sync`; it is closed all the same.
        """
        try:
            self.sync()
        finally:
            os.close(self._file)

    def _require_sound(self) -> None:
        """Checks that the file still takes lines.

        :raises OSError: it takes none after an earlier error, which the text names.
        """
        if self._fault:
            why = self._fault.strerror or self._fault
            raise OSError(self._fault.errno or errno.EIO, f"it was given up after an error: {why}", str(self.path))

    def _complete_end(self) -> bool:
        """Ends a last line that lacks only its end of line; returns True if half a line was set aside instead.

        :raises OSError: the end cannot be read or repaired.
        """
        end = self.size
        start = end
        while start and os.pread(self._file, 1, start - 1) != b"\n":
            step = min(start, _STEP)
            start += os.pread(self._file, step, start - step).rfind(b"\n") + 1 - step
        if start == end:
            return False
        if end - start <= _LONGEST_UNENDED:
            last = os.pread(self._file, end - start, start)
            if decode(last.removeprefix(b"" if start else BOM_UTF8)) is not None:
                append(self._file, b"\n")
                os.fsync(self._file)
                return False
        with self.path.with_name(f"{self.path.name}.torn").open("ab") as torn:
            torn.writelines(self._blocks(start, end))
            torn.write(b"\n")
        os.ftruncate(self._file, start)
        os.fsync(self._file)
        return True


def sound_line(file: int, place: Place) -> bytes:
    """The line at a place in an open file.

    :raises DamagedLineError: the bytes there are not the line that was written.
    """
    is_within = place.offset >= 0 and 0 < place.length <= os.fstat(file).st_size - place.offset
    if not (is_within and place.fits(line := os.pread(file, place.length, place.offset))):
        raise DamagedLineError(f"at byte {place.offset}")
    return line


def records(path: Path) -> Iterator[tuple[Place, dict[str, Any] | None]]:
    """Yields the place and the JSON object of each line of a file; None for a line that is not one.

    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as lines:
        offset = len(BOM_UTF8) if lines.read(len(BOM_UTF8)) == BOM_UTF8 else 0  # some editors leave it
        lines.seek(offset)
        for line in lines:
            yield Place.of(offset, line), decode(line)
            offset += len(line)


def lines_backwards(path: Path, longest: int) -> Iterator[bytes]:
    """Yields the lines of a file, the last one first, without their ends of line.

    Lines of more than ``longest`` bytes are skipped, without being read into memory.

    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        parts: list[bytes] = []  # of the line whose start is not read yet, the last first; empty if it is too long
        length = 0
        while start:
            step = min(start, _STEP)
            start -= step
            file.seek(start)
            head, *lines = file.read(step).split(b"\n")
            for line in reversed(lines):
                if length + len(line) <= longest:
                    yield b"".join([line, *reversed(parts)])
                parts, length = [], 0
            length += len(head)
            parts = [*parts, head] if length <= longest else []
        if length and length <= longest:
            yield b"".join(reversed(parts)).removeprefix(BOM_UTF8)


def append(file: int, data: bytes) -> int:
    """Adds bytes to the end of an open file and returns the offset at which they begin.

    :raises OSError: nothing of them was written.
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


def sync_folder(folder: Path) -> None:
    """Puts the names of a folder's files safely on the disk.

    :raises OSError: they may not be on the disk.
    """
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def replace(path: Path, chunks: Iterable[bytes]) -> None:
    """Replaces a file in one step: readers see the old one or the new one, complete.

    The new one has the owner and the mode of the old one. Where the path is a symbolic link, the file that it names is
    replaced, and the link stays.

    :raises OSError: the old one still stands.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():  # in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    with scratch.replacing(target) as new, new.open("xb") as out:
        out.writelines(chunks)
