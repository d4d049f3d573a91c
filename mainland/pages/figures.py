"""The figures of ``body_html``: pictures and embeds with their captions, and the captions of tables."""

from __future__ import annotations

from typing import NamedTuple

from lxml.html import HtmlElement

from mainland.clean import urls
from mainland.items import Embed, Image
from mainland.pages.block import Block
from mainland.pages.vocabulary import start_tag
from mainland.pages.vocabulary import text as escaped
from mainland.pages.writer import Figure, TableCaption, Writer


class _Opened(NamedTuple):
    """A ``figure`` element of the page that is being read."""

    node: HtmlElement
    figures: int
    """How many figures were found before it."""

    pieces: int
    """How many pieces of HTML were written before it."""


class Figures:
    """Collects the figures of a text container and adds them to its block; ``embeds`` has each embed once."""

    def __init__(self, writer: Writer, block: Block) -> None:
        self.writer, self.block = writer, block
        self.embeds: list[Embed] = []
        self._addresses: set[str] = set()  # of the embeds
        self._found: list[Figure] = []
        self._opened: list[_Opened] = []

    def add_picture(self, image: Image) -> None:
        """Adds a figure of a picture, with the picture's caption."""
        self._add(Figure(start_tag("img", [("src", image["url"]), ("alt", image.get("alt", ""))]), image["caption"]))

    def add_embed(self, embed: Embed | None) -> None:
        """Adds a figure with a link to an embed, if there is one and its address was not found before."""
        if embed is None or embed["url"] in self._addresses:
            return
        self._addresses.add(embed["url"])
        self.embeds.append(embed)
        name = embed["title"] or embed["provider"] or urls.last_part(embed["url"]) or embed["url"]
        self._add(Figure(f"{start_tag('a', [('href', embed['url'])])}{escaped(name)}</a>"))

    def start(self, node: HtmlElement) -> None:
        """Opens a figure of the page, given its node."""
        self._opened.append(_Opened(node, len(self._found), len(self.writer.pieces)))

    def end(self, node: HtmlElement, caption: str | None) -> None:
        """Closes the latest figure of the page, if it is ``node``.

        Its pictures and embeds get the caption, else its table. If it has none of these, the caption becomes a figure
        of its own. A caption that is there already stays.
        """
        if not self._opened or self._opened[-1].node is not node:
            return
        _, figures, pieces = self._opened.pop()
        if not caption:
            return
        found = self._found[figures:]
        for figure in found:
            figure.caption = figure.caption or caption
        tables = [piece for piece in self.writer.pieces[pieces:] if isinstance(piece, TableCaption)]
        if tables and not found:
            tables[0].caption = tables[0].caption or caption
        elif not found and next(node.iterdescendants("img", "amp-img"), None) is None:
            self._add(Figure("", caption))

    def _add(self, figure: Figure) -> None:
        self._found.append(figure)
        self.block.add_figure(figure)
