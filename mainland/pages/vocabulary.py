"""The elements of ``body_html``, as ``data/body_html.toml`` lists them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mainland import data

_TABLES = data.load("body_html")

LEAVES: dict[str, str] = _TABLES["leaves"]
"""By the name on the page: the element of ``body_html`` for a block that contains only text."""

CONTAINERS: dict[str, str] = _TABLES["containers"]
"""By the name on the page: the element of ``body_html`` for a block that contains blocks."""

INLINE: dict[str, str] = _TABLES["inline"]
"""By the name on the page: the element of ``body_html`` for an inline element."""

LINES: frozenset[str] = frozenset(name for names in _TABLES["lines"].values() for name in names)
"""Classes of ``span`` elements that stand on a line of their own."""

ATTRIBUTES: dict[str, list[str]] = _TABLES["attributes"]
"""The attributes that an element of ``body_html`` can have."""

PARENTS = {
    "dd": ("dl",),
    "dt": ("dl",),
    "li": ("ol", "ul"),
    "tbody": ("table",),
    "td": ("tr",),
    "tfoot": ("table",),
    "th": ("tr",),
    "thead": ("table",),
    "tr": ("tbody", "tfoot", "thead"),
}
"""The elements that are allowed only in certain others, by name."""

CHILDREN = {
    "dl": "dd",
    "ol": "li",
    "table": "tbody",
    "tbody": "tr",
    "tfoot": "tr",
    "thead": "tr",
    "tr": "td",
    "ul": "li",
}
"""The elements that contain only certain parts (``ul``, ``table``), with the part that text in them becomes."""


def start_tag(name: str, attributes: Iterable[tuple[str, str | None]] = ()) -> str:
    """The start tag of an element as HTML; an attribute of None is left out.

    >>> start_tag("a", [("href", "https://a.example/?b&c"), ("title", None)])
    '<a href="https://a.example/?b&amp;c">'
    """
    given = [f' {key}="{_quoted(value)}"' for key, value in attributes if value is not None]
    return f"<{name}{''.join(given)}>"


def _quoted(value: str) -> str:
    """The value of an attribute as HTML within double quotation marks."""
    return text(value).replace('"', "&quot;")


def text(value: str) -> str:
    """A text as HTML, with references in place of ``&``, ``<`` and ``>``.

    >>> text('AT&T "<b>"')
    'AT&amp;T "&lt;b&gt;"'
    """
    return escape(value, quote=False)
