"""Any page gives a clean article, or an error that says that it is not an article."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainland import text_of
from mainland.pages.article import article, explain
from mainland.pages.errors import NotAnArticleError
from mainland.pages.lists import hero_links, list_links, sections
from mainland.pages.page import parse
from mainland.selectors import REGIONS
from mainland.storage.lines import encode
from tests.support.golden import cases

WRAPPED = (
    b'<html><head><meta charset="utf-8">%b</head><body class="single-post postid-7">%b'
    b'<div class="entry-content"><div class="content-inner">%b</div></div></body></html>'
)
ATTRIBUTES = st.sampled_from([*sorted(REGIONS), "featured_video", "wp-caption", "twitter-tweet", "jeg_ad", "jeg_post"])
TAGS = st.sampled_from(
    "div p a img h1 li figure figcaption blockquote br time span td script style title ul table tr dl dt em sup q rt "
    "pre iframe cite caption".split()
)
WORDS = st.sampled_from(
    [
        *(
            "Milk falls",
            "N/A",
            "",
            " ",
            "&nbsp;",
            "\x00",
            "&#0;",
            "&#xD800;",
            "&#8232;",
            "\u2028",
            "By Ana Peña and AFP",
        ),
        *("<!--", "]]>", "<![CDATA[", "</div>", "</body>", "01/07/2022", "9" * 400, "1.2k", "https://[", "&amp;lt;b>"),
    ]
)
VALUES = st.sampled_from(
    ["https://a.example/a.jpg", "//[", "", "javascript:1", "?p=7", "x" * 99, "2022-01-07", "/wp/v2/posts/" + "8" * 30]
)


@st.composite
def markup(draw: st.DrawFn) -> str:
    """Markup made of what the selectors look for, well formed or not."""
    made = ""
    for _ in range(draw(st.integers(0, 6))):
        tag, name, value = draw(TAGS), draw(ATTRIBUTES), draw(VALUES)
        attributes = f'class="{name}" id="{name}" href="{value}" src="{value}" datetime="{value}" style="{value}"'
        made += f"<{tag} {attributes}>{draw(WORDS)}" + draw(st.sampled_from(["", f"</{tag}>", "</p></div>"]))
    return made


@st.composite
def head(draw: st.DrawFn) -> str:
    """Metas, links and JSON-LD with any values in them."""
    names = [
        *("og:title", "og:image", "og:url", "og:locale", "description", "article:published_time", "article:section"),
        *("article:modified_time", "article:tag", "og:site_name"),
    ]
    made = "".join(
        f'<meta property="{name}" content="{draw(WORDS | VALUES)}">' for name in draw(st.lists(st.sampled_from(names)))
    )
    for relation in draw(st.lists(st.sampled_from(["canonical", "shortlink", "alternate"]), max_size=3)):
        made += f'<link rel="{relation}" type="application/json" href="{draw(VALUES)}">'
    anything = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | WORDS
        | st.sampled_from(["NewsArticle", "2022-01-07T10:00"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["@graph", "@type", "headline", "datePublished", "dateModified", "articleSection"]),
                inner,
            )
        ),
        max_leaves=8,
    )
    return made + f'<script type="application/ld+json">{json.dumps(draw(anything))}</script>'


# What a page prints is given as printed, be it "N/A"; what is made of it is not.
PRINTED = frozenset("headline alternative_headline byline date_published_raw description section".split())


def texts(value: Any) -> list[str]:
    """All texts in a value, however deep."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in inner for text in texts(each)]


def assert_clean(page: bytes) -> None:
    """Read a page and look at all that it gives."""
    found = parse(page, "https://a.example/milk/")
    try:
        item = article(found)
    except NotAnArticleError:
        return
    record = asdict(item)
    body, html = record.pop("body"), record.pop("body_html")
    assert text_of(html) == body
    assert not {"", "N/A"} & {str(record[name]) for name in record.keys() - PRINTED}
    assert "" not in texts(record)
    for text in texts(record):
        assert text == text.strip()
        assert len(text.splitlines()) == 1
    if body is not None:
        blocks = body.split("\n\n")
        spaces = "\n" if "<pre>" in html else " \n"  # its lines keep theirs
        assert all(block == block.strip(spaces).rstrip() and block for block in blocks)
        assert "\n\n\n" not in body
        lines = [cell for block in blocks for line in block.split("\n") for cell in line.split("\t")]
        assert "<pre>" in html or all(line == " ".join(line.split()) for line in lines)
    line = encode(asdict(item))
    assert len(line.decode("utf-8").splitlines()) == 1
    assert json.loads(line) == asdict(item)
    assert article(found).content_hash == item.content_hash


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_in_a_page(top: bytes, above: bytes, text: bytes) -> None:
    assert_clean(WRAPPED % (top, above, text))


@given(head(), markup(), markup())
def test_any_markup_in_a_page(top: str, above: str, text: str) -> None:
    assert_clean(WRAPPED % tuple(part.encode("utf-8", "replace") for part in (top, above, text)))


@given(st.binary(max_size=300))
def test_any_bytes_are_no_article(html: bytes) -> None:
    with pytest.raises(NotAnArticleError):
        article(parse(html))


@given(head(), markup())
def test_any_markup_lists_addresses_or_nothing(top: str, text: str) -> None:
    page = parse(
        f'<html><head>{top}</head><body class="category"><div class="jnews_category_hero_container">{text}</div>'
    )
    links = hero_links(page) + list_links(page)
    assert all(link.startswith(("http://", "https://")) for link in links)
    assert isinstance(sections(page), dict)
    assert explain(page)


CUT = [
    case for case in cases("pages") if case.name in {"yoast-head", "table-heavy", "embeds-and-tweets", "word-markup"}
]


@pytest.mark.parametrize("case", CUT, ids=lambda case: case.name)
def test_a_page_cut_short_anywhere(case: Any) -> None:
    for end in range(0, len(case.html), max(1, len(case.html) // 150)):
        assert_clean(case.html[:end])


@pytest.mark.parametrize("tag", ["div", "blockquote", "span", "b", "ul><li", "table><tr><td"])
def test_depth_is_no_limit(tag: str) -> None:
    deep = f"<{tag}>" * 20_000
    assert_clean(WRAPPED % (b"", b"", f"{deep}<p>Down here.".encode()))


def test_deep_data_is_no_limit() -> None:
    for data in ("[" * 100_000, '{"@graph":[' * 5_000 + '{"@type":"NewsArticle","headline":"x"}' + "]}" * 5_000):
        assert_clean(WRAPPED % (f'<script type="application/ld+json">{data}</script>'.encode(), b"", b"<p>Text.</p>"))
