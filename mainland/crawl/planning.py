"""What a crawl reads before it requests articles: the sources, and where the sections begin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

from scrapy.http import Response, TextResponse

from mainland import dates, listings, pages, reservations
from mainland.archive import Archive
from mainland.config import Arguments
from mainland.findings import Findings
from mainland.middlewares import CUT
from mainland.sources import Sources
from mainland.walk import Walk
from mainland.watch import Watch


@dataclass
class Planner:
    """Plans one crawl by what the sources tell."""

    archive: Archive
    arguments: Arguments
    findings: Findings
    sources: Sources
    walk: Walk
    watch: Watch
    full_every: timedelta
    """How often all sections are read to their ends: ``MAINLAND_FULL_EVERY``."""

    download: Callable[[str, str], Awaitable[Response | None]]

    async def plan(self) -> tuple[list[str], list[str]]:
        """The articles to request first, and the slugs of the sections whose first pages are requested."""
        archive, findings = self.archive, self.findings
        walked, findings.was_unsure = archive.fact("walked"), bool(archive.fact("unsure"))
        is_full = self.arguments.full or walked is None or self._is_long_ago(walked)
        if self.arguments.sections:
            is_walk = True
        elif not await self._read_sources(is_first=walked is None, is_full=is_full):
            return [], []
        else:
            self.walk.is_whole = is_full
            is_walk = is_full or findings.is_unexplained or not self.sources.used
        slugs = await self._begin_walk() if is_walk else self.walk.go_on()
        newest = self.sources.newest if walked is None else []
        return [entry.url for entry in newest if archive.wants(entry.url, archive.run)], slugs

    async def _read_sources(self, *, is_first: bool, is_full: bool) -> bool:
        """Reads the sources, as many as are needed to know what changed; whether the site answers at all.

        All of them in a full crawl, and where the last crawl was not sure.
        """
        sources, findings, archive = self.sources, self.findings, self.archive
        is_due = is_full or findings.was_unsure
        await sources.read_feed()
        fed = list(sources.unknown.values())
        if findings.failures and await self.download(self.arguments.site, "home") is None:
            findings.is_down = True
            return False
        if is_due or archive.fact("has_rest"):
            await sources.read_rest(deep=not is_first)
            self.watch.posts = (archive.fact("total") or 0, sources.total or 0) if sources.total is not None else None
        if is_due or not (sources.explained or archive.fact("has_sitemaps") == 0):
            await sources.read_sitemaps(findings.robots_sitemaps)
        if is_due:
            await self._remember_sources(is_full=is_full)
        had = archive.fact("has_rest") or archive.fact("has_sitemaps")
        is_lost = bool(had) and not (sources.listed or (sources.total is not None and not sources.is_partial))
        is_change = sources.total is not None and not sources.explained
        if not sources.listed and (is_full or not sources.is_partial) and (is_due or is_change):
            await sources.read_all()
        if is_lost and not archive.fact("is_lost"):
            findings.is_unsure = True
            findings.fail(self.arguments.site, "neither REST nor a sitemap tells what is there, and one did")
        archive.keep(is_lost=is_lost)
        if is_due:
            archive.keep(has_listing=sources.listed)
        sources.note_dating()
        is_behind = not all(map(self._is_told, fed)) if sources.listed else bool(fed) and not sources.explained
        findings.is_unexplained = is_lost or is_behind or sources.is_empty  # which the sections may contradict
        return True

    async def _remember_sources(self, *, is_full: bool) -> None:
        """Keeps which sources there are, and what the site says of machines that read it.

        A source that fails for a while is requested again until a full crawl finds it gone.
        """
        told = await self.download(urljoin(self.arguments.site, "/.well-known/tdmrep.json"), "tdmrep")
        is_told = told is not None and told.status == 200
        self.findings.reservations["tdmrep"] = reservations.tdmrep(told.body) if told and is_told else None
        has = {"has_rest": self.sources.total is not None, "has_sitemaps": self.sources.listed}
        self.findings.is_unsure |= any(self.archive.fact(name) and not now for name, now in has.items())
        self.archive.keep(**{name: now for name, now in has.items() if now or is_full})

    async def _begin_walk(self) -> list[str]:
        """The slugs of the sections to read; what else is on the home page is requested after them."""
        findings, walk, chosen = self.findings, self.walk, self.arguments.sections
        response = await self.download(self.arguments.site, "home")
        if not isinstance(response, TextResponse) or response.status != 200 or CUT in response.flags:
            is_page = isinstance(response, TextResponse) and response.status == 200
            reason = "cut off" if is_page else f"home page answers {response.status}" if response else "no home page"
            findings.fail(self.arguments.site, reason)
            return []
        page = pages.of_response(response)
        if chosen - listings.sections(page).keys():
            await self.sources.read_sitemaps(findings.robots_sitemaps, posts=False)
        walk.begin(page, await self.sources.read_categories(), is_listed=self.sources.listed)
        findings.facts |= page.theme
        if unknown := chosen - walk.sections.keys():
            known = ", ".join(sorted(walk.sections))
            findings.wrong_use = f"unknown section {min(unknown)!r}: the site has {known}"
            return []
        if page.is_costly or not (walk.sections or self.sources.listed):
            findings.refused += 1
            notice = "no sections: no page of a JNews site, or a notice in its place"
            findings.fail(response.url, pages.COSTLY if page.is_costly else notice)
            return []
        findings.sound += 1
        if chosen:
            return [slug for slug in walk.sections if slug in chosen]
        walk.guess()
        return list(walk.sections)

    def _is_told(self, url: str) -> bool:
        """Whether the sitemaps or REST tell of an address."""
        return self.archive.is_listed(url) or bool(self.archive.entry(url).changed_at)

    def _is_long_ago(self, moment: str) -> bool:
        walked = dates.instant(moment)  # the clock may have been wrong, and set back
        return walked is None or abs(datetime.now(UTC) - walked) >= self.full_every
