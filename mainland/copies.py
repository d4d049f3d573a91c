"""Which articles are copies of one another: known by the runs of words that their bodies share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate
from unicodedata import normalize

from rensa import RMinHash

METHOD = f"2.{RMinHash.ALGORITHM_VERSION}"
"""What changes whenever a text would get another number or sketch."""

SKETCH = 32
"""Values in a sketch."""

LEAST_SHARED = 4
"""Values that the sketches of two texts share if the texts are to be held against each other."""

_RUN, _RUN_OF_LETTERS = 8, 14  # words, or letters of a script without spaces
_SHORT = 30  # words; of texts that are shorter only the same ones under the same headline are copies
_MOST = 0.6  # of the words of the shorter text are shared: press releases of one sender share half
_PART = 0.35  # of the longer text's too: one that holds more of others is a digest
_UNCHANGED = 3  # runs before the next change, on average: texts of one template have more gaps
_FIGURES = 0.55  # of the figures on the way are the same: reports of a series differ in theirs
_FEW_FIGURES = 3  # fewer others tell nothing
_GAP = 2  # runs: what stands between shared words and is longer is no change but a new part
_HARDLY = 0.5  # as many runs as words: a change cuts a whole run

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_LETTERS = r"\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"  # with the marks on them
_WORD = re.compile(f"[{_LETTERS}]+")
_WORD_OR_LETTER = re.compile(f"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[{_LETTERS}])+")


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
    def run(self) -> int:
        """How many words a run has."""
        some = self.words[:100]
        letters = sum(map(bool, map(_HAS_UNSPACED.match, some)))
        return _RUN_OF_LETTERS if 2 * letters > len(some) else _RUN

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
        sketch.update(self._runs())
        return [value - (1 << 31) for value in sketch.digest()]

    def _runs(self) -> list[str]:
        """All runs of words, in order."""
        text = "".join(self.words)
        starts = list(accumulate(map(len, self.words), initial=0))
        return [text[start:end] for start, end in zip(starts, starts[self.run :], strict=False)]

    @cached_property
    def runs(self) -> list[int]:
        """A number for each run, in order; another one in another process."""
        return list(map(hash, self._runs()))

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each run stands; of those that come again the last."""
        return {run: place for place, run in enumerate(self.runs)}

    @cached_property
    def figures(self) -> list[int]:
        """How many of the words before each place are figures."""
        return list(accumulate(map(str.isdigit, self.words), initial=0))

    def part(self, other: Text) -> float:
        """The part of its words that stand in shared runs; none if these are cut or moved all the time."""
        runs, places = [*other.runs, None], other.places
        blocks: list[tuple[int, int]] = []
        begun = last = after = -1
        for place, run in enumerate(self.runs):
            if runs[after] == run:  # a run may stand at several places: it goes on where it can
                after += 1
                last = place
            elif (there := places.get(run)) is None:
                after = -1
            else:
                if begun >= 0:
                    blocks.append((begun, last + self.run))
                after = there + 1
                begun = last = place
        if begun >= 0:
            blocks.append((begun, last + self.run))
        return self._judged(blocks)

    def _judged(self, blocks: list[tuple[int, int]]) -> float:
        """The part of its words that stand in blocks; none if these are of another report."""
        covered = end = figures = others = 0
        for begun, until in [*blocks, (len(self.words), 0)]:
            start = max(begun, end)
            if start - end <= _GAP * self.run:
                others += self.figures[start] - self.figures[end]
            end = max(start, until)
            figures += self.figures[end] - self.figures[start]
            covered += end - start
        if covered < _UNCHANGED * self.run * (len(blocks) - 1):
            return 0.0
        if others >= _FEW_FIGURES and figures < _FIGURES * (figures + others):
            return 0.0
        return covered / len(self.words)


def words(text: str | None) -> tuple[str, ...]:
    """The words of a text without case and punctuation; of scripts without spaces each letter is one.

    >>> words("“It’s 3.6 %,” said Köln. 東京タワー")
    ('it', 's', '3', '6', 'said', 'köln', '東', '京', 'タ', 'ワ', 'ー')
    """
    text = normalize("NFC", text or "").casefold()
    return tuple((_WORD_OR_LETTER if _HAS_UNSPACED.search(text) else _WORD).findall(text))


def is_copy(one: Text | None, other: Text | None) -> bool:
    """Whether one of two texts is a copy of the other."""
    if one is None or other is None:
        return False
    if one.is_short or other.is_short or one.run != other.run:
        return one.words == other.words
    shared = len(one.places.keys() & other.places.keys())
    shorter, longer = sorted((len(one.places), len(other.places)))
    if shared < max(_HARDLY * _MOST * shorter, _HARDLY * _PART * longer):
        return False
    parts = sorted((one.part(other), other.part(one)))
    return parts[0] >= _PART and parts[1] >= _MOST


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
