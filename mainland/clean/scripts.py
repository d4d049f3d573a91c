"""Writes elements of HTML as characters, so that plain text keeps them: superscripts, subscripts, quotations, ruby."""

from __future__ import annotations

import re

_DIGITS = "0123456789+-−–=()"
_RAISED = str.maketrans(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾")
_LOWERED = str.maketrans(_DIGITS, "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_MARK = re.compile(r"<(/?)(sup|sub|q|rt)\b[^<>]*>|<(rp)\b[^<>]*>[^<>]*(?:</rp\s*>)?", re.IGNORECASE)
_SIGNS = re.compile(r"&#?\w+;|<[^<>]*>|[-+−–=()\d]+")  # an entity or a tag stays as it is

SCRIPTS = {"sub": _LOWERED, "sup": _RAISED}
"""The tables for ``str.translate`` that lower and raise digits and signs, by the name of the element."""

QUOTES = ("“", "”"), ("‘", "’")
"""The quotation marks of a quotation, and of one within it."""

BRACKETS = ("(", ")")
"""What stands around a reading of ruby."""


def written_out(html: str) -> str:
    """HTML with superscripts, subscripts, quotations and readings of ruby written as characters.

    Digits and signs of ``sup`` and ``sub`` become those of Unicode; quotations get quotation marks, readings of ruby
    brackets. All other tags stay.

    >>> written_out("CO<sub>2</sub> at 10<sup>-6</sup>, the 1<sup>st</sup> <q>dose</q>")
    'CO₂ at 10⁻⁶, the 1st “dose”'
    >>> written_out("<ruby>港<rp>(</rp><rt>みなと</rt><rp>)</rp></ruby>"), written_out("<ruby>船<rt>ふね</rt></ruby>")
    ('<ruby>港(みなと)</ruby>', '<ruby>船(ふね)</ruby>')
    """
    made: list[str] = []
    scripts: list[str] = []
    quotes = place = 0
    for match in _MARK.finditer(html):
        made.append(_scripted(html[place : match.start()], scripts))
        place = match.end()
        is_end, name = match[1], (match[2] or "").lower()
        if name in SCRIPTS:
            if not is_end:
                scripts.append(name)
            elif scripts:
                scripts.pop()
        elif name == "q":
            quotes -= bool(is_end)
            made.append(QUOTES[quotes % 2][bool(is_end)])
            quotes += not is_end
        elif name == "rt":
            made.append(BRACKETS[bool(is_end)])
    return "".join(made) + _scripted(html[place:], scripts)


def _scripted(html: str, scripts: list[str]) -> str:
    """HTML with the digits and signs of its text raised or lowered, as the last of ``scripts`` says.

    Unchanged without one. ``scripts`` has the names of the open elements: "sup" or "sub".
    """
    if not scripts:
        return html
    table = SCRIPTS[scripts[-1]]
    return _SIGNS.sub(lambda match: match[0] if match[0][0] in "&<" else match[0].translate(table), html)
