"""Names from bylines: pure, total."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mainland.text import line

_BY = re.compile(
    r"^\s*(?:(?:words|text|story|report|reporting|written|posted|published|article)\s+)?"
    r"(?:by|von|par|por|di|door|oleh|przez|av|af|bởi|от|автор|بواسطة|بقلم)\b\s*:?\s*",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[(<\[]?\s*(?:mailto:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*[)>\]]?")
_HANDLE = re.compile(r"[(\[]?\s*(?<!\w)@\w+\s*[)\]]?")
_AND = r"\s+(?:and|und|et|y|e|en|og|och|i|و)\s+|\s+&\s+|\s*/\s+|\s+with\s+"
_SEPARATOR = re.compile(rf"\s*[,;|•·،]\s*(?:(?:and|und|et)\s+)?|{_AND}", re.IGNORECASE)
_PLACE = re.compile(r"\s+(?:in|at|from)\s+(?:the\s+)?[^\W\d_a-z][\w’'.\-]*(?:\s+[^\W\d_a-z][\w’'.\-]*)*\s*$")
_TITLE = re.compile(
    r"\b(?:editors?|correspondents?|reporters?|columnists?|writers?|journalists?|producers?|chief|"
    r"analysts?|fellow|professor|lecturer|director|minister|president|secretary|head of|researcher|"
    r"photographer|contributor|author of|member of)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:[JS]r\.?|I{2,3}|IV)")
_DEGREE = re.compile(r"(?:Ph\.?\s?D\.?|M\.?D\.?|M\.?A\.?|B\.?A\.?|MBA|MP|MEP|QC|KC|OBE|CBE)")
_DESK = re.compile(
    r"\b(?:desk|newsdesk|team|staff|newsroom|bureau|service|services|agency|department|unit|office|editors|"
    r"partners|sons|co)\.?$",
    re.IGNORECASE,
)
_WIRES = {"reuters", "bloomberg", "afp", "dpa", "ansa", "efe", "tass", "interfax", "politico", "euronews"}
_PARTICLES = {
    *("de", "del", "della", "di", "da", "dos", "do", "du", "des", "la", "le", "van", "von", "der", "den", "ter"),
    *("ten", "zu", "af", "av", "bin", "ibn", "al", "el", "ní", "ó", "y", "e", "i", "st", "of", "the", "och"),
}
_HINTS = ("reporting", "research ", "contribut", "material ", "input ")
_CREDIT = re.compile(
    r"(?:^|\n|[.!?…”\"’)\];]\s+)[\s(\[*_–—-]*"
    r"(?:with\s+)?(?:(?:additional|further|extra|supplementary|more)\s+)?"
    r"(?P<kind>reporting|research|contributions?|material|input)"
    r"\s*(?:was\s+)?(?:provided\s+|contributed\s+)?(?:by|from|:)\s*:?\s*(?P<names>[^;\n]+)",
    re.IGNORECASE,
)
_CONTRIBUTED = re.compile(
    r"(?:^|\n|[.!?…”\"’)\]]\s+)[\s(\[*_–—-]*(?P<names>[^.;\n]{3,200}?)\s+(?:also\s+)?contributed\s+"
    r"(?:(?:additional\s+)?(?:reporting|research)\b|to\s+this\s+(?:report|story|article)\b)"
)


def authors(byline: str | None) -> list[str]:
    """The names in a byline, as printed, each once.

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
    """
    text = line(byline) or ""
    text = _HANDLE.sub(" ", _MAIL.sub(" ", text))
    text = _BY.sub("", line(text) or "")
    before, by, after = text.partition(" by ")
    if by and (before.casefold() == after.casefold() or _BY.match(f"{before} by ")):
        text = after
    names: list[str] = []
    for part in _parts(text):
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f", {part}"
        elif part.casefold() not in (name.casefold() for name in names):
            names.append(part)
    return names


def contributors(blocks: Iterable[str]) -> list[str]:
    """The names of the lines that say who else reported.

    >>> contributors(["It rained.", "Additional reporting by Flóra Garam in Budapest and Zoë Ler"])
    ['Flóra Garam', 'Zoë Ler']
    >>> contributors(["Reporting by Jane Roe; editing by John Doe", "Additional reporting by him was thin."])
    []
    """
    names: list[str] = []
    for block in blocks:
        lowered = block.lower()
        if not any(hint in lowered for hint in _HINTS):
            continue
        found = [match["names"] for match in _CREDIT.finditer(block) if _is_credit(match)]
        found += [match["names"] for match in _CONTRIBUTED.finditer(block)]
        for text in found:
            credit = re.split(r"\.\s+(?=\w+ing\b|[A-Z]\w+ (?:is|was|has)\b)", text)[0]
            people = authors(credit.strip().rstrip(".)]*_"))
            if people and all(map(_is_name, people)):
                names += [name for name in people if name not in names]
    return names


def _is_credit(match: re.Match[str]) -> bool:
    """Whether it credits helpers: a bare "Reporting by" names the authors themselves."""
    return match["kind"].lower() != "reporting" or bool(
        re.search(r"(?:with|additional|further|extra|supplementary|more)\s+reporting", match[0], re.IGNORECASE)
        or re.search(r"reporting\s+(?:was\s+)?contributed", match[0], re.IGNORECASE)
    )


def _parts(text: str) -> list[str]:
    """The text cut at commas and conjunctions, where what is between them can stand alone."""
    raw = [piece.strip(" .–—-·•|:") for piece in _SEPARATOR.split(text)]
    pieces = [_PLACE.sub("", piece) for piece in raw if piece]
    kept = [
        piece
        for number, piece in enumerate(pieces)
        if number == 0 or not (_TITLE.search(piece) or _DEGREE.fullmatch(piece))
    ]
    names = [piece for piece in kept if not _SUFFIX.fullmatch(piece)]
    if len(names) > 1 and not _stand_alone(names):
        whole = _PLACE.sub("", text.strip(" .–—-·•|:,;"))
        return [whole] if whole else []
    return kept


def _stand_alone(names: list[str]) -> bool:
    """Whether each of several names is one by itself, rather than a part of one name."""
    if not all(map(_is_name, names)):
        return False
    if _DESK.search(names[-1]) and any(" " not in name and not _is_wire(name) for name in names[:-1]):
        return False
    return any(" " in name or _is_wire(name) for name in names)


def _is_wire(name: str) -> bool:
    return name.isupper() or name.casefold() in _WIRES


def _is_name(text: str) -> bool:
    """Whether every word but the particles begins with what is no small letter."""
    words = [word for word in text.split() if word.casefold() not in _PARTICLES]
    return bool(words) and not any(word[0].islower() for word in words) and len(text) <= 80
