"""From a node to the picture that it shows: its address in full size, its size and its alternative text.

A lazy loader puts the address into an attribute of its own, and a placeholder into ``src``. Any attribute with the
address of a picture is read, whatever its name; ``data/pictures.toml`` lists names for the upload itself, and names for
other pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from lxml.etree import ParserError, tostring
from lxml.html import HtmlElement, fragment_fromstring

from mainland import data
from mainland.clean import picture_values, pictures, urls
from mainland.clean.text import line
from mainland.items import Image
from mainland.pages.nodes import NEARBY, class_names, first_nodes, markup
from mainland.selectors import FULL_SIZE, PICTURES

_ATTRIBUTES = data.load("pictures")["attributes"]
_UPLOAD = frozenset(_ATTRIBUTES["upload"])
_LESSER = frozenset(_ATTRIBUTES["lesser"])
_NEVER = frozenset(_ATTRIBUTES["never"])
_PAGES = frozenset(_ATTRIBUTES["pages"])
_FULL, _LAZY, _SOURCE, _LIST, _OTHER = range(5)
"""The ranks of attributes, the most reliable first: for the upload, of a lazy loader, ``src``, ``srcset``, others."""

_PARTS = re.compile(r"[-_:.]")
_BARE = re.compile(r"[^/:]+")  # a file's name alone, which may be its title
_LONGEST_NAME = 60  # characters of an attribute's name
_MOST_ATTRIBUTES = 100
_UPLOADED = re.compile(
    r"""/uploads\\?/((?:[^\s"'<>()|;?#&\\]|\\/){1,400}+)(\s?)"""
)  # slashes may be escaped, as in JSON
_REVISED = re.compile(r"-(?:\d{2,5}x\d{2,5}|scaled|rotated|e\d{13})\.[A-Za-z]{3,4}$")
_SCALED = ("", "-scaled", "-rotated")
_SIZE_CLASS = re.compile(r"(?:size|attachment)-(?!full\b)([\w-]{1,60})$")
_CLASS_SIZE = re.compile(r"(?:^|-)(\d{2,5})x(\d{2,5})$")
_MADE = {"thumbnail": 150, "medium": 300, "medium_large": 768, "large": 1024}
"""WordPress' own sizes and the most pixels of a side."""

_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*$")
_BOTH_SIDES = re.compile(r"\s*(\d{2,5})\s*[,x]\s*(\d{2,5})\s*$")
_SIDES = [(f"data-{name}width", f"data-{name}height") for name in ("pswp-", "large_image_", "full-", "orig-")]
"""Attributes with the size of the upload."""

_VARIABLE = re.compile(r"var\((--[\w-]{1,100})\)")


class _Candidate(NamedTuple):
    """An address that an attribute of a node names, with the rank of the attribute: see ``_FULL``."""

    rank: int
    url: str
    """The address of the original, as far as ``shown`` contains it."""

    shown: str
    """The absolute address in the attribute."""

    width: int | None


class PictureSources:
    """Finds the pictures that nodes of one page show; ``base`` is the page's address, ``root`` any node of it."""

    def __init__(self, base: str | None, root: HtmlElement) -> None:
        self.base, self._root = base, root

    def of_image(self, node: HtmlElement, around: HtmlElement | None = None) -> Image | None:
        """The picture of an ``img``, without a caption: what it links to, else what its attributes name.

        None without one. ``around`` is the parent of an image that is not part of the page's tree, such as one in a
        ``noscript``.
        """
        link = self._linked(node if around is None else around)
        candidates = sorted(self._candidates(node), key=lambda each: each.rank) or list(self._unlike_pictures(node))
        if link is None and not candidates:
            return None
        url = self.of_address(link) if link else self._full_size(node, candidates)
        return self._described({"url": url, "caption": None}, node, candidates)

    def of_link(self, link: HtmlElement) -> Image | None:
        """The picture that a link leads to, without a caption; None where it leads elsewhere."""
        href = urls.absolute(self.base, link.get("href")) if pictures.leads_to_picture(link.get("href")) else None
        if href is None:
            return None
        shown = next((node for node in first_nodes(link, NEARBY) if node.tag in PICTURES), link)
        url = self.of_address(href)
        return self._described(
            {"url": url, "caption": None}, shown, list(self._candidates(shown)) if _may_size(shown, url) else []
        )

    def of_background(self, node: HtmlElement) -> Image | None:
        """The picture that a node has as its background (CSS, or attributes of lazy loaders), without a caption.

        None without one.
        """
        candidates = sorted(self._backgrounds(node), key=lambda each: each.rank)
        return {"url": self._full_size(node, candidates), "caption": None} if candidates else None

    def is_lazy(self, node: HtmlElement) -> bool:
        """Whether an image is for a lazy loader: an attribute other than ``src`` and ``srcset`` has its address."""
        return any(each.rank in (_FULL, _LAZY) for each in self._named(node))

    def is_background(self, node: HtmlElement) -> bool:
        """Whether a node has a picture as its background, or an attribute with a smaller copy of it."""
        return any(urls.is_image(each.url) for each in (*self._backgrounds(node), *self._named(node)))

    def of_address(self, url: str) -> str:
        """The address of the original of a picture, given an absolute address; a size in its name stays."""
        return pictures.original(url, self.base)

    def of_meta(self, url: str) -> str:
        """The address of the original of a picture in a meta tag, in full size where the page shows that it exists."""
        found = self.of_address(url)
        return (self._on_page(_upload_names(found)) if pictures.size(found) else None) or found

    def in_noscript(self, noscript: HtmlElement) -> Iterator[tuple[HtmlElement, Image]]:
        """Yields the pictures in a ``noscript``, each with its node; of the first :data:`NEARBY` images in it.

        Most are what a lazy loader shows without scripts. Whether the page shows them a second time is not checked.
        """
        nodes = list(islice(noscript.iter(*PICTURES), NEARBY))
        if not nodes and "<img" in (noscript.text or ""):
            nodes = list(islice(_parsed(noscript.text).iter(*PICTURES), NEARBY))
        for node in nodes:
            found = self.of_image(node, noscript)
            if found:
                yield node, found

    def _linked(self, node: HtmlElement) -> str | None:
        """The absolute address of the picture to which the link around a node leads; None without one."""
        for link in node.iterancestors("a"):
            if pictures.leads_to_picture(link.get("href")):
                return urls.absolute(self.base, link.get("href"))
        return None

    def _candidates(self, node: HtmlElement) -> Iterator[_Candidate]:
        """Yields the addresses that an image names, and those that the ``picture`` around it names."""
        yield from self._named(node)
        for above in islice(node.iterancestors(), 4):  # libxml2 takes a source for a container
            if above.tag == "source":
                yield from (each._replace(rank=_OTHER) for each in self._named(above))
            elif above.tag == "picture":
                for source in islice(above.iter("source"), NEARBY):
                    yield from (each._replace(rank=_OTHER) for each in self._named(source))
            else:
                break

    def _named(self, node: HtmlElement) -> Iterator[_Candidate]:
        """Yields the addresses of pictures that the attributes of a node name."""
        for name, value in islice(node.attrib.items(), _MOST_ATTRIBUTES):
            rank = _rank(name) if len(name) <= _LONGEST_NAME and len(value) > 3 else None
            if rank is not None:
                for each in picture_values.named(value, is_plain=name.endswith("src")):
                    is_name = _BARE.fullmatch(each.address) and "src" not in name
                    yield from self._candidate(_OTHER if is_name else rank, each)

    def _unlike_pictures(self, node: HtmlElement) -> Iterator[_Candidate]:
        """Yields the complete addresses in attributes of an image that do not look like a picture's."""
        for name, value in islice(node.attrib.items(), _MOST_ATTRIBUTES):
            is_complete = value.startswith(("http://", "https://", "//")) and not any(map(str.isspace, value))
            is_address = is_complete and not pictures.is_placeholder(value)
            if is_address and len(name) <= _LONGEST_NAME and _PAGES.isdisjoint(_PARTS.split(name)):
                rank = _rank(name)
                yield from [] if rank is None else self._candidate(rank, picture_values.Named(value))

    def _candidate(self, rank: int, named: picture_values.Named) -> Iterator[_Candidate]:
        """Yields the candidate for an address that an attribute names, or nothing.

        The address is left out if it is not one of http or https, or is that of a placeholder.
        """
        shown = urls.absolute(self.base, named.address)
        # What is named is no placeholder, but a relative address does not tell it.
        if shown and (shown == named.address or not pictures.is_placeholder(shown)):
            yield _Candidate(rank, self.of_address(shown), shown, named.width)

    def _backgrounds(self, node: HtmlElement) -> Iterator[_Candidate]:
        """Yields the addresses of a node's background: in its style, then in attributes."""
        style = node.get("style", "")
        address = picture_values.background(style) if "background" in style else None
        if address is None and "background" in style and "var(" in style:
            address = self._variable(style)
        if address and urls.is_image(address):
            yield from self._candidate(_LAZY, picture_values.Named(address))
        yield from (each for each in self._named(node) if each.rank != _OTHER and urls.is_image(each.url))

    def _variable(self, style: str) -> str | None:
        """The picture in the variable of CSS that a style uses; None if the page does not set it.

        WP Rocket puts the backgrounds that it delays into such variables.
        """
        name = _VARIABLE.search(style)
        for node in self._root.getroottree().iter("style", "script"):
            _, is_set, value = (node.text or "").partition(f"{name[1]}:" if name else "\0")
            if is_set:
                return picture_values.background(value[: urls.LONGEST].replace("\\/", "/").partition(";")[0])
        return None

    def _full_size(self, node: HtmlElement, candidates: list[_Candidate]) -> str:
        """The address in full size of the best candidate, which is the first.

        A size in its name is removed only if the page shows that a file without it exists: it may be a part of the
        name.
        """
        best = candidates[0]
        if not pictures.size(best.url) or self._is_upload(node, best, candidates):
            return best.url
        uploads = _upload_names(best.url)
        shown = {each.url for each in candidates}
        upload = next((each for each in uploads if each in shown), None)
        if upload:  # so that most pages need not be searched
            return upload
        if pictures.file_key(best.url) in self._twice_sized:
            return best.url
        upload = self._on_page(uploads)
        if upload:
            return upload
        stem = pictures.without_size(best.url)
        if _is_made_size(node, best.url) or _REVISED.search(stem):
            return stem
        same = [each for each in candidates if each.width and pictures.without_size(each.url) == stem]
        return max(same, key=lambda each: each.width or 0, default=best).url

    @staticmethod
    def _is_upload(node: HtmlElement, best: _Candidate, candidates: list[_Candidate]) -> bool:
        """Whether an image says that ``best``, the address of a file whose name ends like a size, is the upload's own.

        ``node`` is the image, ``candidates`` are all addresses that it names.
        """
        size = pictures.size(best.url)
        widths = {each.width for each in candidates if each.width and each.url == best.url and _is_as_is(each)}
        if _is_full(node) or best.rank == _FULL or (size and widths and size.width not in widths):
            return True
        return any(pictures.without_size(each.url) == best.url for each in candidates if pictures.size(each.url))

    def _on_page(self, uploads: list[str]) -> str | None:
        """The first of some addresses of uploads that the page shows; None if it shows none."""
        return next((each for each in uploads if pictures.file_key(each) in self._uploads), None)

    @cached_property
    def _files(self) -> tuple[frozenset[str], frozenset[str]]:
        """The uploads that the page shows; and those with a size in the name of which it shows smaller versions."""
        found = {unquote(path).rstrip(",.") for path in _upload_paths(self._root.getroottree().getroot())}
        found |= {
            pictures.file_key(pictures.original(f"https://-/uploads/{path}")) for path in found if path.count(".") > 1
        }
        smaller = {pictures.without_size(path) for path in found if pictures.size(path)}
        return frozenset(found), frozenset(path for path in smaller if pictures.size(path))

    @property
    def _uploads(self) -> frozenset[str]:
        """The uploads that the page shows anywhere, as :func:`mainland.clean.pictures.file_key` gives them."""
        return self._files[0]

    @property
    def _twice_sized(self) -> frozenset[str]:
        """The uploads with a size in the name of which the page shows smaller versions."""
        return self._files[1]

    def _described(self, image: Image, node: HtmlElement, candidates: list[_Candidate]) -> Image:
        """Adds to a picture the alternative text of ``node`` and the size in pixels, where the page gives them.

        Returns it.
        """
        alt = line(node.get("alt"))
        if alt:
            image["alt"] = alt
        size = _upload_size(node) or _shown_size(node, image["url"], candidates)
        if size:
            image["width"], image["height"] = size
        return image


def _upload_names(url: str) -> list[str]:
    """The addresses that the upload can have of which a file is a smaller one."""
    begin, _, form = pictures.without_size(url).rpartition(".")
    return [f"{begin}{revision}.{form}" for revision in _SCALED]


@lru_cache(maxsize=1024)
def _rank(name: str) -> int | None:
    """The rank of an attribute by its name, 0 (the most reliable) to 4; None for one that has no picture."""
    if name in _NEVER or name.startswith(("on", "aria-", "xmlns", ":")):
        return None
    if name in ("src", "srcset"):
        return _SOURCE if name == "src" else _LIST
    parts = set(_PARTS.split(name))
    if not _LESSER.isdisjoint(parts):
        return _OTHER
    return _FULL if not _UPLOAD.isdisjoint(parts) else _LAZY


def _is_made_size(node: HtmlElement, url: str) -> bool:
    """Whether WordPress made the file at ``url`` smaller: a class of its image or figure names a size that it has."""
    size = pictures.size(url)
    figure = next(node.iterancestors("figure"), node)
    for name in (name for each in (node, figure) for name in class_names(each)):
        made = _SIZE_CLASS.match(name)
        numbers = _CLASS_SIZE.search(made[1]) if made else None
        if size and numbers and (int(numbers[1]), int(numbers[2])) == size:
            return True
        if size and made and max(size) <= _MADE.get(made[1], 0):
            return True
    return False


def _upload_size(node: HtmlElement) -> tuple[int, int] | None:
    """The width and height of the upload in pixels, if an attribute of the image or of its link gives them.

    Else None.
    """
    for each in (node, *islice(node.iterancestors(), 3)):
        given = {name: value for name, value in each.items()[:_MOST_ATTRIBUTES] if name.startswith("data-")}
        for name, value in given.items():
            sides = _BOTH_SIDES.match(value) if name.endswith("size") else None
            if sides:
                return int(sides[1]), int(sides[2])
        for names in _SIDES if given else ():
            width, height = (_pixels(given.get(name)) for name in names)
            if width and height:
                return width, height
        if each.tag in ("a", "figure"):
            break
    return None


def _shown_size(node: HtmlElement, url: str, candidates: list[_Candidate]) -> tuple[int, int] | None:
    """The width and height in pixels that an image gives, if they are those of the file at ``url``.

    None if of the layout. If a list by size (``srcset``) gives the width of the file, they count if it has the same
    width. If no list gives it, they count if a class says that the image is the upload, and an attribute has the file's
    own address.
    """
    width, height = _pixels(node.get("width")), _pixels(node.get("height"))
    if not width or not height:
        return None
    listed = next((each.width for each in candidates if each.url == url and each.width), None)
    is_shown = any(each.rank != _LIST and each.url == url and _is_as_is(each) for each in candidates)
    is_its_own = is_shown and _is_full(node) if listed is None else listed == width
    return (width, height) if is_its_own else None


def _may_size(node: HtmlElement, url: str) -> bool:
    """Whether the attributes of an image may give the size of the file to which it links; a quick look."""
    listed = f"{url.rpartition('/')[2]} {node.get('width')}w"
    return _is_full(node) or any(listed in value for value in node.attrib.values())


def _is_full(node: HtmlElement) -> bool:
    """Whether the classes of an image, or of its figure, say that it is the upload itself."""
    figure = next(node.iterancestors("figure"), node)
    return any(not FULL_SIZE.isdisjoint(class_names(each)) for each in (node, figure))


def _is_as_is(candidate: _Candidate) -> bool:
    """Whether an address is that of the file itself, and not of a service that may have made it smaller."""
    return candidate.shown.partition("?")[0] == candidate.url.partition("?")[0] and "=" not in candidate.shown


def _pixels(value: str | None) -> int | None:
    """A number of pixels, without fraction; None for any other text, and for 0 and 1 as counting pixels have."""
    match = _PIXELS.match(value) if value and len(value) < 20 else None
    return int(match[1]) if match and int(match[1]) > 1 else None


def _upload_paths(root: HtmlElement) -> set[str]:
    """The paths below the folder of uploads wherever a page names a file in it, as in addresses (escaped)."""
    text = tostring(root, encoding="unicode")  # as XML, which is written twice as fast as HTML
    found = list(_UPLOADED.finditer(text))
    if any(match[2] and _is_in_address(text, match.start()) for match in found):
        found = list(_UPLOADED.finditer(markup(root)))  # HTML escapes white space in addresses
    return {match[1].replace("\\/", "/") for match in found}


def _is_in_address(text: str, place: int) -> bool:
    """Whether a place in a page written as XML is in the value of an attribute that holds one address."""
    quote = text.rfind('"', max(0, place - urls.LONGEST), place)
    return quote > 0 and text.endswith(("action=", "href=", "src="), 0, quote)


def _parsed(text: str) -> HtmlElement:
    """The tree of a piece of HTML that stands in the page as text; an empty ``div`` if it cannot be parsed."""
    try:
        return fragment_fromstring(text[: picture_values.LONGEST], create_parent="div")
    except (ParserError, ValueError):
        return fragment_fromstring("", create_parent="div")
