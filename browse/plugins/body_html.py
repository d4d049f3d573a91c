"""A Datasette plugin: ``body_html`` is shown with its headings, lists and tables.

An HTML sanitizer (nh3) cleans it first: the file may come from elsewhere. A picture is shown as a link: to look at an
article asks nothing of its site. articles.css shows the beginning alone in tables of articles.
"""

from __future__ import annotations

import re
from typing import Any

import nh3
from datasette import hookimpl
from markupsafe import Markup

_ELEMENTS = nh3.ALLOWED_TAGS | {"tfoot"}
_PICTURE = re.compile(r'<img((?: [\w-]+="[^"]*")*)>')  # as nh3 writes it
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@hookimpl
def render_cell(value: Any, column: str) -> Markup | None:
    """The HTML of a cell; None for one that Datasette shows as usual."""
    if column != "body_html" or not isinstance(value, str):
        return None
    return Markup(f'<div class="body-html">{_PICTURE.sub(_link, nh3.clean(value, tags=_ELEMENTS))}</div>')  # noqa: S704 - it is clean


def _link(picture: re.Match[str]) -> str:
    """The link in place of a picture, named as the picture is described."""
    attributes = dict(_ATTRIBUTE.findall(picture[1]))
    name = attributes.get("alt") or "picture"
    return f'<a href="{attributes.get("src", "")}" rel="noopener noreferrer">[{name}]</a>'
