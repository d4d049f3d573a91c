"""Records decisions in the data folder: at once, or after their lines are written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mainland.clean import dates, urls
from mainland.clean.text import cut
from mainland.crawl.deliveries import Deliveries, Pending
from mainland.crawl.observe import GONE
from mainland.crawl.removals import Removal, Removals
from mainland.crawl.result import CrawlResult
from mainland.crawl.sources.sources import Sources
from mainland.decisions.case import after_delivery
from mainland.decisions.judge import reject, reject_incomplete
from mainland.decisions.rules import TAKEN
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import Decision, Evidence, State, Suspicion
from mainland.items import Article
from mainland.pages.errors import PROTECTED
from mainland.program import program
from mainland.storage.errors import KnownItem, RejectedItem, UnwrittenItem
from mainland.storage.folder import DataFolder

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

    from mainland.crawl.resolver import Resolution

_COUNTED = (*map("status {}".format, GONE), PROTECTED, TAKEN)  # why REST counts a post that is not an article here
_MOST_KILLED = 3


@dataclass
class Recorder:
    """Records the decisions of one crawl."""

    store: DataFolder
    host: str
    result: CrawlResult
    sources: Sources
    removals: Removals
    stats: StatsCollector
    deliveries: Deliveries = field(default_factory=Deliveries)
    buried: dict[int, str] = field(default_factory=dict)
    """New addresses of forgotten articles, by id: they are added to the tombstones at the end of the crawl."""

    seen: set[int] = field(default_factory=set)
    """The ids of stored articles that a page showed, and for which no line was needed."""

    unwritten: set[str] = field(default_factory=set)
    """The addresses of items for which no line was written: they stay due, whatever their decisions say."""

    def record(self, found: Resolution, arrival: str | None = None) -> list[Article]:
        """Records a decision, at once or after its lines are written; returns the items for these lines.

        The caller sends the items to the pipelines. A removal is kept until :meth:`send_removals`. ``arrival`` is the
        address of the response, by default the requested one.
        """
        store, decision, evidence = self.store, found.decision, found.evidence
        entry, article = decision.entry, evidence.article
        self._note(decision)
        stored = store.index.public_at(entry.url)
        self._note_forgotten(decision, evidence)
        if article and evidence.match and not (decision.is_delivered or evidence.match.is_another(article, entry.url)):
            self.seen.add(evidence.match.id)
        if evidence.match and evidence.new_id != evidence.match.new_id and decision.is_delivered:
            store.index.note_new_id(evidence.match.id, evidence.new_id)
        if evidence.match and decision.is_chosen_due:
            store.ledger.make_due(evidence.match.url)
        if decision.is_alive:
            self.removals.note_alive(stored.id if stored else article.id if article else None)
        if stored and (decision.is_removal or (entry.suspicion is Suspicion.MISSING and entry.is_confirmed)):
            store.ledger.make_alternates_due(stored.id)
        is_successor = decision.is_delivered and not evidence.is_elsewhere
        is_removal = stored is not None and decision.is_removal and not is_successor
        pending = Pending(decision, arrival or entry.url, is_removal)
        if not (decision.is_delivered or decision.is_removal or decision.rejection):
            store.ledger.save(entry)
        items = [*([article] if article and decision.is_delivered else []), *found.others]
        if stored and decision.is_removal:
            self._remove(stored, pending, article if is_successor else None)
            items = [] if is_successor else items
        for displaced in found.displaced:
            self._remove(displaced, pending)
        return [self.deliveries.begin(item, pending) for item in items]

    def _note_forgotten(self, decision: Decision, evidence: Evidence) -> None:
        """Notes the address that shows a forgotten article: the requested one, or the one to which a redirect led.

        Not the latter if another article is stored there: a cache can show the wrong page.
        """
        entry, match, there = decision.entry, evidence.match, evidence.forgotten_at
        if match and decision.is_burial:
            self.buried[match.id] = entry.url
        elif match and there and there.key != entry.key and self.store.index.public_at(there.url) is None:
            self.buried[match.id] = there.url
            self.store.ledger.save(there.settled(State.FORGOTTEN))

    def _remove(self, stored: StoredArticle, pending: Pending, successor: Article | None = None) -> None:
        """Keeps the removal of a stored article until the end of the crawl.

        ``successor`` is another article at its address, which is written together with the removal.
        """
        line = stored.removal(self.host, dates.utc(datetime.now(UTC)))
        self.removals.add(Removal(line, pending, successor))

    def _note(self, decision: Decision) -> None:
        """Counts a decision in the stats and the crawl result; saves a rejection, with a line in ``rejected.jsonl``."""
        entry, result = decision.entry, self.result
        self.stats.inc_value(f"mainland/decisions/{decision.rule}")
        result.is_unsure |= decision.is_unsure
        result.forbidden += decision.is_forbidden
        result.gone += decision.is_uncounted
        if decision.warning:
            result.unconfirmed["identity"] = decision.warning
        if decision.failure:
            result.fail(entry.url, decision.failure)
        if decision.rejection:
            self.stats.inc_value(f"mainland/rejected/{decision.rejection}")
            self.store.reject(entry)
            if decision.rejection not in _COUNTED:
                self.sources.reports.uncount(entry.url)

    def _carry_out(self, decision: Decision) -> None:
        """Records a decision that requires no line."""
        self._note(decision)
        if not decision.rejection:
            self.store.ledger.save(decision.entry)

    def take_suspects(self) -> list[str]:
        """The addresses to request last, because crawls were killed while they read these pages; records the requests.

        An address with three kills or more is rejected instead. With several workers, only the leader gets any.
        """
        store, found = self.store, []
        for url, times in list(self.store.suspects.items()) if store.database.leads else []:
            if store.ledger.known(url) is None:
                store.ledger.record_sighting(url)
            if times >= _MOST_KILLED:
                self.store.clear_suspect(url)
                reason = f"too costly to read: {times} crawls were killed while they read it"
                self._carry_out(
                    reject(store.ledger.entry(url), reason, "crawls were killed", dates.utc(datetime.now(UTC)))
                )
            else:
                found.append(url)
            store.ledger.record_request(url)
        return found

    # -- what became of items ------------------------------------------------------------------------------

    def record_written(self, item: Article) -> None:
        """Records the decision of an item that a pipeline passed on: its line is written."""
        if pending := self.deliveries.end(item):
            self._settle(item, pending)

    def record_dropped(self, item: Any, exception: Exception) -> None:
        """Records what a pipeline's drop of an item means for its address; ``exception`` is why it was dropped.

        The address of an incomplete item is suspected, then rejected; that of a known one settled. Any other drop is a
        failure. For an item that could not be written nothing is recorded: its address stays due.
        """
        pending = self.deliveries.end(item)
        if pending is None or isinstance(exception, UnwrittenItem):
            return
        if isinstance(exception, RejectedItem):
            entry = self.store.ledger.entry(pending.url)
            self._carry_out(reject_incomplete(entry, cut(str(exception)), dates.utc(datetime.now(UTC))))
        elif isinstance(exception, KnownItem):
            self._settle(item, pending)
        else:
            self.record_lost(pending, item)
            self.result.fail(pending.url, f"dropped by a pipeline: {exception}")

    def record_lost(self, pending: Pending, item: Any) -> None:
        """Makes the address of an item due again, because its line was not written.

        After a removal the next crawl reads all sources.
        """
        self.unwritten.add(pending.url)
        self.store.ledger.make_due(pending.url)
        self.result.is_unsure |= getattr(item, "change", None) == "removed"

    def _settle(self, item: Article, pending: Pending) -> None:
        """Saves the decision of an item whose line is written, or that needs none."""
        store, entry = self.store, pending.decision.entry
        if (item.change == "removed") == pending.is_recorded_by_removal:
            store.ledger.save(entry)
        if item.change != "removed" and urls.key(pending.arrival) != entry.key:
            self._settle_arrival(item, pending.arrival)
        if pending.url in self.unwritten:
            store.ledger.make_due(pending.url)

    def _settle_arrival(self, item: Article, url: str) -> None:
        """Settles the address ``url`` to which a redirect led, since it showed an article.

        It becomes due instead if another article is stored there, and stays as it is if its source reports a later
        change: a cache can show the wrong page.
        """
        there, entry = self.store.index.public_at(url), self.store.ledger.entry(url)
        if there and there.id != item.id:
            self.store.ledger.make_due(url)
        elif not (item.date_modified and item.date_modified < (entry.changed_at or "")):
            self.store.ledger.save(after_delivery(entry, item))

    # -- removals ------------------------------------------------------------------------------------------

    async def send_removals(self, send: Callable[[Article], Awaitable[Any]]) -> None:
        """Decides which removals to write, and sends them to the pipelines by ``send``; stores which are held back."""
        store, removals = self.store, self.removals
        self._take_back_seen()
        before = dict(removals.waiting)
        decided = removals.decide(store.index.count(), datetime.now(UTC), is_sound=not self.result.failures)
        # What stands at an address now comes first: it can be an article that is removed from another one.
        successors = [(each.successor, each.pending) for each in decided]
        for item, pending in [*successors, *((each.item, each.pending) for each in decided)]:
            if item:
                await send(self.deliveries.begin(item, pending))
        for number in before.keys() - removals.waiting.keys():
            stored = store.index.article(number)
            if number in removals.found and stored and stored.state == "public":  # a pipeline kept the line back
                removals.waiting[number] = before[number]
        others = {int(number): since for number, since in (store.memory.get("held_removals") or {}).items()}
        waiting = {number: since for number, since in others.items() if number not in before} | removals.waiting
        store.memory.save(
            held_removals={str(number): since for number, since in waiting.items()},
            accepted_removals=sorted(removals.accepted & waiting.keys()),
        )
        self.result.is_unsure |= bool(waiting)

    def _take_back_seen(self) -> None:
        """Cancels the removals of articles that this crawl saw at another address, and makes their addresses due."""
        successors = {each.successor.id for each in self.removals.found.values() if each.successor}
        for number in (self.removals.found.keys() & self.seen) - successors:  # a successor is written where it is now
            removal = self.removals.take_back(number)
            self.store.ledger.make_due(removal.pending.url)
            self.result.is_unsure = True
            if removal.successor:
                self.result.fail(removal.pending.url, "another article, whose own one is shown elsewhere")

    def note_held_back(self) -> None:
        """Notes in the crawl result, for the operator to confirm, how many removals are held back, if any."""
        store, waiting = self.store, self.removals.waiting
        if waiting:
            found = [stored.url for number in list(waiting)[:3] if (stored := store.index.article(number))]
            self.result.unconfirmed["removals"] = (
                f"{len(waiting)} of {store.index.count()} articles were found gone, too many to remove at once:"
                f" {', '.join(found)}; they are removed when a crawl finds the same a day later, or after"
                f" {program()} status --accept"
            )

    def note_unwritten(self) -> None:
        """Notes as failures the items that were neither written nor dropped, and makes their addresses due."""
        for item, pending in self.deliveries.unfinished():
            self.record_lost(pending, item)
            what = "not written: a component replaced or dropped its article, or WritePipeline is off"
            self.result.fail(pending.url, what)
