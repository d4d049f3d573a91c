"""An error in the rules of a field costs the field, is reported, and costs nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler

from mainland.items import Article
from mainland.loaders import ArticleLoader
from mainland.pages import article as article_module
from mainland.pages import body, embeds
from mainland.pages.article import article
from mainland.pages.page import Page, parse
from mainland.pages.pictures import Pictures
from mainland.selectors import RULES
from tests.support import hostile

TEXT = (
    '<p>It <a href="https://b.example/">fell</a>.</p><img src="/b.jpg"><p>Additional reporting by Zoë Ler</p>'
    '<div class="wp-block-cover" style="background:url(/c.jpg)"></div>'
    '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>'
)
HEAD = (
    '<meta property="article:section" content="World"><meta name="description" content="It rained.">'
    '<meta property="article:modified_time" content="2022-01-09T08:41:12+00:00">'
    '<meta property="article:tag" content="Milk">'
)
ABOVE = (
    '<div class="jeg_featured"><img src="/a.jpg"></div><div class="jeg_post_source"><a href="https://c.example/page-milk-falls/">C</a></div>'
    '<h2 class="jeg_post_subtitle">More of it</h2><div class="jeg_meta_date">January 7, 2022</div>'
    '<div class="jeg_views_count"><b class="counts">11</b></div><div class="jeg_meta_comment">2</div>'
    '<div class="jeg_meta_sponsor">Ad</div><div class="jeg_meta_category"><a href="/category/world/">World</a></div>'
    '<div class="jeg_post_tags"><a href="/tag/milk/">Milk</a></div><div class="wkwp-paywall"></div>'
)
PAGE = hostile.page(text=TEXT, head=HEAD, above=ABOVE).replace("{site}", "https://a.example").replace("{id}", "7")
# Where a field is read that has no processor, and what is made of a field.
READERS = {
    "body": (body._Walk, "end_block"),
    "embeds": (embeds, "of_node"),
    "images": (Pictures, "add_image"),
    "links": (body._Walk, "add_link"),
    "image": (article_module, "lead_image"),
    "sources": (article_module, "_sources"),
    "day_published": (article_module, "_day_published"),
    "original_url": (article_module, "_original"),
}
MADE_OF = {
    "authors": {"author_pages"},
    "sections": {"section_pages"},
    "tags": {"tag_pages"},
    "sources": {"original_url"},
    "headline": {"original_url"},
    "body": {"word_count", "contributors", "images", "links", "body_html", "embeds"},
    "embeds": {"body_html"},
    "images": {"body_html"},
    "image": {"images"},
    "date_published": {"day_published"},
    "language": {"day_published"},
}
EMPTY = asdict(Article())
FIELDS = [*sorted(RULES.keys() - {"id"} - READERS.keys()), "contributors", *READERS]


def fail(*_: object) -> Any:
    """What no rule is to do."""
    raise RuntimeError("quoted\nfrom the page " + "x" * 1_000)


@pytest.fixture
def forgetful() -> Iterator[None]:
    """The loader looks its processors up again."""
    ArticleLoader._processor.cache_clear()
    yield
    ArticleLoader._processor.cache_clear()


def read(stats: StatsCollector | None = None) -> dict[str, Any]:
    """The fields of the page."""
    return asdict(article(parse(PAGE, "https://a.example/page-7/"), stats=stats))


def test_the_page_has_all_fields() -> None:
    assert [name for name in FIELDS if read()[name] == EMPTY[name]] == []


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("end", ["in", "out", "rule"])
@pytest.mark.parametrize("field", FIELDS)
def test_an_error_costs_the_field_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, field: str, end: str
) -> None:
    usual = read()
    if field in READERS:
        monkeypatch.setattr(*READERS[field], fail)
    elif end == "rule":
        if field == "contributors":
            pytest.skip("it has no rule")
        select = Page.select
        monkeypatch.setattr(Page, "select", lambda page, rule: fail() if rule in RULES[field] else select(page, rule))
    else:
        monkeypatch.setattr(ArticleLoader, f"{field}_{end}", fail, raising=False)
        ArticleLoader._processor.cache_clear()
    stats = StatsCollector(get_crawler())
    with caplog.at_level(logging.WARNING):
        found, again = read(stats), read(stats)
    assert found == again
    assert found[field] == EMPTY[field]
    same_rules = {name for name, rules in RULES.items() if end == "rule" and set(rules) & set(RULES.get(field, ()))}
    lost = {field, "content_hash"} | MADE_OF.get(field, set()) | same_rules
    assert {name: found[name] for name in found.keys() - lost} == {name: usual[name] for name in usual.keys() - lost}
    assert stats.get_value(f"mainland/field_errors/{field}") == 2
    lines = [record.getMessage() for record in caplog.records if f"left out {field}:" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].startswith(f"https://a.example/page-7/: left out {field}: RuntimeError: quoted from the page xxx")
    assert len(lines[0]) < 300


@pytest.mark.usefixtures("forgetful")
def test_an_article_cannot_lack_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArticleLoader, "id_in", fail)
    with pytest.raises(ValueError, match="quoted"):
        read()


def out_of_memory(*_: object) -> None:
    raise MemoryError


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize(("place", "name"), [(article_module, "_sources"), (ArticleLoader, "authors_in")])
def test_memory_that_runs_out_costs_more_than_a_field(
    monkeypatch: pytest.MonkeyPatch, place: object, name: str
) -> None:
    monkeypatch.setattr(place, name, out_of_memory, raising=False)
    ArticleLoader._processor.cache_clear()
    with pytest.raises(MemoryError):
        read()


VALUES = {
    "digits": "9" * 5_000,
    "an entity of digits": "&amp;#" + "9" * 5_000,
    "an entity of digits, once more": "&amp;amp;#x" + "f" * 5_000 + ";",
    "zeros": "&amp;#" + "0" * 5_000 + "75;",
    "an open bracket": "http://[",
    "a port": "https://a.example:" + "9" * 5_000 + "/",
    "a surrogate": "&amp;#xd800; \ud800",
    "a zero": "&amp;#0; \x00",
    "a date": "9999-99-99T99:99:99+99:99",
    "a late date": "2100-12-31T23:59:59-23:59",
    "an exponent": "1e99999",
    "a host": "https://" + "x" * 300 + ".example/",
    "a host of accents": "https://\u0316\u0300.example/",
    "a percent sign": "https://a.example/%",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(
    "old",
    ["It rained.", "World", "January 7, 2022", "2022-01-09T08:41:12+00:00", "/a.jpg", "https://b.example/", "11", "en"],
)
def test_no_value_raises_an_error(caplog: pytest.LogCaptureFixture, old: str, value: str) -> None:
    assert old in PAGE
    page = PAGE.replace(f'"{old}"', f'"{value}"').replace(f">{old}<", f">{value}<")
    found = asdict(article(parse(page, "https://a.example/page-7/")))
    assert found["id"] == 7
    assert caplog.records == []
    assert found["headline"] == "Milk falls"
