"""Names from bylines. Pure functions; no text raises an error."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mainland import data
from mainland.clean import labels
from mainland.clean.names import (
    ANY_LETTER,
    AT_PLACE,
    CONJUNCTION,
    DEGREE,
    DESK,
    DISTRICT,
    HAN,
    LETTERS,
    REGION,
    SUFFIX,
    WORD,
    WORDS,
    is_agency,
    is_degree,
    is_full,
    is_name,
    is_vietnamese,
    spaced_names,
    words,
)
from mainland.clean.text import line
from mainland.clean.titles import (
    COMPANIES,
    HELPER_MARK,
    INSTITUTION,
    NAMES_OF_AGENCIES,
    OTHER_TITLE,
    UNSPACED_TITLE,
    is_title,
    without_titles,
)

_LONGEST = 4_000  # characters of a byline that are read, up to a comma
_PUBLISHED = rf"(?:{words('by', 'published')}\s+)"
_ANY_BY, _TEXT_BY, _SMALL_BY = (words("by", name) for name in ("words", "of_text", "in_small_letters"))
_FULL = r"(?=\S+\s+\S)"
_AGENCIES = words("agencies", "abbreviations")
_BY = data.pattern(
    rf"^\s*(?:{_PUBLISHED}{{0,6}}(?:{_ANY_BY}|{_TEXT_BY}|(?-i:{_SMALL_BY}))(?!\w)\s*[:：]?\s*"
    rf"|{_PUBLISHED}{{1,6}}{words('by', 'after_published')}\s+{_FULL}"
    rf"|\w+\s+{words('by', 'after_a_word')}\s*:?\s+{_FULL}|{_SMALL_BY}\s+{_FULL}"
    rf"|{words('by', 'before_vietnamese')}\s+(?:(?=[^,|]{{0,60}}[ăđơư\u1ea0-\u1ef9]){_FULL}|(?={_AGENCIES}\b)))"
    rf"|\s+{words('by', 'after_the_name')}\s*$",
    re.IGNORECASE,
)
_BY_IN_LINK = data.pattern(
    rf"^(?:{_PUBLISHED}{{1,6}}(?:{_ANY_BY}|{_TEXT_BY}|{_SMALL_BY})|{_ANY_BY}|von)\s*:?\s+{_FULL}(?!the\b)",
    re.IGNORECASE,
)
_MAIL = data.pattern(r"[(<\[]?\s*(?:mailto:)?(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+\s*[)>\]]?")
_PLURAL = data.pattern(r"(?<=\w)\((\w{1,3})\)(?=\s*[:：])")  # "Author(s):"
_HANDLE = data.pattern(r"[(\[]?\s*(?<!\w)@\w+\s*[)\]]?")
_HELPED = data.pattern(rf"(?:^|,?\s+)with\s+(?:{words('helpers', 'more')}\s+)?{words('helpers', 'work')}\b.*$")
_TITLED = data.pattern(
    rf",\s*[^\W\d_a-z]\w*\s+(?:and|&)\s+(?:[\w-]+\s+){{0,3}}{words('titles_beside_names', 'with_and')}\b"
)
_SPECIAL = data.pattern(rf"\s*[,—–-]\s*{words('helpers', 'special_to')}\b.*$", re.IGNORECASE)
_TWICE = data.pattern(rf"(?P<name>\S.*?)\s+(?:(?P<by>{_ANY_BY}|{_TEXT_BY})|\w+)\s+(?P=name)", re.IGNORECASE)
_COMMA = rf"\s*(?:[,;|•،、，；｜]|(?<![{HAN}])·)\s*(?:{words('conjunctions', 'after_comma')}\s+)?"
_BEHIND_AGENCY = "|".join(
    rf"(?<=\b{re.escape(name)}/)" for name in (*WORDS["agencies"]["abbreviations"], *WORDS["agencies"]["names"])
)
_AND = rf"\s+{CONJUNCTION}\s+|\s+[&+]\s+|\s+/\s+|/(?:(?={_AGENCIES}\b)|{_BEHIND_AGENCY})"
_SEPARATOR = data.pattern(rf"({_COMMA}|{_AND})", re.IGNORECASE)
_LETTER = data.pattern(rf"\s+{words('conjunctions', 'of_display_names')}\s+", re.IGNORECASE)
_IN_PLACE = data.pattern(rf"\s+in\s+(?:the\s+)?{REGION}{WORD}(?:\s+{WORD})*+\s*$")
_JOINS = data.pattern(rf"(?:[,;&/、،，]|\s(?:{CONJUNCTION}|(?-i:{LETTERS})))$", re.IGNORECASE)
_LOOSE = data.pattern(
    rf"^\s*(?:[,&/]|(?:{CONJUNCTION}|(?-i:{LETTERS}))\s)\s*"
    rf"|\s+(?:[&/]|{CONJUNCTION}|(?-i:{LETTERS}))\s*$",
    re.IGNORECASE,
)
_LANDS = frozenset(WORDS["places"]["lands"])
_OTHERS = data.pattern(rf"(?:{words('agencies', 'before_unnamed')}\s+)?{words('agencies', 'unnamed')}", re.IGNORECASE)
_IS = data.pattern(rf"\s+{words('titles_beside_names', 'is_one')}\b.*$")
_OPENING = ("(", "[", "（", "【", "〔")
_BRACKETS = data.pattern(r"\s*[(\[（【〔]([^()\[\]（）【】〔〕]*)[)\]）】〕]")
_DASH = data.pattern(r"\s+[–—-]+\s+")
_ABBREVIATED = data.pattern(rf"(?:^|[\s.])\w{{1,2}}\.$|(?:^|\s){DEGREE.pattern}$")
_TOPICS = frozenset(WORDS["organizations"]["topics"])
_DATE_WORDS = words("dates", "words")
_DATE = data.pattern(
    rf"(?:^|[\s,])(?:{_DATE_WORDS}[.,:]*\s+){{1,8}}\d.*$"
    rf"|\s\d{{1,4}}(?:\s?[-./年]\s?\d|\s{words('dates', 'units')}\b).*$",
    re.IGNORECASE,
)


def authors(byline: str | None) -> list[str]:
    """The names in the text of a byline, as printed, each once; [] if there are none.

    Mail addresses, handles, places, titles, companies and dates are left out, and so are helpers, such as editors and
    photographers; a byline that is only a mail address gives that. The names of agencies and desks are not split. At
    most 4,000 characters are read.

    >>> authors("By Ana Peña, Jürgen Weiß and AFP")
    ['Ana Peña', 'Jürgen Weiß', 'AFP']
    >>> authors("Michael Sanders by Michael Sanders")
    ['Michael Sanders']
    >>> authors("Jane Roe in Brussels and John Doe")
    ['Jane Roe', 'John Doe']
    >>> authors("Jane Roe, Europe editor (jane@example.com) @jane")
    ['Jane Roe']
    >>> authors("Guest post by Joe Roe, VP of Strategy at Fairhaven"), authors("by News and Features Desk")
    (['Joe Roe'], ['News and Features Desk'])
    >>> authors("Penulis : Budi Santoso | Editor : Siti Aminah"), authors("作者：王芳 责编：李雷")
    (['Budi Santoso'], ['王芳'])
    >>> authors("Escrito por José Ortega"), authors("Ludwig von Mises"), authors("REVIEWED BY")
    (['José Ortega'], ['Ludwig von Mises'], [])
    """
    text = line(byline) or ""
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition(",")[0]
    text = text[1:-1] if text.startswith(_OPENING) and _BRACKETS.fullmatch(text) else text
    text = _PLURAL.sub(r"\1", text)
    bare = DISTRICT.sub("", _BRACKETS.sub(_without_helper, _HANDLE.sub(" ", _MAIL.sub(" ", text))))
    parts = [part for part in labels.parts(bare) if part.is_by_authors]
    is_labelled = any(part.is_labelled for part in parts)
    names = [
        name
        for part in parts
        for each in part_names(part.text)
        for name in spaced_names(each, text)
        if part.is_labelled or not is_labelled or is_another_author(name)
    ]
    mails = [] if names or _BY.sub("", bare).strip() else _MAIL.findall(text)
    return _distinct(names or (mail.strip("()<>[] ").removeprefix("mailto:") for mail in mails))


def part_names(text: str, *, is_beside: bool = False) -> list[str]:
    """The names, each once, in a part of a byline that has no labels, such as "Guest post by Jane Roe"; [] for none.

    ``is_beside``: whether a name precedes the part.
    """
    text = _cleaned(text)
    before, by, after = text.partition(" by ")
    if by and _BY.match(f"{before} by "):
        text = after
    return _distinct(_pieces(text, is_beside=is_beside))


def _cleaned(text: str) -> str:
    """A part of a byline without "by", brackets, dates, and the work of helpers ("with research by ...").

    The name of an agency in brackets stays, after a comma; HELPER_MARK stands in place of a helper's label.
    """
    text = _IS.sub("", _LOOSE.sub("", _without_repetition(_BY.sub("", line(text) or ""))))
    text = _DATE.sub("", _BRACKETS.sub(_agency_in_brackets, text))
    return _without_aside(_SPECIAL.sub("", _HELPED.sub("", _TITLED.sub("", line(text) or ""))))


def _without_helper(bracket: re.Match[str]) -> str:
    """The brackets and their text, unchanged; a space instead if they contain the label of a helper."""
    return bracket[0] if all(part.is_by_authors for part in labels.parts(bracket[1])) else " "


def _agency_in_brackets(bracket: re.Match[str]) -> str:
    """The agency in brackets, after a comma; HELPER_MARK if the brackets have a helper's label; otherwise a space."""
    inner = re.sub(rf"^{CONJUNCTION}\s+", "", bracket[1].strip(), flags=re.IGNORECASE)
    role = labels.role_of(inner)
    if role is False:
        return f" {HELPER_MARK}"
    return f", {inner}" if NAMES_OF_AGENCIES.fullmatch(inner) and role is None else " "


def _without_aside(text: str) -> str:
    """A text without the places and titles after a dash; agencies and Vietnamese names there stay, joined by commas.

    If the text before the dash is a label or topic, the text after it is returned.
    """
    before, *behind = _DASH.split(text)
    if not behind or (is_full(before) and not is_agency(_trim(before))):
        names = [name for each in behind for name in map(_trim, _SEPARATOR.split(each)[::2]) if _is_behind_dash(name)]
        return ", ".join([before, *names])
    is_topic = before.casefold() in _TOPICS or labels.role_of(before) is not None
    return ", ".join(behind if is_topic else [before, *behind])


def _is_behind_dash(name: str) -> bool:
    """Whether a text after a dash is a name, rather than a place or title: an agency's, or a Vietnamese one."""
    return is_agency(name) or is_vietnamese(name)


def display_names(text: str | None) -> list[str]:
    """The names in the text of a link to an author: usually one; [] for an empty text, or one above 4,000 characters.

    A text that is not clearly several names is one name, whatever it is.

    >>> display_names("José Ortega y Gasset"), display_names("News from Berlin"), display_names("Oleh Kovalenko")
    (['José Ortega y Gasset'], ['News from Berlin'], ['Oleh Kovalenko'])
    >>> display_names("Jane Roe in Brussels and John Doe"), display_names("Rock & Roll Magazine")
    (['Jane Roe', 'John Doe'], ['Rock & Roll Magazine'])
    >>> display_names("Jane Roe, MD"), display_names("London School of Economics and Political Science")
    (['Jane Roe, MD'], ['London School of Economics and Political Science'])
    >>> display_names("Gepubliceerd door Jan de Graaf -"), display_names("Jane Roe (Guest Author)")
    (['Jan de Graaf'], ['Jane Roe'])
    """
    whole = line(text)
    if whole is None or len(whole) > _LONGEST:
        return []
    bare = line(_HANDLE.sub(" ", _MAIL.sub(" ", whole))) or whole
    bare = UNSPACED_TITLE.sub("", _without_repetition(_without_by(labels.without_author_label(bare))))
    bare = _BRACKETS.sub(lambda bracket: "" if is_title(bracket[1]) else bracket[0], bare).rstrip(" –—-|:") or bare
    name, *titles = _DASH.split(bare)
    bare = name if titles and is_full(name) and all(map(is_title, titles)) else bare
    pieces: list[str] = []
    for piece in filter(None, _SEPARATOR.split(bare)[::2]):
        if pieces and is_degree(piece) and not is_title(piece):
            pieces[-1] += f", {piece}"
        else:
            pieces += map(_without_place, _split_at(_LETTER, piece))
    if pieces and INSTITUTION.search(_SEPARATOR.split(bare)[0]):
        return [bare]
    kept = [
        piece
        for number, piece in enumerate(pieces)
        if number == 0 or not (is_title(piece) or (is_full(pieces[0]) and COMPANIES.search(piece)))
    ]
    if kept and all(is_name(piece) and (is_agency(piece) or is_full(piece)) for piece in kept):
        return _distinct(kept)
    return [bare]


def _without_by(text: str) -> str:
    """A display name without "by" (in any language), except where this word is a part of a newsroom's name.

    >>> _without_by("Door Jan de Graaf"), _without_by("Door County News")
    ('Jan de Graaf', 'Door County News')
    """
    name = _BY_IN_LINK.sub("", text)
    is_newsroom = DESK.search(name) is not None or name.rpartition(" ")[2].casefold() in _TOPICS
    return text if is_newsroom and not text.casefold().startswith("by ") else name


def several_names(text: str | None) -> list[str]:
    """The names, each once, in the text of a link that is known to name several authors.

    >>> several_names("Jane Roe, Cher and Bo Ek")
    ['Jane Roe', 'Cher', 'Bo Ek']
    """
    pieces = _SEPARATOR.split((line(text) or "")[:_LONGEST])[::2]
    return _distinct(filter(None, (_trim(each) for piece in pieces for each in ANY_LETTER.split(piece))))


def ends_with_joint(text: str) -> bool:
    """Whether a text ends with a comma or a conjunction that joins the next name; not after a title.

    >>> [ends_with_joint(text) for text in (", Reuters and ", ",", " (", ", CEO, ")]
    [True, True, False, False]
    """
    joined = _JOINS.search(text.rstrip())
    return joined is not None and not (joined[0] == "," and OTHER_TITLE.search(text))


def names_beside(text: str) -> list[str]:
    """The names, each once, in the text beside a linked author. After a dash or in brackets only agencies are names.

    >>> names_beside(" (New York)"), names_beside(" – Reuters"), names_beside(" and John Doe")
    ([], ['Reuters'], ['John Doe'])
    >>> names_beside(", Fairhaven Capital")
    []
    """
    names = part_names(text, is_beside=True)
    return [name for name in names if is_agency(name)] if text.lstrip().startswith(("(", "–", "—", "-")) else names


def begins_with_joint(text: str) -> bool:
    """Whether a text after a name begins with punctuation or a conjunction, so that another name can follow.

    >>> [begins_with_joint(text) for text in (", Reuters", " and John Doe", " Follow Us")]
    [True, True, False]
    """
    return re.match(r"\s*[^\w\s]", text) is not None or _LOOSE.match(text) is not None


def is_another_author(name: str) -> bool:
    """Whether a text beside linked authors is one more author: a full name or an agency, not a title or a place.

    >>> [is_another_author(name) for name in ("John Doe", "Reuters", "Updated", "2 others")]
    [True, True, False, False]
    """
    whole = name.replace(" and ", " ") if DESK.search(name) else name  # that of a desk parts no names
    return is_name(whole) and not is_title(name) and (is_agency(name) or is_full(name))


def _without_repetition(text: str) -> str:
    """The text; if it is the same name twice (of the avatar, then of the byline), that name."""
    twice = _TWICE.fullmatch(text) if len(text) < 200 else None
    return twice["name"] if twice and (twice["by"] or " " in twice["name"]) else text  # not "Luca De Luca"


def _distinct(names: Iterable[str]) -> list[str]:
    """The names, each once; a suffix such as "Jr." is added to the name before it."""
    found: dict[str, str] = {}
    for name in names:
        if found and SUFFIX.fullmatch(name):
            last = next(reversed(found))
            found[last] += f", {name}"
        else:
            found.setdefault(name.casefold(), name)
    return list(found.values())


def _pieces(text: str, *, is_beside: bool) -> list[str]:
    """The names between commas and conjunctions; the whole text as one name if one of them is only a part of a name.

    ``text`` is from :func:`_cleaned`; ``is_beside``: whether a name precedes it.
    """
    cut = _SEPARATOR.split(text)
    joined = [(mark, piece) for mark, piece in zip(["", *cut[1::2]], map(_trim, cut[::2]), strict=True) if piece]
    kept = _without_places(without_titles(joined, is_beside=is_beside))
    if kept and is_name(kept[0]) and (is_agency(kept[0]) or is_full(kept[0])):
        kept = [piece for piece in kept if not _is_aside(piece)]
    kept = [name for piece in kept for name in _split_at(ANY_LETTER, piece)]
    names = [piece for piece in kept if not SUFFIX.fullmatch(piece)]
    if len(names) > 1 and not _are_complete_names(names):
        whole = AT_PLACE.sub("", _trim(text))
        return [whole] if whole else []
    return kept


def _without_places(pieces: Iterable[str]) -> list[str]:
    """The pieces of a byline without places: those after "in", and the countries or single words behind these.

    A piece that begins with a null character is a degree: it is added to the name before it.

    >>> _without_places(["Jane Roe in Tirana", "Albania", "John Doe", "in Kyiv", "Paris", "AFP"])
    ['Jane Roe', 'John Doe', 'AFP']
    """
    kept: list[str] = []
    is_place = False
    for piece in pieces:
        if piece.startswith("\0"):
            if kept:
                kept[-1] += f", {piece[1:]}"
            continue
        short = AT_PLACE.sub("", piece)
        is_another = piece in _LANDS or (" " not in piece and not is_agency(piece))
        is_place = short != piece or (is_place and is_another)
        if short and (short != piece or not is_place):
            kept.append(short)
    return kept


def _is_aside(piece: str) -> bool:
    """Whether a piece after a name is not a name: one with a digit ("5 min read"), or "other agencies"."""
    return any(map(str.isdigit, piece)) or bool(_OTHERS.fullmatch(piece))


def _split_at(letters: re.Pattern[str], text: str) -> list[str]:
    """The text split where a pattern matches, if each side is a full name; otherwise the text as one piece."""
    sides = [_trim(side) for side in letters.split(text)]
    return sides if len(sides) > 1 and all(is_name(side) and is_full(side) for side in sides) else [text]


def _trim(text: str) -> str:
    """The text without punctuation at its ends; the dot of an initial stays."""
    text = text.strip(" –—-·•|:,;、，：／/・*†").lstrip(" .")
    return text if _ABBREVIATED.search(text) else text.rstrip(" .")


def _without_place(text: str) -> str:
    """A name without "in" and a place at its end, if a full name is left; otherwise unchanged."""
    short = _IN_PLACE.sub("", text)
    return short if is_full(short) else text


def _are_complete_names(names: list[str]) -> bool:
    """Whether each piece is a complete name, rather than a part of one name, like "News" and "Features Desk"."""
    if not all(map(is_name, names)):
        return False
    single = [name for name in names if not is_full(name) and " " not in name and not is_agency(name)]
    if DESK.search(names[-1]) and any(name in single for name in names[:-1]):
        return False
    return len(single) < len(names) or not any(name.casefold() in _TOPICS or DESK.search(name) for name in single)
