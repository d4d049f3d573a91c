"""Names from lines of credit: who else reported. Pure functions; no text raises an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mainland import data
from mainland.clean.bylines import authors
from mainland.clean.names import DISTRICT, PARTICLES, WORDS, is_agency, is_full, is_name, words
from mainland.clean.titles import is_title

_WORK = words("credits", "work")
_KINDS = rf"(?:{_WORK}|{words('credits', 'material')})"
_STORY = words("credits", "stories")
_WHERE = words("credits", "where")
_TO = words("credits", "to_stories")
# The start of a block, of a line or of a sentence, and the marks that stand there. A run of marks is looked at once:
# only its first one can begin a match.
_MARKS = r"\s(\[*_•·▪●–—-"
_START = (
    rf"(?:^[{_MARKS}]*+|(?<=[.!?…”\"’)\];])\s++[{_MARKS}]*+"
    rf"|(?<![{_MARKS}])(?:(?!\n)[{_MARKS}])*+\n[{_MARKS}]*+)"
)
_LONGEST = 4_000  # characters of a line of credit that are read
_USUAL = 200  # characters of the names in it
_WITHIN = (
    r",\s+(?=(?:with\s+)?additional\s+reporting\b)|\s(?=with\s+additional\s+reporting\s+by\b)"
    rf"|\bthis\s+{_STORY}\s+{words('credits', 'story_has')}\s+"
)
_ABBREVIATED = data.pattern(
    rf"\b(?:[^\W\d_a-z]|{words('credits', 'abbreviations')})\.(?!$|\n)|\b{words('credits', 'abbreviations_at_end')}\."
)
_POINT = "\ue000"  # of an abbreviation: no end of a sentence
_HINTS: tuple[str, ...] = tuple(WORDS["credits"]["hints"])
_WORD = rf"(?:[^\W\d_]{{1,3}}[’'-])?[^\W\d_a-z][\w’'.{_POINT}-]*\s+"
_SMALL = data.any_of(PARTICLES - {"of", "the"})  # these two are in names of places
_NAME = rf"(?!St{_POINT}){_WORD}(?:(?:{_SMALL}\s+){{0,3}}{_WORD}){{1,3}}"
_CREDIT = data.pattern(
    rf"(?:{_START}|{_WITHIN})(?:(?:with\s+)?(?:reporting\s+and\s+)?{words('credits', 'more')}\s+{_WORK}"
    rf"(?:\s+and\s+(?:{_WORK}|{words('credits', 'beside_work')}))?"
    rf"|with\s+{_KINDS}|reporting\s+(?:was\s+)?contributed"
    rf"|(?:{words('credits', 'before_mitarbeit')}\s+)?mitarbeit)"
    rf"(?:\s+(?:was\s+)?(?:{words('credits', 'given')}|(?<=reporting\swas\s)done))?"
    rf"(?:\s+{_WHERE}\s+[\w’'-]+(?:\s+[\w’'-]+){{0,3}}?(?=\s+by\b)|\s+{_TO}\s+this\s+\w+)?"
    rf"(?:\s*{words('credits', 'by')}|(?<=reporting)(?::|\s+[–—-])|(?<=mitarbeit):)\s*:?\s*"
    rf"(?P<names>[^;|\n]+(?:;\s+(?:and\s+)?(?-i:{_NAME}{_WHERE}\s)[^;|\n]+)*)",
    re.IGNORECASE,
)
_CONTRIBUTED = data.pattern(
    rf"{_START}(?P<names>[^.;|\n]{{3,200}}?)\s+(?:also\s+)?(?:contributed\s+"
    rf"(?:(?:additional\s+)?{words('credits', 'contributed')}\b|to\s+this\s+{_STORY}\b)"
    rf"|assisted\s+with\s+{words('credits', 'contributed')}\b)"
    rf"(?:\s+{_TO}\s+this\s+{_STORY}\b)?"
    rf"(?P<where>\s+{_WHERE}\s+(?:the\s+)?(?-i:[^\W\d_a-z])[^.;|\n]{{0,60}})?(?=\s*(?:[.;|)\]*_]|$|\n))",
    re.IGNORECASE,
)
_ALSO = data.pattern(rf"(?:,|\band)\s+({_NAME}){_WHERE}\s")
_PIECE = r"(?:^|(?<=,\s)|(?<=\band\s))(?:[Tt]he\s+)?"
_JOBS = data.any_of([job for name in WORDS["credits"]["jobs"] for job in (name, name.capitalize())])
_JOB = data.pattern(
    rf"{_PIECE}(?:[^\W\d_a-z][\w’'.&-]*\s+){{0,4}}?(?:[a-z]+\s+)?(?:[Ss]taff\s+)?{_JOBS}s?\s+(?=[^\W\d_a-z])"
)
_WHOSE = data.pattern(rf"{_PIECE}(?:[A-Z][\w&.-]*\s+){{0,3}}[A-Z][\w&.-]*(?:[’']s|(?<=s)[’'])\s+(?=[^\W\d_a-z])")
_PAPER = data.pattern(
    rf"\s+(?:{words('credits', 'before_paper')}|(?<!,\s)with)\s+(?:[Tt]he\s+)?(?:[A-Z][\w’'-]*\s+){{0,3}}"
    rf"(?:{words('credits', 'papers')}|[A-Z]{{2,6}})\b"
)
_OPENING = data.pattern(rf"{words('credits', 'openings')}\b")
_AFTER_NAMES = data.pattern(r"\.\s+\S|[,;]?\s+(?:and\s+)?(?!and\b)[a-z]+\s+by\b", re.IGNORECASE)
_SENTENCE = data.pattern(rf",\s+((?!{words('credits', 'joins')}\b)[a-z]+\s+[a-z][^,;]*)")  # in place of a name
_OUR = data.pattern(r"^(?:[Oo]ur|[Tt]he)\s+[a-z]+\s+")


def contributors(blocks: Iterable[str]) -> list[str]:
    """The names in the blocks of a text (its paragraphs, plain text) that say who else reported, each once; often [].

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
    lines = list(blocks)
    text_of_all = "\n".join(lines).encode("utf-8", "replace").lower()  # bytes become lower case faster than text
    hints = [hint for hint in _HINTS if hint.encode() in text_of_all]
    for block in lines if hints else ():
        lowered = block.lower()
        if not any(hint in lowered for hint in hints):
            continue
        text = _ABBREVIATED.sub(lambda match: match[0][:-1] + _POINT, DISTRICT.sub("", block))
        for match in _CREDIT.finditer(text):
            names += _people(match["names"])
        for match in _CONTRIBUTED.finditer(text):
            people = _people(", ".join([match["names"], *_ALSO.findall(match["where"] or "")]))
            is_known = all(
                (is_agency(name) or is_full(name) or name.startswith("The ")) and not _OPENING.match(name)
                for name in people
            )
            names += people if is_known else []
    return list(dict.fromkeys(names))


def _people(credit: str) -> Sequence[str]:
    """The names in a line of credit, without employers; none if one of them is not a name, or it is a sentence."""
    return _usual_people(credit) if len(credit) <= _USUAL else _usual_people.__wrapped__(credit)


@lru_cache(maxsize=512)  # the same few people help with most articles of a site
def _usual_people(credit: str) -> Sequence[str]:
    named = (
        re.sub(r"\s*\([^()]*\)?", "", _AFTER_NAMES.split(credit[:_LONGEST])[0])
        .strip()
        .rstrip(".)]*_,")
        .replace(_POINT, ".")
    )
    named = re.sub(r"\s+and\s+by\b", " and", named)
    people = authors(_PAPER.sub("", _WHOSE.sub("", _JOB.sub("", _OUR.sub("", named)))))
    is_sentence = any(not is_title(piece) for piece in _SENTENCE.findall(named))
    return people if all(map(is_name, people)) and not is_sentence else ()
