"""Titles, companies and places of work beside the names of a byline. Pure functions; no text raises an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mainland import data
from mainland.clean import labels
from mainland.clean.names import (
    ANY_LETTER,
    AT_PLACE,
    CONJUNCTION,
    DESK,
    HAN,
    SUFFIX,
    UNSPACED,
    WORD,
    is_agency,
    is_degree,
    is_full,
    is_name,
    printed,
    words,
)

INSTITUTION = data.pattern(rf"\b{words('organizations', 'institutions')}\b", re.IGNORECASE)
NAMES_OF_AGENCIES = data.pattern(rf"(?:[A-Z]{{2,6}}|dpa|(?i:(?:the\s+|{CONJUNCTION}\s+)?{words('agencies', 'names')}))")
_PAPER = data.pattern(
    rf"\s+(?:for\s+(?:[Tt]he\s+)?(?:[A-Z][\w’'-]*\s+){{0,4}}[A-Z][\w’'-]*"
    rf"|(?:{words('credits', 'before_paper')}|with)\s+(?:[Tt]he\s+)?(?:[A-Z][\w’'-]*\s+){{0,3}}"
    rf"(?:{words('credits', 'papers')}|[A-Z]{{2,6}}))$"
)
COMPANIES = data.pattern(
    rf"\b(?i:{words('organizations', 'companies')})\b|(?<!\w){printed('names', 'companies')}(?!\w)"
)
HELPER_MARK = "\ue000"
"""A character that marks the name before it as a helper's; it replaces brackets with a helper's label."""

_COMMAS = ",|/•·،、，｜ "
_BESIDE = "a name beside it"
_NEWSROOM, _OTHER = (words("titles", name) for name in ("newsroom", "other"))
_TITLE = data.pattern(rf"(?<![\w’'])(?:{_NEWSROOM}|{_OTHER})(?!\w)", re.IGNORECASE)
OTHER_TITLE = data.pattern(rf"(?<![\w’']){_OTHER}(?!\w)", re.IGNORECASE)
_OF_NEWSROOM = data.pattern(rf"(?<![\w’']){_NEWSROOM}(?!\w)", re.IGNORECASE)
_PARTICLES = words("names", "particles")
_TITLE_IN_FRONT = data.pattern(
    rf"^(?:[\w’'-]+\s+){{0,3}}?{_NEWSROOM}\s+(?=(?-i:{WORD}\s+(?:(?:{WORD}|{_PARTICLES})\s+){{0,3}}{WORD}$))",
    re.IGNORECASE,
)
_ADJECTIVES = words("titles_beside_names", "adjectives")
_TITLE_BEHIND = data.pattern(rf"\s+(?:{_ADJECTIVES}\s+){{0,4}}{_NEWSROOM}$", re.IGNORECASE)
_TITLE_ALONE = data.pattern(rf"(?:{_ADJECTIVES}\s+){{0,4}}{_NEWSROOM}(?!\w)", re.IGNORECASE)
_ADJECTIVE = data.pattern(rf"(?<!\w){_ADJECTIVES}(?!\w)", re.IGNORECASE)
_HONORIFIC = data.pattern(rf"{words('titles_beside_names', 'honorifics')}\s+(?-i:{WORD}\s)", re.IGNORECASE)
UNSPACED_TITLE = data.pattern(
    rf"^[{HAN}]{{0,8}}?{words('titles_beside_names', 'before')}\s*(?=[{UNSPACED}])"
    rf"|(?<=[{UNSPACED}])\s*[／/]?\s*(?:[{UNSPACED}]{{2,4}}(?=報|报))?{words('titles_beside_names', 'after')}$"
)


def is_title(piece: str) -> bool:
    """Whether a piece of a byline is a title or a label, and not a name with a title before it.

    >>> is_title("VP of Strategy"), is_title("Professor Ana Peña")
    (True, False)
    """
    return (_TITLE.search(piece) is not None or labels.role_of(piece) is not None) and not _HONORIFIC.match(piece)


def without_titles(pieces: list[tuple[str, str]], *, is_beside: bool) -> Iterator[str]:
    """Yields the names of a byline, without the titles, companies and places after them.

    ``pieces`` are pairs: the separator before a piece, and the piece. A degree is yielded as a piece of its own that
    begins with a null character; ``is_beside``: whether a name precedes the first piece. Names of helpers are left out.
    """
    names: list[str] = [_BESIDE] if is_beside else []
    title: str | None = None
    for number, (mark, piece) in enumerate(pieces):
        is_topic = not names and number + 1 < len(pieces) and "|" in pieces[number + 1][0]
        if HELPER_MARK in piece or (is_topic and labels.role_of(piece)):
            continue
        name, role = _split_title(piece, is_first=not names)
        is_joined = bool(mark.strip(_COMMAS))
        following = pieces[number + 1][1] if number + 1 < len(pieces) else ""
        if not names and _TITLE_ALONE.match(name) and not is_name(name) and is_full(following) and is_name(following):
            continue  # "our correspondent in Kyiv, Jane Roe"
        if not names:
            names.append(name)
            yield name
        elif is_degree(name) and not is_title(name) and not is_joined:
            yield f"\0{name}"
        elif role is False or (is_title(name) and not _is_surname(name, is_joined=is_joined and title is None)):
            title = "newsroom" if _OF_NEWSROOM.search(name) else title or "other"
        elif not _is_company(name, names[-1], title, following, is_joined=is_joined):
            title = None
            names.append(name)
            yield name


def _split_title(piece: str, *, is_first: bool) -> tuple[str, bool | None]:
    """Splits a piece of a byline into the name, without title, paper and label, and the role of the label.

    ``is_first``: no name precedes it. The role is True for authors, False for helpers, None without a label. A piece
    that is only a title is returned as the name.
    """
    role, rest = labels.split_label(piece)
    name = rest if role else piece
    if is_first or name.upper() != name.lower():  # without capitals it is not known whether a name follows a title
        name = _TITLE_IN_FRONT.sub("", name)
    name = UNSPACED_TITLE.sub("", name)
    untitled = _TITLE_BEHIND.sub("", name)
    if is_full(untitled) and not any(each.search(untitled) for each in (_ADJECTIVE, INSTITUTION, COMPANIES)):
        name = untitled
    short = _PAPER.sub("", name)
    return short if is_full(short) and not INSTITUTION.search(short) else name, role


def _is_company(name: str, last: str, title: str | None, following: str, *, is_joined: bool) -> bool:
    """Whether a piece after a name, or after its title, is not a name: a company, a place, the rest of a title.

    ``last`` is the name before it, ``title`` the kind of title between them ("newsroom", "other" or None),
    ``following`` the next piece; ``is_joined``: a conjunction precedes the piece, not only a comma.
    """
    if is_agency(name) or (NAMES_OF_AGENCIES.match(name) and is_agency(name.split(maxsplit=1)[0])):
        return title == "other" and not is_joined and name.isupper()
    sides = ANY_LETTER.split(AT_PLACE.sub("", name))
    if title is None and is_joined:
        return not all(map(is_name, sides)) and is_full(last) and not DESK.search(name)
    if not is_joined and labels.role_of(following) is False and not _OF_NEWSROOM.search(following):
        return last != _BESIDE  # "John Doe, photographer"
    if (COMPANIES.search(name) or (name[0].islower() and not is_joined)) and not DESK.search(name):
        return True
    if not all(is_full(side) and is_name(side) for side in sides):
        is_behind_name = is_full(last) or is_agency(last)
        return title is not None or (is_behind_name and not SUFFIX.fullmatch(name) and not DESK.search(following))
    return title == "other" and not is_joined and not is_title(following)


def _is_surname(name: str, *, is_joined: bool) -> bool:
    """Whether a title at the end of a name of two words is a surname: "and Ann Chief".

    ``is_joined``: "and" precedes it.
    """
    return is_joined and len(name.split()) == 2 and not _TITLE.search(name.split(maxsplit=1)[0])
