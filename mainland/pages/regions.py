"""The regions of a post on its page: its headline, byline, text container and whatever else the theme marks by a class.

They are found in one pass over the page. Lists of other posts, such as menus and related posts, are skipped.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice, pairwise
from typing import NamedTuple

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from mainland.pages.boilerplate_lists import OTHER_POSTS, PAYWALLS
from mainland.pages.hidden_text import is_hiding
from mainland.pages.nodes import class_names, classes_around, xpath
from mainland.selectors import ANCHORS, AUTHOR_NAMES, CONTAINERS, NEIGHBOURS, REGIONS, REPEATED, SWALLOWED

_HEADLINES = ("jeg_post_title", "entry-title", "title")
_TITLE_WRAPPERS = frozenset({"entry-header", "jeg_custom_title_wrapper"})
_BUILT_TITLES = ("elementor-widget-theme-post-title", "jeg_custom_title_wrapper", "wp-block-post-title")
_BUILT_HEADINGS = frozenset({"elementor-heading-title", "jeg_post_title", "wp-block-post-title"})
_SOUGHT = REGIONS | PAYWALLS | {*_BUILT_TITLES}
_NO_HEADLINES = frozenset({"content-inner", "site-title", "jeg_logo", "jeg_mobile_logo"})
_NO_HEADLINE = len(_HEADLINES) + 1
_LONG_CLASSES = 1_000  # characters: a hostile page has others on each node, which are not to be cached
_MOST_COMPARED = 200  # headings, or text containers, that are compared with each other
_MOST_LEVELS = 4  # above the text container, up to where its text can have spilled


@dataclass
class Outline:
    """The regions and tags that one pass over a page finds."""

    regions: dict[str, HtmlElement]
    """The node of each region, by its name: a class or id in REGIONS or PAYWALLS, ``html``, ``body``, ``headline``."""

    tags: dict[str, list[HtmlElement]] = field(
        default_factory=lambda: {tag: [] for tag in ("body", "h1", "h2", "link", "meta", "title")}
    )
    """The nodes of some tags, by the tag, in the page's order."""

    repeated: list[tuple[str, HtmlElement]] = field(default_factory=list)
    """The further nodes of the regions in REPEATED, each with its region's name, in the page's order."""

    author_names: list[HtmlElement] = field(default_factory=list)
    """The nodes of the names in boxes of authors, in the page's order."""

    posts: int = 0
    """Number of wrappers of complete posts."""

    containers: int = 0
    """Number of text containers of the theme."""

    @property
    def container_name(self) -> str | None:
        """The name of the region that holds the text; None without one."""
        return next((name for name in CONTAINERS if name in self.regions), None)

    @property
    def has_paywall(self) -> bool:
        """Whether there is a mark of a paywall.

        Marks in hidden nodes do not count: those are for readers over a monthly limit.
        """
        found = (self.regions[name] for name in PAYWALLS.intersection(self.regions))
        return any(not any(map(_is_hidden, node.iterancestors())) for node in found)


def _is_hidden(node: HtmlElement) -> bool:
    """Whether the style of a node hides it."""
    return is_hiding("style", node.get("style", ""))


class _Role(NamedTuple):
    """The meaning of a node's classes: list of other posts, wrapper of a complete post, author's name, regions."""

    is_other: bool
    is_wrap: bool
    is_author_name: bool
    regions: tuple[str, ...]


def outline(root: HtmlElement) -> Outline:
    """The regions and the tags of a page, given its root.

    If the page is a post without a text container, a header without an end tag may have put the container inside a list
    of other posts: then these lists are searched too.
    """
    found = _walk(root, ())
    is_post = any("single-post" in node.get("class", "") for node in found.tags["body"])
    if is_post and found.container_name is None:
        swallowed = next(filter(_is_in_entry, xpath(SWALLOWED)(root)[:_MOST_COMPARED]), None)
        found = found if swallowed is None else _walk(root, set(swallowed.iterancestors()))
    for body in found.tags["body"][:1]:
        found.regions["body"] = body
    headline = _headline(found)
    if headline is not None:
        found.regions["headline"] = headline
    return found


def _walk(root: HtmlElement, left_open: Collection[HtmlElement]) -> Outline:
    """The first node of each region, and the tags, from one pass.

    The lists of other posts in ``left_open`` are not skipped.
    """
    found = Outline({"html": root})
    tags, regions = found.tags, found.regions
    walk = iterwalk(root, events=("start",))
    for _, node in walk:
        tag, classes, identifier = node.tag, node.get("class"), node.get("id")
        if tag in tags:
            tags[tag].append(node)
        names: tuple[str, ...] = ()
        if classes:
            is_other, is_wrap, is_author_name, names = _role_of(classes)
            found.posts += is_wrap
            if (is_other and node not in left_open) or (is_wrap and found.posts > 1):
                walk.skip_subtree()  # the latter is a next post that a reader's browser loaded
                continue
            if is_author_name and len(found.author_names) < _MOST_COMPARED:
                found.author_names.append(node)
        if identifier in _SOUGHT and tag not in ANCHORS:
            names += (identifier,)
        for name in names:
            found.containers += name == "content-inner"
            if name not in regions or (found.containers <= _MOST_COMPARED and _is_better(name, node, regions[name])):
                regions[name] = node
            elif name in REPEATED and len(found.repeated) < _MOST_COMPARED:
                found.repeated.append((name, node))
    return found


def _role_of(classes: str) -> _Role:
    """What the classes of a node, as the attribute has them, mean."""
    return _usual_role(classes) if len(classes) < _LONG_CLASSES else _usual_role.__wrapped__(classes)


@lru_cache(maxsize=2048)  # most pages of a site have the same
def _usual_role(classes: str) -> _Role:
    """As :func:`_role_of`; cached."""
    names = classes.split()
    is_other, is_author_name = (not each.isdisjoint(names) for each in (OTHER_POSTS, AUTHOR_NAMES))
    return _Role(is_other, "post-wrap" in names, is_author_name, tuple(_SOUGHT.intersection(names)))


def _is_better(name: str, node: HtmlElement, first: HtmlElement) -> bool:
    """Whether a later node is a better match for a region than the first: a text container in the content of a post.

    A box beside the text can have a container too.
    """
    return name == "content-inner" and _is_in_entry(node) and not _is_in_entry(first)


def _is_in_entry(node: HtmlElement) -> bool:
    """Whether a node is inside the content of a post."""
    return "entry-content" in classes_around(node)


def _headline(found: Outline) -> HtmlElement | None:
    """The heading that looks most like the post's headline; None without one."""
    tags = found.tags
    headings = tags["h1"][:_MOST_COMPARED] + [node for node in tags["h2"][:_MOST_COMPARED] if _is_title(node)]
    ranks = [_headline_rank(node) for node in headings]
    best = min(ranks, default=_NO_HEADLINE)
    built = None if best < len(_HEADLINES) else _built_headline(found.regions)
    return built if built is not None or best == _NO_HEADLINE else headings[ranks.index(best)]


def _built_headline(regions: dict[str, HtmlElement]) -> HtmlElement | None:
    """The post's title as a page builder prints it, in any element; None without one."""
    nodes = chain.from_iterable(regions[name].iter("*") for name in _BUILT_TITLES if name in regions)
    return next((node for node in nodes if not _BUILT_HEADINGS.isdisjoint(class_names(node))), None)


def _is_title(node: HtmlElement) -> bool:
    """Whether an ``h2`` is the post's title, as some page builders have it."""
    return "jeg_post_title" in class_names(node) and not _TITLE_WRAPPERS.isdisjoint(classes_around(node))


def _headline_rank(heading: HtmlElement) -> int:
    """How well a heading fits as the post's headline: 0 is the best, len(_HEADLINES) one without a known class.

    _NO_HEADLINE, the highest, for one that cannot be it: in the text, the site's title or a logo.
    """
    if not _NO_HEADLINES.isdisjoint(classes_around(heading)):
        return _NO_HEADLINE
    names = class_names(heading)
    return next((rank for rank, name in enumerate(_HEADLINES) if name in names), len(_HEADLINES))


def spilled_nodes(container: HtmlElement) -> list[HtmlElement]:
    """The nodes of the text after its container, if surplus end tags have closed it too early; usually []."""
    ended: list[HtmlElement] = []
    for inner, node in pairwise(chain([container], islice(container.iterancestors(), _MOST_LEVELS))):
        if any(NEIGHBOURS in each.get("class", "") for each in node.itersiblings("*")):
            break
        ended.append(inner)
    else:
        return []
    nodes = [each for node in ended for each in node.itersiblings()]
    return nodes if any(node.tag in ("p", "br") and not node.keys() for node in nodes) else []
