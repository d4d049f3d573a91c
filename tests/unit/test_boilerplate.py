"""Every rule of data/boilerplate.toml: its block goes because of it; and plain stories, from which nothing goes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainland import data
from mainland.clean.scripts import written_out
from mainland.items import Article
from mainland.pages import boilerplate_lists as lists
from mainland.pages.article import article
from mainland.pages.page import parse
from tests.support.golden import FIXTURES

PLUGINS = data.load("boilerplate")
EXAMPLES: dict[str, dict[str, str]] = tomllib.loads((FIXTURES / "boilerplate.toml").read_text("utf-8"))
STORIES = sorted((FIXTURES / "plain-stories").iterdir())
STAYS = "Milk fell."


MARKS = {name for plugin in PLUGINS.values() for name in plugin.get("paywall_marks", ())}


def read(text: str) -> Article:
    """The article with this in its text container."""
    page = f'<body class="single-post"><div class="entry-content"><div class="content-inner">{text}</div></div></body>'
    return article(parse(page))


def body(text: str) -> list[str]:
    """The blocks of the story in a text container."""
    return (read(text).body or "").split("\n\n")


def keys(plugin: str) -> Iterator[str]:
    """The keys that the examples of a plugin must have."""
    for name, values in PLUGINS[plugin].items():
        if name != "name":
            kind = "ids" if name.endswith("ids") else name
            yield from ({"ids": f"#{value}", "elements": f"<{value}>"}.get(kind, value) for value in values)


def without(markup: str, key: str) -> str:
    """The markup of an example without the class, the id or the element of its key."""
    if key.startswith("<"):
        return re.sub(rf"(</?){key[1:-1]}\b", r"\1span", markup)
    before = "" if key.startswith("-") else r"(?<![\w-])"
    return re.sub(rf"{before}{key.removeprefix('#')}(?![\w-])", "x", markup)


def test_every_rule_has_an_example() -> None:
    assert {plugin: sorted(set(keys(plugin))) for plugin in PLUGINS} == {
        plugin: sorted(examples) for plugin, examples in EXAMPLES.items()
    }


def test_lists_are_those_that_are_read() -> None:
    read = {
        *lists.CLASSES,
        *lists.IDS,
        *lists.ELEMENTS,
        *lists.AD_LABELS,
        *lists.LIST_WIDGETS,
        *lists.COLLAPSED_IDS,
        *lists.COLLAPSED_TEXT,
        *lists.TITLE_BUTTONS,
        *lists.TITLED_TEXT,
        *lists.QUOTED_POSTS,
        *lists.PAYWALLS,
    }
    assert {key.strip("#<>") for plugin in PLUGINS for key in keys(plugin)} == read


@pytest.mark.parametrize(
    ("key", "markup"),
    [(key, markup) for examples in EXAMPLES.values() for key, markup in examples.items() if key not in MARKS],
    ids=[f"{plugin}: {key}" for plugin, examples in EXAMPLES.items() for key in examples if key not in MARKS],
)
def test_block_goes_because_of_its_class(key: str, markup: str) -> None:
    story = ["It rained.", *([STAYS] if STAYS in markup else []), "It stopped."]
    assert body(f"<p>It rained.</p>{markup}<p>It stopped.</p>") == story
    assert body(f"<p>It rained.</p>{without(markup, key)}<p>It stopped.</p>") != story


def test_a_mark_of_a_paywall_makes_an_article_not_free_to_read() -> None:
    found = {
        key: (read(f"<p>It rained.</p>{markup}"), read(f"<p>It rained.</p>{without(markup, key)}"))
        for examples in EXAMPLES.values()
        for key, markup in examples.items()
    }
    not_free = {key for key, (marked, _) in found.items() if marked.is_accessible_for_free is False}
    assert not_free == {key for key in found if key.strip("#") in lists.PAYWALLS}
    assert {key for key, (_, bare) in found.items() if bare.is_accessible_for_free is not None} == set()
    assert {key for key in MARKS if found[key][0].body != f"It rained.\n\n{STAYS}"} == set()


GATE = '<div class="newspack-content-gate__gate" style="display:none">Subscribe</div>'


@pytest.mark.parametrize(
    ("markup", "is_free"),
    [
        (GATE, False),  # an overlay, which a script shows to all
        (f'<div style="display: none">{GATE}</div>', None),  # for those who have read enough
        (f'<article class="jeg_post">{GATE}</article>', None),  # of another post
        ('<p class="paywall">What a paywall is.</p>', None),
    ],
)
def test_only_what_stands_before_this_text_is_its_paywall(markup: str, is_free: object) -> None:
    assert read(f"<p>It rained.</p>{markup}").is_accessible_for_free is is_free


def test_class_matches_whole() -> None:
    near = [near for name in sorted(lists.CLASSES) for near in (f"{name}-story", f"story-{name}")]
    assert body("".join(f'<p class="{name}">About {name}.</p>' for name in near)) == [f"About {name}." for name in near]


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_nothing_goes_from_a_plain_story(story: Path) -> None:
    html = story.read_text("utf-8")
    assert "".join("".join(body(html)).split()) == "".join(re.sub(r"<[^>]*>", "", written_out(html)).split())
