"""What the articles of a report hold, over all: what is behind a paywall, and where republished ones were first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_HOSTS = 15  # the most frequent; the rest is one row

_ORIGINS = """
    SELECT regexp_extract(lower(original_url), '^https?://(?:www\\.)?([^/?#]*)', 1) AS host, count(*) AS n
    FROM articles WHERE id IS NOT NULL AND original_url IS NOT NULL GROUP BY ALL ORDER BY n DESC, host"""


@dataclass(frozen=True)
class Contents:
    """What the articles hold."""

    not_free: int
    """Articles that are not free to read: no near-duplicates are looked for among them."""

    republished: int
    """Articles that were first on another site."""

    origins: list[tuple[str, int]]
    """The hosts where these were first, each with their number, the most frequent first."""


def read(connection: DuckDBPyConnection) -> Contents:
    """What the rows of the view ``articles`` hold.

    :raises duckdb.Error: the files cannot be read.
    """
    (not_free,) = connection.execute("SELECT count(id) FROM articles WHERE NOT is_accessible_for_free").fetchall()[0]
    hosts: list[tuple[str, int]] = connection.execute(_ORIGINS).fetchall()
    rest = sum(n for _, n in hosts[_HOSTS:])
    origins = hosts[:_HOSTS] + ([("all others", rest)] if rest else [])
    return Contents(not_free, sum(n for _, n in hosts), origins)
