"""The story in the text container: its blocks, pictures and links, from one walk of the tree."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any
from urllib.parse import unquote

from lxml.html import HtmlElement

from mainland.clean import urls
from mainland.clean.text import line, plain, unhidden_mail
from mainland.items import Image, Link
from mainland.pages import boilerplate
from mainland.pages.nodes import markup, outermost
from mainland.selectors import (
    AD_BLOCK,
    ANCHORS,
    COVERS,
    EMOJI,
    FIELDS,
    FORMULA,
    FULL_SIZE,
    GALLERY_CAPTION,
    GALLERY_LINKS,
    GALLERY_SLIDER,
    HEADINGS,
    INVITATION,
    NEIGHBOURS,
    OPENERS,
    PICTURES,
    POPUP_ROLES,
    SIGNPOSTS,
    SPLIT_CONTENTS,
    SPLIT_CURRENT,
    SPLIT_OTHERS,
    SPLIT_TITLE,
    SPLIT_WORDS,
    SUBSCRIPTIONS,
)

Guarded = Callable[..., Any]
"""Called with the name of a field, a function that reads for it, and the function's arguments."""

_BLOCKS = frozenset(
    "address article aside blockquote body center cite dd details div dl dt fieldset figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_CAPTIONED = frozenset({"gallery-item", "tiled-gallery-item", "wp-block-image", "wp-caption"})
_OPENED = frozenset({"false", "until-found"})
_BACK = frozenset({"↩", "↩︎", "↩️"})
_BREAK = "\x0b"
_BREAKS = re.compile(r"\x0b\s*\x0b\s*")
_HIDDEN = re.compile(r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]{0,200}?url\(([^()]{0,2000})\)", re.IGNORECASE)
_BARE_ADDRESSES = re.compile(r"https?://\S+(?:\nhttps?://\S+)*+")
_NEAR = 20  # nodes that are looked into before the walk comes to them
_MOST_SIGNED = 3  # blocks below the words of a quoted post
_MOST_SIGNS = 400  # nodes of a table of contents, or of a form
_SEVERAL = 4  # paragraphs that a form or an advertisement of its own hardly has
_LAZY = ("data-src", "data-lazy-src", "data-opt-src", "data-original", "data-orig-file", "src")
_SRCSET = ("data-srcset", "srcset")
_SOFTWARE = re.compile(r"/wp-(?:content/(?:plugins|themes)|includes)/")
_TWICE_SIZED = re.compile(r"(-\d{2,4}x\d{2,4})-\d{2,4}x\d{2,4}\.")
_DOT_SIZES = frozenset({"0", "0px", "1", "1px"})
_DOT_STYLE = re.compile(r"(?<![\w-])(?:width|height)\s*:\s*[01](?:px)?\s*(?:[;!]|$)", re.IGNORECASE)


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
        """Words of the blocks: between two is one space or one line break."""
        return sum(block.count(" ") + block.count("\n") + 1 for block in self.blocks)


@dataclass(slots=True)
class _Figure:
    node: HtmlElement
    first: int
    is_captioned: bool
    caption: str | None = None


@dataclass(slots=True)
class _Quote:
    node: HtmlElement
    blocks: int | None = None
    links: int | None = None


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
    return _Walk(container, base, spilled, guarded).over()


class _Walk:
    """One walk of a container; it does not recurse, so that the depth of a page is no limit."""

    def __init__(
        self, container: HtmlElement, base: str | None, spilled: Sequence[HtmlElement], guarded: Guarded
    ) -> None:
        self.container, self.spilled, self.guarded = container, spilled, guarded
        self.base, self.host = base, urls.host(base)
        self.found = Story()
        self.run: list[str] = []
        self.linked = False
        self.shown: set[str] = set()
        self.figures: list[_Figure] = []
        self.quoted: _Quote | None = None
        self.titles: dict[str, HtmlElement] = {}

    def over(self) -> Story:
        opened = [(self.container, self.children(), self.start(self.container))]
        while opened:
            node, children, _ = opened[-1]
            for child in children:
                if not isinstance(child.tag, str):  # a comment
                    pass
                elif (is_boilerplate(child, self.is_opened) and not self.is_left_open(child)) or (
                    self.has_signs and self.is_signpost(child)
                ):
                    self.leave_out(child)
                    if node is not self.container and _is_ad_label(child):
                        deque(children, maxlen=0)
                        continue
                else:
                    is_block = self.start(child)
                    if len(child):
                        opened.append((child, iter(child), is_block))
                        break
                    if is_block:
                        self.end(child)
                self.tail(child)
            else:
                is_block = opened.pop()[2]
                if is_block:
                    self.end(node)
                if opened:
                    self.tail(node)
        self.flush()
        return self.found

    def children(self) -> Iterator[HtmlElement]:
        yield from self.container
        if self.spilled:
            self.flush()
            self.tail(self.container)
            yield from self.spilled

    def start(self, node: HtmlElement) -> bool:
        """Reads the begin of a node; whether it is a block, whose end is then to be read too."""
        tag = node.tag
        is_block = _is_block(node)
        if is_block:
            if self.run:
                self.flush()
            classes = node.get("class")
            if classes or tag == "figure":
                self.block(node, (classes or "").split())
        elif tag == "br":
            self.run.append(_BREAK)
        elif tag in PICTURES:
            if EMOJI.isdisjoint(node.get("class", "").split()):
                self.guarded("images", self.image, node)
            else:
                self.run.append(node.get("alt", ""))
        elif tag == "a":
            self.linked = True
            self.guarded("links", self.link, node)
        text = node.text
        if text and (self.run or self.linked or not text.isspace()):
            self.run.append(text)
        return is_block

    def block(self, node: HtmlElement, names: list[str]) -> None:
        """Reads what the classes of a block say of what it holds."""
        is_captioned = not _CAPTIONED.isdisjoint(names)
        if node.tag == "figure" or is_captioned:
            self.figures.append(_Figure(node, len(self.found.images), is_captioned))
        elif node.tag == "blockquote" and not boilerplate.QUOTED_POSTS.isdisjoint(names):
            self.quoted = _Quote(node)
        elif not COVERS.isdisjoint(names):
            self.guarded("images", self.background, node)
        elif self.titles and "split-wrapper" in names:
            title = self.titles.pop(node.get("data-id"), None)
            self.run += title.xpath(SPLIT_WORDS) if title is not None else []
            self.flush()

    def tail(self, node: HtmlElement) -> None:
        tail = node.tail
        if tail and (self.run or not tail.isspace()):
            self.run.append(tail)

    def end(self, node: HtmlElement) -> None:
        if self.run:
            self.flush()
        self.linked = False
        if self.figures and self.figures[-1].node is node:
            figure = self.figures.pop()
            for image in self.found.images[figure.first :]:
                image["caption"] = image["caption"] or figure.caption
        if self.quoted and self.quoted.blocks is None and node.tag == "p":
            self.quoted.blocks, self.quoted.links = len(self.found.blocks), len(self.found.links)
        if self.quoted and self.quoted.node is node:
            # What follows the quoted post's first paragraph is who posted it, and when; the story, if it was left open.
            if self.quoted.blocks is not None and len(self.found.blocks) <= self.quoted.blocks + _MOST_SIGNED:
                del self.found.blocks[self.quoted.blocks :], self.found.links[self.quoted.links :]
            self.quoted = None

    def leave_out(self, node: HtmlElement) -> None:
        """Reads of a block that goes what stays of it: a caption, a mail address, pictures, the title of a part."""
        if _is_block(node) or node.tag == "figcaption":
            self.flush()
        names = node.get("class", "").split()
        is_caption = node.tag == "figcaption" or not boilerplate.CAPTIONS.isdisjoint(names)
        if is_caption and self.figures and GALLERY_CAPTION not in names:
            self.figures[-1].caption = _said(node)
        mail = unhidden_mail(node.get("data-cfemail"))
        if mail:
            self.run.append(mail)
        if GALLERY_SLIDER in names:
            self.guarded("images", self.gallery, node)
        if SPLIT_TITLE in names:
            for current in outermost(node, lambda each: SPLIT_CURRENT in each.get("class", "")):
                self.run += current.xpath(SPLIT_WORDS)
            self.flush()
            self.titles = {link.get("data-id"): link for link in node.xpath(SPLIT_OTHERS)}

    @cached_property
    def openable(self) -> set[str]:
        """The ids of what buttons in the text open and shut."""
        return {name.removeprefix("#") for value in self.container.xpath(OPENERS) for name in value.split()}

    def is_opened(self, node: HtmlElement) -> bool:
        """Whether a node that is hidden is text that a reader opens."""
        names = node.get("class", "").split()
        is_text = "id" in node.attrib and "modal" not in names and node.get("role") not in POPUP_ROLES
        return not boilerplate.COLLAPSED_TEXT.isdisjoint(names) or (is_text and node.get("id") in self.openable)

    @cached_property
    def has_open_boxes(self) -> bool:
        """Whether end tags too few in the text have drawn in what the theme prints beside it."""
        beside = chain(self.container.itersiblings("*"), self.container.iterdescendants("*"))
        return any(NEIGHBOURS in node.get("class", "") for node in beside)

    def is_left_open(self, node: HtmlElement) -> bool:
        """Whether a node is an advertisement that holds the rest of the text."""
        is_ad = not boilerplate.ADVERTISEMENTS.isdisjoint(node.get("class", "").split())
        nodes = islice(node.iter("*"), _MOST_SIGNS)
        return is_ad and self.has_open_boxes and sum(map(_is_paragraph, nodes)) >= _SEVERAL

    @cached_property
    def heading_ids(self) -> set[str]:
        """Where a table of contents leads."""
        headings = outermost(self.container, lambda node: node.tag in HEADINGS)
        return {node.get("id", "") for heading in headings for node in heading.iter("*")}

    @cached_property
    def has_signs(self) -> bool:
        """Whether a link leads to a place on the page, or to a place to share it."""
        hrefs = (link.get("href", "") for link in self.container.iter("a"))
        return any(href.startswith("#") or urls.is_share(href) for href in hrefs)

    def is_signpost(self, node: HtmlElement) -> bool:
        """Whether a node is a table of contents or a bar to share: such links, and hardly other words."""
        if node.tag not in SIGNPOSTS or not len(node):
            return False
        first = next((each.get("href", "") for each in islice(node.iter("*"), _NEAR) if each.tag == "a"), "")
        return self.is_contents(node) if first.startswith("#") else urls.is_share(first) and _is_share_bar(node)

    def is_contents(self, node: HtmlElement) -> bool:
        links = _links(node)
        leads = {unquote(link.get("href", "").removeprefix("#")) for link in links}
        return len(links) > 2 and leads <= self.heading_ids and _words(node) - _words(*links) <= 3 * len(links)

    def flush(self) -> None:
        if not self.run:
            return
        text = "".join(self.run)
        self.run.clear()
        linked, self.linked = self.linked, False
        for paragraph in _BREAKS.split(text) if _BREAK in text else (text,):
            block = _lines(paragraph) if _BREAK in paragraph else line(paragraph)
            if block and (linked or not block.startswith("http") or not _BARE_ADDRESSES.fullmatch(block)):
                self.found.blocks.append(block)

    def image(self, node: HtmlElement) -> None:
        url = image_url(node, self.base)
        # WordPress gives an upload whose size it does not know that of a dot.
        if url and ("/wp-content/uploads/" in url or not (self.is_icon(url) or _is_dot(node))):
            self.picture(url)

    def background(self, node: HtmlElement) -> None:
        self.picture(background_url(node, self.base))

    def gallery(self, slider: HtmlElement) -> None:
        for link in slider.xpath(GALLERY_LINKS):
            if urls.is_image(link.get("href")):
                self.picture(urls.absolute(self.base, link.get("href")), plain(link.get("data-title")))

    def is_icon(self, url: str) -> bool:
        """Whether a picture came with a theme or a plugin, unless an editor set it; their scripts show uploads."""
        is_captioned = bool(self.figures) and self.figures[-1].is_captioned
        return not is_captioned and _SOFTWARE.search(url) is not None and urls.is_image(url)

    def picture(self, url: str | None, caption: str | None = None) -> None:
        if url and url not in self.shown:
            self.shown.add(url)
            self.found.images.append({"url": url, "caption": caption})

    def link(self, node: HtmlElement) -> None:
        url = urls.absolute(self.base, node.get("href"))
        # HTML knows no link in a link; the texts of thousands would hold each other.
        is_one = url and urls.host(url) != self.host and next(node.iterancestors("a"), None) is None
        text = _said(node) if is_one else None
        if url and text:
            self.found.links.append({"url": url, "text": text})


def _said(node: HtmlElement) -> str | None:
    """The text of a node on one line, as readers see it; a break in it parts words."""
    if next(node.iterdescendants("br", "div", "li", "p", "span"), None) is None:
        return line("".join(node.itertext()))
    said = markup(node)
    for child in islice(node.iterchildren("*"), _NEAR):
        if not boilerplate.SCREEN_READER.isdisjoint(child.get("class", "").split()):
            said = said.replace(markup(child), "", 1)
    return plain(said)


def _lines(paragraph: str) -> str:
    return "\n".join(filter(None, map(line, paragraph.split(_BREAK))))


def _is_block(node: HtmlElement) -> bool:
    """Whether a node stands on lines of its own: a ``cite`` does below a quote, and not in a sentence."""
    return node.tag in _BLOCKS and (node.tag != "cite" or node.getparent().tag in ("blockquote", "figure"))


def is_boilerplate(node: HtmlElement, is_opened: Callable[[HtmlElement], bool]) -> bool:
    """Whether a node in the text container is no part of the story, told by its markup, never by its words."""
    if node.tag in boilerplate.ELEMENTS and not (node.tag == "form" and _is_open_form(node)):
        return node.tag != "button" or not _is_title(node)
    for name, value in node.items():
        if name == "class":
            names = value.split()
            if not boilerplate.CLASSES.isdisjoint(names) and not _is_text(node, names):
                return True
            if value.endswith(boilerplate.AD_LABELS) or ("wp-block-group" in names and _is_invitation(node)):
                return True
        elif (name == "id" and value in boilerplate.IDS and node.tag not in ANCHORS) or name in (
            "data-advads-trackid",
            "data-cfemail",
        ):
            return True
        elif name == "href" and value.startswith("#") and (node.text or "").strip() in _BACK:
            return True  # the way back from a footnote
        elif name == "aria-expanded" and "btn" in node.get("class", "").split() and not _is_title(node):
            return True  # its words are "Read more"
        elif name in ("hidden", "style") and _is_hiding(name, value) and not is_opened(node):
            return True
    return False


def _is_ad_label(node: HtmlElement) -> bool:
    """Whether a node is the label of an advertisement, which begins with it, is small and has no paragraphs."""
    if not node.get("class", "").endswith(boilerplate.AD_LABELS) or node.getprevious() is not None:
        return False
    nodes = list(islice(node.getparent().iter("*"), _NEAR))
    return len(nodes) < _NEAR and all(each.tag != "p" for each in nodes)


def _is_hiding(name: str, value: str) -> bool:
    return value not in _OPENED if name == "hidden" else bool(_HIDDEN.search(value))


def _is_share_bar(node: HtmlElement) -> bool:
    links = _links(node)
    hrefs = [link.get("href", "") for link in links]
    # A sentence to tweet leads to one place, often twice.
    return all(map(urls.is_share, hrefs)) and len(set(map(urls.host, hrefs))) > 1 and _words(node) <= 5 * len(links)


def _links(node: HtmlElement) -> list[HtmlElement]:
    """The links in a node; none where it is too large to hold only links."""
    nodes = list(islice(node.iter("*"), _MOST_SIGNS))
    return [each for each in nodes if each.tag == "a"] if len(nodes) < _MOST_SIGNS else []


def _words(*nodes: HtmlElement) -> int:
    return sum(len("".join(node.itertext()).split()) for node in nodes)


def _is_invitation(group: HtmlElement) -> bool:
    """Whether a group of blocks is a form to subscribe and its words: Jetpack puts one below each post."""
    children = list(group.iterchildren("*"))
    words = [child.tag for child in children[:-1]]
    if not children or len(words) > len(set(words)) or not INVITATION.issuperset(words):
        return False
    inner = list(children[-1].iterchildren("*"))
    forms = [children[-1], *(inner if len(inner) == 1 else ())]
    return any(SUBSCRIPTIONS in form.get("class", "").split() for form in forms)


def _is_open_form(form: HtmlElement) -> bool:
    """Whether a form was left open in the text or pasted around it: paragraphs follow on a field, or it has none."""
    runs = [0]
    for node in islice(form.iter("*"), _MOST_SIGNS):
        if node.tag in FIELDS and node.get("type") != "hidden":
            runs.append(0)
        else:
            runs[-1] += _is_paragraph(node)
    return max(runs[1:] or runs) >= _SEVERAL


def _is_paragraph(node: HtmlElement) -> bool:
    return node.tag == "p" and bool((node.text or "").strip())


def _is_title(button: HtmlElement) -> bool:
    """Whether a button is the title of a text that it opens."""
    names = button.get("class", "").split()
    return button.getparent().tag in HEADINGS or not boilerplate.TITLE_BUTTONS.isdisjoint(names)


def _is_text(node: HtmlElement, names: list[str]) -> bool:
    """Whether a node with the classes of boilerplate is text all the same."""
    if node.tag in ("code", "pre") or not SPLIT_CONTENTS.isdisjoint(names):
        return True
    if AD_BLOCK in names:
        is_numbered = any(name.startswith(f"{AD_BLOCK}-") for name in names)
        return not is_numbered and any(each.tag == "pre" for each in islice(node.iter("*"), _NEAR))
    if FORMULA in names:
        return node.getprevious() is None
    is_built = "so-panel" in names or "vc_wp_text" in node.getparent().get("class", "")
    return is_built and boilerplate.LIST_WIDGETS.isdisjoint(names)


def image_url(node: HtmlElement, base: str | None) -> str | None:
    """The address of a picture in full size: what it links to, else its lazy or plain source."""
    for parent in node.iterancestors("a"):
        if urls.is_image(parent.get("href")):
            return urls.absolute(base, parent.get("href"))
    source = next(_sources(node), None)
    found = urls.absolute(base, source) if source else None
    full = urls.full_size(found) if found else None
    return found if found == full or (found and _is_full_size(node, found)) else full


def background_url(node: HtmlElement, base: str | None) -> str | None:
    """The address of a picture in full size that a node has as its background."""
    background = _BACKGROUND.search(node.get("style", ""))
    address = background[1] if background else node.get("data-bg") or node.get("data-src") or ""
    address = address.removeprefix("url(").removesuffix(")").strip(" \t\r\n'\"")
    url = urls.absolute(base, address) if address and urls.is_image(address) else None
    return urls.full_size(url) if url else None


def _sources(node: HtmlElement) -> Iterator[str]:
    """The addresses that a picture names, the best first."""
    for name in _LAZY:
        source = node.get(name)
        if source and not source.startswith("data:") and not source.endswith("jeg-empty.png"):
            yield source
    for name in _SRCSET:
        yield from node.get(name, "").split(None, 1)[:1]


def _is_full_size(node: HtmlElement, url: str) -> bool:
    """Whether a picture shows the upload itself, whose own name may end like a size: smaller ones then have two."""
    sized = _TWICE_SIZED.search(" ".join(node.get(name, "") for name in _SRCSET))
    figure = next(node.iterancestors("figure"), node)
    names = (name for each in (node, figure) for name in each.get("class", "").split())
    return bool(sized and f"{sized[1]}." in url) or not FULL_SIZE.isdisjoint(names)


def _is_dot(node: HtmlElement) -> bool:
    """Whether a picture is there to be asked for, not to be seen."""
    is_small = node.get("width") in _DOT_SIZES or node.get("height") in _DOT_SIZES
    return is_small or bool(_DOT_STYLE.search(node.get("style", "")))
