"""An HTML sanitizer that allows what docs/feed.md says of ``body_html``, and nothing else."""

from __future__ import annotations

import nh3

from mainland.pages.vocabulary import ATTRIBUTES, CONTAINERS, INLINE, LEAVES

ELEMENTS = {*LEAVES.values(), *CONTAINERS.values(), *INLINE.values(), *"br caption figcaption figure img rp".split()}


def sanitized(html: str) -> str:
    """The HTML as the sanitizer leaves it."""
    attributes = {name: set(names) for name, names in ATTRIBUTES.items()}
    return nh3.clean(
        html, tags=ELEMENTS, attributes=attributes, link_rel=None, url_schemes={"http", "https"}, strip_comments=True
    )
