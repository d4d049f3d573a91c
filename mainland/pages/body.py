"""The story in a text container: its HTML, its links, its pictures and its embeds, from one pass over the tree.

Other modules decide which nodes are removed (boilerplate.py), and read pictures and captions (pictures.py, figures.py),
embeds (embeds.py), quoted posts (quoted_posts.py), the titles of subpages on one page (split_titles.py), the block that
is being read (block.py), the HTML (inline.py, writer.py). The text is read from the HTML (body_text.py).
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
from mainland.clean.scripts import BRACKETS
from mainland.clean.text import line, plain
from mainland.items import Embed, Image, Link
from mainland.pages import embeds, formulas
from mainland.pages.block import Block
from mainland.pages.body_text import BLOCKS, BREAK
from mainland.pages.boilerplate import Boilerplate, is_ad_label
from mainland.pages.boilerplate_lists import CAPTIONS, QUOTED_POSTS, SCREEN_READER, TITLED_TEXT
from mainland.pages.figures import Figures
from mainland.pages.inline import Mark
from mainland.pages.nodes import NEARBY, class_names, markup
from mainland.pages.picture_sources import PictureSources
from mainland.pages.pictures import Pictures, is_text
from mainland.pages.quoted_posts import QuotedPost
from mainland.pages.repeats import drop_repeats
from mainland.pages.split_titles import SplitTitles
from mainland.pages.vocabulary import ATTRIBUTES, INLINE, LINES, start_tag
from mainland.pages.writer import Writer
from mainland.selectors import COVERS, GALLERY_CAPTION, GALLERY_SLIDER, PICTURES, SPLIT_TITLE

Guarded = Callable[..., Any]
"""A function that calls another one for a field: with the name of the field, the function, and its arguments."""

_MARKUP = ("br", "div", "li", "p", "q", "rt", "span", "sub", "sup")  # that the text of a node cannot be read without
_BLOCK = Mark("", "", "")  # instead of a mark, for a block
_NUMBER = re.compile(r"-?\d{1,5}")


@dataclass(slots=True)
class Story:
    """The article in a text container, without boilerplate."""

    html: list[str] = field(default_factory=list)
    """The HTML of each block that stands in no other block, in reading order."""

    images: list[Image] = field(default_factory=list)
    """Pictures in full size, in reading order, each once."""

    links: list[Link] = field(default_factory=list)
    """Links that leave the site, in reading order."""

    embeds: list[Embed] = field(default_factory=list)
    """Embeds, in reading order, each address once."""


def _unguarded(_field: str, read: Callable[..., Any], *args: Any) -> Any:
    """Calls a function and returns its result; its errors are raised: see :data:`Guarded`."""
    return read(*args)


def story(
    container: HtmlElement,
    sources: PictureSources,
    spilled: Sequence[HtmlElement] = (),
    guarded: Guarded = _unguarded,
) -> Story:
    """Reads the story in a text container.

    A sequence of blocks that repeats the blocks just before it is dropped.

    :param sources: finds the pictures of the page.
    :param spilled: the nodes of the text that stand after the container.
    :param guarded: calls the functions that read pictures, links and embeds, and can catch their errors, so that the
        text is read nevertheless. The default catches none: an error in a field is raised.
    """
    return _Walk(container, sources, spilled, guarded).read()


class _Walk:
    """One pass over a text container. It does not recurse, so that a page can be nested at any depth."""

    def __init__(
        self, container: HtmlElement, sources: PictureSources, spilled: Sequence[HtmlElement], guarded: Guarded
    ) -> None:
        self.container, self.spilled, self.guarded = container, spilled, guarded
        self.base, self.host = sources.base, urls.host(sources.base)
        self.boilerplate = Boilerplate(container)
        self.pictures = Pictures(sources)
        self.writer = Writer()
        self.block = Block(self.writer)
        self.figures = Figures(self.writer, self.block)
        self.found = Story(images=self.pictures.images, embeds=self.figures.embeds)
        self.quoted: QuotedPost | None = None
        self.titles: SplitTitles | None = None

    def read(self) -> Story:
        """The story, after one pass over the container; to be called once."""
        opened = [(self.container, self.children(), self.start(self.container))]
        while opened:
            node, children, node_ending = opened[-1]
            for child in children:
                if not isinstance(child.tag, str):  # a comment
                    pass
                elif self.boilerplate.has(child):
                    self.leave_out(child)
                    if node is not self.container and is_ad_label(child):
                        deque(children, maxlen=0)
                        continue
                else:
                    ending = self.start(child)
                    if len(child):
                        opened.append((child, iter(child), ending))
                        break
                    if ending:
                        self.end(child, ending)
                self.block.add_tail(child.tail)
            else:
                opened.pop()
                if node_ending:
                    self.end(node, node_ending)
                if opened:
                    self.block.add_tail(node.tail)
        self.end_block()
        self.found.html = self.writer.blocks()
        drop_repeats(self.found.html, self.found.links)
        return self.found

    def children(self) -> Iterator[HtmlElement]:
        """Yields the nodes of the container, then those that spilled out of it; between both the block ends."""
        yield from self.container
        if self.spilled:
            self.end_block()
            self.block.add_tail(self.container.tail)
            yield from self.spilled

    def start(self, node: HtmlElement) -> Mark | None:
        """Reads the start of a node and its text before the first child.

        Returns what :meth:`end` needs: the mark of an inline element, _BLOCK for a block, None where the end is not
        read.
        """
        tag = node.tag
        ending: Mark | None = None
        if (
            _is_block(node) or tag == "button" or (tag == "span" and _is_line(node))
        ):  # a button that stays is the title of a text
            ending = _BLOCK
            self.start_block(node, tag)
        elif tag == "br":
            self.block.run.append(BREAK)
        elif tag in PICTURES:
            self.add_picture(node)
        elif tag in INLINE:
            ending = self.start_mark(node, INLINE[tag])
        elif tag == "math":
            formulas.write_out(node)
        elif tag in embeds.ELEMENTS and not _is_around_post(node, self.base):
            self.add_embed(node)
        self.block.add_text(node.text)
        return ending

    def start_block(self, node: HtmlElement, tag: str) -> None:
        """Ends the block before, and starts an element of the output for a block; ``tag`` is its name on the page."""
        if self.block.run:
            self.end_block()
        self.writer.start(tag, self.attributes(node, tag) if tag in ATTRIBUTES else ())
        if tag == "cite":
            self.block.run.append(Mark("cite", "<cite>", "</cite>"))
        classes = node.get("class")
        if classes or tag == "figure":
            self.read_classes(node, (classes or "").split())
        if tag == "div" and len(node) == 0 and _is_mount(node):
            self.add_embed(node)

    def read_classes(self, node: HtmlElement, names: list[str]) -> None:
        """Reads what the classes (``names``) of a block say it is: a figure, quoted post, cover, title or embed."""
        if self.pictures.start_figure(node, names):
            self.figures.start(node)
        elif node.tag == "blockquote" and not QUOTED_POSTS.isdisjoint(names):
            self.quoted = QuotedPost(node, self.writer, self.found.links, self.base)
        elif not COVERS.isdisjoint(names):
            self.add_pictures(self.pictures.add_background, node)
        elif self.titles and "split-wrapper" in names:
            self.add_title("h2", self.titles.take(node))
        elif not TITLED_TEXT.isdisjoint(names):
            self.add_title("p", [node.get("data-title", "")])
        elif not embeds.CLASSES.isdisjoint(names) and not _is_around_post(node, self.base):
            self.add_embed(node)

    def attributes(self, node: HtmlElement, tag: str) -> Iterator[tuple[str, str | None]]:
        """Yields the names and values of the attributes that a block keeps; those of None are left out later.

        A value of None is left out.
        """
        if tag == "blockquote":
            is_post = not QUOTED_POSTS.isdisjoint(class_names(node))
            post = self.guarded("embeds", embeds.of_post, node, self.base) if is_post else None
            source = node.get("cite")
            yield "cite", post["url"] if post else urls.absolute(self.base, source) if source else None
            return
        for name in ATTRIBUTES[tag]:
            value = node.get(name, "").strip()
            yield name, value if _NUMBER.fullmatch(value) else None

    def start_mark(self, node: HtmlElement, name: str) -> Mark | None:
        """Reads the start of an inline element, and adds what a link leads to.

        Returns its mark, None if it leaves only text. ``name`` is the element of the output.
        """
        start, end = f"<{name}>", f"</{name}>"
        if name == "a":
            self.block.is_linked = True
            href = node.get("href")
            url = urls.absolute(self.base, href) if href and href[0] != "#" else None
            if url is None:
                return None
            self.guarded("links", self.add_link, node, url)
            self.add_pictures(self.pictures.add_link, node)
            start = start_tag(name, [("href", url)])
        elif name == "abbr":
            start = start_tag(name, [("title", line(node.get("title")))])
        elif name == "rt":
            start, end = f"<rp>{BRACKETS[0]}</rp><rt>", f"</rt><rp>{BRACKETS[1]}</rp>"
        return self.block.open(Mark(name, start, end))

    def end(self, node: HtmlElement, ending: Mark) -> None:
        """Reads the end of a block or of an inline element; ``ending`` is what :meth:`start` returned."""
        if ending is not _BLOCK:
            self.block.close(ending)
            return
        if self.block.run:
            self.end_block()
        self.block.is_linked = False
        if self.pictures.figures and self.pictures.figures[-1].node is node:
            caption = self.pictures.figures[-1].caption
            self.pictures.end_figure(node)
            self.figures.end(node, caption)
        if self.quoted and self.quoted.end(node):
            self.figures.add_embed(self.quoted.embed)
            self.quoted = None
        self.writer.end()

    def leave_out(self, node: HtmlElement) -> None:
        """Reads a node that is boilerplate, and adds what stays of it: a caption, pictures, an embed or a title."""
        if _is_block(node) or node.tag == "figcaption":
            self.end_block()
        names = class_names(node)
        is_caption = node.tag == "figcaption" or not CAPTIONS.isdisjoint(names)
        if is_caption and self.pictures.figures and GALLERY_CAPTION not in names:
            self.pictures.figures[-1].caption = _text(node)
        if node.tag == "noscript":
            if not self.add_embed(node):  # else its pictures are still pictures of a chart, of a video
                self.add_pictures(self.pictures.add_noscript, node)
        elif node.tag in PICTURES:
            self.add_pictures(self.pictures.add_hidden, node)
        elif node.tag == "caption":
            self.writer.caption_table(_text(node))
        elif GALLERY_SLIDER in names:
            self.add_pictures(self.pictures.add_gallery, node)
        elif SPLIT_TITLE in names:
            self.titles = SplitTitles(node)
            self.add_title("h2", self.titles.current)
        elif node.tag in embeds.ELEMENTS or not embeds.CLASSES.isdisjoint(names):
            self.add_embed(node)

    def end_block(self) -> None:
        """Ends and writes the block that was read, and adds the embeds of its bare addresses."""
        for address in self.block.end():
            self.figures.add_embed(self.guarded("embeds", embeds.of_address, self.base, address))

    def add_title(self, tag: str, pieces: list[str]) -> None:
        """Adds a block (``tag``) with the title of a subpage or a tab, given its pieces of text; nothing for []."""
        if any(pieces):
            self.writer.start(tag)
            self.block.run += pieces
            self.end_block()
            self.writer.end()

    def add_embed(self, node: HtmlElement) -> bool:
        """Adds the embed that a node is or contains, each address once; returns whether it has one."""
        found = self.guarded("embeds", embeds.each_of_node, node, self.base) or []
        for embed in found:
            self.figures.add_embed(embed)
        return bool(found)

    def add_picture(self, node: HtmlElement) -> None:
        """Adds the picture of an image; of an emoji or a formula it adds the text."""
        if is_text(node):
            self.block.run.append(node.get("alt", ""))
        else:
            self.add_pictures(self.pictures.add_image, node)

    def add_pictures(self, read: Callable[[HtmlElement], None], node: HtmlElement) -> None:
        """Adds a figure for each picture that ``read``, a method of :class:`Pictures`, adds for a node.

        The still pictures of videos that it notes become embeds.
        """
        before = len(self.found.images)
        self.guarded("images", read, node)
        for image in self.found.images[before:]:
            self.figures.add_picture(image)
        for address in self.pictures.stills:
            self.figures.add_embed(self.guarded("embeds", embeds.of_address, self.base, address))
        self.pictures.stills.clear()

    def add_link(self, node: HtmlElement, url: str) -> None:
        """Adds a link if it leaves the site and has a text; else notes the text of a link to another subpage.

        ``url`` is its absolute address.
        """
        if urls.host(url) == self.host:
            if urls.is_subpage(url, self.base):
                self.block.leads.append("".join(node.itertext()))
            return
        # HTML knows no link in a link; the texts of thousands would hold each other.
        text = _text(node) if next(node.iterancestors("a"), None) is None else None
        if text:
            self.found.links.append({"url": url, "text": text})


def _text(node: HtmlElement) -> str | None:
    """The text of a node on one line, as readers see it; a break in it parts words. None without text."""
    if next(node.iterdescendants(*_MARKUP), None) is None:
        return line("".join(node.itertext()))
    html = markup(node)
    for child in islice(node.iterchildren("*"), NEARBY):
        if not SCREEN_READER.isdisjoint(class_names(child)):
            html = html.replace(markup(child), "", 1)
    return plain(html)


def _is_around_post(node: HtmlElement, base: str | None) -> bool:
    """Whether a node only wraps a quoted post that has a text and an address: the post is then read by itself."""
    quotes = (child for child in node.iterchildren("blockquote") if child.find("p") is not None)
    return any(not QUOTED_POSTS.isdisjoint(class_names(each)) and embeds.of_post(each, base) for each in quotes)


def _is_mount(node: HtmlElement) -> bool:
    """Whether a block without nodes, where a script can build an embed, has attributes for that and no text."""
    return not (node.text and node.text.strip()) and any(name != "class" for name, _ in node.items())


def _is_line(node: HtmlElement) -> bool:
    """Whether a ``span`` stands on a line of its own, by its classes."""
    classes = node.get("class")
    return classes is not None and not LINES.isdisjoint(classes.split())


def _is_block(node: HtmlElement) -> bool:
    """Whether a node stands on lines of its own in the output; a ``cite`` does below a quote, and not in a sentence."""
    tag = node.tag
    return tag in BLOCKS or (tag == "cite" and node.getparent().tag in ("blockquote", "figure"))
