"""Pages of a made-up site, and the WARC files of a crawl that fetched them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from mainland.storage import warc

STARTED = datetime(2022, 1, 7, 8, 41, 12, tzinfo=UTC)


HTML = (
    '<html><head><title>x</title><link rel="canonical" href="https://{site}/milk-{number}/"></head>'
    '<body class="single-post postid-{number}"><h1 class="jeg_post_title">Milk falls in Köln {number}</h1>'
    '<div class="content-inner"><p>{text}</p></div>{links}</body></html>'
)


def page(
    number: int, site: str = "one.example", part: int = 1, parts: int = 1, text: str = "A litre costs 31 cents."
) -> Response:
    """The response with the page of the article ``number``, or with one (``part``) of its ``parts`` subpages."""
    base = f"https://{site}/milk-{number}/"
    links = "".join(f'<a href="{base}{f"{n}/" if n > 1 else ""}">{n}</a>' for n in range(1, parts + 1) if n != part)
    links = f'<div class="jeg_pagelinks">{links}</div>' if parts > 1 else ""
    body = HTML.format(number=number, site=site, text=text, links=links)
    return HtmlResponse(f"{base}{f'{part}/' if part > 1 else ''}", body=body, encoding="utf-8")


def archived(data: Path, *responses: Response, site: str = "one.example") -> list[Path]:
    """Saves responses in the page archive of a data folder, as a crawl of ``site`` does; returns all its files."""
    data.mkdir(parents=True, exist_ok=True)
    about = {"site": site, "time-zone": "Europe/London", "date-order": "MDY"}
    pages = warc.PageArchive(data, site, STARTED, about)
    for response in responses:
        moved = response.replace(url=response.url.replace("one.example", site))
        moved = moved.replace(body=moved.body.replace(b"one.example", site.encode()))
        pages.save(Request(moved.url, headers={"User-Agent": "a"}), moved, "2022-01-07T08:41:12Z")
    pages.close()
    return warc.archives(data)
