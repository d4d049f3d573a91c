"""Forms in a text container: forms without an end tag around the text, and forms to subscribe."""

from __future__ import annotations

from lxml.html import HtmlElement

from mainland.pages.nodes import class_names, first_nodes, is_paragraph
from mainland.selectors import FIELDS, INVITATION, SUBSCRIPTIONS

_MOST_NODES = 400  # of a form that are looked into
_SEVERAL = 4  # paragraphs that a form of its own hardly has


def is_open_form(form: HtmlElement) -> bool:
    """Whether a form contains parts of the text: four paragraphs in a row or more, behind its fields if it has any."""
    runs = [0]
    for node in first_nodes(form, _MOST_NODES):
        if node.tag in FIELDS and node.get("type") != "hidden":
            runs.append(0)
        else:
            runs[-1] += is_paragraph(node)
    return max(runs[1:] or runs) >= _SEVERAL


def is_invitation(group: HtmlElement) -> bool:
    """Whether a group of blocks is a form to subscribe with its text, as Jetpack prints below each post.

    By its markup.
    """
    children = list(group.iterchildren("*"))
    words = [child.tag for child in children[:-1]]
    if not children or len(words) > len(set(words)) or not INVITATION.issuperset(words):
        return False
    inner = list(children[-1].iterchildren("*"))
    forms = [children[-1], *(inner if len(inner) == 1 else ())]
    return any(SUBSCRIPTIONS in class_names(form) for form in forms)
