"""The story in a text container: its blocks of text, its links and its pictures, from one walk of the tree.

What the walk leaves to others: which nodes go (boilerplate.py), pictures and captions (pictures.py), quoted posts and
bare addresses (embeds.py), the titles of subpages on one page (split_titles.py).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lxml.html import HtmlElement

from mainland.clean import urls
from mainland.clean.text import line, plain
from mainland.items import Image, Link
from mainland.pages.boilerplate import Boilerplate, is_ad_label
from mainland.pages.boilerplate_lists import CAPTIONS, QUOTED_POSTS, SCREEN_READER
from mainland.pages.embeds import QuotedPost, is_bare_address
from mainland.pages.nodes import NEARBY, class_names, markup
from mainland.pages.pictures import Pictures
from mainland.pages.split_titles import SplitTitles
from mainland.selectors import COVERS, EMOJI, GALLERY_CAPTION, GALLERY_SLIDER, PICTURES, SPLIT_TITLE

Guarded = Callable[..., Any]
"""Called with the name of a field, a function that reads for it, and the function's arguments."""

_BLOCKS = frozenset(
    "address article aside blockquote body center cite dd details div dl dt fieldset figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_BREAK = "\x0b"
_BREAKS = re.compile(r"\x0b\s*\x0b\s*")


@dataclass(slots=True)
class Story:
    """What a text container holds of the article itself."""

    blocks: list[str] = field(default_factory=list)
    """Paragraphs, headings, list items, quotes and table cells in reading order; line breaks kept."""

    images: list[Image] = field(default_factory=list)
    """Pictures in full size, in reading order, each once."""

    links: list[Link] = field(default_factory=list)
    """Links that leave the site, in reading order."""

    @property
    def words(self) -> int:
        """The number of words in the blocks."""
        return sum(block.count(" ") + block.count("\n") + 1 for block in self.blocks)


def _unguarded(_field: str, read: Callable[..., Any], *args: Any) -> Any:
    return read(*args)


def story(
    container: HtmlElement,
    base: str | None,
    spilled: Sequence[HtmlElement] = (),
    guarded: Guarded = _unguarded,
) -> Story:
    """The story in a text container and in what spilled out of it; ``base`` is the address of its page.

    Pictures and links are read by ``guarded``, so that an error there does not cost the text.
    """
    return _Walk(container, base, spilled, guarded).read()


class _Walk:
    """One walk of a container; it does not recurse, so that the depth of a page is no limit."""

    def __init__(
        self, container: HtmlElement, base: str | None, spilled: Sequence[HtmlElement], guarded: Guarded
    ) -> None:
        self.container, self.spilled, self.guarded = container, spilled, guarded
        self.base, self.host = base, urls.host(base)
        self.boilerplate = Boilerplate(container)
        self.pictures = Pictures(base)
        self.found = Story(images=self.pictures.images)
        self.run: list[str] = []  # the pieces of text of the block that is being read
        self.is_linked = False  # whether a link stands in that block
        self.quoted: QuotedPost | None = None
        self.titles: SplitTitles | None = None

    def read(self) -> Story:
        """The story, after the walk."""
        opened = [(self.container, self.children(), self.start(self.container))]
        while opened:
            node, children, is_block = opened[-1]
            for child in children:
                if not isinstance(child.tag, str):  # a comment
                    pass
                elif self.boilerplate.has(child):
                    self.leave_out(child)
                    if node is not self.container and is_ad_label(child):
                        deque(children, maxlen=0)
                        continue
                else:
                    is_child_block = self.start(child)
                    if len(child):
                        opened.append((child, iter(child), is_child_block))
                        break
                    if is_child_block:
                        self.end(child)
                self.add_tail(child)
            else:
                opened.pop()
                if is_block:
                    self.end(node)
                if opened:
                    self.add_tail(node)
        self.end_block()
        return self.found

    def children(self) -> Iterator[HtmlElement]:
        """The nodes of the container, then those that spilled out of it."""
        yield from self.container
        if self.spilled:
            self.end_block()
            self.add_tail(self.container)
            yield from self.spilled

    def start(self, node: HtmlElement) -> bool:
        """Reads the start of a node; returns whether it is a block, whose end is then to be read too."""
        tag = node.tag
        is_block = _is_block(node)
        if is_block:
            if self.run:
                self.end_block()
            classes = node.get("class")
            if classes or tag == "figure":
                self.start_block(node, (classes or "").split())
        elif tag == "br":
            self.run.append(_BREAK)
        elif tag in PICTURES:
            self.add_picture(node)
        elif tag == "a":
            self.is_linked = True
            self.guarded("links", self.add_link, node)
        text = node.text
        if text and (self.run or self.is_linked or not text.isspace()):
            self.run.append(text)
        return is_block

    def start_block(self, node: HtmlElement, names: list[str]) -> None:
        """Reads what the classes of a block say about its content."""
        if self.pictures.start_figure(node, names):
            return
        if node.tag == "blockquote" and not QUOTED_POSTS.isdisjoint(names):
            self.quoted = QuotedPost(node, self.found.blocks, self.found.links)
        elif not COVERS.isdisjoint(names):
            self.guarded("images", self.pictures.add_background, node)
        elif self.titles and "split-wrapper" in names:
            self.run += self.titles.take(node)
            self.end_block()

    def end(self, node: HtmlElement) -> None:
        """Reads the end of a block."""
        if self.run:
            self.end_block()
        self.is_linked = False
        if self.pictures.figures:
            self.pictures.end_figure(node)
        if self.quoted and self.quoted.end(node):
            self.quoted = None

    def add_tail(self, node: HtmlElement) -> None:
        """Adds the text that follows a node."""
        tail = node.tail
        if tail and (self.run or not tail.isspace()):
            self.run.append(tail)

    def leave_out(self, node: HtmlElement) -> None:
        """Reads of a node that goes what stays of it: a caption, pictures, the title of a subpage."""
        if _is_block(node) or node.tag == "figcaption":
            self.end_block()
        names = class_names(node)
        is_caption = node.tag == "figcaption" or not CAPTIONS.isdisjoint(names)
        if is_caption and self.pictures.figures and GALLERY_CAPTION not in names:
            self.pictures.figures[-1].caption = _text(node)
        if GALLERY_SLIDER in names:
            self.guarded("images", self.pictures.add_gallery, node)
        if SPLIT_TITLE in names:
            self.titles = SplitTitles(node)
            self.run += self.titles.current
            self.end_block()

    def end_block(self) -> None:
        """Adds the block that was read to the story; two line breaks in a row part it in two."""
        if not self.run:
            return
        text = "".join(self.run)
        self.run.clear()
        is_linked, self.is_linked = self.is_linked, False
        for paragraph in _BREAKS.split(text) if _BREAK in text else (text,):
            block = _lines(paragraph) if _BREAK in paragraph else line(paragraph)
            if block and (is_linked or not is_bare_address(block)):
                self.found.blocks.append(block)

    def add_picture(self, node: HtmlElement) -> None:
        """Adds a picture; of an emoji its text."""
        if EMOJI.isdisjoint(class_names(node)):
            self.guarded("images", self.pictures.add_image, node)
        else:
            self.run.append(node.get("alt", ""))

    def add_link(self, node: HtmlElement) -> None:
        """Adds a link that leaves the site."""
        url = urls.absolute(self.base, node.get("href"))
        # HTML knows no link in a link; the texts of thousands would hold each other.
        is_one = url and urls.host(url) != self.host and next(node.iterancestors("a"), None) is None
        text = _text(node) if is_one else None
        if url and text:
            self.found.links.append({"url": url, "text": text})


def _text(node: HtmlElement) -> str | None:
    """The text of a node on one line, as readers see it; a break in it parts words."""
    if next(node.iterdescendants("br", "div", "li", "p", "span"), None) is None:
        return line("".join(node.itertext()))
    html = markup(node)
    for child in islice(node.iterchildren("*"), NEARBY):
        if not SCREEN_READER.isdisjoint(class_names(child)):
            html = html.replace(markup(child), "", 1)
    return plain(html)


def _lines(paragraph: str) -> str:
    return "\n".join(filter(None, map(line, paragraph.split(_BREAK))))


def _is_block(node: HtmlElement) -> bool:
    """Whether a node stands on lines of its own: a ``cite`` does below a quote, and not in a sentence."""
    return node.tag in _BLOCKS and (node.tag != "cite" or node.getparent().tag in ("blockquote", "figure"))
