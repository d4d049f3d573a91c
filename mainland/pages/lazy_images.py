"""The address of a picture in full size: the attributes of lazy loaders, ``srcset``, backgrounds.

A lazy loader puts the address into an attribute of its own, and a blank picture into ``src``. To add one: its attribute
in LAZY_ATTRIBUTES, and a page with its markup in ``tests/fixtures/quirks``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from mainland.clean import urls
from mainland.pages.nodes import class_names
from mainland.selectors import FULL_SIZE

LAZY_ATTRIBUTES = (
    "data-src",  # JNews and lazysizes, which most plugins use
    "data-lazy-src",  # WP Rocket, Jetpack
    "data-opt-src",  # Optimole
    "data-original",  # jQuery Lazy Load
    "data-orig-file",  # Jetpack's galleries: the upload itself
    "src",
)
"""Attributes of a picture that hold its address, the best first."""

SRCSET_ATTRIBUTES = ("data-srcset", "srcset")
"""Attributes that hold a list of addresses by size; the first address is read where no other attribute has one."""

BACKGROUND_ATTRIBUTES = ("data-bg", "data-src")
"""Attributes of any node that hold the address of its background, where its style holds none."""

_BLANK_PICTURE = "jeg-empty.png"  # JNews'
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]{0,200}?url\(([^()]{0,2000})\)", re.IGNORECASE)
_TWICE_SIZED = re.compile(r"(-\d{2,4}x\d{2,4})-\d{2,4}x\d{2,4}\.")


def image_url(node: HtmlElement, base: str | None) -> str | None:
    """The address of a picture in full size: what it links to, else its lazy or plain source; None without one."""
    for parent in node.iterancestors("a"):
        if urls.is_image(parent.get("href")):
            return urls.absolute(base, parent.get("href"))
    source = next(_sources(node), None)
    found = urls.absolute(base, source) if source else None
    full = urls.full_size(found) if found else None
    return found if found == full or (found and _is_full_size(node, found)) else full


def background_url(node: HtmlElement, base: str | None) -> str | None:
    """The address in full size of the picture that a node has as its background; None without one."""
    background = _BACKGROUND.search(node.get("style", ""))
    address = background[1] if background else next(filter(None, map(node.get, BACKGROUND_ATTRIBUTES)), "")
    address = address.removeprefix("url(").removesuffix(")").strip(" \t\r\n'\"")
    url = urls.absolute(base, address) if address and urls.is_image(address) else None
    return urls.full_size(url) if url else None


def _sources(node: HtmlElement) -> Iterator[str]:
    """The addresses that a picture names, the best first."""
    for name in LAZY_ATTRIBUTES:
        source = node.get(name)
        if source and not source.startswith("data:") and not source.endswith(_BLANK_PICTURE):
            yield source
    for name in SRCSET_ATTRIBUTES:
        yield from node.get(name, "").split(None, 1)[:1]


def _is_full_size(node: HtmlElement, url: str) -> bool:
    """Whether a picture shows the upload itself, whose own name may end like a size: smaller ones then have two."""
    sized = _TWICE_SIZED.search(" ".join(node.get(name, "") for name in SRCSET_ATTRIBUTES))
    figure = next(node.iterancestors("figure"), node)
    names = (name for each in (node, figure) for name in class_names(each))
    return bool(sized and f"{sized[1]}." in url) or not FULL_SIZE.isdisjoint(names)
