"""A replica whose pages lose a field, and what the crawl must name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.replica.frame import Answer
from tests.support.replica.server import Server
from tests.support.replica.site import Options, Site
from tests.support.serving import running

Alter = Callable[[str, str], str]


BASE = "http://127.0.0.1"


OPTIONS = Options(articles=60)


CHALLENGE = "<!DOCTYPE html><title>Just a moment...</title><h1>Checking your browser</h1>"


class Altered(Site):
    """The replica, but a function alters each page that it answers, given its path and text."""

    def __init__(self, day: int, alter: Alter) -> None:
        super().__init__(OPTIONS, day)
        self.alter = alter

    def answer(self, target: str, base: str) -> Answer:
        answer = super().answer(target, base)
        return answer._replace(body=self.alter(target, answer.body)) if answer.status == 200 else answer


def ordinary(_path: str, body: str) -> str:
    """The text of a page, unchanged."""
    return body


def renamed(*names: str) -> Alter:
    """A function that renames some classes, or names of meta tags, in pages."""
    return lambda _path, body: re.sub(rf"\b({'|'.join(names)})\b", r"another-\1", body)


def on_articles(change: Callable[[str], str]) -> Alter:
    """A function that applies ``change`` to the pages of articles alone."""
    return lambda _path, body: change(body) if "single-post" in body[:20_000] else body


def on_sections(change: Callable[[str], str]) -> Alter:
    """A function that applies ``change`` to the first pages of sections alone."""
    return lambda path, body: change(body) if path.startswith("/category/") else body


FAULTS: dict[str, tuple[Alter, str]] = {
    "subtitle": (renamed("jeg_post_subtitle"), "alternative_headline"),
    "byline": (renamed("jeg_meta_author"), "authors"),
    "printed-date": (renamed("jeg_meta_date"), "date_published_raw"),
    "instant": (renamed("article:published_time"), "date_published"),
    "categories": (renamed("jeg_meta_category"), "sections"),
    "breadcrumb": (renamed("breadcrumbs"), "section"),
    "tags": (renamed("jeg_post_tags"), "tags"),
    "container": (renamed("content-inner"), "body"),
    "text": (renamed("content-inner", "entry-content"), "pages were articles"),
    "lead-image": (renamed("jeg_featured", "jeg_featured_bg", "jeg_featured_big"), "image"),
    "views": (renamed("jeg_views_count"), "views"),
    "comments": (renamed("comments"), "comments"),
    "source": (renamed("jeg_post_source", "jeg_post_via"), "sources"),
    "description": (renamed("og:description", "description"), "description"),
    "language": (lambda _path, body: re.sub(r" lang=\"[^\"]*\"", "", body), "language"),
    "challenge": (on_articles(lambda _body: CHALLENGE), "pages were articles"),
    "hero": (on_sections(lambda body: body.replace("jnews_category_hero_container", "hero")), "no hero in"),
    "list": (on_sections(lambda body: body.replace("jnews_category_content_wrapper", "list")), "no list in"),
}


@contextmanager
def serving(day: int = 0) -> Iterator[Server]:
    """A context with a server of the replica on a day.

    Setting its ``site`` to another :class:`Altered` alters the pages.
    """
    server = Server(0, OPTIONS, faults=0, latency=0, log=None)
    server.site = Altered(day, ordinary)
    with running(server):
        yield server


def address(server: Server) -> str:
    """The address of a server, without a slash at its end."""
    return f"http://127.0.0.1:{server.server_port}"
