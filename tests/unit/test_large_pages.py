"""A large page keeps its text; only the attributes above two thousand of one tag are dropped."""

from __future__ import annotations

import random
import re
import signal

import pytest

from mainland import article
from mainland.pages.parsing import _KEPT, _TOKEN, _may_have_many_attributes, _Reader, build_tree
from tests.support import hostile

PARAGRAPHS = [f"It fell in {number}, and the minister said {'so ' * 170}." for number in range(500)]
NOT_TEXT = (
    "<script>for(var i=0;i<n;i++){go(i)} // don't</script>",
    "<script>if(a<b){x=1}</script>",
    "<script><!-- <script> <b it's </script> <b it's --> <c it's </script>",
    "<style>a<b'</style>",
    "<!-- <b it's -->",
    "<![CDATA[ <b it's ]]>",
    "<textarea>a<b it's</textarea>",
    "<title>a<b it's</title>",
    "<i title='a<b \"'></i>",
    f"<i {' '.join(f'data-a{number}=1' for number in range(1_100))}></i>",
    f"<i {' '.join(f'data-a{number}=1' for number in range(5_000))}></i>",
)
SOUP = (
    *("<script>", "</script>", "<script ", "<!--", "-->", "--!>", "<!-->", "<style>", "</style>", "<textarea>", "<!x"),
    *("</textarea>", "<title>", "</title>", "<iframe>", "</iframe>", "<xmp>", "</xmp>", "<p", "<b ", "</b", "</", "<"),
    *("<![CDATA[", "]]>", "<?x", '"', "'", "=", "= '", ' ="', "/", "/>", ">", " ", "\n", "x", "-", "<script/", "</P >"),
)


def text_of(parts: list[str]) -> list[str]:
    """The blocks of a page whose text is given in pieces."""
    page = hostile.page(text="".join(parts)).replace("{site}", "https://a.example").replace("{id}", "7")
    assert len(page) > 1 << 18
    return (article(page).body or "").split("\n\n")


@pytest.mark.parametrize("code", NOT_TEXT, ids=lambda code: code[:40])
def test_what_is_no_text_costs_no_text(code: str) -> None:
    paragraphs = [f"<p>{each}</p>" for each in PARAGRAPHS]
    expected = text_of([*paragraphs, "<p>It's over.</p>"])
    assert len(expected) == 501
    assert text_of([*paragraphs[:200], code, *paragraphs[200:], "<p>It's over.</p>"]) == expected


def test_no_tag_keeps_more_attributes_than_the_limit() -> None:
    """Pieces of markup by chance, with a limit of two: libxml2 finds no tag with more in what is left."""
    tokens = re.compile(_TOKEN.pattern.replace(b"{0,2000}", b"{0,2}"), _TOKEN.flags)
    chance, crowded = random.Random(1), 0
    for _ in range(6_000):
        soup = "".join(
            chance.choice(SOUP) if chance.random() < 0.7 else f" a{number}" for number in range(chance.randint(5, 40))
        )
        html = f"<body>{soup}".encode()
        most = max(len(node.keys()) for node in build_tree(html).iter("*"))
        crowded += most > 2
        left = tokens.sub(_KEPT, html)
        assert left == html or _may_have_many_attributes(html, 2), soup
        assert max(len(node.keys()) for node in build_tree(left).iter("*")) <= 2, soup
    assert crowded > 100


@pytest.mark.parametrize(
    ("code", "may"),
    [
        ("<p class='a b' data-a=\"it's\">It fell</p>", False),
        (f"<script>a<b;{'x=1;' * 2_000}</script>", True),
        (f"<script>{'x=1;' * 2_000}</script><style>{'a{b:c}' * 2_000}</style>", False),
        ("<script>if(a=='>'){b='<i class=\"'+c+'\">'}</script>", False),
        ("<p data-a='<b>'>It fell</p>", True),
        ('<p data-a = ">">It fell</p>', True),
        (f"<p{' a' * 2_000}>It fell</p>", True),
    ],
    ids=lambda value: str(value)[:30],
)
def test_few_pages_are_searched_for_tags_with_many_attributes(code: str, *, may: bool) -> None:
    assert _may_have_many_attributes(f"<p>One</p>{code}<p>Two</p>".encode()) is may


def test_a_signal_handler_reads_a_page_while_one_is_read() -> None:
    page = hostile.page().replace("{site}", "https://a.example").replace("{id}", "7")
    read: list[int | None] = []
    former = signal.signal(signal.SIGUSR1, lambda *_: read.append(article(page).id))
    reader = _Reader.read

    def interrupted(self: _Reader, size: int) -> bytes:
        if self.place == 0 and not read:
            read.append(None)
            signal.raise_signal(signal.SIGUSR1)
        return reader(self, size)

    try:
        _Reader.read = interrupted  # type: ignore[method-assign]
        signal.alarm(20)  # a test that waits for its own lock ends
        assert article(page).id == 7
    finally:
        signal.alarm(0)
        _Reader.read = reader  # type: ignore[method-assign]
        signal.signal(signal.SIGUSR1, former)
    assert read == [None, 7]
