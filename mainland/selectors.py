"""The theme's selectors, as named data. What each is like, and what to beware of: docs/pages.md."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """Where a value stands: a part of the page, and what to ask of it."""

    part: str
    """A name of PARTS, ``headline``, ``html`` or ``body``, asked by XPath; or one of the records ``meta``,
    ``link``, ``title``, ``breadcrumb`` and ``json_ld``, asked by key."""

    query: str = "."

    label: str = ""
    """The query in short, for people."""

    @property
    def name(self) -> str:
        """What the rule is called in statistics and explanations."""
        return self.part if self.query == "." else f"{self.part} {self.label or self.query}"


# Classes and ids of the post's own markup. One walk of the page finds the first of each that stands in
# no list of other posts; rules then ask only there.
PARTS = frozenset(
    {
        "breadcrumbs",
        "comments",
        "content-inner",
        "elementor-post-info__item--type-author",
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
    }
)

# A part inside one of these belongs to another post.
OTHER_POSTS = frozenset(
    {
        "commentlist",
        "e-loop-item",
        "jeg_footer",
        "jeg_header",
        "jeg_heroblock",
        "jeg_mobile_wrapper",
        "jeg_newsfeed",
        "jeg_post",
        "jeg_postblock",
        "jeg_overlay_slider",
        "jeg_sidebar",
        "jeg_slide_item",
        "jeg_slider_wrapper",
        "jegwidgetpopular",
        "jnews_inline_related_post_wrapper",
        "jnews_popup_post",
        "jnews_prev_next_container",
        "jnews_related_post_container",
        "popularpost_item",
        "widget",
    }
)

BYLINE = "byline"
"""No XPath: the links of a byline, the text beside them, and the words that the theme marks ("by", "1 others")."""

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
    "byline": (Rule("jeg_meta_author", ".//text()[not(parent::script or parent::style)]", "text"),),
    "authors": (
        Rule("jeg_meta_author", BYLINE, "links and text"),
        Rule("elementor-post-info__item--type-author", ".//text()", "text"),
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
    ),
    "date_modified": (
        Rule("meta", "article:modified_time"),
        Rule("meta", "og:updated_time"),
        Rule("json_ld", "dateModified"),
        Rule("meta", "datemodified"),
    ),
    "date_published_raw": (Rule("jeg_meta_date"),),
    "section": (Rule("breadcrumb", "category"), Rule("meta", "article:section")),
    "sections": (
        Rule("jeg_meta_category", ".//a[contains(@rel, 'category')]", "a[rel=category]"),
        Rule("jeg_meta_category", ".//a", "a"),
        Rule("elementor-post-info__terms-list", ".//a[not(contains(@href, '/tag/'))]", "a"),
        Rule("json_ld", "articleSection"),
        Rule("meta", "article:section"),
    ),
    "tags": (
        Rule("jeg_post_tags", ".//a[contains(@rel, 'tag')]", "a[rel=tag]"),
        Rule("jeg_post_tags", ".//a", "a"),
        Rule("elementor-post-info__terms-list", ".//a[contains(@href, '/tag/')]", "a[href*=tag]"),
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
}
SOURCES = ("jeg_post_source", "jeg_post_via")

# The containers of the text, the first that is there.
CONTAINERS = ("content-inner", "elementor-widget-theme-post-content", "entry-content")
SWALLOWED = "//*[contains(concat(' ', @class, ' '), ' content-inner ')]"  # by a header that was left open
NEIGHBOURS = "jnews_prev_next_container"  # the theme prints it beside what the container stands in

# The lead image: what the featured area links to, shows, or has in its background.
LEAD_IMAGE = ("jeg_featured", "jeg_featured_bg", "jeg_featured_big", "elementor-widget-theme-post-featured-image")
CAPTION = ".//*[contains(@class, 'wp-caption-text') or self::figcaption]"

# Lists of posts. The hero holds the newest, on every page; the list starts after them.
HERO = "//*[contains(@class, 'jnews_category_hero_container')]"
LIST = (
    "//*[contains(@class, '_content_wrapper')]"  # few nodes pass, which are then looked at closely
    "[contains(@class, 'jnews_category_content_wrapper') or contains(@class, 'jnews_author_content_wrapper')"
    " or contains(@class, 'jnews_archive_content_wrapper') or contains(@class, 'jnews_search_content_wrapper')]"
)
MAIN = "//*[contains(concat(' ', @class, ' '), ' jeg_main ')]"  # where a page builder made the page
EMPTY = "//*[contains(@class, 'jeg_empty_module')]"
POST_TITLE = ".//*[contains(@class, 'jeg_post_title')][contains(concat(' ', @class, ' '), ' jeg_post_title ')]"
NEXT_PAGE = ".//a[contains(@class, 'page_nav') and contains(@class, 'next')]/@href"
PAGINATION = ".//@class[contains(., 'jeg_pagination_')]"
NUMBERED_PAGES = ".//*[contains(concat(' ', @class, ' '), ' page_number ')]"
ANY_CATEGORY_LINK = "//a[contains(@href, '/category/')]"  # where no menu has one
PAGE_LINKS = ".//a/@href"  # of a split article

# JNews' split plugin: the heading of a part, among links to the others; what holds the parts can have its class.
SPLIT_TITLE = "top-split-nav"
SPLIT_PARTS = frozenset({"split-carousel", "split-container"})
SPLIT_WORDS = ".//text()[not(../@class = 'pagenum')]"
SPLIT_CURRENT = "current_title"
SPLIT_OTHERS = ".//li[not(contains(@class, 'current'))]/a[@data-id]"

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
ANCHORS = HEADINGS | {"span"}  # their ids are where tables of contents lead

# What stands in the text container and is no part of the story.
SIGNPOSTS = frozenset(
    {"details", "div", "nav", "ol", "p", "section", "ul"}
)  # can be tables of contents and bars to share
AD_BLOCK = "code-block"  # Ad Inserter, which numbers it: code pasted from a chat has the class too
AD_LABEL = "-adlabel"  # Advanced Ads: the prefix of the class is the site's own
QUOTED_POSTS = frozenset({"bluesky-embed", "twitter-tweet", "twitter-video"})
FORMULA = "katex-html"  # KaTeX's, after the same as MathML
PICTURES = frozenset({"amp-img", "img"})
COVERS = frozenset({"wp-block-cover", "wp-block-cover__image-background"})  # whose background is a picture
FULL_SIZE = frozenset({"attachment-full", "size-full"})
EMOJI = frozenset({"emoji", "wp-smiley"})  # pictures whose alt is the text
GALLERY_SLIDER = "jeg_preview_slider"  # JNews Gallery
GALLERY_LINKS = ".//a[contains(@class, 'jeg_preview_item')]"
GALLERY_CAPTION = "blocks-gallery-caption"  # of all its pictures, so of none
CAPTIONS = frozenset(
    {
        "gallery-caption",
        "tiled-gallery-caption",
        "wp-caption-dd",
        "wp-caption-text",
        "wp-element-caption",
        GALLERY_CAPTION,
    }
)
TITLE_BUTTONS = frozenset(
    {"e-n-tab-title", "gb-accordion__toggle", "kt-blocks-accordion-header"}
)  # titles of a text, though they are buttons
LIST_WIDGETS = frozenset(
    "widget_archive widget_calendar widget_categories widget_meta widget_nav_menu widget_pages widget_recent_comments "
    "widget_recent_entries widget_rss widget_search widget_sow-blog widget_sow-post-carousel widget_tag_cloud".split()
)  # of the widgets that a page builder can put into a text
OPENED = frozenset(
    {
        "accordion__body",
        "collapseomatic_content",
        "elementor-tab-content",
        "read_div",
        "sow-accordion-panel-content",
        "spoiler-body",
        "tab-pane",
    }
)  # hidden until a reader opens it
OPENERS = ".//@*[name() = 'aria-controls' or name() = 'data-target' or name() = 'data-bs-target'][../@aria-expanded]"
POPUP_ROLES = frozenset({"dialog", "listbox", "menu"})  # open above the text, and are none of it
SUBSCRIPTIONS = "wp-block-jetpack-subscriptions"
INVITATION = HEADINGS | {"hr", "p"}  # what stands once above a form to subscribe in a group of blocks
FIELDS = frozenset({"button", "input", "select", "textarea"})  # of a form
FURNITURE_TAGS = frozenset(
    "script style noscript template iframe form button input select textarea svg object embed audio video canvas "
    "map figcaption caption dialog annotation title".split()
)
FURNITURE_IDS = frozenset(
    "amazon-polly-audio-table author-bio-box comments disqus_thread ez-toc-container ftwp-container-outer "
    "jp-relatedposts mc_embed_signup respond toc_container trinity-audio-table".split()
)
UNSEEN = frozenset({"elementor-screen-only", "screen-reader-text", "sr-only", "visually-hidden"})
ADS = frozenset(
    {
        "a-single",
        "ads-wrapper",
        "adsbygoogle",
        "advads-inner-wrapper",
        "bsaProContainer",
        AD_BLOCK,
        "ezoic-ad",
        "g-dyn",
        "g-single",
        "google-auto-placed",
        "jeg_ad",
        "jnews_content_inline_ads",
        "quads-location",
    }
)
FURNITURE = {
    *CAPTIONS,
    *OTHER_POSTS,
    # JNews and its plugins
    "ads-text",
    "jeg_author_box",
    "jeg_authorbox",
    "jeg_blocklink",
    "jeg_breakingnews",
    "jeg_deals",
    "jeg_featured",
    "jeg_food_recipe_print",
    "jeg_meta_container",
    "jeg_meta_like",
    "jeg_meta_reading_time",
    "jeg_meta_zoom",
    "jeg_pagelinks",
    "jeg_popup_post",
    "jeg_post_category",
    "jeg_post_meta",
    "jeg_post_source",
    "jeg_post_tags",
    "jeg_post_via",
    GALLERY_SLIDER,
    "jeg_push_notification",
    "jeg_review_wrap",
    "jeg_share_button",
    "jeg_social_wrap",
    "jeg_socialcounter",
    "jeg_splitpost_bar",
    "jeg_splitpost_nav",
    "jeg_userlist",
    "jeg_video_playlist",
    SPLIT_TITLE,
    "pageinfo",
    "pagenum",
    "page_info",
    "toc-wrapper",
    "jpw-truncate-btn",
    "jpwt-donation-widget",
    "truncate-read-more",
    "jnews_author_box_container",
    "jnews_inline_related_post",
    *ADS,
    "tradingview-widget-copyright",
    # tables of contents
    "ez-toc-container",
    "ez-toc-title-container",
    "lwptoc",
    "rank-math-toc-block",
    "simpletoc-list",
    "simpletoc-title",
    "toc_container",
    "wp-block-rank-math-toc-block",
    "eb-toc-container",
    "elementor-widget-table-of-contents",
    "uagb-toc__wrap",
    "wp-block-kadence-tableofcontents",
    "wp-block-simpletoc-toc",
    "wp-block-stackable-table-of-contents",
    "wp-block-uagb-table-of-contents",
    "wpj-jtoc",
    "ub_table-of-contents",
    "wp-block-aioseo-table-of-contents",
    "wp-block-table-of-contents",
    "wp-block-yoast-seo-table-of-contents",
    "yoast-table-of-contents",
    # author boxes
    "abh_box",
    "m-a-box",
    "molongui-author-box",
    "pp-multiple-authors-boxes-wrapper",
    "saboxplugin-wrap",
    "ts-fab-wrapper",
    "wp-post-author-wrap",
    "wp-block-molongui-author-box",
    # ratings
    "kk-star-ratings",
    "post-ratings",
    "post-ratings-loading",
    "wp-polls-loading",
    "pld-like-dislike-wrap",
    "rmp-widgets-container",
    "wpra-plugin-container",
    "wpra-reactions-wrap",
    "wpulike",
    "yasr-overall-rating",
    "yasr-visitor-votes",
    "yasr-vv-stars-title-container",
    # sharing, related posts, newsletters, counters, embeds, links between parts
    "_brlbs-content-blocker",
    "bctt-ctt-btn",
    "tm-ctt-btn",
    "tm-ctt-tip",
    "dpsp-content-wrapper",
    "elementor-widget-share-buttons",
    "elementor-widget-social-icons",
    "embed-privacy-container",
    "elementor-blockquote__tweet-button",
    "fb-video",
    "footnote_tooltip",
    "getty",
    "imgur-embed-pub",
    "isc-source-text",
    "isc_image_list_box",
    "jp-relatedposts-i2",
    "lazy-load-vimeo",
    "lazy-load-youtube",
    "lyte-wrapper",
    "mastodon-embed",
    "media-credit",
    "modern-footnotes-footnote__note",
    "powerpress_links",
    "powerpress_player",
    "relpost-thumb-wrapper",
    "scriptlesssocialsharing",
    "sfsi_Sicons",
    "sfsiaftrpstwpr",
    "slideshowlink",
    "ssba",
    "sw-ctt-btn",
    "text-post-media",
    "trinityAudioPlaceholder",
    "wp-block-archives",
    "wp-block-calendar",
    "wp-block-categories",
    "wp-block-jetpack-related-posts",
    "wp-block-jetpack-sharing-buttons",
    "wp-block-latest-comments",
    "wp-block-loginout",
    "wp-block-navigation",
    "wp-block-page-list",
    "wp-block-post-time-to-read",
    "wp-block-rss",
    "wp-block-social-links",
    "wp-block-tag-cloud",
    "wp_rp_wrap",
    "wpml-ls",
    "yoast-reading-time__wrapper",
    "ctaText",
    "fb-post",
    "jetpack_subscription_widget",
    "mashsb-container",
    "page-links",
    "post-modified-info",
    "post-nav-links",
    "postTitle",
    "printfriendly",
    "read-link",
    "pvc_stats",
    "reddit-embed-bq",
    "rt-reading-time",
    "sharethis-inline-share-buttons",
    "swp_social_panel",
    "the_champ_sharing_container",
    "tiktok-embed",
    "tnp-subscription",
    "wp-block-file__button",
    "wp-embedded-content",
    "wpforms-container",
    "addtoany_share_save_container",
    "crp_related",
    "essb_links",
    "heateor_sss_sharing_container",
    "instagram-media",
    "jp-relatedposts",
    "mc4wp-form",
    "epvc-post-count",
    "post-views",
    "rp4wp-related-posts",
    "sharedaddy",
    SUBSCRIPTIONS,
    "wp-block-latest-posts",
    "wp-block-query",
    "yarpp-related",
    # what scripts make an embed of
    "codepen",
    "embedly-card",
    "fb-page",
    "fb-xfbml-parse-ignore",
    "gie-single",
    "reddit-card",
    "sketchfab-embed-wrapper",
    "tenor-gif-embed",
    "trustpilot-widget",
    "tumblr-post",
    "twitter-follow-button",
    "twitter-moment",
    "twitter-share-button",
    "twitter-timeline",
    "weatherwidget-io",
    # more share bars
    "et_social_inline",
    "juiz_sps_links",
    "ns-buttons",
    "shared-counts-wrap",
    "shariff",
    "ss-inline-share-wrapper",
    "wpusb",
    "xs_social_share_widget",
    # forms to subscribe, polls, notices of paywalls and of consent, donations
    "basic-yop-poll-container",
    "cmplz-blocked-content-notice",
    "cookieconsent-optout-marketing",
    "cookieconsent-optout-preferences",
    "cookieconsent-optout-statistics",
    "et_bloom_inline_form",
    "gform_wrapper",
    "give-form-wrap",
    "helpful",
    "jeg_meta_donation",
    "jetpack-subscribe-modal",
    "jetpack-subscribe-paywall",
    "jpwt-donation-element",
    "jpwt-donation-module",
    "jpwt-donation-shortcode",
    "leaky_paywall_message_wrap",
    "mepr-unauthorized-message",
    "ml-form-embedContent",
    "pmpro_content_message",
    "rcp_restricted",
    "sib-form",
    "wp-block-jetpack-donations",
    "wc-memberships-restriction-message",
    "wp-block-jetpack-mailchimp",
    "wp-block-wptelegram-widget-join-channel",
    "wp-polls",
    # more lists of other posts
    "custom-related-posts",
    "display-posts-listing",
    "elementor-loop-container",
    "elementor-widget-posts",
    "elementor-widget-wp-widget-recent-comments",
    "elementor-widget-wp-widget-recent-posts",
    "lcp_catlist",
    "popular-posts",
    "pt-cv-wrapper",
    "related-post",
    "related-posts",
    "related_posts",
    "rpbt_shortcode",
    "rt-tpg-container",
    "stk-block-posts",
    "tptn_posts",
    "uagb-post-grid",
    "vc_grid-container",
    "wp-block-kadence-posts",
    "wp-block-newspack-blocks-homepage-articles",
    "wp-block-ugb-blog-posts",
    "web-stories-list",
    "wpb_posts_slider",
    "yuzo_related_post",
    "wpp-list",
    # the post's author, dates, terms and neighbours as blocks, players, times to read, ways to a recipe
    "bsf-rt-reading-time",
    "castos-player",
    "elementor-widget-author-box",
    "elementor-widget-breadcrumbs",
    "elementor-widget-post-info",
    "elementor-widget-post-navigation",
    "podcast_meta",
    "tasty-recipes-quick-links",
    "wp-about-author-containter-around",
    "wp-about-author-containter-none",
    "wp-about-author-containter-top",
    "wp-block-co-authors-plus-coauthors",
    "wp-block-comments",
    "wp-block-post-author",
    "wp-block-post-author-biography",
    "wp-block-post-author-name",
    "wp-block-post-comments-count",
    "wp-block-post-date",
    "wp-block-post-excerpt",
    "wp-block-post-navigation-link",
    "wp-block-post-terms",
    "wp-block-post-title",
    "wp-block-read-more",
    "wprm-recipe-jump",
    # formulas printed once more
    FORMULA,
    # for screen readers alone, for small screens alone, signs
    *UNSEEN,
    "elementor-tab-mobile-title",
    "wp-block-accordion-heading__toggle-icon",
}
