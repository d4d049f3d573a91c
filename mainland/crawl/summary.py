"""What a crawl leaves about itself: the line of ``runs.jsonl``, and the summary in the log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import mainland
from mainland.clean import dates
from mainland.clean.text import cut, printable
from mainland.crawl.stats import counts
from mainland.exit_status import ExitStatus

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

    from mainland.crawl.session import Session
    from mainland.crawl.verdict import Verdict


def run_record(
    crawl: Session, stats: StatsCollector, verdict: Verdict, start: datetime, end: datetime
) -> dict[str, Any]:
    """The fields of the line of ``runs.jsonl`` about a crawl, from ``start`` to ``end``."""
    result, sources, arguments, health = crawl.result, crawl.sources, crawl.arguments, crawl.health
    return {
        "start": dates.utc(start),
        "end": dates.utc(end),
        "version": mainland.__version__,
        "site": arguments.site,
        "sections": sorted(arguments.sections),
        "full": arguments.full,
        "exit_status": verdict.status,
        "verdict": verdict.reason,
        "delivered": counts(stats, "delivered"),
        "rejected": counts(stats, "rejected"),
        "failed": counts(stats, "failed"),
        "alarms": crawl.alarms(),
        "unconfirmed": result.unconfirmed,
        "failures": [{"url": url, "reason": why} for url, why in result.failures],
        "requests": counts(stats, "requests"),
        "sources": sources.reports.used,
        "changes_by": sources.changes_by,
        "theme": result.facts,
        "time_zone": crawl.time_zone.name,
        "posts_on_site": sources.rest.total,
        "articles_held": crawl.store.index.count(),
        "copies": stats.get_value("mainland/copies"),
        "leads": crawl.store.database.leads,
        "mended": crawl.store.repaired,
        "reservations": result.reservations,
    } | health.run_fields(dates.utc(start), is_reported=verdict.status == ExitStatus.ALARM)


def summary(crawl: Session, stats: StatsCollector, seconds: float) -> str:
    """The summary of a crawl for the log, as a text of several lines; ``seconds`` is how long the crawl took."""
    requests, duplicates = stats.get_value("downloader/request_count", 0), stats.get_value("mainland/copies", 0)
    theme = [f"{name} {cut(value)}" for name, value in crawl.result.facts.items() if value]
    by_kind = f" ({_list(counts(stats, 'requests'))})" if requests else ""
    rows = {
        "articles": _list(counts(stats, "delivered")) or "nothing new",
        "duplicates": f"{duplicates} of the articles stored are near-duplicates" if duplicates else "",
        "by section": _list(counts(stats, "sections")),
        "rejected": _list(counts(stats, "rejected")),
        "failed": _list(counts(stats, "failed")),
        "requests": f"{requests} in {seconds:.0f} s{by_kind}",
        "site": ", ".join([*theme, *crawl.sources.reports.used]),
        "time zone": crawl.time_zone.name or "unknown: each page is read in the one that it shows",
        "changes": f"reported by {crawl.sources.changes_by}" if crawl.sources.reports.used else "",
        "files": str(crawl.store.folder),
    }
    return "\n".join(f"  {name:<11}{printable(value)}" for name, value in rows.items() if value)


def _list(found: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in found.items())
