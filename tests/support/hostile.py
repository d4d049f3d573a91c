"""Pages of a hostile site, or of one with a damaged database; ``size`` sets their length, a million at full length."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from functools import cache


@cache
def bomb() -> bytes:
    """80 MB of zeros, packed with gzip."""
    return gzip.compress(bytes(80 << 20), 1)


WHOLE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="canonical" href="{site}/page-{id}/">'
    '<link rel="shortlink" href="{site}/?p={id}"><meta property="article:published_time" '
    'content="2022-01-07T08:41:12+00:00">[HEAD]</head><body class="single-post postid-{id}">[ABOVE]'
    '<h1 class="jeg_post_title">[HEADLINE]</h1>'
    '<div class="jeg_meta_container"><div class="jeg_meta_author">[BYLINE]</div></div>'
    '<div class="entry-content"><div class="content-inner">[TEXT]</div></div></body></html>'
)
USUAL = {
    "HEAD": "",
    "ABOVE": "",
    "HEADLINE": "Milk falls",
    "BYLINE": 'by <a href="/author/ana/">Ana Bo</a>',
    "TEXT": "<p>It fell.</p>",
}
SCRIPT = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>{{7*7}}'; DROP TABLE articles;--"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m=HYPERLINK(1)\r\x08"


def page(**parts: str) -> str:
    """A page of an article with other HTML than usual as ``head``, ``above``, ``headline``, ``byline``, ``text``."""
    made = WHOLE
    for name, value in (USUAL | {key.upper(): value for key, value in parts.items()}).items():
        made = made.replace(f"[{name}]", value)
    return made


def json_ld(data: str) -> str:
    """A page without a headline in its text, and with a script of JSON-LD."""
    return page(head=f'<script type="application/ld+json">{data}</script>', headline="")


def titled(title: str, name: str = "Times") -> str:
    """A page whose headline stands in its head alone."""
    metas = f"<meta property='og:site_name' content='{name}'><meta property='og:title' content='{title}'>"
    return page(head=metas, headline="")


def dated(printed: str) -> str:
    """A page whose date is printed only."""
    made = page(above=f'<div class="jeg_meta_date"><a>{printed}</a></div>')
    return made.replace("article:published_time", "none")


def featured(style: str) -> str:
    """A page whose featured picture is a background."""
    return page(above=f'<div class="jeg_featured"><div style="{style}">x</div></div>')


def claiming(charset: str) -> bytes:
    """A page that says it is in a charset."""
    return page(headline="Milk \\ud800 falls").replace('"utf-8"', f'"{charset}"').encode()


STRUCTURE: dict[str, Callable[[int], str]] = {
    "divs in divs": lambda size: page(text="<div>" * (size // 10) + "<p>Down.</p>"),
    "headings in divs": lambda size: page(above='<div><h2 class="jeg_post_title">x</h2>' * (size // 50)),
    "containers, deep": lambda size: page(above="<div>" * 900 + '<b class="content-inner">x</b>' * (size // 20)),
    "links in links": lambda size: page(text='<div><a href="https://b.example/">' * 500 + "x " * (size // 2)),
    "tags in tags": lambda size: page(
        above='<div class="jeg_post_tags">' + '<div><a rel="tag" href="/t/">' * 500 + "x " * size + "</div>" * 501
    ),
    "pictures": lambda size: page(text="".join(f'<img src="/{number}.jpg">' for number in range(size // 10))),
    "figures": lambda size: page(
        text="".join(f'<figure><img src="/{n}.jpg"><figcaption>c</figcaption></figure>' for n in range(size // 40))
    ),
    "pictures of sizes": lambda size: page(
        text="".join(f'<img src="/uploads/{number}-300x200.jpg">' for number in range(size // 10))
    ),
    "pictures of sources": lambda size: page(text="<picture>" + '<source srcset="/x.jpg"><img>' * (size // 20)),
    "pictures without scripts": lambda size: page(text='<noscript><img src="/x.jpg">' * (size // 20)),
    "links to pictures in links": lambda size: page(text='<div><a href="/x.jpg">' * 500 + "x " * (size // 2)),
    "attributes": lambda size: page(text=f"<p {' '.join(f'a{number}' for number in range(size))}>It fell.</p>"),
    "attributes in quotes": lambda size: page(
        text="<p " + " ".join(f"a{number}='<'" for number in range(size // 2)) + ">It fell.</p>"
    ),
    "classes": lambda size: page(text=f'<p class="{" ".join(f"a{number}" for number in range(size))}">It fell.</p>'),
    "tags": lambda size: page(head="".join(f'<meta property="article:tag" content="x{n}">' for n in range(size // 10))),
    "one line": lambda size: page(text="<p>" + "word " * (size * 10)),
    "one word": lambda size: page(text="<p>" + "x" * (size * 50)),
    "line breaks": lambda size: page(text="<p>a" + "<br> " * (size // 5) + "b</p>"),
    "nothing closed": lambda _: page(text="<p>a<b>b<i>c<a href='https://b.example/'>d<table><tr><td>e<ul><li>f<!-- g"),
    "quote not closed": lambda _: page(text='<p class="x>It fell.'),
    "script not closed": lambda _: page(head="<script>"),
    "comment not closed": lambda _: "<!--" + page(),
    "plaintext": lambda _: page(text="<plaintext>It fell."),
    "other markup": lambda _: page(text="<svg><foreignObject><p>x</p></svg><math><mi>y"),
    "base": lambda _: page(head='<base href="https://elsewhere.example/">'),
    "two pages": lambda _: page() + page(),
    "billion laughs": lambda _: (
        '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]>' + page(text="<p>&d;")
    ),
}
VALUES: dict[str, Callable[[int], str]] = {
    "headline": lambda size: page(headline="H" * size),
    "headline of entities": lambda size: page(headline="&amp;lt;" * (size // 8)),
    "title of open tags": lambda size: titled("<p " * (size // 3)),
    "title of open tags, one closed": lambda size: titled('<p a="' * (size // 6) + ">"),
    "title of dashes": lambda size: titled(" - Times" * (size // 8)),
    "byline of names": lambda size: page(byline="by " + "Ana Bo and " * (size // 11)),
    "byline of commas": lambda size: page(byline="by " + " ," * (size // 2)),
    "byline of links": lambda size: page(byline='by <a href="/author/x/">Ana</a>' * (size // 20)),
    "credits": lambda size: page(text="<p>" + "Additional reporting by " * (size // 24)),
    "credits of spaces": lambda size: page(text="<p>Additional reporting by" + "\xa0" * size),
    "dates": lambda size: dated("1 January " * (size // 10)),
    "dates of numbers": lambda size: dated("1/" * (size // 2)),
    "views": lambda size: page(above=f'<div class="jeg_views_count"><b class="counts">{"9," * (size // 2)}</b></div>'),
    "backgrounds": lambda size: featured("background:" * (size // 10)),
    "backgrounds of addresses": lambda size: featured("background:url(" * (size // 15)),
    "background of spaces": lambda size: featured("background:url(" + " " * size),
    "address": lambda size: page().replace("/page-{id}/", "/page-{id}/" + "%C3" * (size // 3)),
    "address with a password": lambda _: page().replace("{site}/page", "https://ana:secret@a.example/page"),
    "address with a false port": lambda _: page().replace("{site}/page", "https://a.example:99999/page"),
    "number": lambda _: page().replace("?p={id}", "?p=" + "9" * 30).replace("postid-{id}", "postid-" + "9" * 30),
    "link": lambda size: page(text=f'<p><a href="https://b.example/{"ö " * (size // 3)}">x</a>'),
    "picture in place": lambda size: page(text=f'<img src="data:image/png;base64,{"A" * size}">'),
    "JSON-LD that is none": lambda _: json_ld('{"@type":"NewsArticle"'),
    "JSON-LD, deep": lambda size: json_ld("[" * (size // 10)),
    "JSON-LD of spaces": lambda size: json_ld(" " * size + "x"),
    "JSON-LD in CDATA of spaces": lambda size: json_ld("//<![CDATA[" + " " * size + "x"),
    "JSON-LD with a huge number": lambda size: json_ld(f'{{"@type":"NewsArticle","datePublished":{"9" * size}}}'),
    "JSON-LD with NaN": lambda _: json_ld('{"@type":"NewsArticle","headline":NaN,"datePublished":1e999,"author":NaN}'),
    "JSON-LD with half letters": lambda _: json_ld(
        r'{"@type":"Article","headline":"\ud800x","articleSection":"\udfff"}'
    ),
    "JSON-LD, many": lambda size: json_ld("[" + '{"@type":"NewsArticle","headline":"x"},' * (size // 50) + "1]"),
    "script everywhere": lambda _: page(
        headline=SCRIPT, byline=SCRIPT, text=f"<p onclick='x'>{SCRIPT}</p><a href='javascript:alert(1)'>x</a>"
    ),
    "script in entities": lambda _: page(headline=SCRIPT.replace("<", "&lt;"), byline=SCRIPT.replace("<", "&lt;")),
    "escapes everywhere": lambda _: page(headline=ESCAPES + "x", byline=ESCAPES + "Ana", text=f"<p>{ESCAPES}x"),
    "entities": lambda size: page(text="<p>" + "&amp;&#x1F600;&#0;&#xD800;&#99999999;&nbsp;&none;" * (size // 50)),
    "NUL": lambda _: page(headline="Mi\x00lk", text="<p\x00>It\x00 fell\x00.</\x00p>"),
    "ends of lines": lambda _: page(headline="Milk\u2028falls", text="<p>It\u2028fell\u2029now\x85x\x0cy\x1cz"),
    "right to left": lambda _: page(headline="\u202eslla\u202c f\u200fx\u061c \u2067x\u2069"),
}
BYTES: dict[str, Callable[[int], bytes]] = {
    "lone surrogates": lambda _: page(headline="\udfff Milk").encode("utf-8", "surrogatepass"),
    "UTF-16": lambda _: page().encode("utf-16"),
    "UTF-16 without a mark": lambda _: page().encode("utf-16-be"),
    "UTF-16, cut": lambda _: page().encode("utf-16")[:-1],
    "UTF-32": lambda _: page().encode("utf-32"),
    "UTF-7": lambda _: page(headline="+ADw-script+AD4-").replace("utf-8", "utf-7").encode(),
    "three marks": lambda _: b"\xef\xbb\xbf" * 3 + page().encode(),
    "two charsets": lambda _: page(headline="K\xf6ln").encode("latin-1") + page(headline="K\xf6ln").encode(),
    **{
        f"charset {name}": lambda _, name=name: claiming(name)  # type: ignore[misc]
        for name in ("base64", "zlib", "idna", "undefined", "punycode", "unicode_escape", "utf-9", "utf-16", "\x00")
    },
    "nothing": lambda _: b"",
    "white space": lambda _: b" \n" * 100,
    "noise": lambda size: random.Random(3).randbytes(size),
    "picture": lambda size: b"\x89PNG\r\n\x1a\n" + random.Random(4).randbytes(size),
    "packed": lambda _: gzip.compress(page().encode()),
}


def made(size: int, site: str = "https://a.example") -> dict[str, bytes]:
    """All pages by name.

    The first is that of the article 1. ``size`` is about the number of characters of the long ones.
    """
    pages = {name: make(size).encode("utf-8", "surrogatepass") for name, make in (STRUCTURE | VALUES).items()}
    pages |= {name: make(size) for name, make in BYTES.items()}
    return {
        name: content.replace(b"{site}", site.encode()).replace(b"{id}", str(number).encode())
        for number, (name, content) in enumerate(pages.items(), 1)
    }
