"""What kind of document a response's body is, and whether it is complete: pages, feeds, sitemaps, JSON texts."""

from __future__ import annotations

import re

_ROOT = re.compile(rb"<(html|rss|rdf:RDF|feed|urlset|sitemapindex)\b", re.IGNORECASE)
_BEGINNING = 4096  # bytes in which the root is looked for


def root(body: bytes) -> bytes:
    """The name of a document's root tag in small letters, or the bracket of a JSON text; ``b""`` for anything else.

    It is the first of six tags within 4,096 bytes: ``html``, ``rss``, ``rdf:RDF``, ``feed``, ``urlset`` and
    ``sitemapindex``. The text is not parsed: a tag in a comment counts.

    >>> root(b"<!doctype html><HTML lang='en'>"), root(b" [1, 2]"), root(b"<!-- <html> --><p>"), root(b"")
    (b'html', b'[', b'html', b'')
    """
    first = body[:_BEGINNING].lstrip()[:1]
    found = _ROOT.search(body, 0, _BEGINNING)
    return first if first in (b"[", b"{") else found[1].lower() if found else b""


def is_complete(body: bytes) -> bool:
    """Whether a page, feed, sitemap or JSON text has its end tag, in any case, or its last bracket.

    Any other body is complete if it is not empty, and does not begin like HTML or XML while it has less than 4,096
    bytes.

    >>> is_complete(b"<html><p>It fell.</p></html> <!-- cached -->"), is_complete(b"<html><p>It fe")
    (True, False)
    >>> is_complete(b"<HTML><p>It fell.</html>"), is_complete(b"<rdf:RDF></rdf:RDF>")
    (True, True)
    >>> is_complete(b"[1, 2]"), is_complete(b"[1, "), is_complete(b"<!doct"), is_complete(b"Moved")
    (True, False, False, True)
    """
    found = root(body)
    if found in (b"[", b"{"):
        return body.rstrip().endswith(b"]" if found == b"[" else b"}")
    if found:
        return b"</" + found in body.lower()
    return bool(body) and not (len(body) < _BEGINNING and body.lstrip()[:2] in (b"<!", b"<?"))
