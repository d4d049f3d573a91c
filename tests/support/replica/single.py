"""The page of an article in the theme's single post templates, and the static pages that look like one."""

from __future__ import annotations

import json
from html import escape

from tests.support.replica import words
from tests.support.replica.articles import Article, Block, Image, iso, local
from tests.support.replica.frame import EMPTY, NAME, STATIC, Answer, Frame, Sheet, sized
from tests.support.replica.newsroom import shown

RELATED, INLINE = 12, 3
HIDDEN = "This content is password protected. To view it please enter your password below:"


def article_page(frame: Frame, article: Article, part: int, *, json_ld: bool) -> Answer:
    """The page of an article, or one of the parts of a split one, counted from 1."""
    sheet = Sheet(
        title=f"{'Protected: ' if article.kind == 'protected' else ''}{article.headline}",
        body_class=f"wp-singular post-template-default single single-post postid-{article.id} "
        f"single-format-{article.kind if article.kind in ('video', 'gallery') else 'standard'} "
        f"jeg_single_tpl_{article.template}",
        main=_main(frame, article, part),
        head=_meta_tags(frame, article) + _links(frame, part_path(article, part), "posts", article.id),
        foot=_json_ld(frame, article) if json_ld else "",
        language=article.language,
        section=article.sections[0],
    )
    return Answer(200, _headers(frame, "posts", article.id), frame.page(sheet))


def static_page(frame: Frame, slug: str) -> Answer:
    """A page that is not an article: About us, Contact, Privacy policy."""
    number, title = STATIC[slug]
    main = f"""<div class="jeg_main "><div class="jeg_container"><div class="jeg_content jeg_singlepage">
<div class="container"><div class="row"><div class="jeg_main_content col-md-8">
<div class="entry-header"><h1 class="jeg_post_title">{title}</h1></div>
<div class="entry-content"><div class="content-inner "><p>{NAME} is made in two rooms above a bakery.</p>
<p>Write to us at the address in the window, or ring the bell twice.</p></div></div>
</div>{frame.sidebar}</div></div></div></div></div>"""
    sheet = Sheet(
        title=title,
        body_class=f"wp-singular page-template-default page page-id-{number}",
        main=main,
        head=f'<meta property="og:type" content="article">\n<meta property="og:title" content="{title}">\n'
        + _links(frame, f"/{slug}/", "pages", number),
    )
    return Answer(200, _headers(frame, "pages", number), frame.page(sheet))


def _headers(frame: Frame, kind: str, number: int) -> dict[str, str]:
    """The headers of the page of a post."""
    api = f'<{frame.base}/wp-json/>; rel="https://api.w.org/"'
    rest = f"<{frame.base}/wp-json/wp/v2/{kind}/{number}>"
    alternate = f'{rest}; rel="alternate"; title="JSON"; type="application/json"'
    return {"Link": f"{api}, {alternate}, <{frame.base}/?p={number}>; rel=shortlink"}


def _links(frame: Frame, path: str, kind: str, number: int) -> str:
    """The link tags of the page of a post."""
    rest = frame.url(f"/wp-json/wp/v2/{kind}/{number}")
    return f"""
<link rel="canonical" href="{frame.url(path)}" />
<link rel='shortlink' href='{frame.url(f"/?p={number}")}' />
<link rel="alternate" title="JSON" type="application/json" href="{rest}" />"""


def _meta_tags(frame: Frame, article: Article) -> str:
    """The meta tags of an article."""
    description = HIDDEN if article.kind == "protected" else article.body[0][:140]
    tags = [
        ("og:type", "article"),
        ("og:title", f"{'Protected: ' if article.kind == 'protected' else ''}{article.headline}"),
        ("og:site_name", NAME),
        ("og:description", description),
        ("og:url", frame.base + article.path),
        ("og:locale", article.language.replace("-", "_")),
        ("article:published_time", local(article.published).isoformat()),
        ("article:modified_time", local(article.modified).isoformat()),
        ("article:author", frame.base),
        ("article:section", article.sections[0]),
        *(("article:tag", tag) for tag in article.tags),
    ]
    if article.thumbnail:
        tags.append(("og:image", frame.base + article.thumbnail))
    return "\n".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in tags)


def _json_ld(frame: Frame, article: Article) -> str:
    """The theme's data block: local time without a zone beside UTC without a zone, and the raw text."""
    page = frame.base + article.path
    created = local(article.published).strftime("%Y-%m-%d %H:%M:%S")
    data: dict[str, object] = {
        "@context": "http://schema.org",
        "@type": "article",
        "mainEntityOfPage": {"@type": "WebPage", "@id": page},
        "dateCreated": created,
        "datePublished": created,
        "dateModified": iso(article.modified).replace("T", " ").rstrip("Z"),
        "url": page,
        "headline": escape(article.headline),
        "name": escape(article.headline),
        "articleBody": "\n<!--nextpage-->\n".join(
            "\n".join(_block(frame, article, block) for block in part if block.lines) for part in article.parts
        ),
        "author": {"@type": "Person", "name": "editor", "url": f"{frame.base}/author/editor/"},
        "articleSection": list(article.sections),
    }
    if article.thumbnail:
        data["image"] = {
            "@type": "ImageObject",
            "url": frame.base + article.thumbnail,
            "width": 1280,
            "height": 720,
        }
    text = json.dumps(data, separators=(",", ":")).replace("/", "\\/")
    return f"<script type='application/ld+json'>{text}</script>"


def _main(frame: Frame, article: Article, part: int) -> str:
    """The HTML of an article's page between header and footer."""
    related = frame.newsroom.related(article, RELATED)
    cards = "".join(frame.small(other, "jeg_pl_md_1") for other in related)
    wide, header = _header(frame, article)
    return f"""<div class="post-wrapper"><div class="post-wrap">
<div class="jeg_main "><div class="jeg_container">
{wide}<div class="jeg_content jeg_singlepage"><div class="container">
<div class="jeg_ad jeg_article jnews_article_top_ads"><div class='ads-wrapper  '></div></div>
<div class="row"><div class="jeg_main_content col-md-8"><div class="jeg_inner_content">
{header}
<div class="jeg_share_top_container">{_share(frame, article)}</div>
<div class="jeg_ad jeg_article jnews_content_top_ads "><div class='ads-wrapper  '></div></div>
<div class="entry-content no-share">
<div class="jeg_share_button share-float jeg_sticky_share clearfix">
<div class="jeg_share_float_container"></div></div>
<div class="content-inner ">
{_text(frame, article, part)}
</div></div>
<div class="jeg_share_bottom_container"></div>
<div class="jeg_ad jeg_article jnews_content_bottom_ads "><div class='ads-wrapper  '></div></div>
{_previous(frame, related[:2])}
<div class="jnews_author_box_container "></div>
<div class="jnews_related_post_container">{frame.block("Recommended", cards)}</div>
<div class="jnews_comment_container">{_comments(frame, article)}</div>
</div></div>{frame.sidebar}</div></div></div></div></div></div></div>"""


def _header(frame: Frame, article: Article) -> tuple[str, str]:
    """What stands above the columns, and what stands at the top of the main one."""
    title, meta = frame.title_of(article), _meta(frame, article)
    subtitle = f'<h2 class="jeg_post_subtitle">{escape(article.subtitle)}</h2>' if article.subtitle else ""
    sponsor = ""
    if article.sponsor:
        sponsor = f"""<div class="jeg_meta_sponsor"><span class="sponsor-label">Sponsored by</span>
<a class="sponsor-logo" href="https://sponsor.example/" target="_blank"><strong>{article.sponsor}</strong></a>
<p>Paid content</p></div>"""
    main = article.sections[0]
    trail = frame.breadcrumb((frame.section_url(main), main))
    if article.template == 6:
        title = f"<span>{title}</span>"
    heading = f'{sponsor}<h1 class="jeg_post_title">{title}</h1>{subtitle}{meta}'
    media = _media(frame, article)
    background = frame.url(article.thumbnail) if article.thumbnail and not media else ""
    match article.template:
        case 4 | 5:
            wide = f"""<div class="jeg_fs_container"><div class="jeg_fs_content jeg_parallax">
<div class="jeg_featured_img" style="background-image: url({background})"></div>
<div class="container"><div class="entry-header">{trail}{heading}</div></div></div></div>"""
            return wide, media
        case 6:
            wide = f"""<div class="jeg_featured_wrapper"><div class="jeg_featured_img" data-src="{background}"
style="background-image: url({background})"></div></div>"""
            return wide, f'{trail}<div class="entry-header">{heading}</div>{media}'
        case 10:
            image = f'<img width="1280" height="720" src="{background}" alt="" />' if background else ""
            wide = f'<div class="jeg_featured_big"><div class="jeg_featured_bg">{image}</div></div>'
            return wide, f'<div class="entry-header">{heading}</div>{media}'
        case _:
            return "", f'{trail}<div class="entry-header">{heading}</div>{media or _featured(frame, article)}'


def _meta(frame: Frame, article: Article) -> str:
    sections = ", ".join(
        f'<a href="{frame.section_url(name)}" rel="category tag">{name}</a>' for name in article.sections
    )
    return f"""<div class="jeg_meta_container"><div class="jeg_post_meta jeg_post_meta_1">
<div class="meta_left">
{_byline(frame, article)}
<div class="jeg_meta_date"><a href="{frame.url(article.path)}">{article.printed_day}</a></div>
<div class="jeg_meta_category"><span><span class="meta_text">in</span>
{sections}</span></div></div><div class="meta_right"></div></div></div>"""


def _byline(frame: Frame, article: Article) -> str:
    """The HTML of the byline, as its article has it printed; "" without an author."""
    names = article.authors
    if not names:
        return ""
    portrait = f"https://avatars.example/{words.slug(names[0])}"
    avatar = f"<img alt='{escape(names[0])}' src='{portrait}' class='avatar' />"
    by = '<span class="meta_text">by</span>'
    if article.byline == "text":
        station = f" in {article.stationed}" if article.stationed else ""
        text = f"{names[0]}{station}, {', '.join(names[1:-1])} and {names[-1]}"
        return f'<div class="jeg_meta_author"><span class="meta_text">By</span> {escape(text)}</div>\n'
    mark = ' class="coauthor"' if len(names) > 1 else ""
    links = " and ".join(f'<a href="{frame.author_url(name)}"{mark}>{escape(name)}</a>' for name in names)
    return f'<div class="jeg_meta_author">{avatar} {by}\n{links}</div>\n'


def _featured(frame: Frame, article: Article) -> str:
    """The HTML of the featured area with the lead image."""
    image = article.lead_image
    if image is None:
        return '<div class="jeg_featured featured_image "></div>'
    caption = f'<p class="wp-caption-text">{escape(image.caption)}</p>' if image.caption else ""
    return f"""<div class="jeg_featured featured_image "><a href="{frame.url(image.path)}">
<div class="thumbnail-container animate-lazy" style="padding-bottom:50%"><img width="750" height="375"
src="{frame.url(EMPTY)}" class="attachment-jnews-750x375 lazyload wp-post-image"
alt="{escape(article.headline)}"
data-src="{frame.url(sized(image.path, "750x375"))}" data-sizes="auto" /></div>
{caption}</a></div>"""


def _media(frame: Frame, article: Article) -> str:
    """The HTML of the player of a video post or the slider of a gallery post; "" for other posts."""
    if article.kind == "video":
        address = f"https://video.example/watch?v={article.id}"
        return f"""<div class="jeg_feature_video_wrapper"><div class="jeg_featured featured_video top_right">
<div class='jeg_featured_video_wrapper'><div data-src="{address}" data-type="youtube" data-autoplay="false">
<div class="jeg_video_container"></div></div></div></div></div>"""
    if article.kind == "gallery":
        slides = "".join(
            f'<a href="{frame.url(slide)}"><div class="thumbnail-container size-500 ">'
            f'<img src="{frame.url(EMPTY)}" class="owl-lazy lazyload" alt="" '
            f'data-src="{frame.url(sized(slide, "750x375"))}" /></div></a>'
            for slide in article.slides
        )
        slider = '<div class="jeg_featured thumbnail-container jeg_owlslider size-500 ">'
        return f'{slider}<div class="featured_gallery">{slides}</div></div>'
    return ""


def _share(frame: Frame, article: Article) -> str:
    link = frame.url(article.path)
    buttons = "".join(
        f'<a href="https://share.example/{name}?u={link}" rel="nofollow" class="jeg_btn-{name} expanded">'
        f"<span>Share on {name.title()}</span></a>"
        for name in ("facebook", "twitter", "pinterest", "linkedin", "whatsapp")
    )
    return f"""<div class="jeg_share_button clearfix"><div class="jeg_share_stats">
<div class="jeg_views_count">
<div class="counts">{shown(article.views)[0]}</div> <span class="sharetext">VIEWS</span></div></div>
<div class="jeg_sharelist">{buttons}</div></div>"""


def _text(frame: Frame, article: Article, part: int) -> str:
    """The HTML of the text of a part, or the form for a password."""
    if article.kind == "protected":
        action = frame.url("/wp-login.php?action=postpass")
        return f"""<form action="{action}" class="post-password-form" method="post"><p>{HIDDEN}</p>
<p><label for="pwbox-{article.id}">Password: <input name="post_password" id="pwbox-{article.id}"
type="password" />
</label> <input type="submit" name="Submit" value="Enter" /></p></form>"""
    blocks = article.parts[part - 1]
    pieces = [_block(frame, article, block) for block in blocks]
    if article.kind == "contents":
        pieces.insert(1, _contents(blocks))
    pieces += [_page_links(frame, article, part), _source(article), _tags(frame, article)]
    return "\n".join(filter(None, pieces))


def _block(frame: Frame, article: Article, block: Block) -> str:
    """The HTML of a block of the text."""
    lines = [escape(line) for line in block.lines]
    match block.kind:
        case "paragraph":
            return f"<p>{_linked(lines[0], block.link) if block.link else lines[0]}</p>"
        case "heading":
            return f'<h2 class="wp-block-heading" id="{words.slug(block.lines[0])}">{lines[0]}</h2>'
        case "quote":
            quoted = "\n".join(f"<p>{line}</p>" for line in lines)
            return f'<blockquote class="wp-block-quote">\n{quoted}\n</blockquote>'
        case "list":
            return f"<ul>\n{''.join(f'<li>{line}</li>' for line in lines)}\n</ul>"
        case "table":
            rows = "".join(f"<tr><td>{lines[at]}</td><td>{lines[at + 1]}</td></tr>" for at in range(0, len(lines), 2))
            return f'<figure class="wp-block-table"><table><tbody>{rows}</tbody></table></figure>'
        case "image" if block.image:
            return _picture(frame, article, block.image)
        case "related":
            return _inline_related(frame, article)
        case "ad":
            return """<div class="jeg_ad jeg_ad_article jnews_content_inline_ads  ">
<div class='ads-wrapper align-center '>
<a href="https://ads.example/click"><span>Two trains for the price of one</span></a>
<div class='ads-text'>ADVERTISEMENT</div></div></div>"""
        case _:
            return ""


def _linked(line: str, link: str) -> str:
    """The line with a link around its last words."""
    head, _, tail = line.rpartition(" ")
    return f'{head} <a href="{escape(link)}" target="_blank" rel="noopener">{tail}</a>'


def _picture(frame: Frame, article: Article, image: Image) -> str:
    """The HTML of a picture in the text, by the block editor or, in every other article, by the classic one."""
    classic = article.number % 2
    style = "wp-caption alignnone" if classic else "wp-block-image size-full"
    caption = ""
    if image.caption:
        mark = "wp-caption-text" if classic else "wp-element-caption"
        caption = f'<figcaption class="{mark}">{escape(image.caption)}</figcaption>'
    sources = ", ".join(
        f"{frame.url(sized(image.path, size))} {size.split('x')[0]}w" for size in ("300x169", "1024x576")
    )
    address = frame.url(image.path)
    return f"""<figure class="{style}"><img decoding="async" width="1280" height="720" src="{address}" alt=""
srcset="{address} 1280w, {sources}" />{caption}</figure>"""


def _inline_related(frame: Frame, article: Article) -> str:
    cards = "".join(frame.small(other) for other in frame.newsroom.related(article, INLINE))
    return f"""<div class="jnews_inline_related_post_wrapper left"><div class='jnews_inline_related_post'>
<div class="jeg_postblock_28 jeg_postblock"><div class="jeg_block_heading jeg_block_heading_6">
<h3 class="jeg_block_title"><span>RELATED POSTS</span></h3></div>
<div class="jeg_block_container"><div class="jeg_posts">{cards}</div></div>
<script>var jnews_inline_related = {{"post": {article.id}}};</script></div></div></div>"""


def _contents(blocks: list[Block]) -> str:
    items = "".join(
        f'<li class="ez-toc-page-1"><a class="ez-toc-link" href="#{words.slug(block.lines[0])}">'
        f"{escape(block.lines[0])}</a></li>"
        for block in blocks
        if block.kind == "heading"
    )
    return f"""<div id="ez-toc-container" class="ez-toc-v2_0_74 counter-hierarchy ez-toc-counter">
<p class="ez-toc-title">Table of Contents</p>
<nav><ul class="ez-toc-list ez-toc-list-level-1">{items}</ul></nav></div>"""


def _page_links(frame: Frame, article: Article, part: int) -> str:
    """The HTML of the links between the parts of a split article; "" for an article of one."""
    count = len(article.parts)
    if count == 1:
        return ""
    numbers = "".join(
        f'<span class="page_number active">{page}</span>'
        if page == part
        else f'<a class="page_number" href="{frame.url(part_path(article, page))}">{page}</a>'
        for page in range(1, count + 1)
    )
    following = ""
    if part < count:
        address = frame.url(part_path(article, part + 1))
        following = f'<a class="page_nav next" href="{address}"><span class="navtext">Next</span></a>'
    return f"""<div class="jeg_pagelinks jeg_pagination jeg_pagenav_1 jeg_alignleft no_navtext">
<span class="page_info">Page {part} of {count}</span><div class="nav_link">{numbers}{following}</div></div>"""


def part_path(article: Article, part: int) -> str:
    """The address of a part of a split article: ``/slug/2/``."""
    return article.path if part == 1 else f"{article.path}{part}/"


def _source(article: Article) -> str:
    lines = (("source", "Source", article.source), ("via", "Via", article.via))
    return "\n".join(
        f'<div class="jeg_post_{kind}"><span>{label}:</span> '
        f'<a href="https://{words.slug(name)}.example/" rel="nofollow">{escape(name)}</a></div>'
        for kind, label, name in lines
        if name
    )


def _tags(frame: Frame, article: Article) -> str:
    if not article.tags:
        return ""
    links = ", ".join(
        f'<a href="{frame.url(f"/tag/{words.slug(tag)}/")}" rel="tag">{escape(tag)}</a>' for tag in article.tags
    )
    return f'<div class="jeg_post_tags"><span>Tags:</span> {links}</div>'


def _previous(frame: Frame, neighbours: list[Article]) -> str:
    links = "".join(
        f'<a href="{frame.url(article.path)}" class="post {side}-post">'
        f'<span class="caption">{side.title()} Post</span>'
        f'<h3 class="post-title">{frame.title_of(article)}</h3></a>'
        for side, article in zip(("prev", "next"), neighbours, strict=False)
    )
    return f'<div class="jnews_prev_next_container"><div class="jeg_prevnext_post">{links}</div></div>'


def _comments(frame: Frame, article: Article) -> str:
    """The HTML of the comments; "" where the page shows none."""
    if article.comments is None:
        return ""
    remarks = "".join(
        f'<li class="comment depth-1" id="comment-{article.id}{place}"><div class="comment-body">'
        f'<cite class="fn">Reader {place}</cite>'
        '<div class="comment-content"><p>I had to read this twice.</p></div></div></li>'
        for place in range(1, min(article.comments, 10) + 1)
    )
    respond = f'<a rel="nofollow" href="{frame.url("/wp-login.php")}">logged in</a>'
    return f"""<div id="comments" class="jeg_comments"><h3 class="comments-title">Comments
<span class="count">{article.comments}</span></h3><div class="jeg_commentlist_container">
<ol class="commentlist">{remarks}</ol></div></div>
<div id="respond" class="comment-respond">
<p class="must-log-in">You must be {respond} to post a comment.</p></div>"""
