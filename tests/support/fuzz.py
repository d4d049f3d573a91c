"""A coverage-guided fuzzer on the extractor: ``make fuzz``.

Needs atheris, which is no dependency of the project. An input is a golden page with pieces changed, moved,
repeated or lost, or bytes of the fuzzer's own. It fails on an exception other than NotAnArticleError, on a field
that breaks the contract, and on a page that takes more than a second (``-timeout=1``).
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["mainland"]):
    from mainland import NotAnArticleError
    from mainland.pages.article import article
    from mainland.pages.page import parse

from tests.support.contract import breaches
from tests.support.golden import cases

PAGES = [case.html for case in cases("pages")]


def mutated(data: bytes) -> bytes:
    """A golden page, changed as the fuzzer's bytes say: pieces removed, repeated, inserted, replaced or reversed."""
    choice = atheris.FuzzedDataProvider(data)
    page = PAGES[choice.ConsumeIntInRange(0, len(PAGES) - 1)]
    for _ in range(choice.ConsumeIntInRange(0, 6)):
        start = choice.ConsumeIntInRange(0, max(0, len(page) - 1))
        end = min(len(page), start + choice.ConsumeIntInRange(0, 400))
        what = choice.ConsumeIntInRange(0, 4)
        if what == 0:
            page = page[:start] + page[end:]
        elif what == 1:
            page = page[:end] + page[start:end] * 2 + page[end:]
        elif what == 2:
            page = page[:start] + choice.ConsumeBytes(choice.ConsumeIntInRange(0, 60)) + page[start:]
        elif what == 3:
            other = PAGES[choice.ConsumeIntInRange(0, len(PAGES) - 1)]
            page = page[:start] + other[start:]
        else:
            page = page[:start] + page[start:end][::-1] + page[end:]
    return bytes(page)


def check(data: bytes) -> None:
    """Extracts the article of a page, made from the fuzzer's bytes.

    :raises AssertionError: a field breaks the contract.
    """
    html = data[1:] if data[:1] == b"\x00" else mutated(data)
    try:
        item = article(parse(html, "https://mainlandtimes.com/story/"))
    except NotAnArticleError:
        return
    found = breaches(item)
    if found:
        raise AssertionError(found)


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
