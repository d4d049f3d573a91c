"""Labels in a byline ("Text:", "Photos by"): which part names authors, and which part helpers.

Pure functions; no text raises an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mainland import data
from mainland.clean.names import UNSPACED, WORDS, is_full, words


class Part(NamedTuple):
    """A part of a byline, up to the next label."""

    is_by_authors: bool
    """Whether the names in it are those of authors, rather than of helpers or sources."""

    text: str

    is_labelled: bool
    """Whether a label stands in front of it."""


class _Label(NamedTuple):
    """A label in a text: where it starts and ends, and whether the names after it are those of authors.

    With ``is_of_authors_alone`` it names authors only at the start of a byline that has no other label of authors.
    """

    is_of_authors: bool
    start: int
    end: int
    is_of_authors_alone: bool = False


def _listed(name: str) -> set[str]:
    """The labels in a list of [labels] of ``data/bylines.toml``, of all languages, in small letters."""
    return {word.casefold().rstrip(".") for some in WORDS["labels"][name].values() for word in some}


_LONGEST = 4_000  # characters of a byline that are read
_AUTHORS, _HELPERS = map(_listed, ("authors", "helpers"))
_ALONE = _listed("authors_alone")
_ROLES = dict.fromkeys(_HELPERS, False) | dict.fromkeys(_AUTHORS, True)
_STEMS = tuple(word.removesuffix("*") for word in _HELPERS if word.endswith("*"))
_MOST_WORDS = max(len(word.split()) for word in _ROLES)
_TOKEN = data.pattern(r"[^\s:：,;|/(){}\[\]／｜＝=&+。，、；•·・–—]+")
_AND = data.pattern(
    rf"\s*[&+/,]\s*|[·・]|\s+{words('conjunctions', 'words', 'of_names_in_any_case')}\s+(?:the\s+)?", re.IGNORECASE
)
_COLON = data.pattern(r"\.?\s*[:：]\s*")
_BY = data.pattern(
    r"(?:\s+(?-i:[a-zà-öø-ÿąćęłńśźżčďěňřšťůž’'.-]+)){0,3}?"
    rf"\s+{words('by', 'words', 'of_text', 'in_small_letters')}(?!\w)\s*:?\s*",
    re.IGNORECASE,
)
# In Arabic, and between letters of scripts without spaces; in these also alone between spaces.
_MARK = data.pattern(r"\s*[:：/／｜|＝=・]\s*")
_HAS_MARKS = data.pattern(rf"[{UNSPACED}\u0600-\u06ff]")
_SPACE = data.pattern(rf"(?<=[{UNSPACED}])\s+(?=[{UNSPACED}])")
_GLUED = data.pattern(
    rf"(?<=[{UNSPACED}])(?:{'|'.join(sorted(filter(_HAS_MARKS.search, _ROLES), key=len, reverse=True))})$"
)
_ANY = data.pattern(r"[^\W\d_][\w’'-]*(?:\s[\w’'-]+){0,2}\s?[:：]\s+")
_START = data.pattern(r"^\s*$|[|,;•·]\s*$|\s[–—-]\s+$")
_TITLE_BEHIND = data.pattern(rf"[{UNSPACED}]{{2,5}}\s?{words('titles_beside_names', 'after')}$")  # "홍길동 기자"
_LONGEST_TITLED = 16  # characters of such a name with its title
# "王芳/文": a label behind the name.
_BEHIND = data.pattern(
    rf"(?<![^\s，,、;；])([{UNSPACED}]{{2,6}})\s?[/／]\s?"
    rf"({'|'.join(sorted(filter(_HAS_MARKS.search, _ROLES), key=len, reverse=True))})(?![{UNSPACED}])"
)


def parts(text: str, *, by_authors: bool = True, is_start: bool = True) -> Iterator[Part]:
    """Splits a byline, or a piece of one, at its labels.

    Also yields the part before the first label, which may be empty. ``by_authors``: whether names before the first
    label are those of authors. ``is_start``: whether no name precedes the text.

    >>> [part[:2] for part in parts("By Ana Peña. Photos: Jan Roth Text: Max Weiß")]
    [(True, 'By Ana Peña. '), (False, 'Jan Roth '), (True, 'Max Weiß')]
    >>> [part[:2] for part in parts("王芳/文 李雷/摄")], [part[:2] for part in parts("Story and photos by Ana Peña")]
    ([(True, ''), (True, '王芳 '), (False, '李雷')], [(True, ''), (True, 'Ana Peña')])
    """
    text = _BEHIND.sub(r"\2：\1", text[:_LONGEST])
    place, is_labelled = 0, False
    found = list(_labels(text))
    are_authors_named = any(label.is_of_authors for label in found)
    for label in found:
        yield Part(by_authors, text[place : label.start], is_labelled)
        is_first = is_start and not text[: label.start].strip()
        is_alone = label.is_of_authors_alone and is_first and not are_authors_named
        place, is_labelled, by_authors = label.end, True, label.is_of_authors or is_alone
    yield Part(by_authors, text[place:], is_labelled)


def role_of(text: str) -> bool | None:
    """The role of a text that is only a label: True for authors, False for helpers; None for any other text.

    Punctuation and brackets around the label do not count.

    >>> role_of(" Editor: "), role_of("(Text)"), role_of(" Editor Ana Peña ")
    (False, True, None)
    """
    return _role(text.strip(" \t\r\n\xa0()[]（）:：,;.|/–—-"))


def split_label(text: str) -> tuple[bool | None, str]:
    """Splits a piece of a byline into the role of the label at its start, and the name after it.

    The role is True for authors, False for helpers; None without a label before a full name, and then the piece
    unchanged.

    >>> split_label("Tekst Jan de Graaf"), split_label("Beeld Jan de Graaf"), split_label("Jan de Graaf")
    ((True, 'Jan de Graaf'), (False, 'Jan de Graaf'), (None, 'Jan de Graaf'))
    """
    tokens = list(_TOKEN.finditer(text[:_LONGEST]))
    role, end = _phrase(text, tokens, 0)
    rest = text[end:].lstrip(" .")
    is_label = role is not None and is_full(rest) and text[end : end + 1].isspace() and not rest[0].islower()
    return (role, rest) if is_label else (None, text)


def without_author_label(text: str) -> str:
    """A display name without a label of authors with a colon in front of it; any other text unchanged.

    >>> without_author_label("Guest Author: Ana Peña"), without_author_label("Lake: News")
    ('Ana Peña', 'Lake: News')
    """
    label = next(_labels(text[:_LONGEST]), None) if ":" in text or "：" in text else None
    is_known = label is not None and label.start == 0 and _role(text[: label.end].strip(" :：")) is True
    return text[label.end :] if label and is_known else text


def _role(phrase: str) -> bool | None:
    """The role of the words of a label: True for authors, False for helpers; None for words that are not a label."""
    folded = phrase.casefold().rstrip(".")
    role = _ROLES.get(folded)
    return False if role is None and folded.startswith(_STEMS) and " " not in folded else role


def _phrase(text: str, tokens: list[re.Match[str]], first: int) -> tuple[bool | None, int]:
    """The role of the longest label whose words begin at a token, and the place in the text where they end.

    ``first`` is the number of the token; the result is ``(None, 0)`` if no label begins there.
    """
    for last in range(min(first + _MOST_WORDS, len(tokens)) - 1, first - 1, -1):
        start, end = tokens[first].start(), tokens[last].end()
        role = _role(" ".join(text[start:end].split()))
        if role is not None:
            return role, end
    return None, 0


def _labels(text: str) -> Iterator[_Label]:
    """Yields the labels in a text, from its start on; none overlap."""
    tokens = list(_TOKEN.finditer(text))
    numbers = {token.start(): number for number, token in enumerate(tokens)}
    place = 0
    for number, token in enumerate(tokens):
        if token.start() < place:
            continue
        label = _known(text, tokens, numbers, number) or _glued(text, token) or _unknown(text, token)
        if label:
            yield label
            place = label.end


def _known(text: str, tokens: list[re.Match[str]], numbers: dict[int, int], number: int) -> _Label | None:
    """The label of one or two roles that begins with a token: "Text and photos:", "edited by", "文/"; otherwise None.

    ``numbers`` has the number of each token by its place in the text; ``number`` is that of the token.
    """
    role, end = _phrase(text, tokens, number)
    if role is None:
        return None
    start = tokens[number].start()
    is_alone = text[start:end].casefold() in _ALONE
    found = None if _TITLE_BEHIND.search(text, max(0, end - _LONGEST_TITLED), end) else _AND.match(text, end)
    if found and found.end() in numbers:
        too, end_too = _phrase(text, tokens, numbers[found.end()])
        mark = None if too is None else _mark(text, found.end(), end_too)
        if mark:
            return _Label(role or bool(too), start, mark.end())
    mark = _mark(text, start, end)
    return _Label(role, start, mark.end(), is_alone) if mark else None


def _mark(text: str, start: int, end: int) -> re.Match[str] | None:
    """The match of the colon, "by" or other mark that makes the words before it a label; None without one.

    ``start`` and ``end`` are where the words begin and end.
    """
    mark = _COLON.match(text, end) or _BY.match(text, end)
    if mark is None and _HAS_MARKS.search(text, start, end):
        mark = _MARK.match(text, end) or _SPACE.match(text, end)
    return mark


def _glued(text: str, token: re.Match[str]) -> _Label | None:
    """The label at the end of a token in a script without spaces, before a colon: "王芳责编："; otherwise None."""
    mark = _COLON.match(text, token.end())
    found = _GLUED.search(token[0]) if mark else None
    return _Label(_ROLES[found[0]], token.start() + found.start(), mark.end()) if mark and found else None


def _unknown(text: str, token: re.Match[str]) -> _Label | None:
    """The label of unknown words before a colon, at the start of the line or after punctuation; otherwise None.

    It is one of authors only if one of its words is.
    """
    found = _ANY.match(text, token.start())
    if not found or not _START.search(text, max(0, token.start() - 4), token.start()):
        return None
    known = {_role(word) for word in found[0].rstrip(" :：").split()}  # "Managing editor:"
    return _Label(True in known, token.start(), found.end(), None in known and len(known) == 1)
