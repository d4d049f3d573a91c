"""Sample articles, data folders and entries for tests; processes that run a piece of code."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mainland.clean import urls
from mainland.crawl.deliveries import Pending
from mainland.decisions.types import Decision, Entry
from mainland.items import Article
from mainland.pages.article import EXTRACTOR, content_hash
from mainland.storage.folder import DataFolder
from tests.support import warm

ROOT = Path(__file__).parents[2]
HOST = "a.example"


def address(number: int) -> str:
    """The address of the article with a number."""
    return f"https://{HOST}/article-{number}/"


def made(number: int = 7, **fields: Any) -> Article:
    """An article as a page gives it; ``fields`` are what is not as usual."""
    usual: dict[str, Any] = {
        "site": HOST,
        "id": number,
        "url": address(number),
        "headline": f"Milk falls in Köln – {number}",
        "body": "A litre costs 31 cents.\n\nFarmers pour it away.",
        "date_published": "2022-01-07T08:41:12Z",
        "date_modified": "2022-01-07T08:41:12Z",
        "extractor": EXTRACTOR,
        "date_crawled": "2022-01-08T08:41:12Z",
    }
    item = Article(**(usual | fields))
    if "content_hash" not in fields and item.change != "removed":
        item.content_hash = content_hash(item)
    return item


@contextmanager
def opened(folder: Path, site: str = HOST) -> Iterator[DataFolder]:
    """A context with an open data folder, which is committed and closed at the end."""
    store = DataFolder(folder, site)
    try:
        yield store
        store.commit()
    finally:
        store.release()


def pending(url: str) -> Pending:
    """A decision about an address that waits for its line."""
    return Pending(Decision(Entry(urls.key(url), url)), url)


def reject(store: DataFolder, url: str, reason: str) -> None:
    """Records in a data folder that an address shows no article, for this reason."""
    store.reject(store.ledger.entry(url).rejected(reason))


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a piece of Python in a process of its own, and returns how it ended and what it printed."""
    return warm.run(["-c", code, *arguments], ROOT, 60, "python")
