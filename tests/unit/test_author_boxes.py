"""Authors in the boxes of plugins, and the headline and meta lines of page builders: tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

import mainland

HEAD = '<h1 class="jeg_post_title">Rain</h1>'
AUTHOR = "https://a.example/author/"
ANA, BO, CY = ("Ana Peña", "ana"), ("Bo Ek", "bo"), ("Cy Oz", "cy")
Named = tuple[str, str]


def page_of(*people: Named) -> list[dict[str, str]]:
    return [{"name": name, "url": f"{AUTHOR}{slug}/"} for name, slug in people]


def link(person: Named) -> str:
    return f'<a href="{AUTHOR}{person[1]}/">{person[0]}</a>'


def byline(*people: Named, others: str = "", text: str = "") -> str:
    more = f'<span class="meta_text separators-and">and</span><span class="meta_text separators">{others}</span>'
    names = '<span class="meta_text separators">,</span>'.join(map(link, people))
    by = f'<span class="meta_text">by</span>{names}{more if others else ""}{text}'
    return f'{HEAD}<div class="jeg_meta_author coauthor">{by}</div>'


def jnews(*people: Named) -> str:
    boxes = (
        f'<div class="jeg_authorbox"><h3 class="jeg_author_name">\n{link(each)}\n</h3><p>{each[0]} writes.</p></div>'
        for each in people
    )
    return f'<div class="jnews_author_box_container">{"".join(boxes)}</div>'


def publishpress(*groups: tuple[str, list[Named]], inside: str = "") -> str:
    made = []
    for number, (title, people) in enumerate(groups):
        names = (
            f'<li><div class="pp-author-boxes-name multiple-authors-name"><a href="{AUTHOR}{slug}/" rel="author">{name}'
            f'<span class="screen-reader-text"> Author Archives</span></a>{inside}</div></li>'
            for name, slug in people
        )
        heading = f'<h4 class="ppma-category-group-title">{title}</h4>' if title else ""
        made.append(
            f'<div class="ppma-category-group category-index-{number}">{heading}<ul>{"".join(names)}</ul></div>'
        )
    further = f'<div class="ppma-category-group-other-wraps">{"".join(made[1:])}</div>'
    return f'<div class="pp-multiple-authors-boxes-wrapper"><h2>Authors</h2>{made[0]}{further}</div>'


def molongui(*people: Named) -> str:
    return "".join(
        f'<div class="m-a-box"><div class="m-a-box-name m-a-box-title"><h5>'
        f'{link((name, slug)) if slug else f"<span>{name}</span>"}</h5></div><p class="m-a-box-meta">Editor</p></div>'
        for name, slug in people
    )


def simple(*people: Named) -> str:
    return "".join(
        f'<div class="saboxplugin-wrap"><div class="saboxplugin-authorname"><a href="{AUTHOR}{slug}/" rel="author">'
        f'<span class="fn">{name}</span></a></div><div class="saboxplugin-desc"><p>Writes.</p></div></div>'
        for name, slug in people
    )


def starbox(person: Named) -> str:
    return (
        '<div class="abh_box"><ul class="abh_tabs"><li><a href="#about">About</a></li></ul><div class="abh_text">'
        f'<div class="abh_name fn name">{link(person)}</div><div class="abh_job">Editor</div></div></div>'
    )


def elementor(person: Named) -> str:
    return f'<a href="{AUTHOR}{person[1]}/"><h4 class="elementor-author-box__name">{person[0]}</h4></a>'


def in_element(name: str, *people: Named) -> str:
    return "".join(f'<p class="{name}">{link(each)}</p>' for each in people)


def json_ld(*people: Named) -> str:
    names = ", ".join(f'{{"@type": "Person", "name": "{name}"}}' for name, _ in people)
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "author": [{names}]}}</script>'


ROLE = '<span class="name-author-category">{}</span>'
BOXES: list[tuple[str, str, list[Named]]] = [
    (byline(ANA, BO, others="1 others"), jnews(ANA, BO, CY), [ANA, BO, CY]),
    (byline(ANA, others="2 autres"), jnews(ANA, BO, CY), [ANA, BO, CY]),
    (byline(ANA, others="อีก 2 คน"), jnews(ANA, BO, CY), [ANA, BO, CY]),
    (byline(ANA), jnews(ANA), [ANA]),
    (byline(ANA), jnews(BO), [ANA]),
    (byline(ANA), jnews(BO, CY), [ANA]),
    (HEAD, jnews(BO), [BO]),
    (byline(("ANA PEÑA", "ana")), jnews(ANA, BO), [ANA, BO]),
    (byline(ANA), publishpress(("", [ANA, BO, CY])), [ANA, BO, CY]),
    (byline(ANA), publishpress(("Authors", [ANA, BO]), ("Reviewers", [CY])), [ANA, BO]),
    (byline(ANA), publishpress(("Author", [ANA]), ("Fact Checkers", [CY])), [ANA]),
    (byline(ANA), publishpress(("Author", [ANA]), ("", [CY])), [ANA]),
    (byline(ANA), publishpress(("Author", [ANA]), ("Co-Authors", [CY])), [ANA, CY]),
    (
        byline(ANA),
        publishpress(("", [ANA, BO]), inside='<span class="name-author-category">(Author)</span>'),
        [ANA, BO],
    ),
    (byline(ANA), publishpress(("", [ANA, BO]), inside=ROLE.format("[Editor]")), [ANA]),
    (byline(ANA), molongui(ANA, BO), [ANA, BO]),
    (byline(ANA), molongui(ANA, ("Bo Guest", "")), [ANA, ("Bo Guest", "")]),
    (byline(ANA), simple(ANA, BO), [ANA, BO]),
    (byline(("Admin", "admin")), simple(ANA, BO), [("Admin", "admin")]),
    (byline(ANA, text=" and Reuters"), simple(ANA, BO), [ANA, ("Reuters", ""), BO]),
    (byline(ANA), f'<div class="jeg_sidebar">{simple(ANA, BO)}</div>', [ANA]),
    (byline(ANA), in_element("wp-block-co-authors-plus-name", ANA, BO), [ANA, BO]),
    (byline(ANA), in_element("awpa-display-name", ANA, BO), [ANA, BO]),
    (HEAD, elementor(ANA), [ANA]),
    (HEAD, starbox(ANA), [ANA]),
    (byline(ANA), json_ld(ANA, BO), [ANA, ("Bo Ek", "")]),
    (byline(ANA), json_ld(BO, CY), [ANA]),
    (HEAD, json_ld(ANA, BO), []),
]


def read(above: str, below: str = "") -> dict[str, Any]:
    text = '<div class="entry-content"><div class="content-inner"><p>It fell.</p></div></div>'
    html = f'<html lang="en-US"><body class="single-post postid-7">{above}{text}{below}</body></html>'
    found = asdict(mainland.article(html, "https://a.example/rain/"))
    assert found["body"] == "It fell."
    return found


@pytest.mark.parametrize(("above", "below", "people"), BOXES)
def test_authors_whom_the_byline_leaves_out_stand_in_boxes(above: str, below: str, people: list[Named]) -> None:
    found = read(above, below)
    assert found["authors"] == [name for name, _ in people]
    pages = {(page["name"].casefold(), page["url"]) for page in found["author_pages"]}
    assert pages == {(page["name"].casefold(), page["url"]) for page in page_of(*people) if page["url"] != f"{AUTHOR}/"}


CATEGORY = '<div class="jeg_meta_category"><a href="https://a.example/category/eu/" rel="category tag">EU</a></div>'
META = '<div class="jeg_post_meta jeg_custom_meta_wrapper"><div class="meta_left">{}</div></div>'
TITLE = (
    '<h1>Times</h1><div class="elementor-widget-theme-post-title"><h2 class="elementor-heading-title">Rain</h2></div>'
)
POST_INFO = (
    '<li><a href="{0}"><span class="elementor-post-info__item elementor-post-info__item--type-{1}">{2}</span></a></li>'
)
TERMS = (
    '<span class="elementor-post-info__terms-list">'
    '<a href="https://a.example{}" class="elementor-post-info__terms-list-item">{}</a></span>'
)
BUILDERS: dict[str, dict[str, Any]] = {
    META.format(CATEGORY)
    + f'<div class="jeg_custom_title_wrapper">{HEAD}</div>'
    + META.format(f'<div class="jeg_meta_author">by {link(ANA)}</div><div class="jeg_meta_date">March 5, 2024</div>'): {
        "headline": "Rain",
        "authors": ["Ana Peña"],
        "sections": ["EU"],
        "day_published": "2024-03-05",
    },
    '<div class="jeg_custom_title_wrapper"><h3 class="jeg_post_title">Rain</h3></div>': {"headline": "Rain"},
    '<div class="jeg_custom_title_wrapper"><div class="jeg_post_title">Rain</div></div>': {"headline": "Rain"},
    TITLE: {"headline": "Rain"},
    '<h1 class="jeg_post_title">Rain</h1><h2 class="wp-block-post-title">Snow</h2>': {"headline": "Rain"},
    HEAD
    + POST_INFO.format(f"{AUTHOR}ana/", "author", "By Ana Peña, Staff Writer")
    + POST_INFO.format("#", "date", "<time>March 5, 2024</time>"): {
        "authors": ["Ana Peña"],
        "byline": "By Ana Peña, Staff Writer",
        "date_published_raw": "March 5, 2024",
    },
    """<h2 class="wp-block-post-title">Rain</h2>
    <div class="wp-block-post-date"><time datetime="2024-03-05T09:30:00+01:00">5 March 2024</time></div>
    <div class="taxonomy-category wp-block-post-terms"><a href="/eu/">EU</a>, <a href="/uk/">UK</a></div>""": {
        "headline": "Rain",
        "date_published": "2024-03-05T08:30:00Z",
        "sections": ["EU", "UK"],
    },
    HEAD + TERMS.format("/category/eu/", "EU") + TERMS.format("/tag/cows/", "Cows"): {
        "sections": ["EU"],
        "tags": ["Cows"],
    },
    HEAD + '<figure class="wp-block-post-featured-image"><img src="/wp-content/uploads/lake.jpg"></figure>': {
        "image": {"url": "https://a.example/wp-content/uploads/lake.jpg", "caption": None},
    },
    HEAD
    + """<p class="wp-block-post-author__name">Ana Peña</p>
    <div class="wp-block-post-date wp-block-post-date__modified-date">
    <time datetime="2024-03-05T09:30:00+01:00">5 March 2024</time></div>""": {
        "authors": ["Ana Peña"],
        "date_published": None,
    },
}


@pytest.mark.parametrize("above", BUILDERS)
def test_headline_and_meta_lines_of_page_builders_are_read(above: str) -> None:
    found = read(above)
    assert {name: found[name] for name in BUILDERS[above]} == BUILDERS[above]
