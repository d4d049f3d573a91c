"""The block of text that is being read: its pieces of text, its inline elements, and the HTML written for it."""

from __future__ import annotations

from mainland.clean.text import line
from mainland.pages.body_text import paragraphs, text_of
from mainland.pages.embeds import is_bare_address
from mainland.pages.inline import Inline, Mark, Token, preformatted
from mainland.pages.vocabulary import text as escaped
from mainland.pages.writer import Figure, Writer

_LONGEST_LEAD = 80  # characters before the link of a line that only leads to another subpage


class Block:
    """The block that is being read. At its end it goes to ``writer``, followed by the figures in it."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.run: list[Token] = []
        """Its pieces of text; a mark stands where it opens and again where it ends."""

        self.marks: list[Mark] = []
        """The open marks, including those that the block before it opened."""

        self.is_linked = False
        """Whether a link stands in it."""

        self.leads: list[str] = []
        """The texts of its links to other subpages of the article."""

        self._carried: list[Mark] = []
        self._figures: list[Figure] = []

    def add_text(self, text: str | None) -> None:
        """Adds text, if there is any; white space at the start of the block is left out, but not after a link."""
        if text and (self.run or self.is_linked or not text.isspace()):
            self.run.append(text)

    def add_tail(self, text: str | None) -> None:
        """Adds the text after a node, if there is any; white space at the start of the block is left out."""
        if text and (self.run or not text.isspace()):
            self.run.append(text)

    def open(self, mark: Mark) -> Mark | None:
        """Opens a mark; returns it, or None (nothing is opened) where one of its kind, other than ``q``, is open."""
        if mark.name != "q" and any(each.name == mark.name for each in self.marks):
            return None
        self.marks.append(mark)
        self.run.append(mark)
        return mark

    def close(self, mark: Mark) -> None:
        """Ends a mark that is open."""
        self.marks.remove(mark)
        self.run.append(mark)

    def add_figure(self, figure: Figure) -> None:
        """Adds a figure to the output: before the block, or after it if text of the block was already read."""
        if any(isinstance(piece, str) and not piece.isspace() for piece in self.run):
            self._figures.append(figure)
        else:
            self.writer.add_figure(figure)

    def end(self) -> list[str]:
        """Ends the block and writes it; returns its paragraphs that are bare addresses, which are not written.

        WordPress shows embeds in their place. A block that only links other subpages is not written. The next block
        begins with the marks that are still open.
        """
        run, carried = self.run, self._carried
        self.run, self._carried = [], self.marks.copy()
        text = "".join([piece for piece in run if isinstance(piece, str)])
        addresses: list[str] = []
        if text and not text.isspace():
            leads, is_linked = self.leads, self.is_linked
            self.leads, self.is_linked = [], False
            if not leads or not _only_leads(line(text) or "", leads):
                addresses = self._write(run, carried, text, may_be_bare=not is_linked)
        for figure in self._figures:
            self.writer.add_figure(figure)
        self._figures.clear()
        return addresses

    def _write(self, run: list[Token], carried: list[Mark], text: str, *, may_be_bare: bool) -> list[str]:
        """Writes the block, without its bare addresses, which it returns; ``may_be_bare``: the block has no link.

        The other parameters are those of :meth:`_html`.
        """
        bare: list[str] = []
        if may_be_bare and text.lstrip().startswith("http"):
            bare = [paragraph for paragraph in paragraphs(text) if is_bare_address(paragraph)]
        made = self._html(run, carried, text)
        if bare:
            made = [html for html in made if (text_of(html) if "<" in html or "&" in html else html) not in bare]
        if made:
            self.writer.add(made)
        return [address for paragraph in bare for address in paragraph.split("\n")]

    def _html(self, run: list[Token], carried: list[Mark], text: str) -> list[str]:
        """The HTML of the block, one string a paragraph, without the element around it; empty where no text is left.

        :param run: the pieces of text and the marks of the block.
        :param carried: the marks that were open at its start.
        :param text: its text, without marks.
        """
        if self.writer.leaf == "pre":
            html = preformatted(run, carried)
            return [html] if html else []
        if carried or not all(isinstance(piece, str) for piece in run):
            return Inline(run, carried).paragraphs
        return [escaped(paragraph).replace("\n", "<br>") for paragraph in paragraphs(text)]


def _only_leads(text: str, leads: list[str]) -> bool:
    """Whether a block is only links to other subpages: a few words, then the texts of the links.

    >>> _only_leads("Read on: How it ended »", ["How it ended"]), _only_leads("It ended here.", ["ended"])
    (True, False)
    """
    for lead in reversed(leads):
        text, words = _without_marks(text), _without_marks(line(lead) or "")
        if not text.endswith(words):
            return False
        text = text.removesuffix(words)
    return len(text) <= _LONGEST_LEAD


def _without_marks(text: str) -> str:
    """A text without the characters at its end that are neither letters nor digits: spaces, punctuation, arrows."""
    end = len(text)
    while end and not text[end - 1].isalnum():
        end -= 1
    return text[:end]
