"""Which lines of ``changes.jsonl`` are damaged, where the index and the file say different things.

The file is the source of truth. Since the index can be wrong, a line is not damaged just because the index differs: the
line's own fields must prove it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mainland.clean.urls import key
from mainland.items import Article
from mainland.pages.article import EXTRACTOR, content_hash
from mainland.storage.lines import Place


class IndexedLine(NamedTuple):
    """The latest line of an article according to the index, if the file differs there."""

    id: int
    revision: int
    url: str
    file: str
    place: Place


@dataclass
class Verdict:
    """Which articles have sound lines, and which have damaged ones."""

    sound: set[int] = field(default_factory=set)
    """The ids of articles whose lines are in a file as they were written: the index is wrong."""

    damaged: dict[int, tuple[str, Place]] = field(default_factory=dict)
    """The file and the bytes of damaged lines, by article. An article in neither has no line that can be found."""


class _Bounds:
    """The places of the lines of a file, and which lines can be read."""

    def __init__(self) -> None:
        self._ends = array("q", [0])
        self._readable = bytearray()

    def add(self, place: Place, *, is_readable: bool) -> None:
        """Adds the place of the next line of the file; ``is_readable`` says whether the line is a JSON object."""
        if not self._readable:
            self._ends[0] = place.offset
        self._ends.append(place.offset + place.length)
        self._readable.append(is_readable)

    def is_replaceable(self, place: Place) -> bool:
        """Whether a place can be replaced without loss: it begins or ends with a line, and no line in it can be read.

        False too for a place that is not within the file.
        """
        start, end = place.offset, place.offset + place.length
        if not self._ends[0] <= start < end <= self._ends[-1]:
            return False
        first, behind = bisect_right(self._ends, start) - 1, bisect_left(self._ends, end)
        is_at_bound = self._ends[first] == start or self._ends[behind] == end
        return is_at_bound and not any(self._readable[first:behind])


def judge_lines(
    entries: Mapping[int, IndexedLine],
    files: Mapping[str, Iterable[tuple[Place, dict[str, Any] | None]]],
    copies: Mapping[int, bytes],
) -> Verdict:
    """Which lines of some articles are sound, and which are damaged; changes nothing.

    ``entries`` are their lines according to the index, by article id; ``files`` the lines of the files, by name.
    ``copies`` are lines of the same articles and revisions in ``articles.jsonl``; a copy that fits its entry is the
    line as it was written.
    """
    verdict, bounds = Verdict(), {name: _Bounds() for name in files}
    at = {(entry.file, entry.place.offset, entry.place.length): entry for entry in entries.values()}
    for name, records in files.items():
        for place, record in records:
            bounds[name].add(place, is_readable=record is not None)
            there = at.get((name, place.offset, place.length))
            entry = record and (_entry_named(record, entries) or _entry_at_same_address(record, there))
            if not (record and entry) or entry.id in verdict.sound:
                continue
            if _is_sound(place, record, entry, copies.get(entry.id)):
                verdict.sound.add(entry.id)
                verdict.damaged.pop(entry.id, None)
            else:
                verdict.damaged[entry.id] = name, place
    for number in entries.keys() - verdict.sound - verdict.damaged.keys():
        entry = entries[number]
        if entry.file in bounds and bounds[entry.file].is_replaceable(entry.place):
            verdict.damaged[number] = entry.file, entry.place
    return verdict


def _entry_named(record: dict[str, Any], entries: Mapping[int, IndexedLine]) -> IndexedLine | None:
    """The entry of the article and revision that a line names; None if none of ``entries`` is of them."""
    number = record.get("id")
    entry = entries.get(number) if isinstance(number, int) else None
    return entry if entry and record.get("revision") == entry.revision else None


def _entry_at_same_address(record: dict[str, Any], entry: IndexedLine | None) -> IndexedLine | None:
    """The entry at the place of a line, if the line has the address of that article, with any id; otherwise None."""
    url = record.get("url")
    return entry if entry and isinstance(url, str) and key(url) == key(entry.url) else None


def _is_sound(place: Place, record: dict[str, Any], entry: IndexedLine, copy: bytes | None) -> bool:
    """Whether a line is as it was written: it fits the entry, or equals its copy, or its hash is that of its fields.

    The hash counts only if no copy fits the entry: a line that differs from such a copy is damaged. So is one with
    another id or revision than the entry.
    """
    if (record.get("id"), record.get("revision")) != (entry.id, entry.revision):
        return False
    written = entry.place
    if (place.length, place.crc) == (written.length, written.crc):
        return True
    if copy is not None and (place.fits(copy) or written.fits(copy)):
        return place.fits(copy)
    return _has_its_hash(record)


def _has_its_hash(record: dict[str, Any]) -> bool:
    """Whether ``content_hash`` of a line is that of its fields; True if another version of the rules made the line."""
    if record.get("extractor") != EXTRACTOR:
        return True
    known = {name: value for name, value in record.items() if name in Article.__dataclass_fields__}
    try:
        return content_hash(Article(**known)) == record.get("content_hash")
    except (TypeError, KeyError, AttributeError, ValueError):
        return False
