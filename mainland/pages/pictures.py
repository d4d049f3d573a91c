"""The pictures of a text container: images, galleries, backgrounds, and the captions of their figures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from mainland.clean import pictures, urls
from mainland.clean.text import plain
from mainland.items import Image
from mainland.pages import embeds
from mainland.pages.nodes import NEARBY, class_names, first_nodes
from mainland.pages.picture_sources import PictureSources
from mainland.selectors import GALLERY_LINKS, PICTURES, TEXT_PICTURES

_CAPTIONED = frozenset({"gallery-item", "tiled-gallery-item", "wp-block-image", "wp-caption"})
_SOFTWARE = re.compile(r"/wp-(?:content/(?:plugins|themes)|includes)/")
_DOT_SIZES = frozenset({"0", "0px", "1", "1px"})
_DOT_STYLE = re.compile(r"(?<![\w-])(?:width|height)\s*:\s*[01](?:px)?\s*(?:[;!]|$)", re.IGNORECASE)


@dataclass(slots=True)
class _Figure:
    """A figure that is being read."""

    node: HtmlElement
    first: int
    """How many pictures were found before it."""

    is_captioned: bool
    """Whether its classes are those of a figure that an editor set."""

    caption: str | None = None


class Pictures:
    """Collects pictures in reading order, each file once; ``sources`` finds those of nodes of the page."""

    def __init__(self, sources: PictureSources) -> None:
        self.images: list[Image] = []
        self.figures: list[_Figure] = []
        self.stills: list[str] = []
        """Addresses of images that stand for an embed, such as the still picture of a video."""

        self._sources = sources
        self._files: set[str] = set()
        self._known: set[str] = set()
        self._compared = 0  # how many of the pictures the keys are known of

    def add_image(self, node: HtmlElement) -> None:
        """Adds the picture that an image shows, unless it is an icon, a counting pixel, or was added before.

        The still picture of a video is noted in ``stills`` instead.
        """
        self._add_shown(node, self._sources.of_image(node))

    def add_hidden(self, node: HtmlElement) -> None:
        """Adds the picture of an image that is hidden by its style until a script has loaded it."""
        if "none" in node.get("style", "") and self._sources.is_lazy(node):
            self.add_image(node)

    def add_noscript(self, noscript: HtmlElement) -> None:
        """Adds the pictures in a ``noscript`` that were not added before."""
        for node, image in self._sources.in_noscript(noscript):
            if pictures.key(image["url"]) not in self._keys():
                self._add_shown(node, image)

    def _keys(self) -> set[str]:
        """The keys of the pictures so far: each is computed once, where the page has a ``noscript`` at all."""
        self._known.update(pictures.key(image["url"]) for image in self.images[self._compared :])
        self._compared = len(self.images)
        return self._known

    def add_background(self, node: HtmlElement) -> None:
        """Adds the picture that a node has as its background."""
        self._add(self._sources.of_background(node))

    def add_link(self, link: HtmlElement) -> None:
        """Adds the picture to which a link leads, if its background shows the picture, as in Elementor's galleries."""
        if pictures.leads_to_picture(link.get("href")):
            nodes = first_nodes(link, NEARBY)
            is_shown = any(node.tag in PICTURES for node in nodes)
            if not is_shown and any(map(self._sources.is_background, nodes)):
                self._add(self._sources.of_link(link))

    def add_gallery(self, slider: HtmlElement) -> None:
        """Adds the pictures of a gallery of JNews, each with its caption."""
        for link in slider.xpath(GALLERY_LINKS):
            shown = (self._sources.of_image(node) for node in first_nodes(link, NEARBY) if node.tag in PICTURES)
            self._add(self._sources.of_link(link) or next(filter(None, shown), None), plain(link.get("data-title")))

    def start_figure(self, node: HtmlElement, names: list[str]) -> bool:
        """Opens a figure if a block is one, by its tag or its classes (``names``); returns whether it is one."""
        is_captioned = not _CAPTIONED.isdisjoint(names)
        is_figure = node.tag == "figure" or is_captioned
        if is_figure:
            self.figures.append(_Figure(node, len(self.images), is_captioned))
        return is_figure

    def end_figure(self, node: HtmlElement) -> None:
        """Closes the latest figure if the block is that figure: its pictures without a caption get its caption."""
        if self.figures[-1].node is node:
            figure = self.figures.pop()
            for image in self.images[figure.first :]:
                image["caption"] = image["caption"] or figure.caption

    def _is_icon(self, url: str) -> bool:
        """Whether a picture is a file of a theme or a plugin, and not in a figure that an editor set."""
        is_captioned = bool(self.figures) and self.figures[-1].is_captioned
        return not is_captioned and _SOFTWARE.search(url) is not None and urls.is_image(url)

    def _add_shown(self, node: HtmlElement, image: Image | None) -> None:
        """Adds the picture that an image shows, if it is an upload, or neither an icon nor a counting pixel.

        A formula is not added, nor the still picture of a video, whose address is noted in ``stills``.
        """
        if is_text(node):  # again, in a ``noscript``
            return
        if image and embeds.is_still(image["url"]):
            self.stills.append(image["url"])
            return
        # WordPress gives an upload whose size it does not know that of a dot.
        if image and ("/wp-content/uploads/" in image["url"] or not (self._is_icon(image["url"]) or _is_dot(node))):
            self._add(image)

    def _add(self, image: Image | None, caption: str | None = None) -> None:
        """Adds a picture, if there is one and its file was not added before, with this caption in place of its own."""
        if image is None:
            return
        file = pictures.file_key(image["url"])
        if file not in self._files:
            self._files.add(file)
            self.images.append({**image, "caption": caption})


def is_text(node: HtmlElement) -> bool:
    """Whether the alternative text of an image is a part of the text: an emoji, a formula."""
    return not TEXT_PICTURES.isdisjoint(class_names(node))


def _is_dot(node: HtmlElement) -> bool:
    """Whether a picture is a counting pixel: invisible, and requested only to count readers."""
    is_small = node.get("width") in _DOT_SIZES or node.get("height") in _DOT_SIZES
    return is_small or bool(_DOT_STYLE.search(node.get("style", "")))
