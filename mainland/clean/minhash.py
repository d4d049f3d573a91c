"""Finds texts that are near-duplicates: candidates by MinHash of their shingles, then by the words that they share.

A shingle is a run of words, at each place of the text; the signature of a text is the MinHash of its shingles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate
from unicodedata import normalize

from rensa import RMinHash

METHOD = f"4.{RMinHash.ALGORITHM_VERSION}"
"""The version of this method: it changes whenever a text would get another digest or signature, or a table another
name."""

SIGNATURE = 32
"""Number of values in a signature. Each value is a band of locality-sensitive hashing (LSH)."""

LEAST_SHARED = 4
"""Two texts are compared if they have at least so many bands in common."""

_SHINGLE, _SHINGLE_OF_LETTERS = 8, 14  # words, or letters of a script without spaces
_MOST_WORDS = 10_000  # of a text; what is copied is seen long before
_SHORT = 30  # words; shorter texts are near-duplicates only with the same words under the same headline
_HIGHER = 0.6  # the higher containment of near-duplicates, at least: press releases of one sender share half
_LOWER = 0.35  # the lower one, at least: a text that has more of others is a digest
_UNCHANGED = 3  # shingles of shared words to each gap, at least: texts of one template have more gaps
_FIGURES = 0.55  # of the figures in blocks and gaps stand in blocks, at least: reports of a series differ in theirs
_FEW_FIGURES = 3  # fewer figures in gaps mean nothing
_GAP = 2  # shingles, at most: what stands between two blocks and is longer is a new part
_HARDLY = 0.5  # shared shingles to shared words, at least, by a cheap first look: a change breaks several shingles

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_LETTERS = r"\w\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff"  # with the marks on them
_WORD = re.compile(f"[{_LETTERS}]+")
# To put n marks of one letter in order takes n² steps; Unicode's Annex 15 knows no use for more than 30.
_MARK = r"(?:(?![\w\s])[^\x00-\u02ff\u2000-\u206f])"
_MARKS = re.compile(f"({_MARK}{{30}}){_MARK}++")
_WORD_OR_LETTER = re.compile(f"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[{_LETTERS}])+")


@dataclass(frozen=True)
class Text:
    """The words by which articles are compared: those of the body, and of the headline where the body is short."""

    words: tuple[str, ...]
    is_short: bool

    @classmethod
    def of(cls, headline: str | None, body: str | None) -> Text | None:
        """The text of an article, of a long one its first :data:`_MOST_WORDS` words.

        None if it has no body to compare.
        """
        of_body = words(body)[:_MOST_WORDS]
        if len(of_body) < _SHORT:
            return cls((*words(headline), "", *of_body), is_short=True) if of_body else None
        return cls(of_body, is_short=False)

    @cached_property
    def shingle_size(self) -> int:
        """How many words a shingle has."""
        some = self.words[:100]
        letters = sum(map(bool, map(_HAS_UNSPACED.match, some)))
        return _SHINGLE_OF_LETTERS if 2 * letters > len(some) else _SHINGLE

    @cached_property
    def digest(self) -> int:
        """A hash of 64 bits, signed: two texts with the same digest are the same, word by word."""
        digest = blake2b(" ".join(self.words).encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    def signature(self) -> list[int]:
        """The MinHash signature: :data:`SIGNATURE` values of 32 bits, signed; [] for a short text.

        The part of the values that two texts have in common estimates the Jaccard similarity of their shingles.
        """
        if self.is_short:
            return []
        signature = RMinHash(num_perm=SIGNATURE, seed=1)
        signature.update(self._shingles())
        return [value - (1 << 31) for value in signature.digest()]

    def _shingles(self) -> list[str]:
        """The shingles as texts, in order; [] for a text that is shorter than one."""
        text = "".join(self.words)
        starts = list(accumulate(map(len, self.words), initial=0))
        return [text[start:end] for start, end in zip(starts, starts[self.shingle_size :], strict=False)]

    @cached_property
    def shingles(self) -> list[int]:
        """A hash of each shingle, in the order of the text. Another process gives other hashes."""
        return list(map(hash, self._shingles()))

    @cached_property
    def places(self) -> dict[int, int]:
        """The last place of each shingle in the text, as the number of its first word, by the hash of the shingle."""
        return {shingle: place for place, shingle in enumerate(self.shingles)}

    @cached_property
    def figures(self) -> list[int]:
        """How many of the words before each place are numbers; one item more than there are words."""
        return list(accumulate(map(str.isdigit, self.words), initial=0))

    def containment(self, other: Text) -> float:
        """The share of its words, 0 to 1, in blocks that the other text has too. A block is a run of common shingles.

        It is 0 where the blocks are too short for near-duplicates, or where too many numbers differ between them. The
        other text can contain more or less of this one. Neither text may be short.
        """
        shingles, places = [*other.shingles, None], other.places
        blocks: list[tuple[int, int]] = []
        begun = last = after = -1
        for place, shingle in enumerate(self.shingles):
            if shingles[after] == shingle:  # it may stand at several places: the block goes on where it can
                after += 1
                last = place
            elif (there := places.get(shingle)) is None:
                after = -1
            else:
                if begun >= 0:
                    blocks.append((begun, last + self.shingle_size))
                after = there + 1
                begun = last = place
        if begun >= 0:
            blocks.append((begun, last + self.shingle_size))
        return self._share_in_blocks(blocks)

    def _share_in_blocks(self, blocks: list[tuple[int, int]]) -> float:
        """The share of its words, 0 to 1, in blocks, given as the starts and ends (in words) of those in order.

        0 if they are not those of a near-duplicate.
        """
        covered = end = figures = others = 0
        for begun, until in [*blocks, (len(self.words), 0)]:
            start = max(begun, end)
            if start - end <= _GAP * self.shingle_size:
                others += self.figures[start] - self.figures[end]
            end = max(start, until)
            figures += self.figures[end] - self.figures[start]
            covered += end - start
        if covered < _UNCHANGED * self.shingle_size * (len(blocks) - 1):
            return 0.0
        if others >= _FEW_FIGURES and figures < _FIGURES * (figures + others):
            return 0.0
        return covered / len(self.words)


def words(text: str | None) -> tuple[str, ...]:
    """The words of a text in lower case, without punctuation; in scripts without spaces each letter is a word.

    >>> words("“It’s 3.6 %,” said Köln. 東京タワー")
    ('it', 's', '3', '6', 'said', 'köln', '東', '京', 'タ', 'ワ', 'ー')
    """
    text = normalize("NFC", _MARKS.sub(r"\1", text or "")).casefold()
    return tuple((_WORD_OR_LETTER if _HAS_UNSPACED.search(text) else _WORD).findall(text))


def is_near_duplicate(one: Text | None, other: Text | None) -> bool:
    """Whether two texts are near-duplicates of each other; False where one is None (has no words).

    Short texts, and those of different kinds of script, must have the same words.
    """
    if one is None or other is None:
        return False
    if one.is_short or other.is_short or one.shingle_size != other.shingle_size:
        return one.words == other.words
    shared = len(one.places.keys() & other.places.keys())
    shorter, longer = sorted((len(one.places), len(other.places)))
    if shared < max(_HARDLY * _HIGHER * shorter, _HARDLY * _LOWER * longer):
        return False
    lower, higher = sorted((one.containment(other), other.containment(one)))
    return lower >= _LOWER and higher >= _HIGHER


def oldest(texts: Iterable[tuple[int, int]], pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Maps the id of each near-duplicate to the id of the oldest article of its group; the oldest itself is left out.

    ``texts`` gives the ids of articles, the oldest first, with the numbers of their texts; ``pairs`` numbers of texts
    that are near-duplicates. A group is what pairs connect (union-find).

    >>> oldest([(5, 1), (9, 1), (7, 2), (8, 3)], [(2, 1)])
    {9: 5, 7: 5}
    """
    parents: dict[int, int] = {}

    def root(text: int) -> int:
        while (parent := parents.get(text, text)) != text:
            parents[text] = text = parents.get(parent, parent)
        return text

    for one, other in pairs:
        parents[root(one)] = root(other)
    first: dict[int, int] = {}
    return {article: found for article, text in texts if (found := first.setdefault(root(text), article)) != article}
