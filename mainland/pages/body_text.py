"""The text of ``body_html``: its blocks, and what they make together, which is the field ``body``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lxml.html import HtmlElement

from mainland.clean.scripts import BRACKETS, QUOTES, SCRIPTS
from mainland.clean.text import line, multiline
from mainland.pages.parsing import build_tree

BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
"""Elements that stand on lines of their own."""

BREAK = "\x0b"
"""A line break in the pieces of text of a block."""

_TAB = "    "  # instead of a tab, which parts the cells of a row
_BREAKS = re.compile(r"\x0b\s*\x0b\s*")
_OWN_QUOTES = frozenset("\"'“”„«»‘’‚‹「『")  # a quotation that begins with one needs no other
_CELLS = frozenset({"td", "th"})
_SILENT = frozenset({"caption", "figure", "head", "rp", "script", "style", "template", "title"})


def text_of(body_html: str | None) -> str | None:
    r"""The text of a ``body_html``, as in the field ``body``; None where it has no text.

    Its blocks, with a blank line between: paragraphs, headings, list items, tables. A row of a table is a line, with a
    tab between its cells; where one of several cells holds more than one block, each of these is a block. A ``br`` is a
    line break; in ``pre`` lines stay lines, with their spaces. Figures and captions are left out. Digits and signs of
    ``sup`` and ``sub`` are those of Unicode, a ``q`` has quotation marks if it has none of its own, a reading of
    ``ruby`` brackets.

    >>> text_of("<h2>Milk</h2><p>One <em>m<sup>3</sup></em><br>fell.</p><figure><figcaption>Rain</figcaption></figure>")
    'Milk\n\nOne m³\nfell.'
    >>> text_of("<table><tbody><tr><th>Town</th><th>Rain</th></tr><tr><td>Graz</td><td>7</td></tr></tbody></table>")
    'Town\tRain\nGraz\t7'
    >>> text_of("<pre>if rain:\n    fill()</pre>")
    'if rain:\n    fill()'
    >>> text_of("<figure></figure>") is None
    True
    """
    return "\n\n".join(text_blocks(body_html)) or None


def text_blocks(body_html: str | None) -> list[str]:
    """The blocks of text of a ``body_html``, in their order, as :func:`text_of` joins them; [] for None."""
    if not body_html:
        return []
    return _Reading(build_tree(body_html.encode("utf-8", "replace"))).blocks


def paragraphs(text: str) -> Iterator[str]:
    """Yields the paragraphs of a block: a BREAK is a line break, two in a row part paragraphs; none is empty."""
    for paragraph in _BREAKS.split(text) if BREAK in text else (text,):
        found = "\n".join(filter(None, map(line, paragraph.split(BREAK)))) if BREAK in paragraph else line(paragraph)
        if found:
            yield found


def preformatted_lines(text: str) -> Iterator[str]:
    r"""Yields the blocks of a preformatted text: its lines, with their spaces; an empty line parts blocks.

    >>> list(preformatted_lines("\nRain on\n  the hill,\n\n\nmilk\tin the pail. \n"))
    ['Rain on\n  the hill,', 'milk    in the pail.']
    """
    lines = [each.replace("\t", _TAB).rstrip() for each in multiline(text).split("\n")]
    for has_text, block in groupby(lines, bool):
        if has_text:
            yield "\n".join(block)


class _Table:
    """A table that is being read: its lines so far, and the cells of its row."""

    def __init__(self, blocks: list[str]) -> None:
        self.outer = blocks
        """Where the blocks of what holds the table go."""

        self.blocks: list[str] = []
        self.lines: list[str] = []
        self.cells: list[list[str]] = []
        self.has_table = False
        """Whether a cell of the row holds a table."""

    def end_row(self) -> None:
        """Adds the row's cells to the lines as one line, or to the blocks if a cell has several; clears the row."""
        cells, self.cells = self.cells, []
        if self.has_table or any(len(cell) > 1 for cell in cells):
            self.end_lines()
            self.blocks += [block for cell in cells for block in cell]
        elif len(cells) == 1:
            self.lines += cells[0]
        else:
            row = "\t".join(line("".join(cell)) or "" for cell in cells).rstrip("\t")
            self.lines += [row] if row else []
        self.has_table = False

    def end_lines(self) -> None:
        """Adds the lines to the blocks as one block, and clears them."""
        if self.lines:
            self.blocks.append("\n".join(self.lines))
            self.lines = []


class _Reading:
    """Reads the blocks of text of a ``body_html`` into ``blocks``, given its tree, which can be nested at any depth."""

    def __init__(self, root: HtmlElement) -> None:
        self.blocks: list[str] = []
        self.run: list[str] = []
        self.scripts: list[dict[int, int]] = []
        self.quotes: list[tuple[str, str]] = []
        self.tables: list[_Table] = []
        self.preformatted = 0
        """In how many elements the walk is whose white space is kept."""

        self._read(root)

    def _read(self, root: HtmlElement) -> None:
        """Reads the tree below a node into the blocks."""
        opened = [(root, iter(root))]
        while opened:
            node, children = opened[-1]
            for child in children:
                tag = child.tag
                if isinstance(tag, str) and tag not in _SILENT:
                    self._start(child, tag)
                    if len(child):
                        opened.append((child, iter(child)))
                        break
                    self._end(tag)
                elif tag == "figure":
                    self._end_block()
                if child.tail:
                    self._add(child.tail)
            else:
                opened.pop()
                if opened:
                    self._end(node.tag)
                    if node.tail:
                        self._add(node.tail)
        self._end_block()

    def _add(self, text: str) -> None:
        """Adds a piece of text to the block, raised or lowered inside ``sup`` and ``sub``."""
        self.run.append(text.translate(self.scripts[-1]) if self.scripts else text)

    def _start(self, node: HtmlElement, tag: str) -> None:
        """Reads the start of an element and its text: ends the block before, or adds a sign to it."""
        if tag in BLOCKS:
            if self.run:
                self._end_block()
            self._start_part(tag)
        elif tag == "br":
            self.run.append(BREAK)
        elif tag in SCRIPTS:
            self.scripts.append(SCRIPTS[tag])
        elif tag == "q":
            has_own = (node.text or "").lstrip()[:1] in _OWN_QUOTES
            self.quotes.append(("", "") if has_own else QUOTES[len(self.quotes) % 2])
            self.run.append(self.quotes[-1][0])
        elif tag == "rt":
            self.run.append(BRACKETS[0])
        if node.text:
            self._add(node.text)

    def _end(self, tag: str) -> None:
        """Reads the end of an element."""
        if tag in BLOCKS:
            if self.run:
                self._end_block()
            self._end_part(tag)
        elif tag in SCRIPTS:
            self.scripts.pop()
        elif tag == "q":
            self.run.append(self.quotes.pop()[1])
        elif tag == "rt":
            self.run.append(BRACKETS[1])

    def _start_part(self, tag: str) -> None:
        """Starts a preformatted text, a table or a cell, whose blocks are then collected apart."""
        if tag == "pre":
            self.preformatted += 1
        elif tag == "table":
            if self.tables:
                self.tables[-1].has_table = True
            self.tables.append(_Table(self.blocks))
            self.blocks = self.tables[-1].blocks
        elif tag in _CELLS and self.tables:
            self.blocks = []

    def _end_part(self, tag: str) -> None:
        """Ends a preformatted text, a cell, a row or a table, whose blocks go to what holds the table."""
        if tag == "pre":
            self.preformatted -= 1
        if not self.tables:
            return
        table = self.tables[-1]
        if tag in _CELLS:
            table.cells.append(self.blocks)
            self.blocks = table.blocks
        elif tag == "tr":
            table.end_row()
        elif tag == "table":
            self.tables.pop()
            table.end_row()
            table.end_lines()
            self.blocks = table.outer
            self.blocks += table.blocks

    def _end_block(self) -> None:
        """Ends the block: adds its paragraphs to the blocks."""
        text = "".join(self.run)
        self.run.clear()
        self.blocks += preformatted_lines(text) if self.preformatted else paragraphs(text)
