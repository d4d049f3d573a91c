"""The articles in the JSON-LD of a page (schema.org's NewsArticle, https://schema.org/NewsArticle)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from lxml.html import HtmlElement

from mainland.clean import jsonld, urls


class StructuredData:
    """The articles in the JSON-LD of a page, given its root and its own address."""

    def __init__(self, root: HtmlElement, url: str | None) -> None:
        self.root, self.url = root, url

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The articles as they are in the JSON, the most trustworthy first, those about other pages last."""
        tags = [tag for tag in self.root.iter("script") if "ld+json" in tag.get("type", "")]
        found = jsonld.articles((tag.get("class", ""), tag.text or "") for tag in tags)
        return sorted(found, key=self._is_about_another_page) if len(found) > 1 else found

    def _is_about_another_page(self, record: dict[str, Any], *, on_this_site: bool = False) -> bool:
        """Whether the address of an article is that of another page; False if the article has none.

        With ``on_this_site`` pages of other sites do not count: their addresses may be copied from examples, such as
        ``https://google.com/article``.
        """
        address, own = jsonld.address(record), self.url or ""
        is_here = not on_this_site or urls.host(address) == urls.host(own)
        return address is not None and is_here and urls.key(address) != urls.key(own)

    def values(self, name: str) -> list[str]:
        """The texts of a property, of the first article that has any; [] if none has.

        Of ``isAccessibleForFree`` those of all articles of this page; ``keywords`` only where they are a list; joined
        sections are split.
        """
        if name == "articleSection" and self.joined_sections:
            return self.joined_sections.split(", ")
        if name == "isAccessibleForFree":
            own = (record for record in self.records if not self._is_about_another_page(record, on_this_site=True))
            return [value for record in own for value in jsonld.accesses(record)]
        values = [record.get(name) for record in self.records]
        if name == "keywords":  # in one text they are words for search engines
            values = [value for value in values if isinstance(value, list)]
        return next(filter(None, map(jsonld.strings, values)), [])

    @property
    def publishers(self) -> list[str]:
        """The names of the publishers of the articles: usually the site."""
        given = (record.get("publisher") for record in self.records)
        return jsonld.strings([each.get("name") for each in given if isinstance(each, dict)])

    @property
    def authors(self) -> list[str]:
        """The names in the first list of authors in an article; [] where authors are not in a list."""
        listed = next((value for record in self.records if isinstance(value := record.get("author"), list)), [])
        return jsonld.strings([each.get("name") for each in listed if isinstance(each, dict)])

    @property
    def joined_sections(self) -> str | None:
        """The sections in one text with commas, as Rank Math and All in One SEO join them.

        None where they are a list or missing.
        """
        values = (record.get("articleSection") for record in self.records)
        value = next((value for value in values if jsonld.strings(value)), None)
        return value if isinstance(value, str) else None
