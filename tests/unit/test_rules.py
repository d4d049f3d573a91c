"""Every rule of the selectors by itself: what a page gives that has only this source of a field."""

from __future__ import annotations

from typing import Any

import pytest

from mainland.pages.article import article, explain
from mainland.pages.page import Page, parse
from mainland.pages.subpages import address_of, is_split
from mainland.selectors import RULES

META = '<div class="jeg_meta_container">%s</div>'
LD = '<script type="application/ld+json">{"@type": "NewsArticle", %s}</script>'


def _pages(*named: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "url": url} for name, url in named]


# field, rule, what stands in the head, what stands above the text, what the field is then
SOURCES: list[tuple[str, str, str, str, Any]] = [
    ("id", "link shortlink", '<link rel="shortlink" href="https://a.example/?p=7">', "", 7),
    (
        *("id", "link alternate"),
        '<link rel="alternate" type="application/json" href="https://a.example/wp-json/wp/v2/posts/7">',
        *("", 7),
    ),
    ("id", "post-body-class @class", "", '<div class="post-body-class single-post postid-7"></div>', 7),
    ("headline", "headline", "", '<h1 class="jeg_post_title">Milk <em>falls</em></h1>', "Milk falls"),
    ("headline", "json_ld headline", LD % '"headline": "Milk &amp; bread"', "", "Milk & bread"),
    ("headline", "title og:title", '<meta property="og:title" content="Milk falls">', "", "Milk falls"),
    ("headline", "title twitter:title", '<meta name="twitter:title" content="Milk falls">', "", "Milk falls"),
    (
        *("headline", "title title"),
        '<title>Milk falls – Mainland Times</title><meta property="og:site_name" content="Mainland Times">',
        *("", "Milk falls"),
    ),
    ("alternative_headline", "jeg_post_subtitle", "", '<h2 class="jeg_post_subtitle"> Again </h2>', "Again"),
    (
        "byline",
        "jeg_meta_author text",
        "",
        META % '<div class="jeg_meta_author">by <a>Ana Peña</a></div>',
        "by Ana Peña",
    ),
    (
        "authors",
        "jeg_meta_author links and text",
        "",
        META % '<div class="jeg_meta_author">by <a>Ana Peña</a></div>',
        ["Ana Peña"],
    ),
    (
        *("authors", "jeg_meta_author links and text", ""),
        META % '<div class="jeg_meta_author">by Ana Peña and <a>PR Desk</a></div>',
        ["Ana Peña", "PR Desk"],
    ),
    (
        *("authors", "elementor-post-info__item--type-author text", ""),
        '<a href="/author/ana/"><span class="elementor-post-info__item--type-author">Ana Peña</span></a>',
        ["Ana Peña"],
    ),
    (
        *("byline", "elementor-post-info__item--type-author text", ""),
        '<span class="elementor-post-info__item--type-author"> By Ana Peña </span>',
        "By Ana Peña",
    ),
    (
        *("byline", "wp-block-post-author-name text", ""),
        '<div class="wp-block-post-author-name"><a href="/author/ana/">Ana Peña</a></div>',
        "Ana Peña",
    ),
    (
        *("byline", "wp-block-post-author__name text", ""),
        '<p class="wp-block-post-author__name">Ana Peña</p>',
        "Ana Peña",
    ),
    (
        *("authors", "wp-block-post-author-name links and text", ""),
        '<div class="wp-block-post-author-name"><a href="/author/ana/">Ana Peña</a></div>',
        ["Ana Peña"],
    ),
    (
        *("authors", "wp-block-post-author__name links and text", ""),
        '<p class="wp-block-post-author__name">Ana Peña</p>',
        ["Ana Peña"],
    ),
    (
        *("authors", "author_box", ""),
        '<div class="saboxplugin-authorname"><a href="/author/ana/" class="vcard author">Ana Peña</a></div>',
        ["Ana Peña"],
    ),
    (
        *("date_published", "wp-block-post-date time", ""),
        """<div class="wp-block-post-date"><time datetime="2022-07-01T10:00:00+01:00">1 July</time></div>""",
        "2022-07-01T09:00:00Z",
    ),
    (
        *("date_published_raw", "elementor-post-info__item--type-date", ""),
        '<span class="elementor-post-info__item--type-date"><time>1 July</time></span>',
        "1 July",
    ),
    (
        *("date_published_raw", "wp-block-post-date", ""),
        '<div class="wp-block-post-date"><time>1 July</time></div>',
        "1 July",
    ),
    (
        *("sections", "taxonomy-category a", ""),
        '<div class="taxonomy-category"><a href="/eu/" rel="tag">EU</a>, <a href="/uk/" rel="tag">UK</a></div>',
        ["EU", "UK"],
    ),
    (
        *("tags", "taxonomy-post_tag a", ""),
        '<div class="taxonomy-post_tag wp-block-post-terms"><a href="/tag/milk/" rel="tag">Milk</a></div>',
        ["Milk"],
    ),
    (
        *("author_pages", "wp-block-post-author-name links and text", ""),
        '<div class="wp-block-post-author-name"><a href="/author/ana/">Ana Peña</a></div>',
        _pages(("Ana Peña", "https://a.example/author/ana/")),
    ),
    (
        *("author_pages", "wp-block-post-author__name links and text", ""),
        '<p class="wp-block-post-author__name"><a href="/author/ana/">Ana Peña</a></p>',
        _pages(("Ana Peña", "https://a.example/author/ana/")),
    ),
    (
        *("author_pages", "author_box", ""),
        '<a href="/author/ana/"><h4 class="elementor-author-box__name">Ana Peña</h4></a>',
        _pages(("Ana Peña", "https://a.example/author/ana/")),
    ),
    (
        *("section_pages", "taxonomy-category a", ""),
        '<div class="taxonomy-category wp-block-post-terms"><a href="/eu/" rel="tag">EU</a></div>',
        _pages(("EU", "https://a.example/eu/")),
    ),
    (
        *("tag_pages", "taxonomy-post_tag a", ""),
        '<div class="taxonomy-post_tag wp-block-post-terms"><a href="/tag/milk/" rel="tag">Milk</a></div>',
        _pages(("Milk", "https://a.example/tag/milk/")),
    ),
    (
        *("sections", "elementor-post-info__terms-list a", ""),
        '<span class="elementor-post-info__terms-list"><a href="#">EU</a>, <a href="#">UK</a></span>',
        ["EU", "UK"],
    ),
    (
        *("date_published", "meta article:published_time"),
        '<meta property="article:published_time" content="2022-07-01T10:00:00+01:00">',
        *("", "2022-07-01T09:00:00Z"),
    ),
    (
        "date_published",
        "json_ld datePublished",
        LD % '"datePublished": "2022-07-01 10:00:00"',
        "",
        "2022-07-01T09:00:00Z",
    ),
    ("date_published", "json_ld published", LD % '"published": "2022-07-01T10:00:00Z"', "", "2022-07-01T10:00:00Z"),
    (
        *("date_published", "meta datepublished", ""),
        '<meta itemprop="datePublished" content="2022-07-01T10:00:00Z">',
        "2022-07-01T10:00:00Z",
    ),
    (
        *("date_published", "entry-header time", ""),
        '<div class="entry-header"><time datetime="2022-07-01T10:00:00Z">1 July</time></div>',
        "2022-07-01T10:00:00Z",
    ),
    (
        *("date_modified", "meta article:modified_time"),
        '<meta property="article:modified_time" content="2022-07-01T10:00:00Z">',
        *("", "2022-07-01T10:00:00Z"),
    ),
    (
        *("date_modified", "meta og:updated_time"),
        '<meta property="og:updated_time" content="2022-07-01T10:00:00Z">',
        *("", "2022-07-01T10:00:00Z"),
    ),
    (
        *("date_modified", "meta datemodified", ""),
        '<meta itemprop="dateModified" content="2022-07-01T10:00:00Z">',
        "2022-07-01T10:00:00Z",
    ),
    ("date_modified", "json_ld dateModified", LD % '"dateModified": "2022-07-01 10:00:00"', "", "2022-07-01T10:00:00Z"),
    (
        "date_published_raw",
        "jeg_meta_date",
        "",
        META % '<div class="jeg_meta_date"><a>3 days ago</a></div>',
        "3 days ago",
    ),
    (
        *("section", "breadcrumb category", ""),
        '<div id="breadcrumbs"><a href="https://a.example/">Home</a><a href="https://a.example/category/eu/">EU</a></div>',
        "EU",
    ),
    ("section", "meta article:section", '<meta property="article:section" content="EU">', "", "EU"),
    (
        "sections",
        "jeg_meta_category a",
        "",
        META % '<span class="jeg_meta_category"><a>EU</a>, <a>UK</a></span>',
        ["EU", "UK"],
    ),
    (
        *("sections", "jeg_meta_category a[rel=category]", ""),
        META % '<span class="jeg_meta_category"><a>Follow</a> <a rel="category tag">EU</a></span>',
        ["EU"],
    ),
    ("sections", "json_ld articleSection", LD % '"articleSection": ["EU", "UK", "EU"]', "", ["EU", "UK"]),
    ("sections", "meta article:section", '<meta property="article:section" content="EU">', "", ["EU"]),
    (
        *("tags", "jeg_post_tags a[rel=tag]", ""),
        '<div class="jeg_post_tags"><a>More</a><a rel="tag">Milk</a></div>',
        ["Milk"],
    ),
    ("tags", "jeg_post_tags a", "", '<div class="jeg_post_tags"><a>Milk</a><a>Farms</a></div>', ["Milk", "Farms"]),
    (
        *("tags", "elementor-post-info__terms-list a[href*=tag]", ""),
        '<span class="elementor-post-info__terms-list"><a href="https://a.example/tag/milk/">Milk</a></span>',
        ["Milk"],
    ),
    ("tags", "json_ld keywords", LD % '"keywords": ["Milk", "Farms"]', "", ["Milk", "Farms"]),
    ("tags", "meta article:tag", '<meta property="article:tag" content="Milk">', "", ["Milk"]),
    ("description", "meta description", '<meta name="description" content="A litre.">', "", "A litre."),
    ("description", "meta og:description", '<meta property="og:description" content="A litre.">', "", "A litre."),
    ("description", "meta twitter:description", '<meta name="twitter:description" content="A litre.">', "", "A litre."),
    (
        *("views", "jeg_views_count .counts", ""),
        '<div class="jeg_views_count"><div class="counts">1.2k</div><span>VIEWS</span></div>',
        1200,
    ),
    ("views", "jeg_meta_views", "", META % '<div class="jeg_meta_views"><i></i> 1.2k</div>', 1200),
    ("comments", "comments .count", "", '<div id="comments"><span class="count">3</span></div>', 3),
    ("comments", "jeg_meta_comment", "", META % '<div class="jeg_meta_comment"><a>3</a></div>', 3),
    ("language", "meta og:locale", '<meta property="og:locale" content="de_DE">', "", "de-DE"),
    ("sponsored", "jeg_meta_sponsor", "", META % '<div class="jeg_meta_sponsor">Sponsored</div>', True),
    ("sponsored", "sponsor-label", "", '<span class="sponsor-label">Sponsored</span>', True),
    ("is_accessible_for_free", "paywall", "", '<div class="jpw-truncate-btn">Subscribe</div>', False),
    ("is_accessible_for_free", "json_ld isAccessibleForFree", LD % '"isAccessibleForFree": "False"', "", False),
    (
        *("is_accessible_for_free", "meta isaccessibleforfree", ""),
        '<meta itemprop="isAccessibleForFree" content="false">',
        False,
    ),
    (
        *("is_accessible_for_free", "meta article:content_tier"),
        '<meta property="article:content_tier" content="locked">',
        *("", False),
    ),
    (
        *("original_url", "link canonical elsewhere"),
        '<link rel="canonical" href="https://wire.example/milk?id=7">',
        *("", "https://wire.example/milk?id=7"),
    ),
    (
        *("author_pages", "jeg_meta_author links and text", ""),
        META
        % """<div class="jeg_meta_author"><a href="/author/ana/"><img alt="Ana Peña"></a> by <a href="/author/ana/">Ana
        Peña</a>, <a href="https://wire.example/">Northwire News</a> and Otto Weiß <a href="https://x.com/ana">@ana</a>
        <a href="#">Follow Us</a></div>""",
        _pages(("Ana Peña", "https://a.example/author/ana/"), ("Northwire News", "https://wire.example/")),
    ),
    (
        *("author_pages", "elementor-post-info__item--type-author a", ""),
        '<a href="/author/ana/"><span class="elementor-post-info__item--type-author">Ana Peña</span></a>',
        _pages(("Ana Peña", "https://a.example/author/ana/")),
    ),
    (
        *("section_pages", "jeg_meta_category a[rel=category]", ""),
        META
        % """<span class="jeg_meta_category"><a href="/category/news/eu/" rel="category tag">EU</a>
        <a href="/category/opinion/eu/?a=1&amp;b=2" rel="category tag">EU</a> <a href="/more/">More</a></span>""",
        _pages(("EU", "https://a.example/category/news/eu/"), ("EU", "https://a.example/category/opinion/eu/?a=1&b=2")),
    ),
    (
        *("section_pages", "jeg_meta_category a", ""),
        META % '<span class="jeg_meta_category"><a href="/eu/">EU</a> <a href="javascript:;">UK</a> <a>US</a></span>',
        _pages(("EU", "https://a.example/eu/")),
    ),
    (
        *("section_pages", "elementor-post-info__terms-list a", ""),
        '<span class="elementor-post-info__terms-list"><a href="/eu/">EU</a>, <a href="/tag/milk/">Milk</a></span>',
        _pages(("EU", "https://a.example/eu/")),
    ),
    (
        *("section_pages", "breadcrumb links", ""),
        """<div id="breadcrumbs"><a href="https://a.example/">Home</a><a href="/category/world/">World</a>
        <a href="/category/world/eu/">EU</a></div>""",
        _pages(("EU", "https://a.example/category/world/eu/")),
    ),
    (
        *("tag_pages", "jeg_post_tags a[rel=tag]", ""),
        '<div class="jeg_post_tags"><a href="/tag/">More</a><a rel="tag" href="/tag/r-d/">R&amp;D</a></div>',
        _pages(("R&D", "https://a.example/tag/r-d/")),
    ),
    (
        *("tag_pages", "jeg_post_tags a", ""),
        '<div class="jeg_post_tags"><a href="/tag/milk/"><b>Milk</b></a><a href="/milk/#top">Up</a></div>',
        _pages(("Milk", "https://a.example/tag/milk/")),
    ),
    (
        *("tag_pages", "elementor-post-info__terms-list a[href*=tag]", ""),
        '<span class="elementor-post-info__terms-list"><a href="https://a.example/tag/milk/">Milk</a></span>',
        _pages(("Milk", "https://a.example/tag/milk/")),
    ),
]


def page(
    head: str = "",
    above: str = "",
    names: str = "single-post",
    html: str = "",
    link: str | None = None,
    body: str = "<p>It fell.</p>",
) -> Page:
    """A post of a word, with what a rule reads."""
    text = f'<div class="entry-content"><div class="content-inner">{body}</div></div>'
    read = parse(f'<html {html}><head>{head}</head><body class="{names}">{above}{text}</body></html>')
    return Page(read.root, "https://a.example/milk/", link)


@pytest.mark.parametrize(
    ("field", "rule", "head", "above", "value"), SOURCES, ids=[f"{field}: {rule}" for field, rule, *_ in SOURCES]
)
def test_rule_is_enough_by_itself(field: str, rule: str, head: str, above: str, value: Any) -> None:
    bare = article(page())
    assert getattr(bare, field) in (None, [])
    assert getattr(article(page(head, above)), field) == value
    values = explain(page(head, above))[field]
    assert next(iter(values)) == rule
    assert values[rule] is not None


@pytest.mark.parametrize(
    ("read", "number"),
    [
        (page(names="single-post postid-7"), 7),
        (
            page(
                link='<https://a.example/wp-json/>; rel="https://api.w.org/", <https://a.example/?p=7>; rel=shortlink'
            ),
            7,
        ),
        (page(above='<div id="respond"><input name="comment_post_ID" value="7"></div>'), 7),
        (page(names="single-post postid-" + "7" * 40), None),
    ],
)
def test_number_of_the_post_stands_in_many_places(read: Page, number: int | None) -> None:
    assert article(read).id == number


def test_language_is_that_of_the_page() -> None:
    assert article(page(html='lang="pt-BR"')).language == "pt-BR"
    assert article(page('<meta property="og:locale" content="en_US">', html='lang="pt-BR"')).language == "pt-BR"


SOURCE = '<div class="jeg_post_source"><a href="%s">Northwire</a></div>'


@pytest.mark.parametrize(
    ("head", "link", "address"),
    [
        ("", SOURCE % "https://wire.example/2022/01/litre-of-milk-falls-again.html", True),
        ("", SOURCE.replace("source", "via") % "https://wire.example/milk-falls-again/amp/", True),
        ("", SOURCE % "https://wire.example/L%C3%ADtre-Of-Milk-7", True),
        ("", SOURCE % "https://wire.example/", False),
        ("", SOURCE % "https://wire.example/milk-and-honey/", False),
        ("", SOURCE % "https://en.a.example/milk-falls-again/", False),
        ("", SOURCE % "/milk-falls-again/", False),
        ("", SOURCE % "https://archive.example/2022/https://a.example/milk-falls-again/", False),
        ("", '<p>The post <a href="https://b.example/?p=7">A litre of milk falls AGAIN</a> appeared first.</p>', True),
        ("", '<p>Read the <a href="https://b.example/litre-milk-falls-again-17">original</a>.</p>', True),
        ("", '<p>Milk <a href="https://b.example/milk-falls-again-in-all-the-world">falls</a>.</p>', False),
        ('<link rel="canonical" href="https://a.example/milk/">', "", False),
        ('<link rel="canonical" href="https://www.a.example:443/rain/">', "", False),
        ('<link rel="canonical" href="https://wire.example/">', "", False),
        ('<link rel="canonical" href="mailto:a@wire.example">', "", False),
    ],
)
def test_the_same_story_elsewhere_was_there_first(head: str, link: str, address: object) -> None:
    found = article(page(head, "<h1>A litre of milk falls again</h1>", body=f"<p>It fell.</p>{link}")).original_url
    assert (found is not None) is address
    assert found is None or found in link


PART = '{"@type": "WebPageElement", "isAccessibleForFree": %s, "cssSelector": ".paywall"}'


@pytest.mark.parametrize(
    ("values", "is_free"),
    [
        ('"isAccessibleForFree": false', False),
        ('"isAccessibleForFree": "http://schema.org/False"', False),
        ('"isAccessibleForFree": true', None),
        ('"isAccessibleForFree": 0', None),
        (f'"isAccessibleForFree": true, "hasPart": {PART % "false"}', False),
        (f'"hasPart": [{PART % "true"}, {PART % """ "false" """}]', False),
        ('"isPartOf": {"@type": ["CreativeWork", "Product"], "isAccessibleForFree": false}', None),
        ('"url": "https://a.example/milk/", "isAccessibleForFree": false', False),
        ('"mainEntityOfPage": "https://google.com/article", "isAccessibleForFree": false', False),  # an example, copied
        ('"url": "https://a.example/rain/", "isAccessibleForFree": false', None),  # another article
    ],
)
def test_json_ld_tells_what_is_not_free_to_read(values: str, is_free: object) -> None:
    assert article(page(LD % values)).is_accessible_for_free is is_free
    assert article(page((LD % values).replace("NewsArticle", "WebPage", 1))).is_accessible_for_free is is_free


def test_all_rules_are_tried_above() -> None:
    tried = {(field, rule) for field, rule, *_ in SOURCES}
    tried |= {("id", "body @class"), ("id", "link header"), ("language", "html @lang")}
    tried |= {("id", "respond comment_post_ID")}
    assert tried == {(field, rule.name) for field, rules in RULES.items() for rule in rules}


SPLIT = """<p>Rain fell for a week.</p><div class="top-split-nav"><div class="jeg_splitpost_bar"><div class="nav_wrap">
<h3 class="current_title"><strong><span class="pagenum">{0}.</span> {1}</strong></h3></div><div class="pagenav_wrap">
<a href="/milk/{2}/#split_content">Next</a></div></div></div><div class="split-container"><p>{3}</p></div>
<p>More follows.</p>"""


def test_parts_of_the_split_plugin_come_out_as_one_without_what_each_repeats() -> None:
    texts = [("One", 2, "It rose."), ("Two", 3, "It fell."), ("Three", 1, "It rose again.")]
    parts = [page(body=SPLIT.format(number, *each)) for number, each in enumerate(texts, 1)]
    assert [address_of(page, number) for number, page in enumerate(parts, 2)] == [
        "https://a.example/milk/2/",
        "https://a.example/milk/3/",
        None,
    ]
    text = ["Rain fell for a week.", "One", "It rose.", "Two", "It fell.", "Three", "It rose again.", "More follows."]
    assert article(parts[0], further=parts[1:]).body == "\n\n".join(text)


def test_links_of_the_story_lead_to_no_parts() -> None:
    body = (
        '<div class="split-container top-split-nav"><div class="split-wrapper">'
        '<p>It fell in <a href="https://a.example/category/world/page/2/">the world</a>.</p></div></div>'
    )
    read = page(body=body)
    assert not is_split(read)
    assert address_of(read, 2) is None
    assert article(read).body == "It fell in the world."
