"""The time zone in which a crawl reads pages: the setting's, else the site's own, from WordPress' REST interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from scrapy.http import Response

from mainland.clean import dates, listings
from mainland.pages.article import Site
from mainland.storage.folder import DataFolder


@dataclass
class TimeZone:
    """The time zone of one crawl. It is requested once; later only full crawls request it again.

    The memory of the data folder has it under three names. ``zone`` is the one that the site gave last, as
    :func:`mainland.clean.dates.zone` takes it. ``read_in`` is the one in which pages are read, "" if each is read in
    the zone that it shows. ``read_in_since`` is the instant, in UTC, since which that is so; None if it always was.
    """

    store: DataFolder
    given: Site
    """What the settings say of the site."""

    download: Callable[[str, str], Awaitable[Response | None]]
    is_known: bool = field(init=False, default=False)
    """Whether it is final for this crawl."""

    site: Site = field(init=False)
    """What is known of the site, by which its pages are read."""

    def __post_init__(self) -> None:
        self.site, self.is_known = self._stored(), self.given.zone is not None

    @property
    def name(self) -> str:
        """The name of the time zone, for :func:`mainland.clean.dates.zone`; "" where each page shows its own."""
        return str(self.site.zone or "")

    def follow_leader(self) -> None:
        """Takes over the time zone that the leading worker has stored."""
        self.site, self.is_known = self._stored(), True

    def refreshed(self) -> str:
        """The name of the time zone, as :attr:`name`; reads first what the leading worker may have stored."""
        if not (self.is_known or self.store.database.leads):
            self.site = self._stored()
        return self.name

    async def learn(self, root: str, *, is_full: bool) -> str | None:
        """Requests the time zone from REST in the first crawl and in full crawls; ``root`` is the address of REST.

        The setting ``MAINLAND_TIMEZONE`` spares the request. Without an answer the zone stays as it was. Where it
        changes, all stored articles become due, since their dates are wrong, and the former name is returned ("" for
        none); otherwise None.
        """
        memory = self.store.memory
        if not self.is_known and (is_full or memory.get("read_in") is None):
            response = await self.download(root, "zone")
            zone = listings.parse_rest_zone(response.body) if response is not None and response.status == 200 else None
            if zone:
                memory.save(zone=zone)
        self.follow_leader()
        before: str | None = memory.get("read_in")
        if before == self.name:
            return None
        if before is None:
            memory.save(read_in=self.name, read_in_since=None)
        else:
            memory.save(read_in=self.name, read_in_since=dates.utc(datetime.now(UTC)), are_many_due=True)
            self.store.ledger.make_stored_due()
        return before

    def _stored(self) -> Site:
        """The site with the time zone of the setting, otherwise the stored one; its zone is None where neither is."""
        return self.given if self.given.zone else replace(self.given, zone=dates.zone(self.store.memory.get("zone")))
