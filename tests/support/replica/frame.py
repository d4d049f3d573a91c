"""What stands around every page of the theme: head, menus, widgets, footer, and the cards of lists."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from tests.support.replica import words
from tests.support.replica.articles import LATEST, MENU, SECTIONS, Article
from tests.support.replica.newsroom import Newsroom

NAME = "Mainland Times"
EMPTY = "/wp-content/themes/jnews/assets/img/jeg-empty.png"
STATIC = {"about": (31, "About us"), "contact": (33, "Contact"), "privacy": (35, "Privacy policy")}
STYLES = (
    "jnews-frontend",
    "jnews-style",
    "jnews-darkmode",
    "elementor-frontend",
    "font-awesome",
    "js-composer",
)
SCRIPTS = (
    "jquery-core",
    "jquery-migrate",
    "hoverintent",
    "imagesloaded",
    "jnews-frontend-tiny",
    "comment-reply",
)


class Answer(NamedTuple):
    """What the server answers: the body is rendered for one host."""

    status: int
    headers: dict[str, str]
    body: str = ""


@dataclass(frozen=True)
class Sheet:
    """A page before it is framed."""

    title: str
    body_class: str
    main: str
    head: str = ""
    foot: str = ""
    language: str = "en-GB"
    section: str | None = None
    """The section whose menu item is marked."""


class Frame:
    """The frame of the theme for one host on one day; what all pages share is rendered once."""

    def __init__(self, newsroom: Newsroom, base: str) -> None:
        self.newsroom, self.base = newsroom, base
        self._header = self._render_header()
        self.sidebar = self._render_sidebar()
        self._footer = self._render_footer()

    def url(self, path: str) -> str:
        """The address of a path of the site, ready to stand in HTML."""
        return escape(self.base + path)

    def page(self, sheet: Sheet) -> str:
        """A complete page: the sheet in its frame."""
        header = self._header
        if sheet.section in MENU:
            item = f"menu-item-{200 + MENU.index(sheet.section)} bgnav"
            header = header.replace(item, f"current-menu-item {item}")
        return f"""<!doctype html>
<!--[if gt IE 8]><!--> <html class="no-js" lang="{sheet.language}"> <!--<![endif]-->
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<meta name='viewport' content='width=device-width, initial-scale=1, user-scalable=yes' />
<link rel="profile" href="http://gmpg.org/xfn/11" />
<link rel="pingback" href="{self.url("/xmlrpc.php")}" />
<title>{escape(sheet.title)} &#8211; {NAME}</title>
<meta name='robots' content='max-image-preview:large' />
{sheet.head}
<link rel="alternate" type="application/rss+xml" title="{NAME} &raquo; Feed" href="{self.url("/feed/")}" />
{self._assets()}
<link rel="https://api.w.org/" href="{self.url("/wp-json/")}" />
<meta name="generator" content="WordPress 6.8.1" />
</head>
<body class="{sheet.body_class} wp-embed-responsive wp-theme-jnews jeg_toggle_light jnews jsc_normal">
<div class="jeg_ad jeg_ad_top jnews_header_top_ads"><div class='ads-wrapper  '></div></div>
<div class="jeg_viewport">
{header}
{sheet.main}
{self._footer}
</div>
{sheet.foot}
<script>var jnews_ajax_url = '/?ajax-request=jnews';</script>
</body>
</html>
"""

    def section_url(self, name: str) -> str:
        """The address of a section's category page, ready to stand in HTML."""
        return self.url(f"/category/{words.slug(name)}/")

    def author_url(self, name: str) -> str:
        """The address of an author's page, ready to stand in HTML."""
        return self.url(f"/author/{words.slug(name)}/")

    def title_of(self, article: Article) -> str:
        """The headline as WordPress gives it, ready to stand in HTML."""
        return ("Protected: " if article.kind == "protected" else "") + escape(article.headline)

    def hero(self, article: Article, place: int) -> str:
        """The HTML of an article's card in a hero; ``place`` is its number there, from 1."""
        link, title = self.url(article.path), self.title_of(article)
        image = self.url(sized(article.thumbnail or EMPTY, "750x422"))
        return f"""<article class="jeg_post jeg_hero_item_{place} format-standard"
style="padding: 0 0 10px 10px;">
<div class="jeg_block_container"><span class="jeg_postformat_icon"></span>
<div class="jeg_thumb"><a href="{link}">
<div class="thumbnail-container thumbnail-background" data-src="{image}">
<div class="lazyloaded" data-src="{image}" style="background-image: url({image})"></div></div></a></div>
<div class="jeg_postblock_content"><div class="jeg_post_category">{self._label(article)}</div>
<div class="jeg_post_info"><h2 class="jeg_post_title"><a href="{link}">{title}</a></h2>
<div class="jeg_post_meta">{self._meta(article)}</div></div></div></div></article>"""

    def card(self, article: Article) -> str:
        """The HTML of an article's card in a list, with an excerpt."""
        link, title = self.url(article.path), self.title_of(article)
        excerpt = "There is no excerpt because this is a protected post."
        if article.kind != "protected":
            excerpt = escape(" ".join(article.body[0].split()[:18])) + "..."
        return f"""<article class="jeg_post jeg_pl_lg_2 format-standard">
<div class="jeg_thumb">{self._thumb(article, "350x250")}
<div class="jeg_post_category"><span>{self._label(article)}</span></div></div>
<div class="jeg_postblock_content"><h3 class="jeg_post_title"><a href="{link}">{title}</a></h3>
<div class="jeg_post_meta">{self._meta(article)}<div class="jeg_meta_comment"><a href="{link}#comments">
<i class="fa fa-comment-o"></i> {article.comments or 0} </a></div></div>
<div class="jeg_post_excerpt"><p>{excerpt}</p><a href="{link}" class="jeg_readmore">Read more</a></div>
</div></article>"""

    def small(self, article: Article, style: str = "jeg_pl_sm") -> str:
        """The HTML of an article's card in a widget or among related articles."""
        link, title = self.url(article.path), self.title_of(article)
        return f"""<article class="jeg_post {style} format-standard"><div class="jeg_thumb">
{self._thumb(article, "120x86")}</div>
<div class="jeg_postblock_content"><h3 class="jeg_post_title"><a href="{link}">{title}</a></h3>
<div class="jeg_post_meta"><div class="jeg_meta_date"><a href="{link}"><i class="fa fa-clock-o"></i> \
{article.printed_day}</a></div></div></div></article>"""

    def block(self, title: str, cards: str) -> str:
        """The HTML of a block of cards under a heading."""
        return f"""<div class="jeg_postblock_9 jeg_postblock jeg_module_hook
jeg_pagination_disable jeg_col_2o3">
<div class="jeg_block_heading jeg_block_heading_6 jeg_subcat_right">
<h3 class="jeg_block_title"><span>{title}</span></h3></div>
<div class="jeg_block_container"><div class="jeg_posts_wrap"><div class="jeg_posts jeg_load_more_flag">
{cards}</div></div></div></div>"""

    def breadcrumb(self, *links: tuple[str, str]) -> str:
        """The HTML of the breadcrumb: Home, then the links given as address and name."""
        trail = [(self.url(""), "Home"), *links]
        marks = ["", *["breadcrumb_last_link"] * len(links)]
        separated = '<i class="fa fa-angle-right"></i>'.join(
            f'<span class="{mark}"><a href="{link}">{escape(name)}</a></span>'
            for mark, (link, name) in zip(marks, trail, strict=True)
        )
        container = '<div class="jeg_breadcrumbs jeg_breadcrumb_container">'
        return f'{container}<div id="breadcrumbs">{separated}</div></div>'

    def _label(self, article: Article) -> str:
        name = article.sections[0]
        return f'<a href="{self.section_url(name)}" class="category-{words.slug(name)}">{name}</a>'

    def _meta(self, article: Article) -> str:
        """The HTML of the line with the author and the day in a card."""
        byline = ""
        if article.authors:
            name = article.authors[0]
            link = f'<a href="{self.author_url(name)}">{escape(name)}</a>'
            byline = f'<div class="jeg_meta_author"><span class="by">by</span> {link}</div>'
        date = f'<a href="{self.url(article.path)}"><i class="fa fa-clock-o"></i> {article.printed_day}</a>'
        return f'{byline}<div class="jeg_meta_date">{date}</div>'

    def _thumb(self, article: Article, size: str) -> str:
        image = self.url(sized(article.thumbnail or EMPTY, size))
        width, height = size.split("x")
        return f"""<a href="{self.url(article.path)}">
<div class="thumbnail-container animate-lazy  size-715 ">
<img width="{width}" height="{height}" src="{self.url(EMPTY)}"
class="attachment-jnews-{size} lazyload wp-post-image" alt="{escape(article.headline)}" decoding="async"
data-src="{image}" data-sizes="auto" data-expand="700" /></div></a>"""

    def _assets(self) -> str:
        styles = "\n".join(
            f"<link rel='stylesheet' id='{name}-css' type='text/css' media='all' "
            f"href='{self.url(f'/wp-content/themes/jnews/{name}.css')}?ver=11.1.0' />"
            for name in STYLES
        )
        scripts = "\n".join(
            f'<script src="{self.url(f"/wp-includes/js/{name}.min.js")}?ver=11.1.0" id="{name}-js"></script>'
            for name in SCRIPTS
        )
        return f"{styles}\n<style>.jeg_post_title{{font-weight:700}}</style>\n{scripts}"

    def _mega_menu(self, name: str) -> str:
        newest = self.newsroom.by_section[name][-3:][::-1]
        cards = "".join(self.small(self.newsroom.article(number), "jeg_newsfeed_item") for number in newest)
        return f"""<div class="sub-menu"><div class="jeg_newsfeed clearfix"><div class="jeg_newsfeed_list">
<div class="newsfeed_container">{cards}</div></div></div></div>"""

    def _menu(self, mega: dict[str, str]) -> str:
        items = "\n".join(
            f'<li id="menu-item-{200 + place}" class="menu-item menu-item-type-taxonomy '
            f'menu-item-object-category menu-item-{200 + place} bgnav">'
            f'<a href="{self.section_url(name)}">{name}</a>{mega.get(name, "")}</li>'
            for place, name in enumerate(MENU)
        )
        return f'<ul class="jeg_menu jeg_main_menu jeg_menu_style_1" data-animation="animate">{items}</ul>'

    def _render_header(self) -> str:
        """The HTML of the header and the menus, for all pages."""
        pages = "\n".join(
            f'<li id="menu-item-{number}" class="menu-item menu-item-type-post_type menu-item-object-page">'
            f'<a href="{self.url(f"/{slug}/")}">{title}</a></li>'
            for slug, (number, title) in STATIC.items()
        )
        login = f'<a href="{self.url("/wp-login.php")}" class="jeg_popuplink">Login</a>'
        search = f"""<div class="jeg_nav_item jeg_search_wrapper search_icon jeg_search_popup_expand">
<form action="{self.url("/")}" method="get" class="jeg_search_form" target="_top">
<input name="s" class="jeg_search_input" placeholder="Search..." type="text" value="" autocomplete="off">
<button aria-label="Search Button" type="submit" class="jeg_search_button btn"></button></form></div>"""
        plain = "".join(f'<li class="menu-item"><a href="{self.section_url(name)}">{name}</a></li>' for name in MENU)
        mega = {name: self._mega_menu(name) for name in MENU}
        return f"""<div class="jeg_header_wrapper"><div class="jeg_header normal">
<div class="jeg_topbar jeg_container jeg_navbar_wrapper dark"><div class="container"><div class="jeg_nav_row">
<ul class="jeg_menu jeg_top_menu">{pages}</ul>
<ul class="jeg_accountlink jeg_menu"><li>{login}</li></ul></div></div></div>
<div class="jeg_midbar jeg_container"><div class="jeg_logo"><div class="site-title"><a href="{self.url("/")}">
<img class='jeg_logo_img'
src="{self.url("/wp-content/themes/jnews/assets/img/logo.png")}" alt="{NAME}"></a></div></div></div>
<div class="jeg_bottombar jeg_navbar jeg_container">
<div class="jeg_mainmenu_wrap">{self._menu(mega)}</div>{search}</div>
</div></div>
<div class="jeg_header_sticky"><div class="jeg_stickybar jeg_navbar jeg_container">
<div class="jeg_mainmenu_wrap">{self._menu({})}</div>{search}</div></div>
<div class="jeg_navbar_mobile_wrapper"><div id="jeg_off_canvas">
<ul class="jeg_mobile_menu">{plain}</ul></div></div>
<div class="jeg_ad jeg_ad_top jnews_header_bottom_ads"><div class='ads-wrapper  '></div></div>"""

    def _render_sidebar(self) -> str:
        popular = "".join(
            f'<li class="popularpost_item format-standard">{self.small(article)}</li>'
            for article in self.newsroom.popular(6)
        )
        return f"""<div class="jeg_sidebar left jeg_sticky_sidebar col-sm-4"><div class="theiaStickySidebar">
<div class="widget widget_jnews_popular" id="jnews_popular-2">
<div class="jeg_block_heading jeg_block_heading_6">
<h3 class="jeg_block_title"><span>Popular News</span></h3></div>
<ul class="popularpost_list">{popular}</ul></div>
<div class="widget widget_jnews_module_element_ads"><div class="jeg_ad jeg_ad_module"></div></div>
</div></div>"""

    def _render_footer(self) -> str:
        items = "\n".join(
            f'<li class="cat-item cat-item-{category_id(name)}"><a href="{self.section_url(name)}">{name}</a></li>'
            for name in sorted((*MENU, LATEST))
        )
        recent = "".join(self.small(self.newsroom.article(number)) for number in self.newsroom.numbers[-3:][::-1])
        return f"""<div class="footer-holder" id="footer"><div class="jeg_footer jeg_footer_1 dark">
<div class="jeg_footer_container jeg_container"><div class="jeg_footer_primary clearfix">
<div class="col-md-4 footer_column"><div class="footer_widget widget_categories" id="categories-2">
<div class="jeg_footer_heading jeg_footer_heading_1">
<h3 class="jeg_footer_title"><span>Category</span></h3></div>
<ul>{items}</ul></div></div>
<div class="col-md-4 footer_column"><div class="footer_widget widget_jnews_recent_news">{recent}</div></div>
</div></div><div class="jeg_footer_bottom"><p class="copyright">&copy; 2025 {NAME}</p></div></div></div>"""


def category_id(name: str) -> int:
    """WordPress' number of a section."""
    return 2 + SECTIONS.index(name)


def sized(path: str, size: str) -> str:
    """The path of a picture in another size: ``/a/b.jpg`` is ``/a/b-120x86.jpg``."""
    if path == EMPTY:
        return path
    stem, _, suffix = path.rpartition(".")
    return f"{stem}-{size}.{suffix}"
