"""The theme's selectors, as named data. What each is for, and the traps of the theme: docs/pages.md."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """Where a value stands: a region or a record of the page, and the query that selects the value there."""

    region: str
    """A region, whose query is XPath: a name of REGIONS, ``headline``, ``html`` or ``body``. Or a record, whose query
    is a key: ``meta``, ``link``, ``title``, ``breadcrumb``, ``author_box``, ``paywall`` or ``json_ld``."""

    query: str = "."
    """XPath, ``@NAME`` for an attribute of the region, ``.`` for the region itself, or BYLINE; of a record a key."""

    label: str = ""
    """The query in short, for people."""

    @property
    def name(self) -> str:
        """What the rule is called in the stats and by ``scrapy extract --explain``."""
        return self.region if self.query == "." else f"{self.region} {self.label or self.query}"


# Classes and ids of the regions of a post. One walk of the page finds the first node of each that stands in no list of
# other posts; rules select only there.
REGIONS = frozenset(
    {
        "breadcrumbs",
        "comments",
        "content-inner",
        "elementor-post-info__item--type-author",
        "elementor-post-info__item--type-date",
        "elementor-post-info__terms-list",
        "elementor-widget-theme-post-content",
        "elementor-widget-theme-post-featured-image",
        "entry-content",
        "entry-header",
        "jeg_featured",
        "jeg_featured_bg",
        "jeg_featured_big",
        "jeg_meta_author",
        "jeg_meta_category",
        "jeg_meta_comment",
        "jeg_meta_date",
        "jeg_meta_sponsor",
        "jeg_meta_views",
        "jeg_pagelinks",
        "jeg_post_source",
        "jeg_post_subtitle",
        "jeg_post_tags",
        "jeg_post_via",
        "jeg_splitpost_bar",
        "jeg_views_count",
        "post-body-class",
        "post-password-form",
        "respond",
        "split-carousel",
        "split-container",
        "sponsor-label",
        "taxonomy-category",
        "taxonomy-post_tag",
        "wp-block-post-author-name",
        "wp-block-post-author__name",
        "wp-block-post-date",
        "wp-block-post-featured-image",
    }
)

# Regions that a template of a page builder prints more than once: sections above the text, tags below it.
REPEATED = frozenset({"elementor-post-info__terms-list"})

# Classes of an author's name in a box below the text: JNews, Elementor, PublishPress Authors, Molongui, Simple Author
# Box, WP Post Author, Co-Authors Plus and Starbox.
AUTHOR_NAMES = frozenset(
    {
        "abh_name",
        "awpa-display-name",
        "elementor-author-box__name",
        "jeg_author_name",
        "m-a-box-title",
        "multiple-authors-name",
        "saboxplugin-authorname",
        "wp-block-co-authors-plus-name",
    }
)
AUTHOR_GROUP = "ppma-category-group"  # PublishPress: people of one role, under its title; the first are the authors
FURTHER_GROUPS = "ppma-category-group-other-wraps"
GROUP_TITLES = frozenset({"name-author-category", "ppma-category-group-title"})
AUTHOR_BOX_ASIDES = GROUP_TITLES | {"screen-reader-text"}

BYLINE = "byline"
"""A query that is not XPath: the links of a byline, the text beside them, and the words that the theme marks, as "by"
and "1 others"."""

# Links whose texts are names, and whose addresses are the pages of these.
_SECTION_LINKS = (
    Rule("jeg_meta_category", ".//a[contains(@rel, 'category')]", "a[rel=category]"),
    Rule("jeg_meta_category", ".//a", "a"),
    Rule("elementor-post-info__terms-list", ".//a[not(contains(@href, '/tag/'))]", "a"),
    Rule("taxonomy-category", ".//a", "a"),
)
_TAG_LINKS = (
    Rule("jeg_post_tags", ".//a[contains(@rel, 'tag')]", "a[rel=tag]"),
    Rule("jeg_post_tags", ".//a", "a"),
    Rule("elementor-post-info__terms-list", ".//a[contains(@href, '/tag/')]", "a[href*=tag]"),
    Rule("taxonomy-post_tag", ".//a", "a"),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "id": (
        Rule("link", "shortlink"),
        Rule("link", "alternate"),
        Rule("body", "@class"),
        Rule("post-body-class", "@class"),
        Rule("link", "header"),
        Rule("respond", ".//input[@name='comment_post_ID']/@value", "comment_post_ID"),
    ),
    "headline": (
        Rule("headline"),
        Rule("json_ld", "headline"),
        Rule("title", "og:title"),
        Rule("title", "twitter:title"),
        Rule("title", "title"),
    ),
    "alternative_headline": (Rule("jeg_post_subtitle"),),
    "byline": (
        Rule("jeg_meta_author", ".//text()[not(parent::script or parent::style)]", "text"),
        Rule("elementor-post-info__item--type-author", ".//text()", "text"),
        Rule("wp-block-post-author-name", ".//text()", "text"),
        Rule("wp-block-post-author__name", ".//text()", "text"),
    ),
    "authors": (
        Rule("jeg_meta_author", BYLINE, "links and text"),
        Rule("elementor-post-info__item--type-author", ".//text()", "text"),
        Rule("wp-block-post-author-name", BYLINE, "links and text"),
        Rule("wp-block-post-author__name", BYLINE, "links and text"),
        Rule("author_box"),
    ),
    "date_published": (
        Rule("meta", "article:published_time"),
        Rule("json_ld", "datePublished"),
        Rule("json_ld", "published"),
        Rule("meta", "datepublished"),
        Rule(
            "entry-header",
            ".//time[not(contains(@class, 'updated')) or contains(@class, 'published')]/@datetime",
            "time",
        ),
        Rule("wp-block-post-date", "self::*[not(contains(@class, 'modified-date'))]//time/@datetime", "time"),
    ),
    "date_modified": (
        Rule("meta", "article:modified_time"),
        Rule("meta", "og:updated_time"),
        Rule("json_ld", "dateModified"),
        Rule("meta", "datemodified"),
    ),
    "date_published_raw": (
        Rule("jeg_meta_date"),
        Rule("elementor-post-info__item--type-date"),
        Rule("wp-block-post-date"),
    ),
    "section": (Rule("breadcrumb", "category"), Rule("meta", "article:section")),
    "sections": (
        *_SECTION_LINKS,
        Rule("json_ld", "articleSection"),
        Rule("meta", "article:section"),
    ),
    "tags": (
        *_TAG_LINKS,
        Rule("meta", "article:tag"),
        Rule("json_ld", "keywords"),
    ),
    "description": (
        Rule("meta", "description"),
        Rule("meta", "og:description"),
        Rule("meta", "twitter:description"),
    ),
    "views": (Rule("jeg_views_count", ".//*[contains(@class, 'counts')]", ".counts"), Rule("jeg_meta_views")),
    "comments": (Rule("comments", ".//*[@class='count']", ".count"), Rule("jeg_meta_comment")),
    "language": (Rule("html", "@lang"), Rule("meta", "og:locale")),
    "sponsored": (Rule("jeg_meta_sponsor"), Rule("sponsor-label")),
    "is_accessible_for_free": (
        Rule("paywall"),
        Rule("json_ld", "isAccessibleForFree"),
        Rule("meta", "isaccessibleforfree"),
        Rule("meta", "article:content_tier"),
    ),
    "original_url": (Rule("link", "elsewhere", "canonical elsewhere"),),
    # The pages of names are selected as the names are; what links no name gives no page.
    "author_pages": (
        Rule("jeg_meta_author", BYLINE, "links and text"),
        Rule("elementor-post-info__item--type-author", "ancestor-or-self::a | .//a", "a"),
        Rule("wp-block-post-author-name", BYLINE, "links and text"),
        Rule("wp-block-post-author__name", BYLINE, "links and text"),
        Rule("author_box"),
    ),
    "section_pages": (*_SECTION_LINKS, Rule("breadcrumb", "links")),
    "tag_pages": _TAG_LINKS,
}
SOURCES = ("jeg_post_source", "jeg_post_via")

# The containers of the text, the first that is there.
CONTAINERS = ("content-inner", "elementor-widget-theme-post-content", "entry-content")
SWALLOWED = "//*[contains(concat(' ', @class, ' '), ' content-inner ')]"  # by a header that was left open
NEIGHBOURS = "jnews_prev_next_container"  # the theme prints it beside what the container stands in

# The lead image: what the featured area links to, shows, or has in its background.
LEAD_IMAGE = (
    "jeg_featured",
    "jeg_featured_bg",
    "jeg_featured_big",
    "elementor-widget-theme-post-featured-image",
    "wp-block-post-featured-image",
)
CAPTION = ".//*[contains(@class, 'wp-caption-text') or self::figcaption]"

# Lists of posts. The hero holds the newest, on every page; the list starts after them.
HERO = "//*[contains(@class, 'jnews_category_hero_container')]"
LIST = (
    "//*[contains(@class, '_content_wrapper')]"  # few nodes pass, which are then looked at closely
    "[contains(@class, 'jnews_category_content_wrapper') or contains(@class, 'jnews_author_content_wrapper')"
    " or contains(@class, 'jnews_archive_content_wrapper') or contains(@class, 'jnews_search_content_wrapper')"
    " or contains(@class, 'jnews_index_content_wrapper')]"
)
MAIN = "//*[contains(concat(' ', @class, ' '), ' jeg_main ')]"  # where a page builder made the page
LIST_PAGES = frozenset({"archive", "blog", "category", "search"})  # classes of the body

# Classes of a page builder's modules that show the posts of the page itself. JNews deals them out to its modules, the
# hero first.
PAGE_MODULES = frozenset(
    {
        "elementor-widget-archive-posts",
        "elementor-widget-jnews_archive_block_elementor",
        "elementor-widget-jnews_archive_hero_elementor",
    }
)
# Classes of its modules that show any posts: those of the page, or the newest, the most read, a section's.
POST_MODULES = PAGE_MODULES | {
    "elementor-widget-loop-grid",
    "elementor-widget-posts",
    "jeg_heroblock",
    "jeg_postblock",
    "rt-tpg-container",
    "wp-block-post-template",
    "wp-block-query",
}
TEMPLATES = frozenset({"custom_archive_template", "custom_category_template"})  # JNews prints nothing in an empty one
BESIDE = frozenset(  # classes of what stands around the content, or in a narrow column beside it
    {
        "elementor-location-footer",
        "elementor-location-header",
        "elementor-location-popup",
        "elementor-widget-sidebar",
        "jeg_col_1o3",
        "jeg_footer",
        "jeg_header",
        "jeg_sidebar",
        "widget",
        "wp-block-template-part",
        "wpb_widgetised_column",
    }
)
BESIDE_TAGS = frozenset({"aside", "footer", "header", "nav"})
MODULE_HEADING = "jeg_block_heading"  # which JNews' modules for the posts of the page do not have
LISTED_POST = frozenset(
    {"e-loop-item", "elementor-post", "jeg_post", "rt-grid-item", "rt-holder", "type-post", "wp-block-post"}
)
POST_TITLE = frozenset(
    {
        "elementor-post__title",
        "elementor-widget-theme-post-title",
        "entry-title",
        "jeg_post_title",
        "wp-block-post-title",
    }
)
EMPTY = frozenset(
    {
        "e-loop-nothing-found-message",
        "elementor-posts-nothing-found",
        "jeg_empty_module",
        "wp-block-query-no-results",
    }
)

# The pagination of a list: classes of its links, of what gives a script the next page, and of what contains them.
NEXT_PAGE = (
    ".//a[contains(@class, 'page_nav') and contains(@class, 'next')]",
    ".//a[contains(@class, 'page-numbers') and contains(concat(' ', @class, ' '), ' next ')]",
    ".//a[contains(@class, 'wp-block-query-pagination-next')]",
)
LOAD_MORE = ".//*[contains(concat(' ', @class, ' '), ' e-load-more-anchor ')]"  # Elementor's, with the next address
SCRIPTED_NEXT = (  # JNews' buttons, which a script answers; on the last page they are disabled
    ".//*[contains(@class, 'jeg_block_loadmore')]/a[not(contains(@class, 'disabled'))]",
    ".//*[contains(@class, 'jeg_block_nav')]/a[contains(@class, 'next') and not(contains(@class, 'disabled'))]",
    # The Post Grid's, on every page:
    ".//*[@data-total-pages > 1 and (contains(@data-type, 'load') or contains(@data-type, 'ajax'))]",
)
PAGERS = frozenset(
    {
        "e-load-more-anchor",
        "elementor-pagination",
        "jeg_block_loadmore",
        "jeg_block_nav",
        "jeg_pagination",
        "rt-pagination",
        "rt-pagination-wrap",
        "wp-block-query-pagination",
    }
)
PAGINATION = ".//@class[contains(., 'jeg_pagination_')]"
NUMBERED_PAGES = ".//*[contains(concat(' ', @class, ' '), ' page_number ')]"

ANY_CATEGORY_LINK = "//a[contains(@href, '/category/') or contains(@href, '/?cat=')]"  # where no menu has one
CATEGORY_LABELS = frozenset({"jeg_meta_category", "jeg_post_category"})
NEIGHBOUR_LINKS = (  # from an article to those published before and after it
    "//*[contains(@class, 'jeg_prevnext_post') or contains(@class, 'elementor-post-navigation')"
    " or contains(@class, 'post-navigation-link') or contains(@class, 'nav-previous')"
    " or contains(@class, 'nav-next')]//a/@href"
)
PAGE_LINKS = ".//a/@href"  # of a split article

# JNews' split plugin: the heading of a subpage, among links to the others; what holds them can have its class.
SPLIT_TITLE = "top-split-nav"
SPLIT_CONTENTS = frozenset({"split-carousel", "split-container"})
SPLIT_WORDS = ".//text()[not(../@class = 'pagenum')]"
SPLIT_CURRENT = "current_title"
SPLIT_OTHERS = ".//li[not(contains(@class, 'current'))]/a[@data-id]"

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
ANCHORS = HEADINGS | {"span"}  # their ids are where tables of contents lead

# What decides in the text container beside the classes of data/boilerplate.toml.
LINK_BOXES = frozenset({"details", "div", "nav", "ol", "p", "section", "ul"})  # tables of contents and bars to share
AD_BLOCK = "code-block"  # Ad Inserter, which numbers it: code pasted from a chat has the class too
FORMULA = "katex-html"  # KaTeX's, after the same as MathML
PICTURES = frozenset({"amp-img", "img"})
COVERS = frozenset(
    {"elementor-carousel-image", "wp-block-cover", "wp-block-cover__image-background"}
)  # whose background is a picture
FULL_SIZE = frozenset({"attachment-full", "size-full"})
# Pictures whose alt is the text: emoji, and the formulas of Jetpack and QuickLaTeX.
TEXT_PICTURES = frozenset({"emoji", "latex", "ql-img-displayed-formula", "ql-img-inline-formula", "wp-smiley"})
GALLERY_SLIDER = "jeg_preview_slider"  # JNews Gallery
GALLERY_LINKS = ".//a[contains(@class, 'jeg_preview_item')]"
GALLERY_CAPTION = "blocks-gallery-caption"  # of all its pictures, so of none
OPENERS = ".//@*[name() = 'aria-controls' or name() = 'data-target' or name() = 'data-bs-target'][../@aria-expanded]"
POPUP_ROLES = frozenset({"dialog", "listbox", "menu"})  # open above the text, and are not part of it
SUBSCRIPTIONS = "wp-block-jetpack-subscriptions"
INVITATION = HEADINGS | {"hr", "p"}  # what stands once above a form to subscribe in a group of blocks
FIELDS = frozenset({"button", "input", "select", "textarea"})  # of a form
