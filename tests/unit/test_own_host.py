"""Requests go to the site's own host, and never from https down to http."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from mainland.middlewares import OffTheSiteError, OwnHostMiddleware
from mainland.spiders.articles import ArticlesSpider


def middleware() -> OwnHostMiddleware:
    """The middleware of a crawl of a site."""
    crawler = get_crawler(ArticlesSpider)
    crawler.spider = SimpleNamespace(host="a.example", is_forgotten=lambda url: False)  # type: ignore[assignment]
    return OwnHostMiddleware.from_crawler(crawler)


@pytest.mark.parametrize(
    ("url", "before", "requested"),
    [
        ("http://a.example/x/", ["https://a.example/x"], "https://a.example/x/"),
        ("http://www.a.example:80/x/", ["https://a.example/y", "https://a.example/x"], "https://www.a.example/x/"),
        ("https://a.example/x/", ["http://a.example/x/"], "https://a.example/x/"),
        ("http://a.example/x/", ["http://a.example/x"], "http://a.example/x/"),
        ("http://a.example/x/", None, "http://a.example/x/"),  # as a list of the site has it
    ],
)
def test_a_redirect_never_leads_down_to_http(url: str, before: list[str] | None, requested: str) -> None:
    request = Request(url, meta={"redirect_urls": before, "redirect_times": 1} if before else {})
    found = middleware().process_request(request) or request
    assert (found.url, found.meta.get("redirect_urls")) == (requested, before)
    assert middleware().process_request(found) is None


def test_a_port_of_its_own_is_another_site() -> None:
    with pytest.raises(OffTheSiteError):
        middleware().process_request(Request("http://a.example:8080/", meta={"redirect_urls": ["https://a.example/"]}))
