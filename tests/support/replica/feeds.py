"""RSS feeds of the site and of its sections."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from html import escape

from tests.support.replica import words
from tests.support.replica.articles import Article
from tests.support.replica.frame import NAME, Answer, Frame

ITEMS = 10


def feed(frame: Frame, section: str | None, page: int) -> Answer:
    """A page of a feed; 404 past the end. Its validators are the whole site's."""
    newsroom = frame.newsroom
    numbers = newsroom.numbers if section is None else newsroom.by_section[section]
    some = numbers[::-1][(page - 1) * ITEMS : page * ITEMS]
    title = NAME if section is None else f"{section} &#8211; {NAME}"
    path = "/feed/" if section is None else f"/category/{words.slug(section)}/feed/"
    items = "".join(_item(frame, newsroom.article(number)) for number in some)
    body = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
	<title>{title}</title>
	<atom:link href="{frame.url(path)}" rel="self" type="application/rss+xml" />
	<link>{frame.url("")}</link>
	<description>News of a made-up continent</description>
	<lastBuildDate>{_rfc(newsroom.now)}</lastBuildDate>
	<generator>https://wordpress.org/?v=6.8.1</generator>
{items}</channel>
</rss>
"""
    modified = _rfc(newsroom.now).replace("+0000", "GMT")
    headers = {
        "Content-Type": "application/rss+xml; charset=UTF-8",
        "Last-Modified": modified,
        "ETag": f'W/"{md5(modified.encode(), usedforsecurity=False).hexdigest()}"',
    }
    return Answer(200 if some or page == 1 else 404, headers, body)


def _item(frame: Frame, article: Article) -> str:
    """The entry of an article in a feed."""
    link = frame.url(article.path)
    creator = article.authors[0] if article.authors else "editor"
    sections = "".join(f"<category><![CDATA[{name}]]></category>" for name in article.sections)
    text = "There is no excerpt because this is a protected post."
    if article.kind != "protected":
        text = escape(article.body[0])
    return f"""	<item>
		<title>{frame.title_of(article)}</title>
		<link>{link}</link>
		<dc:creator><![CDATA[{creator}]]></dc:creator>
		<pubDate>{_rfc(article.published)}</pubDate>
		{sections}
		<guid isPermaLink="false">{frame.url(f"/?p={article.id}")}</guid>
		<description><![CDATA[{text}]]></description>
		<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>
	</item>
"""


def _rfc(instant: int) -> str:
    """An instant (seconds since 1970) as in RFC 822."""
    return format_datetime(datetime.fromtimestamp(instant, UTC))
