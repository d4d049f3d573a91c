"""Titles, companies and places of work beside the names of a byline. Pure, total."""

from __future__ import annotations

import re
from collections.abc import Iterator

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

INSTITUTION = re.compile(rf"\b{words('organizations', 'institutions')}\b", re.IGNORECASE)
NAMES_OF_AGENCIES = re.compile(rf"(?:[A-Z]{{2,6}}|dpa|(?i:(?:the\s+|{CONJUNCTION}\s+)?{words('agencies', 'names')}))")
_PAPER = re.compile(
    rf"\s+(?:for\s+(?:[Tt]he\s+)?(?:[A-Z][\w’'-]*\s+){{0,4}}[A-Z][\w’'-]*"
    rf"|(?:{words('credits', 'before_paper')}|with)\s+(?:[Tt]he\s+)?(?:[A-Z][\w’'-]*\s+){{0,3}}"
    rf"(?:{words('credits', 'papers')}|[A-Z]{{2,6}}))$"
)
COMPANIES = re.compile(rf"\b(?i:{words('organizations', 'companies')})\b|(?<!\w){printed('names', 'companies')}(?!\w)")
NOT_HIS = "\ue000"
"""What stands in a byline behind the name of a helper, in place of brackets that say so."""

_COMMAS = ",|/•·،、，｜ "
_BESIDE = "a name beside it"
_NEWSROOM, _OTHER = (words("titles", name) for name in ("newsroom", "other"))
_TITLE = re.compile(rf"(?<![\w’'])(?:{_NEWSROOM}|{_OTHER})(?!\w)", re.IGNORECASE)
OTHER_TITLE = re.compile(rf"(?<![\w’']){_OTHER}(?!\w)", re.IGNORECASE)
_OF_NEWSROOM = re.compile(rf"(?<![\w’']){_NEWSROOM}(?!\w)", re.IGNORECASE)
_TITLE_IN_FRONT = re.compile(
    rf"^(?:[\w’'-]+\s+){{0,3}}?{_NEWSROOM}\s+(?=(?-i:(?:{WORD}\s+){{1,3}}{WORD}$))", re.IGNORECASE
)
_ADJECTIVES = words("titles_beside_names", "adjectives")
_TITLE_BEHIND = re.compile(rf"\s+(?:{_ADJECTIVES}\s+){{0,4}}{_NEWSROOM}$", re.IGNORECASE)
_ADJECTIVE = re.compile(rf"(?<!\w){_ADJECTIVES}(?!\w)", re.IGNORECASE)
_HONORIFIC = re.compile(rf"{words('titles_beside_names', 'honorifics')}\s+(?-i:{WORD}\s)", re.IGNORECASE)
UNSPACED_TITLE = re.compile(
    rf"^[{HAN}]{{0,8}}?{words('titles_beside_names', 'before')}\s*(?=[{UNSPACED}])"
    rf"|(?<=[{UNSPACED}])\s*[／/]?\s*(?:[{UNSPACED}]{{2,4}}(?=報|报))?{words('titles_beside_names', 'after')}$"
)


def is_title(piece: str) -> bool:
    """Whether a piece of a byline is a title, or a label, and no name with one in front of it.

    >>> is_title("VP of Strategy"), is_title("Professor Ana Peña")
    (True, False)
    """
    return (_TITLE.search(piece) is not None or labels.role_of(piece) is not None) and not _HONORIFIC.match(piece)


def without_titles(pieces: list[tuple[str, str]], *, is_beside: bool) -> Iterator[str]:
    """The pieces of a byline, each with the mark in front of it, without titles and companies behind a name.

    A degree is given behind a null character.
    """
    names: list[str] = [_BESIDE] if is_beside else []
    title: str | None = None
    for number, (mark, piece) in enumerate(pieces):
        is_topic = not names and number + 1 < len(pieces) and "|" in pieces[number + 1][0]
        if NOT_HIS in piece or (is_topic and labels.role_of(piece)):
            continue
        name, role = _without_title(piece, is_first=not names)
        is_joined = bool(mark.strip(_COMMAS))
        following = pieces[number + 1][1] if number + 1 < len(pieces) else ""
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


def _without_title(piece: str, *, is_first: bool) -> tuple[str, bool | None]:
    """A piece of a byline without a title or label beside the name; whether the label is one of authors."""
    role, rest = labels.without_label(piece)
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
    """Whether a piece behind a name, or behind its title, is no name: a company, a place, the rest of a title."""
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
    """Whether a title at the end of a name is a surname: "and Ann Chief"."""
    return is_joined and len(name.split()) == 2 and not _TITLE.search(name.split(maxsplit=1)[0])
