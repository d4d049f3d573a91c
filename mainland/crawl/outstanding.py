"""The requests of a crawl that no callback has answered yet: a component can drop one silently."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response

_KEY = "mainland_outstanding"


class Outstanding:
    """The requests that were given to Scrapy and whose callback or errback was not called yet."""

    def __init__(self, run: int) -> None:
        """Begins with none; ``run`` is the number of the crawl, since ``JOBDIR`` keeps requests of earlier crawls."""
        self._run = run
        self._count = 0
        self._requests: dict[str, Request] = {}

    def begin(self, request: Request) -> Request:
        """Adds a request, marked in its ``meta``, and returns it."""
        self._count += 1
        key = f"{self._run}-{self._count}"
        request.meta[_KEY] = key
        self._requests[key] = request
        return request

    def end(self, message: Request | Response) -> None:
        """Removes a request, given itself or its response; does nothing for one that was not added in this crawl."""
        self._requests.pop(message.meta.get(_KEY, ""), None)

    def unanswered(self) -> list[Request]:
        """The requests that were added and not removed."""
        return list(self._requests.values())
