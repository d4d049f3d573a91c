"""One extractor over saved pages, in the interpreter that has it: ``python extractors.py NAME``.

Reads a JSON line a page, ``[path, url]``, and prints one, ``[CPU seconds, headline, authors, date, body]``. It needs
nothing of the project but for the extractor ``mainland`` itself. All are given the same decoded page and address,
and are set to load no pictures.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Found = tuple[Any, Any, Any, Any]


def mainland() -> Callable[[str, str], Found]:
    """As ``scrapy extract`` reads a page, with the default settings."""
    extraction, pages = import_module("mainland.pages.article"), import_module("mainland.pages.page")

    def extract(html: str, url: str) -> Found:
        item = extraction.article(pages.parse(html, url))
        return item.headline, item.authors, item.day_published, item.body

    return extract


def trafilatura() -> Callable[[str, str], Found]:
    """With metadata and without readers' comments."""
    library = import_module("trafilatura")

    def extract(html: str, url: str) -> Found:
        found = library.bare_extraction(html, url=url, with_metadata=True, include_comments=False)
        return (found.title, found.author, found.date, found.text) if found else (None,) * 4

    return extract


def trafilatura_short() -> Callable[[str, str], Found]:
    """The same, set so that a story may be short: else it takes two sentences for a failure."""
    settings = import_module("trafilatura.settings")
    config = settings.use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    library = import_module("trafilatura")

    def extract(html: str, url: str) -> Found:
        found = library.bare_extraction(html, url=url, with_metadata=True, include_comments=False, config=config)
        return (found.title, found.author, found.date, found.text) if found else (None,) * 4

    return extract


def newspaper4k() -> Callable[[str, str], Found]:
    """Its article, parsed from the page."""
    library = import_module("newspaper")
    config = library.Config()
    config.fetch_images = False

    def extract(html: str, url: str) -> Found:
        found = library.Article(url, config=config)
        found.download(input_html=html)
        found.parse()
        return found.title, found.authors, found.publish_date, found.text

    return extract


def newsplease() -> Callable[[str, str], Found]:
    """From the page, with its usual extractors."""
    library = import_module("newsplease").NewsPlease

    def extract(html: str, url: str) -> Found:
        found = library.from_html(html, url=url, fetch_images=False)
        return found.title, found.authors, found.date_publish, found.maintext

    return extract


EXTRACTORS = {
    "mainland": mainland,
    "trafilatura": trafilatura,
    "trafilatura, short stories": trafilatura_short,
    "newspaper4k": newspaper4k,
    "news-please": newsplease,
}


def main() -> None:
    """Run the command."""
    extract = EXTRACTORS[sys.argv[1]]()
    pages = [json.loads(line) for line in sys.stdin]
    for path, url in pages[:5]:  # what is loaded once for all pages is no page's
        _timed(extract, path, url)
    for path, url in pages:
        print(json.dumps(_timed(extract, path, url)), flush=True)


def _timed(extract: Callable[[str, str], Found], path: str, url: str) -> list[Any]:
    html = Path(path).read_bytes().decode("utf-8", "replace")
    begun = time.process_time()
    try:
        headline, authors, date, body = extract(html, url)
    except Exception:  # noqa: BLE001 - a page that an extractor fails on is one that it got wrong
        headline = authors = date = body = None
    seconds = time.process_time() - begun
    return [seconds, headline, authors, str(date) if date else None, body]


if __name__ == "__main__":
    main()
