"""The records in the head of a page: meta tags, link tags and titles; the addresses and the theme that they name."""

from __future__ import annotations

from functools import cached_property

from lxml.html import HtmlElement

from mainland.clean import urls

_SITE_NAMES = ("og:site_name", "application-name", "apple-mobile-web-app-title")


class Head:
    """The records in the head of a page, each read when it is first used.

    ``tags`` are the page's nodes by tag, as :class:`mainland.pages.regions.Outline` has them; ``url`` is the address
    that was requested, None for a saved page; ``link_header`` is the HTTP header ``Link``.
    """

    def __init__(self, tags: dict[str, list[HtmlElement]], url: str | None, link_header: str | None) -> None:
        self.tags, self.url, self.link_header = tags, url, link_header

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """The contents of the meta tags, as printed, in their order, by property, name or itemprop in lower case."""
        found: dict[str, list[str]] = {}
        for tag in self.tags["meta"]:
            name, content = tag.get("property") or tag.get("name") or tag.get("itemprop"), tag.get("content")
            if name and content is not None:
                found.setdefault(name.lower(), []).append(content)
        return found

    @cached_property
    def link(self) -> dict[str, list[str]]:
        """The addresses of the link tags by relation, as printed, in the page's order.

        These are ``canonical`` and ``shortlink``, and ``alternate`` for the page's own REST address. ``elsewhere`` has
        the canonical links to other hosts, ``header`` the complete HTTP header ``Link``.
        """
        found: dict[str, list[str]] = {"header": [self.link_header]} if self.link_header else {}
        for tag in self.tags["link"]:
            relation, href = tag.get("rel", ""), tag.get("href")
            if href and (relation in ("canonical", "shortlink") or tag.get("type") == "application/json"):
                found.setdefault(relation, []).append(href)
        own = self._own_host(found)
        hosts = {url: urls.host(url) for url in found.get("canonical", []) if urls.path(url)}
        return found | {"elsewhere": [url for url, host in hosts.items() if own and host not in (None, own)]}

    @property
    def rest_links(self) -> list[str]:
        """The links in the head to the REST interface of the site, each in the form of an HTTP header ``Link``."""
        found = (tag.get("href") for tag in self.tags["link"] if tag.get("rel") == "https://api.w.org/")
        return [f'<{href}>; rel="https://api.w.org/"' for href in found if href]

    @cached_property
    def titles(self) -> dict[str, list[str]]:
        """The titles by ``og:title``, ``twitter:title`` and ``title`` (the tag), as printed."""
        titles = {key: self.meta.get(key, []) for key in ("og:title", "twitter:title")}
        return titles | {"title": ["".join(tag.itertext()) for tag in self.tags["title"][:1]]}

    @cached_property
    def site_names(self) -> list[str]:
        """The names that the site gives itself, as printed: in meta tags, and before "»" in titles of feeds."""
        names = [name for key in _SITE_NAMES for name in self.meta.get(key, [])]
        feeds = (tag.get("title", "") for tag in self.tags["link"] if tag.get("type") == "application/rss+xml")
        return [*names, *(name for name, mark, _ in (feed.partition(" » ") for feed in feeds) if mark)]

    @cached_property
    def canonical_link(self) -> str | None:
        """The absolute address in ``link[rel=canonical]``, else ``og:url``, without its query; None without one.

        The query stays if it has the number of a post. A link to another host is skipped: it names the page where a
        story was published first.
        """
        own = self._own_host(self.link)
        for value in self.addresses:
            url = urls.absolute(self.url, value)
            if url and (own is None or urls.host(url) == own):
                return urls.clean(url) if urls.post_id(url) is None else url
        return None

    def _own_host(self, links: dict[str, list[str]]) -> str | None:
        """The host of the page: of the address that was requested, else of its short link; None without both."""
        return urls.host(self.url) or next(filter(None, map(urls.host, links.get("shortlink", []))), None)

    @property
    def addresses(self) -> list[str]:
        """The addresses that the page gives itself, as printed: ``link[rel=canonical]``, then ``og:url``."""
        return [*self.link.get("canonical", []), *self.meta.get("og:url", [])]

    def url_for(self, language: str | None) -> str | None:
        """The absolute address that the page names for readers of any language, else of ``language``; None for neither.

        The first has ``hreflang="x-default"``. ``language`` is given as in an ``html`` tag, ``en-US`` or ``en``.
        """
        named = {tag.get("hreflang", "").lower(): tag.get("href") for tag in self.tags["link"] if tag.get("hreflang")}
        language = (language or "").lower().replace("_", "-")
        found = next(filter(None, map(named.get, ("x-default", language, language.partition("-")[0]))), None)
        return urls.absolute(self.url, found) if found else None

    @property
    def theme_version(self) -> str | None:
        """The version of the theme JNews, from the address of its first style sheet that has one; None without one."""
        for tag in self.tags["link"]:
            path, _, version = tag.get("href", "").partition("ver=")
            if "/themes/jnews/" in path and version:
                return str(version)
        return None
