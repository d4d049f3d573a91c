"""body_html: what each block of a page becomes, that ``body`` is its text, and that a sanitizer leaves it as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainland
from mainland import data, text_of
from mainland.items import Article, Embed
from mainland.pages.article import article
from mainland.pages.errors import NotAnArticleError
from mainland.pages.page import Page, parse
from tests.support.golden import FIXTURES, cases
from tests.support.replica.site import Options, Site
from tests.support.sanitizer import sanitized

HOME = "https://a.example/milk/"
EMBEDS = tomllib.loads((FIXTURES / "embeds.toml").read_text("utf-8"))


def read(text: str, above: str = "") -> Article:
    """The article whose text container holds some HTML."""
    page = '<body class="single-post">{}<div class="entry-content"><div class="content-inner">{}</div></div></body>'
    return mainland.article(page.format(above, text), HOME)


POST = "https://x.com/b/status/7"
FB_POST = "https://www.facebook.com/b/posts/7"
BLOCKS = {
    "headings": ("<h1>A</h1><h3>B<br>C</h3>", "<h2>A</h2><h3>B<br>C</h3>"),
    "heading in a block": ("<h2><div>A</div></h2><div>B</div>", "<h2>A</h2><p>B</p>"),
    "bare text": ("A<br><br>B<p>C</p>D", "<p>A</p><p>B</p><p>C</p><p>D</p>"),
    "white space": ("<p> A <b> B </b>C <i> </i><br> D </p>", "<p>A <strong>B</strong> C<br>D</p>"),
    "mark over two paragraphs": ("<p><b>A<br><br>B</b></p>", "<p><strong>A</strong></p><p><strong>B</strong></p>"),
    "mark around blocks": ("<em><div>A</div><p>B</p></em>", "<p><em>A</em></p><p><em>B</em></p>"),
    "mark in a mark": ("<p><em>A <i>B</i></em></p>", "<p><em>A B</em></p>"),
    "links": (
        '<p><a href="/x/?a&amp;b">A</a> <a href="#n">B</a> <a href="javascript:1">C</a></p>',
        '<p><a href="https://a.example/x/?a&amp;b">A</a> B C</p>',
    ),
    "list": ("<ul><li>A<ol start=3><li>B</ol><li><p>C</p><p>D</p></ul>", None),
    "list in a list": ("<ul><li>A</li><ul><li>B</li></ul></ul>", "<ul><li>A</li><li><ul><li>B</li></ul></li></ul>"),
    "text in a list": ("<ul>A<li>B</li></ul>", "<ul><li>A</li><li>B</li></ul>"),
    "item without a list": ("<blockquote><li>A</li></blockquote>", "<blockquote><p>A</p></blockquote>"),
    "empty list": ("<p>A</p><ul><li> </li></ul>", "<p>A</p>"),
    "definitions": ("<dl><dt>A</dt><dd>B</dd><dd>C</dd></dl>", "<dl><dt>A</dt><dd>B</dd><dd>C</dd></dl>"),
    "text off the screen": (
        (
            '<p style="position: absolute; left: -9999px">A</p><p style="text-indent:-99999px">B</p>'
            '<p style="margin-left: -1000px">C</p><p style="left: -12px">D</p>'
        ),
        "<p>C</p><p>D</p>",
    ),
    "tabs": (
        (
            '<button role="tab" aria-controls="a">A</button><button role="tab">B</button><button>C</button>'
            '<div role="tabpanel" id="a">D</div><div role="tabpanel" hidden>E</div><div hidden>F</div>'
        ),
        "<p>A</p><p>B</p><p>D</p><p>E</p>",
    ),
    "titles of tabs in front of their texts": (
        (
            '<p class="su-tabs-nav"><b>A</b><b>B</b></p><div class="su-tabs-pane" data-title="A">C</div>'
            '<div class="su-tabs-pane" data-title="B &amp; B"><p>D</p></div><div data-title="E">F</div>'
        ),
        "<p>A</p><p>C</p><p>B &amp; B</p><p>D</p><p>F</p>",
    ),
    "span on a line of its own": (
        '<div>A.<span class="su-quote-cite">B</span></div><div>C<span class="quote-cite">D</span></div>',
        "<p>A.</p><p>B</p><p>CD</p>",
    ),
    "formula as a picture": (
        '<p>A <img class="latex" src="/l?x" alt="x^2"> B <noscript><img class="latex" src="/l?x"></noscript>C</p>',
        "<p>A x^2 B C</p>",
    ),
    "titles of tabs": (
        '<div><button class="e-n-tab-title">A</button><button class="e-n-tab-title"><b>B</b></button></div><p>C</p>',
        "<p>A</p><p><strong>B</strong></p><p>C</p>",
    ),
    "title of an accordion": (
        '<h3><button class="e-n-tab-title"><span>A</span><span aria-hidden="true"></span></button></h3><p>B</p>',
        "<h3>A</h3><p>B</p>",
    ),
    "button in a sentence": ("<p>A <button>Play</button> B</p>", "<p>A B</p>"),
    "quotation": (
        '<blockquote cite="/b/"><p>A</p><cite>B</cite></blockquote>',
        '<blockquote cite="https://a.example/b/"><p>A</p><p><cite>B</cite></p></blockquote>',
    ),
    "table": (
        "<table><tr><th>A<td colspan=2 class=x>B<td><tr><td>C</table>",
        '<table><tbody><tr><th>A</th><td colspan="2">B</td><td></td></tr><tr><td>C</td></tr></tbody></table>',
    ),
    "caption of a table": (
        '<figure class="wp-block-table"><table><tr><td>A</table><figcaption>B</figcaption></figure>',
        "<table><caption>B</caption><tbody><tr><td>A</td></tr></tbody></table>",
    ),
    "preformatted": ("<pre>A\n  <code>B</code>\n</pre>", "<pre>A\n  <code>B</code></pre>"),
    "figure": (
        '<figure><img src="/a.jpg" alt="A&quot;<" class="x"><figcaption>B <b>C</b></figcaption></figure>',
        '<figure><img src="https://a.example/a.jpg" alt="A&quot;&lt;"><figcaption>B C</figcaption></figure>',
    ),
    "picture in a paragraph": (
        '<p>A <img src="/a.jpg"> B</p>',
        '<p>A B</p><figure><img src="https://a.example/a.jpg" alt=""></figure>',
    ),
    "pictures in a list": (
        '<ul><li><figure><img src="/a.jpg"></figure></li></ul>',
        '<figure><img src="https://a.example/a.jpg" alt=""></figure>',
    ),
    "caption of a chart": (
        '<figure><iframe src="https://charts.example/1"></iframe><figcaption>A</figcaption></figure>',
        "<figure><figcaption>A</figcaption></figure>",
    ),
    "marks": (
        "<p><s>A</s> <ins>B</ins> <mark>C</mark> <abbr title=D onclick=1>E</abbr> <kbd>F</kbd> <u>G</u></p>",
        '<p><del>A</del> <ins>B</ins> <mark>C</mark> <abbr title="D">E</abbr> <code>F</code> G</p>',
    ),
    "ruby": (
        "<p><ruby>A<rt>b</rt></ruby> <ruby>C<rp>[</rp><rt>d</rt><rp>]</rp></ruby></p>",
        "<p><ruby>A<rp>(</rp><rt>b</rt><rp>)</rp></ruby> <ruby>C<rp>(</rp><rt>d</rt><rp>)</rp></ruby></p>",
    ),
    "quoted post": (
        f'<blockquote class="twitter-tweet"><p>A</p>— B (@b) <a href="{POST}?s=1">May 5</a></blockquote>',
        f'<blockquote cite="{POST}"><p>A</p><figure><a href="{POST}">B (@b)</a></figure></blockquote>',
    ),
    "quoted post of Facebook": (
        (
            f'<div class="fb-post" data-href="{FB_POST}"><blockquote cite="{FB_POST}" class="fb-xfbml-parse-ignore">'
            f'<p>A</p>Posted by <a href="https://www.facebook.com/b">B</a> on <a href="{FB_POST}">5/5</a></blockquote>'
            '</div><div class="fb-share-button"><a class="fb-xfbml-parse-ignore" href="/s">Share</a></div>'
        ),
        f'<blockquote cite="{FB_POST}"><p>A</p><figure><a href="{FB_POST}">B</a></figure></blockquote>',
    ),
    "bare address": (
        "<p>A</p><p>https://youtu.be/abcdefghijk</p><p>https://b.example/</p>",
        '<p>A</p><figure><a href="https://www.youtube.com/watch?v=abcdefghijk">YouTube</a></figure>',
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_block_becomes(name: str) -> None:
    html, expected = BLOCKS[name]
    found = read(html).body_html
    if expected is None:
        expected = '<ul><li>A<ol start="3"><li>B</li></ol></li><li><p>C</p><p>D</p></li></ul>'
    assert found == expected
    assert sanitized(found or "") == found


TEXTS = {
    "superscripts": (
        "<p>10<sup>−6</sup> m<sup><i>2</i></sup>, CO<sub>2e</sub>, 1<sup>st</sup></p>",
        "10⁻⁶ m², CO₂e, 1st",
    ),
    "a mark of a footnote": ('<p>A<sup><a href="#n">1</a></sup> B<a href="#n"><sup>[2]</sup></a></p>', "A B"),
    "a link as a superscript": ('<p>A<sup><a href="https://b.example/">1</a></sup></p>', "A¹"),
    "a quotation with marks": ("<p><q>“A”</q> <q>«B»</q></p>", "“A” «B»"),
    "quotations": ("<p><q>A <q>B</q></q> C</p>", "“A ‘B’” C"),
    "ruby": (
        "<p><ruby>港<rp>(</rp><rt>みなと</rt><rp>)</rp></ruby>だ <ruby>船<rt>ふね</rt></ruby></p>",
        "港(みなと)だ 船(ふね)",
    ),
    "a row is a line": ("<table><tr><td>A<td><td>B<br>C<tr><td>D</table>", "A\t\tB C\nD"),
    "a row with paragraphs": ("<table><tr><td>A<td>B<tr><td><p>C<p>D<td>E</table>", "A\tB\n\nC\n\nD\n\nE"),
    "a table in a table": ("<table><tr><td>A<td><table><tr><td>B<td>C</table></table>", "A\n\nB\tC"),
    "code": ("<pre>A:\n\tB  (<b>C</b>) \n\n<code>D</code>\n</pre>E", "A:\n    B  (C)\n\nD\n\nE"),
    "a poem": ('<pre class="wp-block-verse">A<br>  B\n\nC <em>D\nE</em></pre>', "A\n  B\n\nC D\nE"),
    "a poem with breaks": ("<p>A<br>\n&nbsp; B<br><br>C</p>", "A\nB\n\nC"),
    "code in a quotation": ("<blockquote><pre>A\n B</pre>C\nD</blockquote>", "A\n B\n\nC D"),
    "code in a cell": ("<table><tr><td>A<td><pre>B\n C</pre></table>", "A\tB C"),
    "code in a table alone": ("<table><tr><td><pre>B\n C</pre></table>", "B\n C"),
    "captions": ("<table><caption>A</caption><tr><td>B</table><figure><figcaption>C</figcaption></figure>", "B"),
    "a line to the next part": (f'<p>A</p><p>Next: <a href="{HOME}2/">B</a></p>', "A"),
    "a sentence with such a link": (
        f'<p>As the second part of this series will show, <a href="{HOME}2/">it</a> fell again.</p>',
        "As the second part of this series will show, it fell again.",
    ),
    "a table twice": (2 * f"<table><tr><td>{'a' * 70}</td></tr></table>", f"{'a' * 70}\n\n{'a' * 70}"),
    "a text printed twice": (2 * f"<p>{'It rained. ' * 5}</p><p>It stopped.</p>", None),
    "a refrain": ("<p>It rained.</p><p>It rained.</p>", "It rained.\n\nIt rained."),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_of_a_block(name: str) -> None:
    html, expected = TEXTS[name]
    assert read(html).body == (expected or f"{'It rained. ' * 5}".strip() + "\n\nIt stopped.")


def test_marks_stay_in_a_headline() -> None:
    assert (
        read("<p>A</p>", "<h1>CO<sub>2</sub> and <ruby>港<rt>みなと</rt></ruby></h1>").headline == "CO₂ and 港(みなと)"
    )


def pages() -> Iterator[Page]:
    """The golden pages, the quirks, and articles of the replica."""
    for case in cases("pages"):
        yield case.page
    quirks = json.loads((FIXTURES / "quirks.json").read_text("utf-8"))
    for name, quirk in quirks.items():
        yield parse((FIXTURES / "quirks" / f"{name}.html").read_bytes(), quirk["url"])
    site = Site(Options(articles=60), 0)
    for truth in site.newsroom.truth():
        yield parse(site.answer(truth["url"], HOME).body.encode(), f"https://a.example{truth['url']}")


def test_body_is_the_text_of_body_html_and_a_sanitizer_leaves_that_as_it_is() -> None:
    read = 0
    for page in pages():
        try:
            item = article(page)
        except NotAnArticleError:
            continue
        read += 1
        assert text_of(item.body_html) == item.body
        assert sanitized(item.body_html or "") == (item.body_html or "")
        assert [image["url"] for image in item.images[-1:] if image != item.image] == re.findall(
            r'<img src="([^"]*)"', (item.body_html or "").replace("&amp;", "&")
        )[-1:] or item.image
    assert read > 400


NODES = st.recursive(
    st.sampled_from(
        ["A", " B ", "<br>", "&lt;b&gt; &amp;", "\xa0", '<img src="/a.jpg" alt="\'&lt;">', "\u200b", "https://a.b/"]
    ),
    lambda inner: st.builds(
        "<{0} href=/x?a&b cite=/y start=2 colspan=3 style=x>{1}</{0}>".format,
        st.sampled_from(
            "div p h1 h3 ul ol li dl dt dd table thead tbody tr th td caption blockquote cite figure figcaption pre "
            "code a b i em sup sub q mark del abbr ruby rt rp span details summary center form iframe".split()
        ),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=25,
)


@given(NODES, NODES)
def test_any_markup_gives_html_that_a_sanitizer_leaves_as_it_is(one: str, other: str) -> None:
    item = read(one + other)
    assert text_of(item.body_html) == item.body
    assert sanitized(item.body_html or "") == (item.body_html or "")


@pytest.mark.parametrize("tag", ["ul><li", "blockquote", "table><tr><td", "b", "em><b"])
def test_depth_is_bounded(tag: str) -> None:
    found = read(f"<{tag}>" * 600 + "<p>Down here.").body_html or ""
    assert "Down here." in found
    assert found.count("<") < 400


def test_every_provider_has_an_example() -> None:
    assert data.load("embeds").keys() - {"nodes"} == EMBEDS.keys() - {"players"}


@pytest.mark.parametrize(
    ("name", "example"), [(name, example) for name, examples in EMBEDS.items() for example in examples["examples"]]
)
def test_embed_is_found(name: str, example: list[str | None]) -> None:
    html, kind, url, *titles = example
    item = read(f"<p>It rained.</p>{html}<p>It stopped.</p>")
    provider = None if name == "players" else data.load("embeds")[name]["name"]
    expected: list[Embed] = [{"type": str(kind), "provider": provider, "url": str(url), "title": (titles or [None])[0]}]
    assert item.embeds == expected
    assert (item.body or "").split("\n\n")[0] == "It rained."
    assert f'href="{str(url).replace("&", "&amp;")}"' in (item.body_html or "")
    assert sanitized(item.body_html or "") == item.body_html


@pytest.mark.parametrize(
    "html",
    [
        '<iframe src="https://ads.example/7"></iframe>',
        '<script src="https://platform.twitter.com/widgets.js"></script>',
        '<p><a href="https://www.youtube.com/watch?v=abcdefghijk">the film</a></p>',
        '<div class="jeg_ad"><iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe></div>',
        '<div class="fb-page" data-href="https://www.facebook.com/milk"></div>',
    ],
)
def test_what_is_not_an_embed(html: str) -> None:
    assert read(f"<p>It rained.</p>{html}").embeds == []


def test_what_stands_for_an_embed_until_it_plays_is_not_a_picture() -> None:
    still = '<amp-img placeholder src="https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg"></amp-img>'
    chart = '<noscript><img src="https://datawrapper.dwcdn.net/AbCdE/full.png" alt="Milk"></noscript>'
    item = read(f'<p>A</p><amp-youtube data-videoid="abcdefghijk">{still}</amp-youtube>{chart}')
    assert [embed["provider"] for embed in item.embeds] == ["YouTube", "Datawrapper"]
    assert item.images == []
    item = read(
        f'<p>A</p><div class="facade">{still.replace("amp-img", "img")}</div><img src="/ytimg/vi/abcdefghijk/a.jpg">'
    )
    assert [embed["url"] for embed in item.embeds] == ["https://www.youtube.com/watch?v=abcdefghijk"]
    assert [image["url"] for image in item.images] == ["https://a.example/ytimg/vi/abcdefghijk/a.jpg"]


X, Y = "<mi>x</mi>", "<mi>y</mi>"
FORMULAS = {
    f"<msup> {X} <mn>2</mn> </msup>": "x²",
    f"<msup>{X}<mrow><mo>−</mo><mn>6</mn></mrow></msup><mi>m</mi>": "x⁻⁶m",
    f"<msub>{X}<mn>1</mn></msub><msubsup>{Y}<mn>0</mn><mn>2</mn></msubsup>": "x₁y₀²",
    f"<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>{X}": "∑i₌₁nx",
    f"<mfrac>{X}<mn>3</mn></mfrac>": "x/3",
    f"<mfrac><mrow>{X}<mo>+</mo>{Y}</mrow><msup>{Y}<mn>2</mn></msup></mfrac>": "(x+y)/y²",
    f"<msqrt>{X}</msqrt><msqrt>{X}<mo>+</mo>{Y}</msqrt><mroot>{X}<mn>3</mn></mroot>": "√x√(x+y)³√x",
    f"<mi>f</mi><mfenced>{X}{Y}</mfenced>": "f(x,y)",
    f"<mtable>\n<mtr><mtd>{X}</mtd><mtd>{Y}</mtd></mtr>\n<mtr><mtd>{Y}</mtd></mtr></mtable>": "x y y",
    f"<semantics><mrow>{X}<mtext> is </mtext>{Y}</mrow><annotation>x</annotation></semantics>": "x is y",
    "<mfrac></mfrac><msqrt></msqrt><mroot></mroot><msup></msup><mi>x</mi>": "x",
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_keeps_its_scripts_fractions_and_roots(formula: str) -> None:
    page = parse(f'<body class="single-post"><div class="content-inner"><p>A <math>{formula}</math> B</p></div>')
    for _ in range(2):  # the second reading finds the tree as the first left it
        item = article(page)
        assert item.body == f"A {FORMULAS[formula]} B"
        assert sanitized(item.body_html or "") == item.body_html


def test_a_playlist_is_an_embed_for_each_recording() -> None:
    tracks = '[{"src": "/1.mp3", "title": "One"}, {"src": "/2.mp3"}, {"title": "Three"}, 4]'
    script = '<script type="application/json" class="wp-playlist-script">{}</script>'
    for kind in ("audio", "video"):
        item = read(script.format(f'{{"type": "{kind}", "tracks": {tracks}}}'))
        assert [(each["type"], each["url"], each["title"]) for each in item.embeds] == [
            (kind, "https://a.example/1.mp3", "One"),
            (kind, "https://a.example/2.mp3", None),
        ]
    for broken in ('{"tracks": [', '{"tracks": 7}', "[]", "[" * 9_999):
        assert read("<p>A</p>" + script.format(broken)).embeds == []


def test_a_featured_video_is_an_embed() -> None:
    above = (
        '<div class="jeg_featured featured_video"><div class="jeg_featured_video_wrapper"><div data-type="vimeo"'
        ' data-src="https://vimeo.com/123456"><div class="jeg_video_container"></div></div></div></div>'
    )
    item = read("<p>A</p>", above)
    assert item.embeds == [{"type": "video", "provider": "Vimeo", "url": "https://vimeo.com/123456", "title": None}]
    assert item.body_html == "<p>A</p>"
