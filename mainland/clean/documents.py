"""What kind of document a response's body is, and whether it is complete: pages, feeds, sitemaps, JSON texts."""

from __future__ import annotations

import re

_ROOT = re.compile(rb"<(html|rss|rdf:RDF|feed|urlset|sitemapindex)\b", re.IGNORECASE)
_BEGINNING = 4096  # bytes in which the root is looked for
_NOTICE = re.compile(
    rb"\s{0,9}(?:<br ?/?>\s{0,9})?(?:<b>)?(?:PHP )?(?:Warning|Notice|Deprecated|Strict Standards)(?:</b>)?: "
    rb"[^\n]{0,9999}\n"
)
_MOST_NOTICES = 100


def root(body: bytes) -> bytes:
    """The name of a document's root tag in small letters, or the bracket of a JSON text; ``b""`` for anything else.

    It is the first of six tags within 4,096 bytes: ``html``, ``rss``, ``rdf:RDF``, ``feed``, ``urlset`` and
    ``sitemapindex``. The text is not parsed: a tag in a comment counts.

    >>> root(b"<!doctype html><HTML lang='en'>"), root(b" [1, 2]"), root(b"<!-- <html> --><p>"), root(b"")
    (b'html', b'[', b'html', b'')
    """
    first = without_notices(body[:_BEGINNING]).lstrip()[:1]
    found = _ROOT.search(body, 0, _BEGINNING)
    return first if first in (b"[", b"{") else found[1].lower() if found else b""


def without_notices(body: bytes) -> bytes:
    r"""A feed, sitemap or JSON text without the warnings that PHP printed before it, at most 100 lines.

    The format: https://www.php.net/manual/en/errorfunc.configuration.php, ``html_errors`` and ``display_errors``.

    >>> without_notices(b"<br />\n<b>Warning</b>:  Undefined in <b>/a.php</b> on line <b>3</b><br />\n[1]")
    b'[1]'
    >>> without_notices(b"\nDeprecated: Old in /a.php on line 3\n<?xml?>"), without_notices(b"Notice: of [1]")
    (b'<?xml?>', b'Notice: of [1]')
    """
    start = 0
    for _ in range(_MOST_NOTICES):
        found = _NOTICE.match(body, start)
        if found is None:
            break
        start = found.end()
    return body[start:]


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
