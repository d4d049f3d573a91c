"""Tiny sites in a thread, for what the replica does not do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, TypeVar

T = TypeVar("T", bound=ThreadingHTTPServer)


class Reply(NamedTuple):
    """An answer."""

    status: int = 404
    body: bytes = b"Not found"
    kind: str = "text/html"
    retry_after: str = ""


@dataclass
class Tiny:
    """A site: its address, and the paths that were requested, each with its time."""

    url: str = ""
    requested: list[tuple[float, str]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """The paths that were requested, in their order."""
        return [path for _, path in self.requested]


@contextmanager
def running(server: T) -> Iterator[T]:
    """A context in which a server runs in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(answer: Callable[[str, str], Reply]) -> Iterator[Tiny]:
    """A context with a site that answers each path as a function says, given the path and the site's address."""
    tiny = Tiny()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tiny.requested.append((time.monotonic(), self.path))
            reply = answer(self.path, tiny.url)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
            if reply.retry_after:
                self.send_header("Retry-After", reply.retry_after)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Nothing: the requests are recorded."""

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        tiny.url = f"http://127.0.0.1:{server.server_port}"
        yield tiny


ARTICLE = """<html><head><link rel="canonical" href="{site}/milk/"></head><body class="single-post postid-7">
<h1 class="jeg_post_title">Milk falls</h1><div class="entry-content"><div class="content-inner"><p>It fell.</p></div>
</div></body></html>"""


HOME = '<html><body class="home"><ul><li class="cat-item"><a href="/category/world/">World</a></li></ul></body></html>'


SECTION = """<html><body class="archive category"><div class="jnews_category_content_wrapper">
<article class="jeg_post"><h3 class="jeg_post_title"><a href="/milk/">Milk falls</a></h3></article>
</div></body></html>"""


ITEMS = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
EMPTY = '<body class="archive category"><div class="jnews_category_content_wrapper">{}</div>'


def listing(path: str, site: str, *paths: str, day: str = "2022-01-08", title: str = "") -> Reply:
    """A newspaper whose sitemap lists some paths, each changed on a day; the list of its section has one title."""
    listed = "".join(f"<url><loc>{site}{each}</loc><lastmod>{day}</lastmod></url>" for each in paths)
    if path == "/sitemap.xml":
        return Reply(200, ITEMS.format(listed).encode(), "text/xml")
    pages = {"/": HOME, "/category/world/": EMPTY.format(title)}
    return Reply(200, pages[path].encode()) if path in pages else Reply()


def newspaper(path: str, site: str) -> Reply:
    """The answers of the smallest newspaper, for :func:`serving`: a home page, a section, an article."""
    pages = {"/": HOME, "/category/world/": SECTION, "/milk/": ARTICLE.format(site=site)}
    return Reply(200, pages[path].encode()) if path in pages else Reply()
