"""Posts quoted from social media. Their text stays as a quotation; the author and the date become its source."""

from __future__ import annotations

from lxml.html import HtmlElement

from mainland.clean.text import line
from mainland.items import Embed, Link
from mainland.pages import embeds
from mainland.pages.body_text import text_blocks
from mainland.pages.writer import Writer

_MOST_SIGNATURE_BLOCKS = 3


class QuotedPost:
    """A post quoted in the text, of which the first paragraph stays.

    ``writer`` and ``links`` are those of the story; the other paragraphs are removed from them again.
    """

    def __init__(self, node: HtmlElement, writer: Writer, links: list[Link], base: str | None) -> None:
        self.node, self.writer, self.links = node, writer, links
        self.embed: Embed | None = embeds.of_post(node, base)
        """The post, with who posted it as its title; None where no address in it is that of a post."""

        self._end_of_words: tuple[int, int, list[str]] | None = None
        self._links = 0

    def end(self, node: HtmlElement) -> bool:
        """Reads the end of a block in the quoted post, given its node; returns whether the quoted post ends with it.

        Then what follows the first paragraph is removed from the output: it says who posted it. But if that is longer
        than a signature, the quotation has no end tag and contains the story: then all of it stays.
        """
        if self._end_of_words is None and node.tag == "p":
            self._end_of_words, self._links = self.writer.place(), len(self.links)
        if self.node is not node:
            return False
        if self._end_of_words is not None and self.writer.count <= self._end_of_words[1] + _MOST_SIGNATURE_BLOCKS:
            self._sign(" ".join(text_blocks(self.writer.cut(self._end_of_words))))
            del self.links[self._links :]
        return True

    def _sign(self, signature: str) -> None:
        """Sets the title of the embed to the author in the signature, whose last link is the date.

        ``— Ana Peña (@ana) March 5, 2024``, or ``Posted by Ana Peña on Tuesday``, where the name is a link too.
        """
        if self.embed is None:
            return
        links = [line("".join(link.itertext())) for link in list(self.node.iterdescendants("a"))[-2:]]
        author, date = [None, None, *links][-2:]
        name = signature.strip("—–- ")
        if author and author in name and f"({author})" not in name:
            name = author
        if date and name != date:
            name = name.removesuffix(date).rstrip(" ,·-–—")
        self.embed["title"] = name or None
