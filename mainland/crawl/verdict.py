"""How a crawl ended: its exit status, and the reason in words."""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mainland.clean import dates
from mainland.clean.text import counted
from mainland.crawl.refusals import advice, of_robots
from mainland.crawl.stats import counts
from mainland.decisions.conclude import CrawlEnd, conclude
from mainland.exit_status import SAW_EVERYTHING, ExitStatus
from mainland.middlewares import REFUSED, ForbiddenError
from mainland.program import program

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

    from mainland.crawl.session import Session
    from mainland.storage.runs import Run


_DAY = timedelta(days=1)
_REPORTED_AT_ONCE = {ExitStatus.INCOMPLETE: False, ExitStatus.UNREACHABLE: True, ExitStatus.REFUSED: True}
"""The exit statuses that repeat from crawl to crawl: whether the first crawl with one logs it as an error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An exit status of :mod:`mainland.exit_status`, and its reason in words."""

    status: int
    reason: str

    @property
    def has_seen_everything(self) -> bool:
        """Whether the crawl saw the whole site, apart from single addresses that failed."""
        return self.status in (*SAW_EVERYTHING, ExitStatus.INCOMPLETE)


def verdict(crawl: Session, stats: StatsCollector, ended: str) -> Verdict:
    """How a crawl ended; ``ended`` is why the spider was closed, in Scrapy's words, such as ``finished``.

    Notes what an operator must confirm.
    """
    return _stopped(crawl, stats) or _unreached(crawl, ended) or _forbidden(crawl) or _finished(crawl, stats, ended)


def is_news(found: Verdict, history: list[Run], now: datetime) -> bool:
    """Whether the end of a crawl is logged as an error: it is bad, and was not reported before, or not for a day.

    ``history`` are the earlier runs, the oldest first.

    An incomplete crawl is reported once that has lasted a day, since the next crawl repairs it; a site that refuses or
    cannot be reached, at once. Both are reported again every day. Any other failure is reported by each crawl. The days
    count from the first crawl with that status since the last one that saw the whole site.
    """
    if found.status == ExitStatus.OK or found.status > ExitStatus.SIGNALLED:
        return False
    if found.status not in _REPORTED_AT_ONCE:
        return True
    good = [place for place, run in enumerate(history) if run.exit_status in SAW_EVERYTHING and not run.sections]
    since = history[good[-1] + 1 if good else 0 :]
    ends = [run.ended for run in since if run.exit_status == found.status and run.ended]
    if not ends:
        return _REPORTED_AT_ONCE[ExitStatus(found.status)]
    return (now - ends[0]) // _DAY > (ends[-1] - ends[0]) // _DAY


def _stopped(crawl: Session, stats: StatsCollector) -> Verdict | None:
    """The verdict on a crawl that was stopped: by wrong arguments, the disk, a refusal, a signal; None for others."""
    if crawl.result.wrong_use:
        return Verdict(ExitStatus.WRONG_USE, crawl.result.wrong_use)
    if unwritten := stats.get_value("mainland/cannot_write"):
        return Verdict(ExitStatus.CANNOT_WRITE, f"cannot write: {unwritten}; no line is lost, the next crawl goes on")
    if refused := stats.get_value(REFUSED):
        return Verdict(ExitStatus.REFUSED, f"the site refuses the crawl: {refused}")
    number = stats.get_value("mainland/signal")
    if number is not None:
        reason = f"stopped by {signal.Signals(number).name}; the next crawl goes on"
        return Verdict(ExitStatus.SIGNALLED + number, reason)
    return None


def _unreached(crawl: Session, ended: str) -> Verdict | None:
    """The verdict on a crawl that got no page of the site; None for others."""
    result = crawl.result
    is_idle = not (crawl.store.database.leads or result.failures or result.refused)
    if crawl.sources.reports.used or result.sound or is_idle:
        return None
    is_misplaced = result.is_no_home and not crawl.store.index.count()
    where = _elsewhere(crawl) if is_misplaced or result.folder else ""
    if result.refused:
        return Verdict(ExitStatus.REFUSED, f"the site refuses the crawl: {result.refusal}{where}")
    if not result.failures:
        return Verdict(ExitStatus.UNREACHABLE, "the site cannot be reached") if ended == "finished" else None
    url, reason = result.failures[-1]
    description = f"{reason}{result.seen} at {url}; {advice(reason)}{where}"
    return Verdict(ExitStatus.UNREACHABLE, f"the site cannot be reached: {description}")


def _forbidden(crawl: Session) -> Verdict | None:
    """The verdict REFUSED if robots.txt forbids all known articles, also those of earlier crawls; otherwise None.

    If no article is known, and all failures are prohibitions of robots.txt, the first refusal of the crawl is the
    reason. None too in a worker that does not lead, and without a robots.txt.
    """
    result, store = crawl.result, crawl.store
    if not (result.robots and store.database.leads):
        return None
    refusal = of_robots(result.robots, result.agent, crawl.arguments.site, store.ledger.articles())
    if result.failures and all(reason == ForbiddenError.reason for _, reason in result.failures):
        is_any_known = next(store.ledger.articles(), None) is not None
        refusal = refusal if is_any_known else result.refusal  # as where it forbids all lists, and there are no sources
    return Verdict(ExitStatus.REFUSED, f"the site refuses the crawl: {refusal}") if refusal else None


def _elsewhere(crawl: Session) -> str:
    """Where the site may be, if the given address is not its own, in words that begin with a semicolon."""
    if crawl.result.folder:
        return f"; {crawl.result.folder} may be its address: give it as the site"
    return f"; if the site is in a folder, give its address: {crawl.arguments.site}FOLDER/"


def _finished(crawl: Session, stats: StatsCollector, ended: str) -> Verdict:
    """The verdict on a crawl that read the site: complete, incomplete, or with an alarm.

    Notes what an operator must confirm. ``ended`` is why the spider was closed, in Scrapy's words.
    """
    if left := stats.get_value("mainland/left_alone"):
        return Verdict(ExitStatus.INCOMPLETE, f"cut short: the site {left}; the next crawl goes on")
    if ended != "finished":
        what = f"by {ended.upper()}" if ended.startswith("closespider_") else f"({ended})"
        return Verdict(ExitStatus.INCOMPLETE, f"cut short {what}; the next crawl goes on")
    note_listing(crawl)
    list(crawl.health.follow_up_requests(crawl.store.ledger.run))  # finds the falls, if the crawl ended before it did
    alarms, failed = crawl.alarms(), []
    if crawl.result.failures:
        number = sum(counts(stats, "failed").values())
        failed.append(f"{counted(number, 'address', 'addresses')} failed; the next crawl requests them again")
    if unfinished := crawl.store.database.unfinished():
        failed.append(f"{'; '.join(unfinished)}; the next crawl requests again what they had taken")
    if alarms:
        return Verdict(ExitStatus.ALARM, "; ".join([*alarms, *failed]))
    return Verdict(ExitStatus.INCOMPLETE, "; ".join(failed)) if failed else Verdict(ExitStatus.OK, "complete")


def note_listing(crawl: Session) -> None:
    """Notes for the operator to confirm that nothing lists an article, or that no listed one can be stored.

    Not if an operator accepted it before, in a crawl of some sections, or in a worker that does not lead.
    The memory has it as ``lists_articles``: None before the first article was listed, False once none is and an
    operator accepted that; and as ``stores_none`` that the other one is accepted.
    """
    store, result = crawl.store, crawl.result
    if not store.database.leads or crawl.arguments.sections:
        return
    listed = store.memory.get("lists_articles")
    if crawl.sources.reports.count or result.shown:
        store.memory.save(lists_articles=True)
        if not (store.index.has_any() or result.failures or result.forbidden or store.memory.get("stores_none")):
            result.unconfirmed["storing"] = (
                f"{crawl.arguments.site} lists articles, and none of them can be stored: {store.folder}/rejected.jsonl"
                f" and {program()} why ADDRESS say why; if that is right, accept it by {program()} status --accept"
            )
    elif listed or (listed is None and store.index.count()):
        result.unconfirmed["listing"] = (
            f"{crawl.arguments.site} listed articles before, and lists none now: neither its feed, REST and"
            f" sitemaps nor its sections; if that is right, accept it by {program()} status --accept"
        )
    elif listed is None and not result.failures:
        result.unconfirmed["listing"] = (
            f"{crawl.arguments.site} lists no article: neither its feed, REST and sitemaps nor its"
            f" sections{_elsewhere(crawl)}; if it has none yet, accept that by {program()} status --accept"
        )


def store_site_memory(crawl: Session) -> None:
    """Stores what the plan of the next crawl starts from, unless another worker was lost.

    A crawl of some sections stores only which of them it read to their ends.
    """
    store, result = crawl.store, crawl.result
    if store.database.unfinished():
        return
    store.memory.confirm_sections(store.ledger.run)
    if crawl.arguments.sections:
        return
    end = CrawlEnd(
        store.ledger.run,
        dates.utc(datetime.now(UTC)),
        is_unsure=result.is_unsure,
        was_unsure=result.was_unsure,
        has_walked=crawl.section_crawl.is_site_wide and crawl.section_crawl.has_begun,
        missed=crawl.sources.rest.missed(result.gone),
        total=crawl.sources.rest.total,
        listed=store.inventory.count() if "sitemap" in crawl.sources.reports.used else None,
    )
    store.memory.save(**asdict(conclude(store.memory.site(), end)))
