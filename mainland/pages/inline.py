"""The HTML of the text in a block: its white space collapsed, its inline elements closed, its line breaks kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mainland.clean.text import line, multiline
from mainland.pages.body_text import BREAK
from mainland.pages.vocabulary import text as escaped


@dataclass(slots=True, eq=False)
class Mark:
    """An inline element, as it opens and ends in ``body_html``."""

    name: str
    start: str
    end: str


Token = str | Mark
"""A piece of text, BREAK, or a mark. The first occurrence of a mark opens it, the second ends it."""


class Inline:
    """The ``paragraphs`` of a block as HTML, each without its element; two consecutive line breaks begin a new one.

    ``opened`` are the marks that are open before the first token. A mark without text is left out.
    """

    def __init__(self, tokens: Iterable[Token], opened: Sequence[Mark] = ()) -> None:
        self.paragraphs: list[str] = []
        self._made: list[str] = []
        self._waiting = list(opened)  # marks that open with the next text
        self._written: list[Mark] = []
        self._has_space = False
        self._breaks = 0
        for token in tokens:
            if not isinstance(token, str):
                self._turn(token)
            elif token is BREAK:
                self._breaks += 1
            else:
                self._add(token)
        self._end_paragraph()

    def _turn(self, mark: Mark) -> None:
        """Opens a mark at its first occurrence, ends it at its second. A mark without text leaves no tag."""
        if mark in self._waiting:
            self._waiting.remove(mark)
        elif mark in self._written:
            self._written.remove(mark)
            self._made.append(mark.end)
        else:
            self._waiting.append(mark)

    def _add(self, piece: str) -> None:
        """Adds text, with white space collapsed, after the line breaks and the start tags that precede it."""
        if not piece.isprintable():
            piece = multiline(piece)
        collapsed = line(piece)
        if collapsed is None:
            self._has_space = self._has_space or bool(piece)
            return
        if self._breaks > 1:
            self._end_paragraph()
        if self._made:
            if self._breaks:
                self._made.append("<br>")
            elif self._has_space or piece[0].isspace():
                self._made.append(" ")
        self._breaks = 0
        for mark in self._waiting:
            self._made.append(mark.start)
            self._written.append(mark)
        self._waiting.clear()
        self._made.append(escaped(collapsed))
        self._has_space = piece[-1].isspace()

    def _end_paragraph(self) -> None:
        """Ends the paragraph, if it has a text, with the marks that are open, which open again in the next one."""
        if self._made:
            self._made += [mark.end for mark in reversed(self._written)]
            self.paragraphs.append("".join(self._made))
            self._made.clear()
        self._waiting = self._written + self._waiting
        self._written = []


def preformatted(tokens: Iterable[Token], opened: Sequence[Mark] = ()) -> str:
    """The HTML of a text whose white space is kept, as in ``pre``; "" without a text. A BREAK is a ``br``.

    ``opened`` are the marks that are open before the first token.
    """
    made: list[str] = []
    waiting, written = list(opened), []
    for token in tokens:
        if isinstance(token, str):
            html = "<br>" if token is BREAK else escaped(multiline(token))
            if html:
                made += [mark.start for mark in waiting]
                written += waiting
                waiting = []
                made.append(html)
        elif token in waiting:
            waiting.remove(token)
        elif token in written:
            written.remove(token)
            made.append(token.end)
        else:
            waiting.append(token)
    made += [mark.end for mark in reversed(written)]
    found = "".join(made).strip("\n")
    return found if any(line(token) for token in tokens if isinstance(token, str)) else ""
