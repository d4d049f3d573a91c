"""Articles in JSON-LD (https://www.w3.org/TR/json-ld11/). No text raises an error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mainland.clean import dates

_TYPES = frozenset(
    "article newsarticle techarticle review blogposting reportagenewsarticle opinionnewsarticle analysisnewsarticle "
    "backgroundnewsarticle liveblogposting report socialmediaposting advertisercontentarticle hentry".split()
)
_DOUBTFUL = "aioseo"  # All in One SEO glues a wrong offset to its dates


def articles(scripts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """The articles that a page's scripts describe, as in the JSON, the most trustworthy first.

    A script is given as its classes and its text. The order: articles whose date has a zone, then those of JNews, then
    those of All in One SEO, then records that only describe the page. A script that is not JSON is left out. Records
    that only describe the page have a date, or say who may read it.

    >>> [record["@type"] for record in articles([("", '[{"@type": "WebSite"}, {"@type": "NewsArticle"}]'), ("", "{")])]
    ['NewsArticle']
    """
    found: list[tuple[int, bool, dict[str, Any]]] = []
    for classes, source in scripts:
        try:
            nodes = list(_nodes(json.loads(_bare(source), strict=False)))
        except (ValueError, RecursionError):
            continue
        for node in nodes:
            is_page = "webpage" in _types(node) and ("datePublished" in node or bool(accesses(node)))
            if is_page or not _TYPES.isdisjoint(_types(node)):
                date = node.get("datePublished")
                moment = dates.stamp(date if isinstance(date, str) else None)
                found.append((2 if is_page else int(_DOUBTFUL in classes), not (moment and moment.tzinfo), node))
    return [node for *_, node in sorted(found, key=lambda entry: entry[:2])]


def strings(value: Any) -> list[str]:
    """The texts in a value, which may be one or a list of them; without empty ones, [] for any other value.

    >>> strings(["World", 7, " "]), strings("World"), strings(None)
    (['World'], ['World'], [])
    """
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str) and each.strip()]


def address(record: dict[str, Any]) -> str | None:
    """The address of the page that an article is on, as in the JSON; None without an absolute one.

    >>> address({"mainEntityOfPage": {"@id": "https://a.example/rain/"}}), address({"url": "https://a.example/rain/"})
    ('https://a.example/rain/', 'https://a.example/rain/')
    """
    page = record.get("mainEntityOfPage")
    addresses = [page.get("@id") if isinstance(page, dict) else page, record.get("url")]
    return next((each for each in addresses if isinstance(each, str) and each.startswith("http")), None)


def accesses(record: dict[str, Any]) -> list[str]:
    """The texts and bools under ``isAccessibleForFree`` of an article and of its parts, as texts; [] without any.

    Parts that are articles are left out, and parts of parts.

    >>> accesses({"isAccessibleForFree": True, "hasPart": {"@type": "WebPageElement", "isAccessibleForFree": "False"}})
    ['True', 'False']
    >>> accesses({"hasPart": [{"@type": "NewsArticle", "isAccessibleForFree": False}, 7]})
    []
    """
    parts = record.get("hasPart")
    parts = parts if isinstance(parts, list) else [parts]
    elements = [part for part in parts if isinstance(part, dict) and _TYPES.isdisjoint(_types(part))]
    values = [each.get("isAccessibleForFree") for each in (record, *elements)]
    return [str(value) for value in values if isinstance(value, str | bool)]


def _bare(source: str) -> str:
    """A script without the marks of CDATA around it, which may be commented out."""
    source = source.strip()
    opened = source.removeprefix("//").lstrip()
    source = opened.removeprefix("<![CDATA[") if opened.startswith("<![CDATA[") else source
    return source.removesuffix("]]>").rstrip().removesuffix("//") if source.endswith("]]>") else source


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """Yields the objects of a JSON-LD text, in their order: those in lists, and those in ``@graph``."""
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node[::-1]
        elif isinstance(node, dict):
            yield node
            waiting.append(node.get("@graph"))


def _types(node: dict[str, Any]) -> set[str]:
    """The types of a node in small letters, without the address of the vocabulary; {"none"} for one without a type."""
    kinds = node.get("@type")
    return {str(kind).lower().rpartition("/")[2] for kind in (kinds if isinstance(kinds, list) else [kinds])}
