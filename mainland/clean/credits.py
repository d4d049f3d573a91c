"""Names from lines of credit: who else reported. Pure, total."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mainland.clean.bylines import DISTRICT, PARTICLES, authors, is_full, is_name, is_wire

_WORK = r"(?:reporting|research|writing|editing)"
_KINDS = rf"(?:{_WORK}|contributions?|material|inputs?|files|assistance)"
# The start of a block, of a line or of a sentence, and the marks that stand there. A run of marks is looked at once:
# only its first one can begin a match.
_MARKS = r"\s(\[*_•·▪●–—-"
_START = (
    rf"(?:^[{_MARKS}]*+|(?<=[.!?…”\"’)\];])\s++[{_MARKS}]*+"
    rf"|(?<![{_MARKS}])(?:(?!\n)[{_MARKS}])*+\n[{_MARKS}]*+)"
)
_LONGEST = 4_000  # characters of a line of credit that are read
_WITHIN = (
    r",\s+(?=(?:with\s+)?additional\s+reporting\b)|\s(?=with\s+additional\s+reporting\s+by\b)"
    r"|\bthis\s+(?:story|article|report)\s+(?:includes|contains|features|was\s+written\s+with)\s+"
)
_ABBREVIATED = re.compile(r"\b(?:[^\W\d_a-z]|Dr|Mrs?|Ms|Prof|St|Mt|Ft|Gen|Col|Lt|Sgt|Capt|Rev|Ph)\.(?!$|\n)|\b[JS]r\.")
_POINT = "\ue000"  # of an abbreviation: no end of a sentence
_HINTS = (
    "reporting",
    "contribut",
    "additional",
    "further res",
    "with files",
    "with input",
    "with research",
    "assist",
    "mitarbeit",
)
_WORD = rf"(?:[^\W\d_]{{1,3}}[’'-])?[^\W\d_a-z][\w’'.{_POINT}-]*\s+"
_SMALL = "|".join(sorted(PARTICLES - {"of", "the"}))  # these two are in names of places
_NAME = rf"(?!St{_POINT}){_WORD}(?:(?:(?:{_SMALL})\s+){{0,3}}{_WORD}){{1,3}}"
_CREDIT = re.compile(
    rf"(?:{_START}|{_WITHIN})(?:(?:with\s+)?(?:reporting\s+and\s+)?(?:additional|further|extra|supplementary|more)\s+{_WORK}"
    rf"(?:\s+and\s+(?:{_WORK}|photography|translation))?"
    rf"|with\s+{_KINDS}|reporting\s+(?:was\s+)?contributed|(?:unter\s+|redaktionelle\s+)?mitarbeit)"
    r"(?:\s+(?:was\s+)?(?:provided|contributed|(?<=reporting\swas\s)done))?"
    r"(?:\s+(?:from|in)\s+[\w’'-]+(?:\s+[\w’'-]+){0,3}?(?=\s+by\b)|\s+(?:for|to)\s+this\s+\w+)?"
    r"(?:\s*(?:by|from|von)|(?<=reporting)(?::|\s+[–—-])|(?<=mitarbeit):)\s*:?\s*"
    rf"(?P<names>[^;|\n]+(?:;\s+(?:and\s+)?(?-i:{_NAME}(?:in|from)\s)[^;|\n]+)*)",
    re.IGNORECASE,
)
_CONTRIBUTED = re.compile(
    rf"{_START}(?P<names>[^.;|\n]{{3,200}}?)\s+(?:also\s+)?(?:contributed\s+"
    r"(?:(?:additional\s+)?(?:reporting|research)\b|to\s+this\s+(?:report|story|article)\b)"
    r"|assisted\s+with\s+(?:reporting|research)\b)"
    r"(?:\s+(?:to|for)\s+this\s+(?:report|story|article)\b)?"
    r"(?P<where>\s+(?:from|in)\s+(?:the\s+)?(?-i:[^\W\d_a-z])[^.;|\n]{0,60})?(?=\s*(?:[.;|)\]*_]|$|\n))",
    re.IGNORECASE,
)
_ALSO = re.compile(rf"(?:,|\band)\s+({_NAME})(?:in|from)\s")
_PIECE = r"(?:^|(?<=,\s)|(?<=\band\s))(?:[Tt]he\s+)?"
_JOB = re.compile(
    rf"{_PIECE}(?:[^\W\d_a-z][\w’'.&-]*\s+){{0,4}}?(?:[a-z]+\s+)?(?:[Ss]taff\s+)?"
    r"(?:[Ww]riter|[Jj]ournalist|[Rr]eporter|[Cc]orrespondent|[Ee]ditor|[Pp]hotographer|[Pp]roducer|[Rr]esearcher)s?"
    r"\s+(?=[^\W\d_a-z])"
)
_WHOSE = re.compile(rf"{_PIECE}(?:[A-Z][\w&.-]*\s+){{0,3}}[A-Z][\w&.-]*(?:[’']s|(?<=s)[’'])\s+(?=[^\W\d_a-z])")
_PAPER = re.compile(
    r"\s+(?:of|for|(?<!,\s)with|at|from)\s+(?:[Tt]he\s+)?(?:[A-Z][\w’'-]*\s+){0,3}"
    r"(?:Reuters|Bloomberg|[A-Z]{2,6}|Times|Post|News|Press|Journal|Herald|Tribune|Gazette|Telegraph|Guardian|Mail)\b"
)
_OPENING = re.compile(
    r"(?:In|On|At|From|During|After|Before|Since|Meanwhile|Both|Also|But|While|When|As|For|He|She|They|It|Its|Their|His|"
    r"Her|This|That|These|Those|Many|Several|Some|Others?|All)\b"
)
_AFTER_NAMES = re.compile(r"\.\s+\S|[,;]?\s+(?:and\s+)?(?!and\b)[a-z]+\s+by\b", re.IGNORECASE)
_OUR = re.compile(r"^(?:[Oo]ur|[Tt]he)\s+[a-z]+\s+")


def contributors(blocks: Iterable[str]) -> list[str]:
    """The names of the lines that say who else reported.

    >>> contributors(["It rained.", "Additional reporting by Flóra Garam in Budapest and Zoë Ler"])
    ['Flóra Garam', 'Zoë Ler']
    >>> contributors(["Reporting by Jane Roe; editing by John Doe", "Additional reporting by him was thin."])
    []
    >>> contributors(["Research by Oxford University", "(With inputs from PTI)"])
    ['PTI']
    >>> contributors(["AP writers Jane R. Roe in Washington, D.C., and CNN’s John Doe contributed to this report."])
    ['Jane R. Roe', 'John Doe']
    >>> contributors(["Russia contributed to this report, the minister said."])
    []
    """
    names: list[str] = []
    told = list(blocks)
    whole = "\n".join(told).encode("utf-8", "replace").lower()  # bytes are lowered in no time
    hints = [hint for hint in _HINTS if hint.encode() in whole]
    for block in told if hints else ():
        lowered = block.lower()
        if not any(hint in lowered for hint in hints):
            continue
        text = _ABBREVIATED.sub(lambda match: match[0][:-1] + _POINT, DISTRICT.sub("", block))
        for match in _CREDIT.finditer(text):
            names += _people(match["names"])
        for match in _CONTRIBUTED.finditer(text):
            people = _people(", ".join([match["names"], *_ALSO.findall(match["where"] or "")]))
            is_known = all(
                (is_wire(name) or is_full(name) or name.startswith("The ")) and not _OPENING.match(name)
                for name in people
            )
            names += people if is_known else []
    return list(dict.fromkeys(names))


def _people(credit: str) -> list[str]:
    """The names in a line of credit without who they work for; none where one of them is no name."""
    told = (
        re.sub(r"\s*\([^()]*\)?", "", _AFTER_NAMES.split(credit[:_LONGEST])[0])
        .strip()
        .rstrip(".)]*_,")
        .replace(_POINT, ".")
    )
    told = re.sub(r"\s+and\s+by\b", " and", told)
    people = authors(_PAPER.sub("", _WHOSE.sub("", _JOB.sub("", _OUR.sub("", told)))))
    return people if all(map(is_name, people)) else []
