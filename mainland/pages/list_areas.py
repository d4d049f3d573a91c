"""Finds the list of a category page among other lists of posts: the hero, the most read, the newest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml.html import HtmlElement
from parsel import Selector, SelectorList

from mainland.clean import urls
from mainland.pages.nodes import Within, class_names, outermost
from mainland.pages.page import Page
from mainland.selectors import (
    BESIDE,
    BESIDE_TAGS,
    CATEGORY_LABELS,
    HERO,
    LIST,
    LIST_PAGES,
    LISTED_POST,
    MAIN,
    MODULE_HEADING,
    PAGE_MODULES,
    PAGERS,
    POST_MODULES,
    TEMPLATES,
)

_SCRIPTED = ("jeg_pagination_nav", "jeg_pagination_nextprev", "jeg_pagination_loadmore", "jeg_pagination_scrollload")


class Areas(NamedTuple):
    """The areas of a page that show posts. None is inside another one."""

    hero: list[HtmlElement]
    lists: list[HtmlElement]
    others: list[HtmlElement]
    """Modules that show other posts than those of the category."""


def areas(page: Page) -> Areas:
    """The areas of a page that show posts; only a page that is a list of posts has a list.

    The theme marks its lists by classes. On a page of a page builder, the list is made of the modules for the posts of
    that page. If there are none, any modules may show these posts; of several modules these are chosen:

    1. none that stands around the content, or in a narrow column, where another one does not;
    2. those that have a pagination; where none has one, those without a heading;
    3. of these none whose posts are all of other categories.

    The hero is then the modules that show only posts of the category and have no pagination.
    """
    return page.once(_areas)


def is_empty_template(page: Page) -> bool:
    """Whether JNews printed only the empty template of a page: that of a category without posts."""
    found = [node for node in page.root.iter("div") if not TEMPLATES.isdisjoint(class_names(node))]
    return bool(found) and all(next(node.iterchildren("*"), None) is None for node in found)


def as_selectors(nodes: Iterable[HtmlElement]) -> SelectorList[Selector]:
    """Nodes for queries of any kind."""
    return SelectorList([Selector(root=node, type="html") for node in nodes])


def _areas(page: Page) -> Areas:
    """As :func:`areas`, read anew."""
    hero, lists = (_outer(selector.root for selector in page.xpath(query)) for query in (HERO, LIST))
    if lists or hero or page.classes.isdisjoint(LIST_PAGES):
        return Areas(hero, lists, [])
    modules = list(outermost(page.root, lambda node: not POST_MODULES.isdisjoint(class_names(node))))
    lists = [node for node in modules if not PAGE_MODULES.isdisjoint(class_names(node))]
    if not lists:
        hero, lists = _chosen(page, modules)
    others = [node for node in modules if node not in {*hero, *lists}]
    if not lists and page.classes & {"archive", "category"}:
        return Areas([], _outer(selector.root for selector in page.xpath(MAIN)), [])
    return Areas(hero, lists, others)


def _outer(nodes: Iterable[HtmlElement]) -> list[HtmlElement]:
    """The nodes that are not inside another one of them, in their order."""
    found = list(nodes)
    is_within = Within(set(found).__contains__)
    return [node for node in found if not is_within(node)]


def _chosen(page: Page, modules: list[HtmlElement]) -> tuple[list[HtmlElement], list[HtmlElement]]:
    """The hero and the list among modules that can show any posts, by the rules in :func:`areas`."""
    is_in_beside = Within(_is_beside)
    central = [node for node in modules if not (_is_beside(node) or is_in_beside(node))] or modules
    paged = [node for node in central if _is_paged(node)]
    lists = paged or [node for node in central if MODULE_HEADING not in _names(node)] or central
    category = _Category(page)
    lists = [node for node in lists if category.is_any_of(node)] or lists
    hero = [node for node in central if node not in lists and category.are_all_of(node)] if paged else []
    return hero, lists


def _is_beside(node: HtmlElement) -> bool:
    """Whether a node stands around the content or is a narrow column, by its tag or classes."""
    return node.tag in BESIDE_TAGS or not BESIDE.isdisjoint(class_names(node))


def _names(node: HtmlElement) -> set[str]:
    """The classes of a node and of all below it."""
    return {name for each in node.iter("*") for name in class_names(each)}


def _is_paged(node: HtmlElement) -> bool:
    """Whether a module has a pagination of its own."""
    return any(name in PAGERS or name.startswith(_SCRIPTED) for name in _names(node))


class _Category:
    """The category that a page lists, if it lists one; tests whether posts belong to it."""

    def __init__(self, page: Page) -> None:
        is_category = "category" in page.classes
        self.names = {name for name in page.classes if name.startswith("category-")} if is_category else set()
        self.path = urls.path(page.url or "").partition("/page/")[0]

    def is_any_of(self, module: HtmlElement) -> bool:
        """Whether a post of a module belongs to the category; True too if no post names its category."""
        known = [is_of for is_of in map(self._is_of, _posts(module)) if is_of is not None]
        return any(known) or not known

    def are_all_of(self, module: HtmlElement) -> bool:
        """Whether all posts of a module say that they are of the category."""
        known = [self._is_of(post) for post in _posts(module)]
        return bool(known) and all(known)

    def _is_of(self, post: HtmlElement) -> bool | None:
        """Whether a post is of the category, or of one below it; None where the post or the page names no category."""
        names = {name for name in class_names(post) if name.startswith("category-")}
        labels = [link for label in outermost(post, _is_label) for link in label.iter("a")]
        names.update(name for link in labels for name in class_names(link) if name.startswith("category-"))
        if not (names and self.names):
            return None
        is_below = any(f"{urls.path(link.get('href', ''))}/".startswith(f"{self.path}/") for link in labels)
        return is_below or not names.isdisjoint(self.names)


def _is_label(node: HtmlElement) -> bool:
    """Whether a node names the sections of a post."""
    return not CATEGORY_LABELS.isdisjoint(class_names(node))


def _posts(module: HtmlElement) -> Iterator[HtmlElement]:
    """Yields the posts in a module; none is inside another one."""
    return outermost(module, lambda node: not LISTED_POST.isdisjoint(class_names(node)))
