"""The pages that list articles: home, sections, authors, tags, and the page for what is not there."""

from __future__ import annotations

from array import array
from typing import Literal

from tests.support.replica import words
from tests.support.replica.articles import MENU
from tests.support.replica.frame import NAME, Answer, Frame, Sheet, category_id

HERO, PAGE = 4, 10
Pagination = Literal["nav", "nextprev", "loadmore", "scrollload"]


def home_page(frame: Frame) -> Answer:
    """The home page: a hero and a block a section."""
    newsroom = frame.newsroom
    blocks = "".join(
        frame.block(name, "".join(frame.small(newsroom.article(n)) for n in newsroom.by_section[name][-5:][::-1]))
        for name in MENU
    )
    main = f"""<div class="jeg_main"><div class="jeg_container"><div class="jeg_content">
<div class="jeg_vc_content">
{_hero(frame, newsroom.numbers)}
<div class="row"><div class="jeg_main_content col-md-8">{blocks}</div>{frame.sidebar}</div>
</div></div></div></div>"""
    head = f'<link rel="canonical" href="{frame.url("/")}" />'
    sheet = Sheet(f"{NAME} &#8211; Home", "home wp-singular page-template page page-id-29", main, head)
    return Answer(200, _headers(frame), frame.page(sheet))


def section_page(frame: Frame, name: str, page: int, pagination: Pagination) -> Answer:
    """A page of a section: the newest four in the hero on every page, the others in the list."""
    numbers = frame.newsroom.by_section[name]
    pages = page_count(len(numbers))
    if page > pages:
        return missing_page(frame)
    rest = numbers[:-HERO]
    path = f"/category/{words.slug(name)}/"
    main = f"""<div class="jeg_main "><div class="jeg_container"><div class="jeg_content">
<div class="jnews_category_header_top"></div><div class="jeg_section"><div class="container">
<div class="jnews_category_hero_container">{_hero(frame, numbers)}</div>
<div class="jeg_cat_content row"><div class="jeg_main_content col-sm-8"><div class="jeg_inner_content">
<div class="jnews_category_header_bottom"><div class="jeg_cat_header">
{frame.breadcrumb((frame.section_url(name), name))}<h1 class="jeg_cat_title">{name}</h1></div></div>
<div class="jnews_category_content_wrapper">{_list(frame, rest, page, pages, path, pagination)}</div>
</div></div>{frame.sidebar}</div></div></div></div></div></div>"""
    number = category_id(name)
    first = frame.title_of(frame.newsroom.article(numbers[-1])) if numbers else name
    sheet = Sheet(
        title=name,
        body_class=f"archive category category-{words.slug(name)} category-{number}",
        main=main,
        head='<meta property="og:type" content="article">\n'
        f'<meta property="og:title" content="{first}">\n'
        f'<link rel="alternate" type="application/rss+xml" title="{name}" href="{frame.url(path)}feed/" />',
        section=name,
    )
    return Answer(200, _headers(frame), frame.page(sheet))


def archive_page(frame: Frame, kind: Literal["author", "tag"], name: str, page: int, pagination: Pagination) -> Answer:
    """A page of an author's or a tag's articles, all in the list."""
    newsroom = frame.newsroom
    numbers = (newsroom.by_author if kind == "author" else newsroom.by_tag)[name]
    pages = page_count(len(numbers))
    if page > pages:
        return missing_page(frame)
    path = f"/{kind}/{words.slug(name)}/"
    wrapper = "jnews_author_content_wrapper" if kind == "author" else "jnews_archive_content_wrapper"
    main = f"""<div class="jeg_main "><div class="jeg_container"><div class="jeg_content">
<div class="jeg_section">
<div class="container"><div class="row"><div class="jeg_main_content col-sm-8"><div class="jeg_inner_content">
<h1 class="jeg_archive_title">{name.replace("&", "&amp;")}</h1>
<div class="{wrapper}">{_list(frame, numbers, page, pages, path, pagination)}</div>
</div></div>{frame.sidebar}</div></div></div></div></div></div>"""
    sheet = Sheet(name, f"archive {kind} {kind}-{words.slug(name)}", main)
    return Answer(200, _headers(frame), frame.page(sheet))


def missing_page(frame: Frame) -> Answer:
    """The page for what is not there, which lists the ten newest articles."""
    newest = frame.newsroom.numbers[-PAGE:][::-1]
    cards = "".join(frame.card(frame.newsroom.article(number)) for number in newest)
    main = f"""<div class="jeg_main "><div class="jeg_container"><div class="jeg_content">
<div class="jeg_section">
<div class="container"><div class="jeg_404_content row"><div class="jeg_main_content col-sm-8">
<div class="jeg_inner_content"><div class="jeg_archive_header">
<h1 class="jeg_archive_title">Page Not Found</h1>
<p>There is nothing here. Perhaps one of these will do:</p></div>
{_block(cards)}</div></div>{frame.sidebar}</div></div></div></div></div></div>"""
    headers = _headers(frame) | {"Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private"}
    return Answer(404, headers, frame.page(Sheet("Page not found", "error404", main)))


def page_count(articles: int) -> int:
    """The number of pages of a list. WordPress counts the hero's articles too: the last list may be empty."""
    return max(1, -(-articles // PAGE))


def _headers(frame: Frame) -> dict[str, str]:
    """The headers of a page of a list."""
    return {"Link": f'<{frame.base}/wp-json/>; rel="https://api.w.org/"'}


def _hero(frame: Frame, numbers: array[int]) -> str:
    """The HTML of the hero: the newest of some articles, given by their numbers."""
    newest = [frame.newsroom.article(number) for number in numbers[-HERO:][::-1]]
    cards = "".join(frame.hero(article, place) for place, article in enumerate(newest, 1))
    return f"""<div class="jeg_heroblock jeg_heroblock_1 jeg_col_3o3 jeg_hero_style_1" data-margin="10">
<div class="jeg_hero_wrapper"><div class="jeg_heroblock_wrapper">{cards}</div></div></div>"""


def _block(cards: str, navigation: str = "", mode: str = "disable") -> str:
    """The HTML of a block of cards; ``mode`` is that of its pagination."""
    return f"""<div class="jeg_postblock_5 jeg_postblock jeg_module_hook jeg_pagination_{mode} jeg_col_2o3">
<div class="jeg_block_container">{cards}</div>
<div class="jeg_block_navigation">{navigation}</div></div>"""


def _list(frame: Frame, numbers: array[int], page: int, pages: int, path: str, pagination: Pagination) -> str:
    """The HTML of a page of a list, with its pagination."""
    newest_first = numbers[::-1][(page - 1) * PAGE : page * PAGE]
    cards = '<div class="jeg_empty_module">No Content Available</div>'
    if newest_first:
        shown = "".join(frame.card(frame.newsroom.article(number)) for number in newest_first)
        cards = f'<div class="jeg_posts jeg_load_more_flag">{shown}</div>'
    match pagination:
        case "nav":
            return _block(cards, _numbered(frame, page, pages, path), "nav_1")
        case "nextprev":
            disabled = " disabled" if page == pages else ""
            links = f"""<div class="jeg_block_nav"><a href="#" class="prev disabled" title="Previous"></a>
<a href="#" class="next{disabled}" title="Next"></a></div>"""
            return _block(cards, links, pagination)
        case "loadmore" | "scrollload":
            more = '<div class="jeg_block_loadmore"><a href="#" class="">Load More</a></div>' if page < pages else ""
            return _block(cards, more, pagination)


def _numbered(frame: Frame, page: int, pages: int, path: str) -> str:
    """The HTML of a pagination with numbers; "" for a list of one page."""
    if pages == 1:
        return ""

    def address(number: int) -> str:
        return frame.url(path if number == 1 else f"{path}page/{number}/")

    near = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    numbers = "\n".join(
        f"<span class='page_number active'>{number}</span>"
        if number == page
        else f"<a class='page_number' href='{address(number)}'>{number}</a>"
        for number in near
    )
    before = f'<a class="page_nav prev" href="{address(page - 1)}"><span class="navtext">Prev</span></a>'
    after = f'<a class="page_nav next" href="{address(page + 1)}"><span class="navtext">Next</span></a>'
    return f"""<div class="jeg_navigation jeg_pagination jeg_pagenav_1
jeg_aligncenter no_navtext no_pageinfo">
<span class="page_info">Page {page} of {pages}</span>
{before if page > 1 else ""}{numbers}{after if page < pages else ""}</div>"""
