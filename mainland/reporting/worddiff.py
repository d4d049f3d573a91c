"""The differences between two texts, word by word. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from mainland.clean import text

_CONTEXT = 8  # words shown on either side of a change
_LONGEST = 80  # words of a change that are shown
_CHANGES = 12  # changes of a text that are shown
_TOO_MUCH = 150_000  # pairs of equal words; texts that have more are not compared word by word


class Piece(NamedTuple):
    """A part of a text that is compared with an older one."""

    kind: Literal["equal", "delete", "insert", "gap"]
    """As :mod:`difflib` names them; ``gap`` where words are left out."""

    text: str


def differences(old: str, new: str) -> list[Piece]:
    """The differences between two texts, word by word, with a few words around each; of at most twelve changes.

    >>> [tuple(piece) for piece in differences("A litre costs 31 cents.", "A litre costs 30 cents.")]
    [('equal', 'A litre costs'), ('delete', '31'), ('insert', '30'), ('equal', 'cents.')]
    """
    before, after = old.split(), new.split()
    start = text.common_start(before, after)
    end = text.common_start(before[start:][::-1], after[start:][::-1])
    deleted, inserted = before[start : len(before) - end], after[start : len(after) - end]
    codes: Sequence[tuple[str, int, int, int, int]] = [("replace", 0, len(deleted), 0, len(inserted))]
    numbers = Counter(inserted)
    if sum(number * numbers[word] for word, number in Counter(deleted).items()) <= _TOO_MUCH:
        codes = SequenceMatcher(None, deleted, inserted).get_opcodes()
    pieces = _context(before[:start], head=False, tail=True)
    changes = 0
    for kind, i, j, k, m in codes:
        if kind == "equal":
            pieces += _context(deleted[i:j], head=True, tail=True)
            continue
        changes += 1
        if changes > _CHANGES:
            return [*pieces, Piece("gap", "… and more further on")]
        pieces += [Piece("delete", _clipped(deleted[i:j]))] if i < j else []
        pieces += [Piece("insert", _clipped(inserted[k:m]))] if k < m else []
    return pieces + _context(before[len(before) - end :], head=True, tail=False)


def _context(words: list[str], *, head: bool, tail: bool) -> list[Piece]:
    """Unchanged words: those next to a change, and a gap for the others. [] without words.

    ``head`` and ``tail`` say whether a change is before the words, and after them.
    """
    first, last = _CONTEXT * head, _CONTEXT * tail
    if len(words) <= first + last + 1:
        shown = [Piece("equal", " ".join(words))]
    else:
        shown = [
            Piece("equal", " ".join(words[:first])),
            Piece("gap", "…"),
            Piece("equal", " ".join(words[len(words) - last :])),
        ]
    return [piece for piece in shown if piece.text]


def _clipped(words: list[str]) -> str:
    """A text of the first 80 words, and the number of the others."""
    rest = len(words) - _LONGEST
    return " ".join(words[:_LONGEST]) + (f" … {rest:,} more words" if rest > 0 else "")
