"""Names from bylines: pure, total."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mainland import data
from mainland.clean.text import line

WORDS = data.load("bylines")
"""The tables of ``data/bylines.toml``."""


def words(table: str, name: str) -> str:
    """A regular expression for any word of a list of ``data/bylines.toml``."""
    return data.any_of(WORDS[table][name])


def _dotted(name: str) -> str:
    """A regular expression for any word of a list of names, with its dots and spaces or without them."""
    escaped = (re.escape(word).replace(r"\.", r"\.?").replace(r"\ ", r"\s?") for word in WORDS["names"][name])
    return f"(?:{'|'.join(escaped)})"


_LONGEST = 4_000  # characters of a byline that are read, up to a comma
_BY = re.compile(
    rf"^\s*(?:(?:{words('by', 'before_by')}\s+)?by"
    rf"|(?:(?:{words('by', 'articles_of_von')}\s+)?{words('by', 'before_von')}\s+)?von"
    rf"|(?:\w+\s+)?{words('by', 'after_a_word')}"
    rf"|(?-i:{words('by', 'in_small_letters')})|{words('by', 'words')})(?!\w)\s*[:：]?\s*"
    rf"|^\s*{words('by', 'without_space')}\s*[:：]?\s*|\s+{words('by', 'after_the_name')}\s*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*[^\W\d_][^\d:,]{0,24}:\s*")
_MAIL = re.compile(r"[(<\[]?\s*(?:mailto:)?(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+\s*[)>\]]?")
_HANDLE = re.compile(r"[(\[]?\s*(?<!\w)@\w+\s*[)\]]?")
_HELPERS = re.compile(rf"(?:^|,?\s+)with\s+(?:{words('helpers', 'more')}\s+)?{words('helpers', 'work')}\b.*$")
_HELPED = re.compile(rf"\b(?:{words('helpers', 'before_by')}\s+by\b|{words('helpers', 'labels')}\s*:)", re.IGNORECASE)
_HELPER = re.compile(rf"\W*{words('helpers', 'labels')}\W*", re.IGNORECASE)
_TITLED = re.compile(rf",\s*[^\W\d_a-z]\w*\s+(?:and|&)\s+(?:[\w-]+\s+){{0,3}}{words('titles', 'with_and')}\b")
_SPECIAL = re.compile(rf"\s*[,—–-]\s*{words('helpers', 'special_to')}\b.*$", re.IGNORECASE)
_TWICE = re.compile(r"(?P<name>\S.*?)\s+\w+\s+(?P=name)", re.IGNORECASE)
_CONJUNCTION = words("conjunctions", "words")
_LETTERS = words("conjunctions", "of_names")
_COMMA = rf"\s*[,;|•·،、]\s*(?:{words('conjunctions', 'after_comma')}\s+)?"
_AGENCIES = words("agencies", "abbreviations")
_BEFORE_SLASH = "|".join(rf"(?<=\b{re.escape(name)})/" for name in WORDS["agencies"]["before_slash"])
_AND = rf"\s+{_CONJUNCTION}\s+|\s+&\s+|\s+/\s+|/(?={_AGENCIES}\b)|{_BEFORE_SLASH}"
_SEPARATOR = re.compile(rf"{_COMMA}|{_AND}", re.IGNORECASE)
_JOINS = re.compile(rf"(?:[,;&/、،]|\s(?:{_CONJUNCTION}|(?-i:{_LETTERS})))$", re.IGNORECASE)
_LOOSE = re.compile(
    rf"^\s*(?:[,&/]|(?:{_CONJUNCTION}|(?-i:{_LETTERS}))\s)\s*"
    rf"|\s+(?:[&/]|{_CONJUNCTION}|(?-i:{_LETTERS}))\s*$",
    re.IGNORECASE,
)
_LETTER = re.compile(rf"\s+{words('conjunctions', 'of_display_names')}\s+", re.IGNORECASE)
_ANY_LETTER = re.compile(rf"\s+(?:{words('conjunctions', 'of_names_in_any_case')}|(?-i:{_LETTERS}))\s+", re.IGNORECASE)
_REGION = rf"(?:{words('places', 'regions')}\s+)?"
_WORD = r"(?:[’']?[^\W\d_]{1,5}[’'-])?[^\W\d_a-z][\w’'.-]*+"
_PLACE = (
    rf"\s+(?:the\s+)?{_REGION}{_WORD}(?:\s+(?:{words('places', 'particles')}\s+){{0,3}}{_WORD})*+"
    rf"(?:\s+{words('places', 'kinds')})?\s*$"
)
_IN_PLACE = re.compile(rf"\s+in\s+(?:the\s+)?{_REGION}{_WORD}(?:\s+{_WORD})*+\s*$")
_AT_PLACE = re.compile(rf"(?:^|\s+){words('places', 'before')}{_PLACE}")
_TITLE = re.compile(rf"\b{words('titles', 'words')}\b", re.IGNORECASE)
_OTHERS = re.compile(rf"(?:{words('agencies', 'before_unnamed')}\s+)?{words('agencies', 'unnamed')}")
_SUFFIX = re.compile(_dotted("suffixes"))
_DEGREE = re.compile(_dotted("degrees"))
_COMPANY = re.compile(_dotted("companies"))
_DESK = re.compile(rf"\b{words('titles', 'desks')}\.?$", re.IGNORECASE)
_NAMES_OF_AGENCIES = frozenset(WORDS["agencies"]["names"])
_AGENCY_IN_BRACKETS = re.compile(rf"\s*\(([A-Z]{{2,6}}|(?i:{words('agencies', 'names')}))\)")
_INSTITUTION = re.compile(rf"\b{words('titles', 'institutions')}\b", re.IGNORECASE)
_TOPICS = frozenset(WORDS["titles"]["topics"])
PARTICLES = frozenset(WORDS["names"]["particles"])
"""The words of a name that begin with a small letter."""

_PREFIXES = tuple(WORDS["names"]["prefixes"])
DISTRICT = re.compile(r"(?<=Washington),\s*D\.?\s?C\b\.?")
"""The second half of a place, which is no name and no end of a sentence."""

_LANDS = frozenset(WORDS["places"]["lands"])


def authors(byline: str | None) -> list[str]:
    """The names in the text of a byline, as printed, each once.

    Mail addresses, handles, places and job titles go; agencies and desks stay whole.

    >>> authors("By Ana Peña, Jürgen Weiß and AFP")
    ['Ana Peña', 'Jürgen Weiß', 'AFP']
    >>> authors("Michael Sanders by Michael Sanders")
    ['Michael Sanders']
    >>> authors("Jane Roe in Brussels and John Doe")
    ['Jane Roe', 'John Doe']
    >>> authors("Jane Roe, Europe editor (jane@example.com) @jane")
    ['Jane Roe']
    >>> authors("by News and Features Desk")
    ['News and Features Desk']
    >>> authors("Penulis : Budi Santoso | Editor : Siti Aminah")
    ['Budi Santoso']
    >>> authors("Escrito por José Ortega"), authors("Ludwig von Mises"), authors("REVIEWED BY")
    (['José Ortega'], ['Ludwig von Mises'], [])
    """
    text = line(byline) or ""
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition(",")[0]
    text = DISTRICT.sub("", _HANDLE.sub(" ", _MAIL.sub(" ", text)))
    text = _TITLED.sub("", before_helpers(text)[0] or text)
    text = _SPECIAL.sub("", _HELPERS.sub("", _AGENCY_IN_BRACKETS.sub(r", \1", line(text) or "")))
    text = _LOOSE.sub("", _LABEL.sub("", _once(_BY.sub("", text))))
    before, by, after = text.partition(" by ")
    if by and _BY.match(f"{before} by "):
        text = after
    return _distinct(_parts(text))


def display_names(text: str | None) -> list[str]:
    """The names in the text of a link to an author, which is one display name as a rule.

    >>> display_names("José Ortega y Gasset"), display_names("News from Berlin"), display_names("Oleh Kovalenko")
    (['José Ortega y Gasset'], ['News from Berlin'], ['Oleh Kovalenko'])
    >>> display_names("Jane Roe in Brussels and John Doe"), display_names("Rock & Roll Magazine")
    (['Jane Roe', 'John Doe'], ['Rock & Roll Magazine'])
    >>> display_names("Jane Roe, MD"), display_names("London School of Economics and Political Science")
    (['Jane Roe, MD'], ['London School of Economics and Political Science'])
    """
    whole = line(text)
    if whole is None or len(whole) > _LONGEST:
        return []
    bare = line(_HANDLE.sub(" ", _MAIL.sub(" ", whole))) or whole
    bare = _once(re.sub(r"^by\s+(?=\S+\s+\S)(?!the\b)", "", bare, flags=re.IGNORECASE))
    pieces: list[str] = []
    for piece in filter(None, _SEPARATOR.split(bare)):
        if pieces and _is_degree(piece):
            pieces[-1] += f", {piece}"
        else:
            pieces += map(_without_place, _split_at(_LETTER, piece))
    if pieces and _INSTITUTION.search(_SEPARATOR.split(bare)[0]):
        return [bare]
    kept = [piece for number, piece in enumerate(pieces) if number == 0 or not _TITLE.search(piece)]
    if kept and all(is_name(piece) and (is_agency(piece) or is_full(piece)) for piece in kept):
        return _distinct(kept)
    return [bare]


def before_helpers(text: str) -> tuple[str, bool]:
    """What a text says before it names who translated, edited or took photographs, and whether it does.

    >>> before_helpers(", Reuters; translated by ")
    (', Reuters', True)
    """
    found = _HELPED.search(text)
    return (text[: found.start()].rstrip(" ,;|•(–—-"), True) if found else (text, False)


def leads_on(text: str) -> bool:
    """Whether a text between two names joins them: it ends with a comma or a conjunction.

    >>> [leads_on(text) for text in (", Reuters and ", ",", " (")]
    [True, True, False]
    """
    return _JOINS.search(text.rstrip()) is not None


def is_helper(text: str) -> bool:
    """Whether a text is only what a helper did or is.

    >>> is_helper(" Editor "), is_helper(" Editor Ana Peña ")
    (True, False)
    """
    return _HELPER.fullmatch(text) is not None


def beside(text: str) -> list[str]:
    """The names in the text beside a linked author; behind a dash or in brackets stand places, and agencies.

    >>> beside(" (New York)"), beside(" – Reuters"), beside(" and John Doe")
    ([], ['Reuters'], ['John Doe'])
    """
    names = authors(text)
    return [name for name in names if is_agency(name)] if text.lstrip().startswith(("(", "–", "—", "-")) else names


def goes_on(text: str) -> bool:
    """Whether a text behind a name can hold another one: it begins with a mark or a conjunction.

    >>> [goes_on(text) for text in (", Reuters", " and John Doe", " Follow Us")]
    [True, True, False]
    """
    return re.match(r"\s*[^\w\s]", text) is not None or _LOOSE.match(text) is not None


def is_another_author(name: str) -> bool:
    """Whether a name in the text beside linked authors is one more: a full name or an agency, no title or place.

    >>> [is_another_author(name) for name in ("John Doe", "Reuters", "Updated", "2 others")]
    [True, True, False, False]
    """
    whole = name.replace(" and ", " ") if _DESK.search(name) else name  # that of a desk parts no names
    return is_name(whole) and not _TITLE.search(name) and (is_agency(name) or is_full(name))


def _is_degree(piece: str) -> bool:
    """Whether what follows a name behind a comma is a part of it: a degree, the form of a company."""
    is_short = piece.isupper() and len(piece) <= 5 and not re.fullmatch(_AGENCIES, piece)
    return is_short or bool(_DEGREE.fullmatch(piece) or _COMPANY.fullmatch(piece))


def _once(text: str) -> str:
    """The text, or half of it where it says a name twice: the avatar's, then the byline's."""
    twice = _TWICE.fullmatch(text) if len(text) < 200 else None
    return twice["name"] if twice else text


def _distinct(names: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        if found and _SUFFIX.fullmatch(name):
            last = next(reversed(found))
            found[last] += f", {name}"
        else:
            found.setdefault(name.casefold(), name)
    return list(found.values())


def _parts(text: str) -> list[str]:
    """The text cut at commas and conjunctions, where what is between them can stand alone."""
    pieces = _without_places(filter(None, map(_trim, _SEPARATOR.split(text))))
    kept = [
        piece
        for number, piece in enumerate(pieces)
        if number == 0 or not (_TITLE.search(piece) or _DEGREE.fullmatch(piece))
    ]
    if kept and is_name(kept[0]) and (is_agency(kept[0]) or is_full(kept[0])):
        kept = [piece for piece in kept if not _is_aside(piece)]
    kept = [name for piece in kept for name in _split_at(_ANY_LETTER, piece)]
    names = [piece for piece in kept if not _SUFFIX.fullmatch(piece)]
    if len(names) > 1 and not _stand_alone(names):
        whole = _AT_PLACE.sub("", _trim(text))
        return [whole] if whole else []
    return kept


def _without_places(pieces: Iterable[str]) -> list[str]:
    """The pieces of a byline without places: those behind "in", and what goes on after one: a land, further places.

    >>> _without_places(["Jane Roe in Tirana", "Albania", "John Doe", "in Kyiv", "Paris", "AFP"])
    ['Jane Roe', 'John Doe', 'AFP']
    """
    kept: list[str] = []
    is_place = False
    for piece in pieces:
        short = _AT_PLACE.sub("", piece)
        is_another = piece in _LANDS or (" " not in piece and not is_agency(piece))
        is_place = short != piece or (is_place and is_another)
        if short and (short != piece or not is_place):
            kept.append(short)
    return kept


def _is_aside(piece: str) -> bool:
    """Whether a piece behind a name is none: a time, "5 min read", "other agencies"."""
    return any(map(str.isdigit, piece)) or bool(_OTHERS.fullmatch(piece))


def _split_at(letters: re.Pattern[str], text: str) -> list[str]:
    sides = [_trim(side) for side in letters.split(text)]
    return sides if len(sides) > 1 and all(is_name(side) and is_full(side) for side in sides) else [text]


def _trim(text: str) -> str:
    """The text without punctuation at its ends; the point of an initial stays."""
    text = text.strip(" –—-·•|:,;").lstrip(" .")
    return text if re.search(r"(?:^|[\s.])\w{1,2}\.$", text) else text.rstrip(" .")


def _without_place(text: str) -> str:
    short = _IN_PLACE.sub("", text)
    return short if is_full(short) else text


def _stand_alone(names: list[str]) -> bool:
    """Whether each of several names is one by itself, rather than a part of one name."""
    if not all(map(is_name, names)):
        return False
    single = [name for name in names if " " not in name and not is_agency(name)]
    if _DESK.search(names[-1]) and any(name in single for name in names[:-1]):
        return False
    return len(single) < len(names) or not any(name.casefold() in _TOPICS or _DESK.search(name) for name in single)


def is_agency(name: str) -> bool:
    """Whether a name is an agency's: in capitals, or known."""
    return name.isupper() or name.casefold() in _NAMES_OF_AGENCIES


def is_full(name: str) -> bool:
    """Whether a name has at least two words that are no particles."""
    return sum(word.casefold() not in PARTICLES for word in name.split()) > 1


def is_name(text: str) -> bool:
    """Whether every word but the particles begins with what is no small letter; agencies are names."""
    words = [word for word in text.split() if word.casefold() not in PARTICLES and not word.startswith(_PREFIXES)]
    is_small = any(word[0].islower() for word in words) and text.casefold() not in _NAMES_OF_AGENCIES
    return bool(words) and not is_small and len(text) <= 80 and not any(map(str.isdigit, text))
