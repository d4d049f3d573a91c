"""Formulas in MathML: their elements become those of a text, so that x² does not read as x2."""

from __future__ import annotations

from lxml.html import HtmlElement

from mainland.pages.nodes import NEARBY, first_nodes

_SCRIPTS = {
    "mmultiscripts": ("sub", "sup"),
    "msub": ("sub",),
    "msubsup": ("sub", "sup"),
    "msup": ("sup",),
    "munder": ("sub",),
    "munderover": ("sub", "sup"),
}
"""What the parts behind the first of an element become."""

_TOKENS = frozenset({"mi", "mn", "mo", "ms", "mtext"})
_SPACED = frozenset({"mtd", "mtr"})  # cells and rows of a matrix
_READ = "span"  # instead of each element that was read, so that a second reading changes nothing


def write_out(math: HtmlElement) -> None:
    """Changes a ``math`` element of a page: its scripts become ``sup`` and ``sub``, its fractions and roots characters.

    The specification is https://www.w3.org/TR/mathml-core/. Other elements stay, and so leave their text.
    """
    for node in reversed([each for each in math.iter("*") if each is not math]):
        if node.tag not in _TOKENS:
            _strip(node)
        parts = list(node)
        if node.tag in _SCRIPTS:
            for part, name in zip(parts[1:], _SCRIPTS[node.tag], strict=False):
                part.tag = name
            node.tag = _READ
        elif node.tag == "mfrac" and len(parts) == 2:
            for part in parts:
                _bracket(part)
            parts[0].tail, node.tag = "/", _READ
        elif node.tag in ("mroot", "msqrt"):
            _write_root(node, parts)
        elif node.tag == "mfenced":
            _write_fence(node, parts)
        elif node.tag in _SPACED:
            node.tail = " "
    _strip(math)


def _strip(node: HtmlElement) -> None:
    """Removes the white space between the parts of an element, which MathML ignores."""
    if node.text and node.text.isspace():
        node.text = None
    for part in node:
        if part.tail and part.tail.isspace() and part.tag not in _SPACED:
            part.tail = None


def _bracket(part: HtmlElement) -> None:
    """Changes a part of several signs: it gets brackets around it."""
    if sum(each.tag in _TOKENS for each in first_nodes(part, NEARBY)) > 1 and len(part):
        part.text = f"({part.text or ''}"
        part[-1].tail = f"{part[-1].tail or ''})"


def _write_root(node: HtmlElement, parts: list[HtmlElement]) -> None:
    """Turns a root into a ``span`` that begins with "√", with its index as ``sup`` before it."""
    sign = "√"
    if node.tag == "mroot" and len(parts) == 2:
        _bracket(parts[0])
        parts[1].tag, parts[1].tail = "sup", sign
        node.insert(0, parts[1])
    elif len(parts) == 1:
        _bracket(parts[0])
        node.text = sign
    elif parts:
        node.text, parts[-1].tail = f"{sign}(", ")"
    node.tag = _READ


def _write_fence(node: HtmlElement, parts: list[HtmlElement]) -> None:
    """Turns a fence into a ``span`` with its brackets, and its separator between its parts."""
    separator = node.get("separators", ",").strip()[:1]
    node.text = node.get("open", "(").strip()
    for part in parts:
        part.tail = separator
    if parts:
        parts[-1].tail = node.get("close", ")").strip()
    node.tag = _READ
