"""Which articles are copies of one another: known by the runs of words that their bodies share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from unicodedata import normalize

from rensa import RMinHash

METHOD = f"1.{RMinHash.ALGORITHM_VERSION}"
"""What changes whenever a text would get another number or sketch."""

SKETCH = 32
"""Values in a sketch."""

LEAST_SHARED = 3
"""Values that the sketches of two texts share if the texts are to be held against each other."""

_RUN = 8  # words
_SHORT = 30  # words; of texts that are shorter only the same ones under the same headline are copies
_MOST = 0.6  # of the words of the shorter text are shared: press releases of one sender share half
_PART = 0.35  # of the longer text's too: one that holds more of others is a digest
_UNCHANGED = 24  # words between two changes, on average: texts of one template have more gaps
_FEW_BLOCKS = 2  # of shared words lie anywhere
_FIGURES = 0.3  # of the runs with a figure are shared: reports of a series differ in theirs
_FEW_FIGURES = 2 * _RUN  # tell nothing
_HARDLY = 0.5  # as many runs as words: a change cuts eight runs

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(r"[^\W_]+")
_WORD_OR_LETTER = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


@dataclass(frozen=True)
class Text:
    """What two articles are compared by: the words of the body, and of the headline where the body is short."""

    words: tuple[str, ...]
    is_short: bool

    @classmethod
    def of(cls, headline: str | None, body: str | None) -> Text | None:
        """The text of an article; None if it has no body, and so nothing to be a copy of."""
        said = words(body)
        if len(said) < _SHORT:
            return cls((*words(headline), "", *said), is_short=True) if said else None
        return cls(said, is_short=False)

    @cached_property
    def digest(self) -> int:
        """A number of 64 bits, signed, that only the same text has."""
        digest = blake2b(" ".join(self.words).encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    def sketch(self) -> list[int]:
        """A few numbers of 32 bits, signed; texts share about as large a part of them as of their runs of words."""
        if self.is_short:
            return []
        sketch = RMinHash(num_perm=SKETCH, seed=1)
        sketch.update(list(map(" ".join, self._runs())))
        return [value - (1 << 31) for value in sketch.digest()]

    def _runs(self) -> Iterator[tuple[str, ...]]:
        """All runs of eight words, in order."""
        return zip(*(self.words[start:] for start in range(_RUN)), strict=False)

    @cached_property
    def runs(self) -> list[int]:
        """A number for each run, in order; another one in another process."""
        return list(map(hash, self._runs()))

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each run stands; of those that come again the last."""
        return {run: place for place, run in enumerate(self.runs)}

    @cached_property
    def figures(self) -> frozenset[int]:
        """The numbers of the runs that hold a figure."""
        starts = {
            start
            for place, word in enumerate(self.words)
            if not word.isalpha()
            for start in range(max(0, place - _RUN + 1), min(place + 1, len(self.runs)))
        }
        return frozenset(self.runs[start] for start in starts)

    def is_copy(self, other: Text) -> bool:
        """Whether one of two texts is a copy of the other."""
        if self.is_short or other.is_short:
            return self.words == other.words
        shared = len(self.places.keys() & other.places.keys())
        shorter, longer = sorted((len(self.places), len(other.places)))
        if shared < max(_HARDLY * _MOST * shorter, _HARDLY * _PART * longer):
            return False
        fewer = min(len(self.figures), len(other.figures))
        if fewer >= _FEW_FIGURES and len(self.figures & other.figures) < _FIGURES * fewer:
            return False
        parts = self._part(other), other._part(self)
        return max(parts) >= _MOST and min(parts) >= _PART

    def _part(self, other: Text) -> float:
        """The part of its words that stand in shared runs; none if these are cut or moved all the time."""
        places, runs = other.places, [*other.runs, None]
        blocks = covered = end = 0
        after = -1
        for place, run in enumerate(self.runs):
            if runs[after] == run:  # a run may stand at several places: it goes on where it can
                after += 1
            elif (there := places.get(run)) is not None:
                after = there + 1
                blocks += 1
            else:
                after = -1
                continue
            covered += _RUN - max(0, end - place)
            end = place + _RUN
        return covered / len(self.words) if covered >= _UNCHANGED * (blocks - _FEW_BLOCKS) else 0.0


def words(text: str | None) -> tuple[str, ...]:
    """The words of a text without case and punctuation; of scripts without spaces each letter is one.

    >>> words("“It’s 3.6 %,” said Köln. 東京タワー")
    ('it', 's', '3', '6', 'said', 'köln', '東', '京', 'タ', 'ワ', 'ー')
    """
    text = normalize("NFC", text or "").casefold()
    return tuple((_WORD_OR_LETTER if _HAS_UNSPACED.search(text) else _WORD).findall(text))


def oldest(texts: Iterable[tuple[int, int]], pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The oldest of its group for each article that is a copy.

    ``texts`` gives articles, the oldest first, with the numbers of their texts; ``pairs`` numbers of texts of
    which one is a copy of the other.

    >>> oldest([(5, 1), (9, 1), (7, 2), (8, 3)], [(2, 1)])
    {9: 5, 7: 5}
    """
    leads: dict[int, int] = {}

    def lead(text: int) -> int:
        while (above := leads.get(text, text)) != text:
            leads[text] = text = leads.get(above, above)
        return text

    for one, other in pairs:
        leads[lead(one)] = lead(other)
    first: dict[int, int] = {}
    return {article: found for article, text in texts if (found := first.setdefault(lead(text), article)) != article}
