"""WordPress' REST interface, as far as posts and sections go."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tests.support.replica import words
from tests.support.replica.articles import LONDON, SECTIONS, Article, iso, local
from tests.support.replica.frame import NAME, Answer, Frame, category_id
from tests.support.replica.newsroom import Newsroom

ROOT = "/wp-json"
POSTS = "/wp-json/wp/v2/posts"
CATEGORIES = "/wp-json/wp/v2/categories"
INVALID = {"code": "rest_invalid_param", "message": "Invalid parameter(s)", "data": {"status": 400}}
PAST_END = {
    "code": "rest_post_invalid_page_number",
    "message": "The page number requested is larger than the number of pages available.",
    "data": {"status": 400},
}
UNKNOWN = {"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}


def rest(frame: Frame, path: str, query: dict[str, str]) -> Answer:
    """The answer to a path under ``/wp-json``; 404 for an unknown one."""
    path = path.rstrip("/")
    if path == POSTS:
        return _posts(frame, query)
    if path == CATEGORIES:
        return _categories(frame, query)
    if path == ROOT:
        return _json(
            200,
            {"name": NAME, "url": frame.base, "gmt_offset": 0, "timezone_string": str(LONDON), "namespaces": ["wp/v2"]},
        )
    post = path.removeprefix(f"{POSTS}/")
    article = frame.newsroom.by_id(int(post)) if post.isdecimal() else None
    return _json(200, _post(frame, article)) if article else _json(404, UNKNOWN)


def _posts(frame: Frame, query: dict[str, str]) -> Answer:
    """The answer to a request for posts: a page of them, or the error that WordPress gives."""
    newsroom = frame.newsroom
    try:
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        numbers = _selected(newsroom, query)
    except (ValueError, KeyError):
        return _json(400, INVALID)
    if not 1 <= size <= 100 or page < 1:
        return _json(400, INVALID)
    pages = -(-len(numbers) // size)
    if page > max(1, pages):
        return _json(400, PAST_END)
    if query.get("order", "desc") == "desc":
        numbers = numbers[::-1]
    posts = [_post(frame, newsroom.article(number)) for number in numbers[(page - 1) * size : page * size]]
    if "_fields" in query:
        names = query["_fields"].split(",")
        posts = [{name: post[name] for name in names if name in post} for post in posts]
    return _json(200, posts, {"X-WP-Total": str(len(numbers)), "X-WP-TotalPages": str(pages)})


def _selected(newsroom: Newsroom, query: dict[str, str]) -> Sequence[int]:
    """The numbers of the articles requested, in ascending order of what they are ordered by.

    :raises ValueError: a parameter cannot be read.
    :raises KeyError: an unknown ``orderby``.
    """
    orders = {"date": newsroom.numbers, "modified": newsroom.by_change, "id": newsroom.by_number}
    numbers: Sequence[int] = orders[query.get("orderby", "date")]
    for name, instant_of, newer in (
        ("after", newsroom.published, True),
        ("before", newsroom.published, False),
        ("modified_after", newsroom.modified, True),
        ("modified_before", newsroom.modified, False),
    ):
        if name in query:
            numbers = _compared(numbers, instant_of, _instant(query[name]), newer=newer)
    if "include" in query:
        wanted = [newsroom.by_id(int(post)) for post in query["include"].split(",")]
        included = {article.number for article in wanted if article}
        numbers = [number for number in numbers if number in included]
    if "slug" in query:
        named = [(slug, newsroom.by_slug(slug)) for slug in query["slug"].split(",")]
        included = {article.number for slug, article in named if article and article.slug == slug}
        numbers = [number for number in numbers if number in included]
    return numbers


def _compared(numbers: Sequence[int], instant_of: Callable[[int], int], limit: float, *, newer: bool) -> list[int]:
    """The numbers of the articles whose instant is later than a limit, or with ``newer=False`` earlier."""
    if newer:
        return [number for number in numbers if instant_of(number) > limit]
    return [number for number in numbers if instant_of(number) < limit]


def _instant(text: str) -> float:
    """The instant of a parameter; without a zone it is the newspaper's clock."""
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=LONDON)).timestamp()


def _post(frame: Frame, article: Article) -> dict[str, Any]:
    """A post as REST gives it."""
    return {
        "id": article.id,
        "date": local(article.published).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_gmt": iso(article.published).rstrip("Z"),
        "modified": local(article.modified).strftime("%Y-%m-%dT%H:%M:%S"),
        "modified_gmt": iso(article.modified).rstrip("Z"),
        "slug": article.slug,
        "link": frame.base + article.path,
        "title": {"rendered": frame.title_of(article)},
        "categories": [category_id(name) for name in article.sections],
    }


def _categories(frame: Frame, query: dict[str, str]) -> Answer:
    """The answer to a request for categories: all are on the first page."""
    sections = [
        {
            "id": category_id(name),
            "count": len(frame.newsroom.by_section[name]),
            "link": f"{frame.base}/category/{words.slug(name)}/",
            "name": name,
            "slug": words.slug(name),
        }
        for name in SECTIONS
    ]
    some = sections if query.get("page", "1") == "1" else []
    return _json(200, some, {"X-WP-Total": str(len(sections)), "X-WP-TotalPages": "1"})


def _json(status: int, data: object, headers: dict[str, str] | None = None) -> Answer:
    """An answer of JSON."""
    return Answer(status, {"Content-Type": "application/json; charset=UTF-8", **(headers or {})}, json.dumps(data))
