"""What the stats of a crawl count, by kind."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mainland.clean.text import cut

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

_MOST_KINDS = 99


def counts(stats: StatsCollector, noun: str) -> dict[str, int]:
    """The numbers of the stats ``mainland/NOUN/KIND`` by kind: the 99 largest, and the sum of the rest as ``other``."""
    prefix, found = f"mainland/{noun}/", Counter[str]()
    for key, number in stats.get_stats().items():
        if key.startswith(prefix):
            found[cut(key.removeprefix(prefix))] += number
    most = dict(found.most_common(_MOST_KINDS))
    rest = found.total() - sum(most.values())
    return most | {"other": rest} if rest else most
