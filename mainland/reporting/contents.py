"""Statistics on the stored articles, for the report: words, headings, pictures, embeds, paywalls, republished ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HOSTS = 15  # the most frequent; the rest is one row

_SECTIONS = 20  # the largest

_STRUCTURE = """
    SELECT section, count(*) AS n, avg(word_count), avg(len(regexp_extract_all(body_html, '<h[2-6][ >]'))),
        avg(len(images)), avg(len(embeds))
    FROM (SELECT * REPLACE (coalesce(section, 'none') AS section) FROM articles WHERE id IS NOT NULL)
    GROUP BY GROUPING SETS ((), section) ORDER BY section IS NOT NULL, n DESC, section"""
_ORIGINS = """
    WITH known AS (
        SELECT regexp_extract(lower(original_url), '^https?://(?:www\\.)?([^/?#]*)', 1) AS host
        FROM articles WHERE id IS NOT NULL
    )
    SELECT host, count(*) AS n FROM known WHERE host <> '' GROUP BY host ORDER BY n DESC, host"""


class Structure(NamedTuple):
    """Means an article for one section; None where no article has the field."""

    section: str | None
    """The main section; None for all articles together."""

    articles: int
    words: float | None
    headings: float | None
    """Headings in ``body_html``."""

    pictures: float | None
    embeds: float | None


@dataclass(frozen=True)
class Contents:
    """Statistics on the stored articles."""

    structure: list[Structure]
    """Means for all articles together, then for the largest sections; empty if no article is stored."""

    not_free: int
    """Number of articles that are not free to read; they are not compared for near-duplicates."""

    republished: int
    """Number of articles that were published first on another site."""

    origins: list[tuple[str, int]]
    """The hosts where these were published first, each with a number of articles, the most frequent first."""


def read(connection: DuckDBPyConnection) -> Contents:
    """Computes the statistics from the view ``articles``, which the connection must have; changes nothing.

    :raises duckdb.Error: the files cannot be read.
    """
    structure = [Structure(*row) for row in connection.execute(_STRUCTURE).fetchall()]
    (not_free,) = connection.execute("SELECT count(id) FROM articles WHERE NOT is_accessible_for_free").fetchall()[0]
    hosts: list[tuple[str, int]] = connection.execute(_ORIGINS).fetchall()
    rest = sum(n for _, n in hosts[_HOSTS:])
    origins = hosts[:_HOSTS] + ([("all others", rest)] if rest else [])
    return Contents(
        structure[: _SECTIONS + 1] if structure[0].articles else [], not_free, sum(n for _, n in hosts), origins
    )
