"""Writes ``body_html`` from the starts, ends and texts of a page. Elements are only where HTML allows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from mainland.pages.vocabulary import CHILDREN, CONTAINERS, LEAVES, PARENTS, start_tag, text

_MOST_LEVELS = 40  # of containers in each other; those below are left out, and leave their text
_CELLS = frozenset({"td", "th"})
_FOR_TEXT = frozenset({"blockquote", "dl", "ol", "table", "ul"})  # that are left out around figures alone


@dataclass(slots=True, eq=False)
class Figure:
    """A figure: a picture, an embed, or a caption alone."""

    content: str
    caption: str | None = None

    def __str__(self) -> str:
        """The HTML of the figure; "" where it has neither content nor caption."""
        caption = f"<figcaption>{text(self.caption)}</figcaption>" if self.caption else ""
        return f"<figure>{self.content}{caption}</figure>" if self.content or caption else ""


@dataclass(slots=True, eq=False)
class TableCaption:
    """The caption of a table."""

    caption: str | None = None

    def __str__(self) -> str:
        """The HTML of the caption; "" without one."""
        return f"<caption>{text(self.caption)}</caption>" if self.caption else ""


@dataclass(slots=True, eq=False)
class _Container:
    """A container that is open."""

    tag: str
    start: str
    is_implied: bool = False
    """Whether it is not on the page, but HTML requires it around an element of the page."""

    is_written: bool = False
    begun: tuple[int, int] = (0, 0)
    """How many pieces and blocks of text were written before it."""

    is_used: bool = False
    """Whether something in it is written."""

    caption: TableCaption | None = None
    """Of a table: its caption."""

    empty_cells: list[str] = field(default_factory=list)
    """Of a row: the starts of its cells without text that are not written."""


class Writer:
    """The HTML that is written. A container is written with the first text or figure in it, and never without one."""

    def __init__(self) -> None:
        self.pieces: list[str | Figure | TableCaption] = []
        self.count = 0
        """How many blocks of text are written."""

        self._ends: list[int] = []  # how many pieces there are at the end of each block that stands in no other
        self._open: list[_Container] = []
        self._written = 0  # how many of those are written: the first ones
        self._levels: list[tuple[str, _Container | None]] = []  # for each block of the page: its leaf, its container

    def blocks(self) -> list[str]:
        """Closes all containers, and returns the HTML of each block that is not inside another one, in their order."""
        while self._open:
            self._close()
        made = ("".join(map(str, self.pieces[start:end])) for start, end in pairwise([0, *self._ends]))
        return [html for html in made if html]

    @property
    def leaf(self) -> str:
        """The element for text at this place, such as "p"; "" if the container itself takes text, such as "li"."""
        return self._levels[-1][0] if self._levels else "p"

    def start(self, tag: str, attributes: Iterable[tuple[str, str | None]] = ()) -> None:
        """Starts a block of the page: ``tag`` is its name there, ``attributes`` are those of the output."""
        leaf = self.leaf
        container = None
        if tag in CONTAINERS:
            name = CONTAINERS[tag]
            if len(self._open) < _MOST_LEVELS and self._make_place(name):
                container = _Container(name, start_tag(name, attributes))
                container.caption = TableCaption() if name == "table" else None
                self._open.append(container)
            leaf = "p" if container is None or container.tag == "blockquote" else ""
        elif tag in LEAVES and leaf in ("", "p"):
            leaf = LEAVES[tag]
        self._levels.append((leaf, container))

    def end(self) -> None:
        """Ends the block that was started last, and the containers that were opened in it."""
        _, container = self._levels.pop()
        if container is not None:
            while self._close() is not container:
                pass

    def add(self, paragraphs: list[str]) -> None:
        """Writes paragraphs of HTML, each in an element of its own; the first one of a cell or a list item has none."""
        self._write_starts()
        for html in paragraphs:
            name = self.leaf or ("p" if self._open and self._open[-1].is_used else "")
            self._write(f"<{name}>{html}</{name}>" if name else html)
        self.count += len(paragraphs)

    def add_figure(self, figure: Figure) -> None:
        """Writes a figure; its caption can be set later."""
        self._write_starts()
        self._write(figure)

    def caption_table(self, caption: str | None) -> None:
        """Sets the caption of the innermost table that is open; outside a table the caption is lost."""
        tables = [container.caption for container in self._open if container.caption is not None]
        if tables:
            tables[-1].caption = caption

    def place(self) -> tuple[int, int, list[str]]:
        """The present end of the output, for :meth:`cut`: the numbers of pieces and blocks, and the open containers."""
        return len(self.pieces), self.count, [container.tag for container in self._open[: self._written]]

    def cut(self, place: tuple[int, int, list[str]]) -> str:
        """Removes the HTML that was written since a place, and returns it.

        Containers that have ended since then stay ended.
        """
        start, self.count, names = place
        cut = "".join(map(str, self.pieces[start:]))
        self.pieces[start:] = [f"</{name}>" for name in reversed(names[self._written :])]
        while self._ends and self._ends[-1] > start:
            self._ends.pop()
        return cut

    def _write(self, piece: str | Figure | TableCaption) -> None:
        """Writes a piece into the innermost container."""
        self.pieces.append(piece)
        if self._open:
            self._open[-1].is_used = True
        else:
            self._ends.append(len(self.pieces))

    def _write_starts(self) -> None:
        """Writes the starts of the containers that are open, before the first text or figure in them."""
        self._make_place("p")
        for number in range(self._written, len(self._open)):
            container = self._open[number]
            if number:
                above = self._open[number - 1]
                above.is_used = True
                self._write_empty_cells(above)
            container.is_written, container.begun = True, (len(self.pieces), self.count)
            self.pieces.append(container.start)
            if container.caption is not None:
                self.pieces.append(container.caption)
        self._written = len(self._open)

    def _write_empty_cells(self, row: _Container) -> None:
        """Writes the empty cells of a row that precede the next piece."""
        self.pieces += [f"{start}</{start[1:3]}>" for start in row.empty_cells]
        row.empty_cells.clear()

    def _make_place(self, name: str) -> bool:
        """Makes a place for an element, which ``name`` names, in the innermost open container.

        Opens the containers that HTML requires around it. Closes only implied containers, never one of the page.

        :returns: True if the element can stand there now; False if the innermost container, which is one of the page,
            cannot contain it. Implied containers that were closed until then stay closed.
        """
        while True:
            top = self._open[-1].tag if self._open else ""
            if top in PARENTS.get(name, ()) or (name not in PARENTS and top not in CHILDREN):
                return True
            if top in CHILDREN and (name not in PARENTS or name in _below(top)):
                child = CHILDREN[top]
                self._open.append(_Container(child, start_tag(child), is_implied=True))
            elif self._open and self._open[-1].is_implied:
                self._close()
            else:
                return False

    def _close(self) -> _Container:
        """Ends the innermost container, and returns it; one without text or figures was not written."""
        container = self._open.pop()
        if container.is_written:
            self._written -= 1
            self._write_empty_cells(container)
            self.pieces.append(f"</{container.tag}>")
            start, count = container.begun
            if count == self.count and container.tag in _FOR_TEXT:
                self.pieces[start:] = [piece for piece in self.pieces[start:] if isinstance(piece, Figure)]
            if not self._open:
                self._ends.append(len(self.pieces))
        elif container.tag in _CELLS and not container.is_implied:
            self._open[-1].empty_cells.append(container.start)
        return container


def _below(name: str) -> Iterator[str]:
    """Yields the elements that a container can contain, at any depth, in the element that its text becomes."""
    while name in CHILDREN:
        name = CHILDREN[name]
        yield from (part for part, parents in PARENTS.items() if name in parents)
