"""Mail addresses that Cloudflare hides from machines, decoded in the tree of a page.

Cloudflare puts ``[email protected]`` in the place of an address, and the address as hexadecimal digits into
``data-cfemail`` of that element, or behind ``/cdn-cgi/l/email-protection#`` in a link. Its script decodes it.
"""

from __future__ import annotations

from lxml.html import HtmlElement

from mainland.clean.text import unhidden_mail

_LINK = "/cdn-cgi/l/email-protection"
_MARKS = (b"data-cfemail", _LINK.encode())
_PLACEHOLDER = "[email"  # with a no-break space behind it, and "protected]"


def may_hide(html: bytes) -> bool:
    """Whether a page can have hidden mail addresses, by a quick look."""
    return any(mark in html for mark in _MARKS)


def reveal(root: HtmlElement) -> None:
    """Changes the tree: puts the hidden mail addresses in their places, as text, and as ``mailto:`` into links."""
    for node in list(root.iter("*")):
        mail, href = unhidden_mail(node.attrib.pop("data-cfemail", None)), node.get("href", "")
        linked = unhidden_mail(href.partition(f"{_LINK}#")[2]) or mail if _LINK in href else None
        if linked:
            node.set("href", f"mailto:{linked}")
        if (mail or linked) and (node.text or "").lstrip().startswith(_PLACEHOLDER):
            node.text = (mail or linked or "").partition("?")[0]
