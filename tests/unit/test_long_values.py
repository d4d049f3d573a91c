"""What a site says at great length is not stored, and not evaluated, at that length."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scrapy.http import TextResponse

from mainland.clean.text import LONGEST_TEXT
from mainland.config import Arguments
from mainland.crawl.result import CrawlResult
from mainland.crawl.section_crawl import SectionCrawl
from mainland.pages.page import parse
from tests.support.sample_data import opened

HOME = "https://a.example/"


def test_the_language_of_a_home_page_is_stored_in_part(tmp_path: Path) -> None:
    menu = '<ul><li class="menu-item menu-item-object-category"><a href="/category/a/">a</a></li></ul>'
    page = parse(f'<html lang="{"en-" * 100_000}"><body class="home">{menu}', HOME)
    with opened(tmp_path) as store:
        crawl = SectionCrawl(store, Arguments(HOME))
        crawl.begin(page, [], is_listed=False, is_alone=True)
        assert (list(crawl.sections), len(store.memory.get("language"))) == (["a"], LONGEST_TEXT)


def test_the_agents_that_robots_txt_refuses_are_those_of_its_beginning() -> None:
    rules = ["User-agent: GPTBot\nDisallow: /\n", "# nothing\n" * 60_000, "User-agent: CCBot\nDisallow: /\n"]
    result, spider = CrawlResult(), SimpleNamespace(home=HOME, host="a.example")
    read: Any = result.read_answer
    read(TextResponse(f"{HOME}robots.txt", body="".join(rules).encode()), spider)
    read(TextResponse(f"{HOME}paper/robots.txt", body=b"User-agent: CCBot\nDisallow: /\n"), spider)  # no robots.txt
    assert result.reservations["refused_agents"] == ["GPTBot"]
