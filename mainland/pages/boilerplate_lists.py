"""Boilerplate: what stands in the text and is not part of the story, as ``data/boilerplate.toml`` lists it."""

from __future__ import annotations

from mainland import data

_PLUGINS = data.load("boilerplate").values()


def _all(*lists: str) -> frozenset[str]:
    """The entries of all plugins in the lists of these names in ``data/boilerplate.toml``."""
    return frozenset(name for plugin in _PLUGINS for each in lists for name in plugin.get(each, ()))


ADVERTISEMENTS = _all("advertisements")
"""Classes of advertisements. One that was left open can hold the rest of the text."""

CAPTIONS = _all("captions")
"""Classes of captions, which stay with their picture."""

OTHER_POSTS = _all("other_posts")
"""Classes of lists of other posts. No field of the article is read in them."""

SCREEN_READER = _all("screen_reader")
"""Classes of words for screen readers alone."""

_NOTICES = _all("paywalls")

CLASSES = _all("classes") | _NOTICES | ADVERTISEMENTS | CAPTIONS | OTHER_POSTS | SCREEN_READER
"""Classes of all blocks that go."""

IDS = _all("ids", "paywall_ids")
"""Ids of blocks that go."""

ELEMENTS = _all("elements")
"""Names of HTML elements that go."""

AD_LABELS = tuple(_all("ad_labels"))
"""Endings of the class attribute of a label of an advertisement."""

LIST_WIDGETS = _all("list_widgets")
"""Classes of widgets that go also where a page builder made the text of widgets."""

COLLAPSED_TEXT = _all("collapsed_text")
"""Classes of text that is hidden until a reader opens it, and stays."""

COLLAPSED_IDS = tuple(_all("collapsed_ids"))
"""Starts of the ids of such text."""

TITLE_BUTTONS = _all("title_buttons")
"""Classes of buttons that are titles of a text, and stay."""

TITLED_TEXT = _all("titled_text")
"""Classes of texts whose title is in the attribute ``data-title``."""

QUOTED_POSTS = _all("quoted_posts")
"""Classes of quoted posts, of which the first paragraph stays."""

PAYWALLS = _NOTICES | _all("paywall_ids", "paywall_marks")
"""Classes and ids with which a page says that its article is not free to read."""
