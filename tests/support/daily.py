"""A small newspaper whose articles state the date of their last change, with a sitemap that lists it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.crawling import changes, crawl
from tests.support.faults import FaultySite, Sound
from tests.support.small_sites import XML, Paper, Post

EARLY, LATE = "2024-06-01T10:00:00+00:00", "2024-09-01T10:00:00+00:00"


MISSING = Sound(404, b"<html><body class='error404'>Not found</body></html>")


class Daily(Paper):
    """A paper whose articles state the date of their last change in their text."""

    def post(self, post: Post) -> Sound:
        page = super().post(post)
        return replace(page, body=page.body.replace(b"What happened", f"What happened by {post.modified}".encode()))


def listed(paper: Paper, site: FaultySite, **dates: str) -> None:
    """Makes the sitemap list all articles with their dates of change; ``dates`` gives others by path."""
    rows = (
        f"<url><loc>{site.url}{post.path}</loc><lastmod>{dates.get(post.path, post.modified)}</lastmod></url>"
        for post in paper.posts
    )
    text = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(rows)}</urlset>'
    paper.pages["/sitemap.xml"] = Sound(200, text.encode(), {"Content-Type": XML})


def lines(data: Path, number: int) -> list[str]:
    """The ``change`` of each line of changes.jsonl about an article, in its order."""
    return [line["change"] for line in changes(data) if line["id"] == number]


def status(site: FaultySite, data: Path, *options: str) -> int:
    """Runs a crawl, and returns its exit status."""
    return crawl(site.url, data, *options).status
