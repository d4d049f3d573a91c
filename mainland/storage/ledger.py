"""The ledger: what is known of each address, and which addresses a crawl requests next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from mainland.clean import dates, urls
from mainland.decisions.record import minute_before
from mainland.decisions.rules import OTHER_KIND
from mainland.decisions.types import Entry, State, Suspicion
from mainland.pages.errors import PROTECTED
from mainland.storage.inventory import Inventory
from mainland.storage.schema import Statements

_SIGHTING = """
INSERT INTO addresses (key, url, state, changed_at, is_due, listed_in, seen_in, article_id)
VALUES (?, ?, 'pending', ?, 1, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    state = CASE WHEN addresses.state = 'candidate' THEN 'pending' ELSE addresses.state END,
    changed_at = CASE WHEN addresses.changed_at > excluded.changed_at
        THEN addresses.changed_at ELSE coalesce(excluded.changed_at, addresses.changed_at) END,
    is_due = CASE
        WHEN addresses.is_due = 1 OR addresses.state = 'candidate' THEN 1
        WHEN addresses.state <> 'alternate' AND excluded.changed_at > coalesce(addresses.changed_at, '')
            AND excluded.changed_at > coalesce(addresses.settled_at, '')
            AND (excluded.changed_at > ? OR coalesce(addresses.settled_at, '') = ''
                OR addresses.changed_at > addresses.settled_at)
            AND (addresses.changed_at IS NOT NULL OR coalesce(addresses.settled_at, '') = ''
                OR ? > addresses.settled_at) THEN 1
        WHEN addresses.state IN ('removed', 'moved', 'rejected')
            AND CASE WHEN addresses.listed_in > 0 AND excluded.listed_in > 0
                THEN addresses.listed_in < excluded.listed_in - 1
                WHEN addresses.listed_in > 0 THEN addresses.seen_in < addresses.last_run
                ELSE addresses.seen_in < addresses.last_run - 1 END THEN 1
        ELSE 0 END,
    settled_at = CASE WHEN excluded.changed_at > addresses.settled_at AND addresses.settled_at > ''
        AND ((addresses.changed_at IS NULL AND ? <= addresses.settled_at)
            OR (excluded.changed_at <= ? AND addresses.is_due = 0
                AND coalesce(addresses.changed_at, '') <= addresses.settled_at))
        THEN excluded.changed_at ELSE addresses.settled_at END,
    listed_in = CASE WHEN excluded.listed_in > addresses.listed_in
        THEN excluded.listed_in ELSE addresses.listed_in END,
    seen_in = CASE WHEN excluded.seen_in > addresses.seen_in THEN excluded.seen_in ELSE addresses.seen_in END,
    looks_alive = CASE WHEN excluded.listed_in > 0 THEN 0 ELSE addresses.looks_alive END,
    article_id = coalesce(excluded.article_id, addresses.article_id)
WHERE addresses.state <> 'forgotten'
"""
_MOST_STORED = 10_000  # stored articles in doubt that one run requests again
_ENTRY = ", ".join(Entry.__dataclass_fields__)
_VALUES = attrgetter(*Entry.__dataclass_fields__)
_REPORTED = ("changed_at", "listed_in", "seen_in")  # what record_sightings alone writes
_SAVED = ", ".join(
    f"{name} = excluded.{name}"
    for name in Entry.__dataclass_fields__
    if name not in ("key", "last_run", "is_due", *_REPORTED)
) + (
    ", is_due = CASE WHEN addresses.changed_at > coalesce(excluded.changed_at, '') AND addresses.state <> 'alternate'"
    " THEN 1 ELSE excluded.is_due END"
)


class Ledger:
    """The entries of all addresses of a site. Nothing is stored before the commit of the database.

    An address is given as a URL; two URLs with the same :func:`mainland.clean.urls.key` are one address. Methods called
    ``take_`` return entries to request and record the requests: each address is returned once a run.
    """

    run = 0
    """The number of the run under way; 0 before one begins."""

    def __init__(self, db: Statements, inventory: Inventory) -> None:
        self._db, self._inventory = db, inventory

    def begin_run(self, run: int) -> None:
        """Begins a run with a number, in which sightings are recorded from now on.

        Alternate addresses of articles that are not stored become due: the address that was to be requested instead
        did not show the article.
        """
        self.run = run
        self._db.execute(
            "UPDATE addresses SET is_due = 1 WHERE state = 'alternate' AND reason IS NULL"
            " AND article_id NOT IN (SELECT id FROM articles)"
        )

    def entry(self, url: str) -> Entry:
        """The entry of an address; where nothing is known of it, a new one, which is not saved and not due."""
        return self.known(url) or Entry(urls.key(url), url)

    def known(self, url: str) -> Entry | None:
        """The entry of an address; None where nothing is known of it."""
        return next(iter(self._entries("key = ?", (urls.key(url),), 1)), None)

    def save(self, entry: Entry) -> None:
        """Saves the entry of an address after a decision; a FORGOTTEN one stays so.

        What sources reported since ``entry`` was read stays: a later change makes the address due.
        """
        self._db.execute(
            f"INSERT INTO addresses ({_ENTRY}) VALUES ({', '.join('?' * len(Entry.__dataclass_fields__))})"
            f" ON CONFLICT (key) DO UPDATE SET {_SAVED} WHERE addresses.state <> 'forgotten'",
            _row(entry),
        )

    def wants(self, url: str) -> bool:
        """Whether this run is to request an address that a list shows: it is unknown, or due and not requested yet."""
        known = self.known(url)
        return known is None or (known.is_due and known.last_run != self.run)

    def was_requested(self, url: str) -> bool:
        """Whether this run requested an address."""
        known = self.known(url)
        return known is not None and known.last_run == self.run

    # -- records -------------------------------------------------------------------------------------------

    def record_sighting(self, url: str, date: str | None = None, inventory: int = 0) -> None:
        """Records that a source or a list reports an address; see :meth:`record_sightings`."""
        self.record_sightings([(url, date, None)], inventory)

    def record_sightings(
        self, found: Iterable[tuple[str, str | None, int | None]], inventory: int = 0, since: str = ""
    ) -> None:
        """Records that a source or a list reports addresses in this run.

        Each of ``found`` is an address, the instant at which the source says that its article changed, and the id of
        that article; the last two may be None. An instant is in UTC, as ``2024-03-05T08:41:12Z``; one later than
        tomorrow counts as None. ``inventory`` is the number of the inventory that lists the addresses, 0 for none.
        Dates before the instant ``since`` are no changes. :func:`mainland.decisions.record.record` specifies the
        result.
        """
        tomorrow = _tomorrow()
        rows = []
        for url, reported, number in found:
            date = reported if reported and reported < tomorrow else None
            before = minute_before(date) if date else ""
            rows.append((urls.key(url), url, date, inventory, self.run, number, since, before, before, since))
        self._db.executemany(_SIGHTING, rows)

    def record_candidate(self, url: str) -> None:
        """Records an unknown address that only the home page or another article shows: a CANDIDATE, which is due."""
        self._db.execute(
            "INSERT INTO addresses (key, url, state, is_due) VALUES (?, ?, 'candidate', 1) ON CONFLICT DO NOTHING",
            (urls.key(url), url),
        )

    def record_request(self, url: str) -> None:
        """Records that this run requests an address; nothing is recorded of an unknown one."""
        self._db.execute("UPDATE addresses SET last_run = ? WHERE key = ?", (self.run, urls.key(url)))

    def record_list_page(self, name: str, found: Iterable[str]) -> int:
        """Records the addresses on a page of a list, given by its name.

        Returns how many of them no other page of the list showed in this run.
        """
        return sum(
            self._db.execute("INSERT INTO shown VALUES (?, ?) ON CONFLICT DO NOTHING", (name, urls.key(url))).rowcount
            for url in found
        )

    def record_move(self, number: int, url: str) -> None:
        """Records that an article, given by its id, is at an address now, if the index has it at another one.

        The former address becomes MOVED, and due if this run reports it: another article may be there.
        """
        self._db.execute(
            "UPDATE addresses SET state = 'moved',"
            " is_due = CASE WHEN seen_in = ? AND seen_in > 0 THEN 1 ELSE is_due END WHERE state = 'live'"
            " AND key = (SELECT key FROM articles WHERE id = ? AND key <> ?)",
            (self.run, number, urls.key(url)),
        )

    def forget(self, url: str) -> None:
        """Deletes what is known of an address at which a forgotten article was, and makes it FORGOTTEN."""
        self._db.execute("DELETE FROM validators WHERE url = ?", (url,))
        self._db.execute("DELETE FROM addresses WHERE key = ?", (urls.key(url),))
        self.save(Entry(urls.key(url), url, State.FORGOTTEN))

    def make_due(self, url: str) -> None:
        """Makes a known address due, as if it had never been read, unless it is FORGOTTEN."""
        self._db.execute(
            "UPDATE addresses SET settled_at = NULL, is_due = 1 WHERE key = ? AND state <> 'forgotten'",
            (urls.key(url),),
        )

    def make_stored_due(self) -> None:
        """Makes the addresses of all public articles due, to be read again."""
        self._db.execute("UPDATE addresses SET is_due = 1 WHERE state = 'live'")

    def set_back(self, url: str, date: str | None) -> None:
        """Makes an address due that a source dates earlier than before, and records that date, an instant in UTC.

        Any later date is a change again.
        """
        self._db.execute(
            "UPDATE addresses SET settled_at = NULL, is_due = 1, changed_at = ? WHERE key = ? AND state <> 'forgotten'",
            (believed(date), urls.key(url)),
        )

    def make_alternates_due(self, number: int) -> None:
        """Makes those other addresses of an article, given by its id, due that showed it at their last request."""
        self._db.execute(
            "UPDATE addresses SET is_due = 1 WHERE state = 'alternate' AND article_id = ? AND reason IS NULL", (number,)
        )

    # -- queries -------------------------------------------------------------------------------------------

    def count_open(self) -> dict[str, int]:
        """How many addresses are ``due``, ``suspicious``, ``unreachable`` and ``forbidden``, by these names.

        Those forbidden are not counted as due; those suspicious have a stored article and are not due.
        """
        counts = self._db.execute(
            "SELECT sum(CASE WHEN is_due = 1 AND coalesce(rule, '') <> 'forbidden' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN is_due = 0 AND state = 'live' AND suspicion <> 'behind' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN is_due = 0 AND failures > 0 THEN 1 ELSE 0 END),"
            " sum(CASE WHEN is_due = 1 AND rule = 'forbidden' THEN 1 ELSE 0 END) FROM addresses"
        ).fetchone()
        names = ("due", "suspicious", "unreachable", "forbidden")
        return {name: int(number or 0) for name, number in zip(names, counts, strict=True)}

    def articles(self) -> Iterator[str]:
        """Yields the addresses of public articles, and the PENDING ones without a suspicion."""
        rows = self._db.execute(
            "SELECT url FROM addresses WHERE state = 'live' OR state = 'pending' AND suspicion IS NULL"
        )
        return (url for (url,) in rows)

    def alternates(self, number: int) -> list[Entry]:
        """The other addresses of an article, given by its id, at most a hundred."""
        return self._entries("state = 'alternate' AND article_id = ?", (number,), 100)

    def named(self, number: int) -> Entry | None:
        """The address that REST or the feed of this run gives for an article id; None for none or several."""
        found = self._entries("article_id = ? AND seen_in = ? AND state <> 'alternate'", (number, self.run), 2)
        return found[0] if len(found) == 1 else None

    def missing(self) -> list[Entry]:
        """The addresses of public articles that this run requested and that are suspected not to show them any more."""
        return self._entries("state = 'live' AND suspicion = 'missing' AND last_run = ?", (self.run,), _MOST_STORED)

    # -- requests ------------------------------------------------------------------------------------------

    def take_due(self, most: int, most_stored: int | None = None) -> list[Entry]:
        """At most ``most`` due addresses, the last changed first; records the requests. Empty when none is left.

        With ``most_stored`` those of stored articles come last, at most that many of them.
        """
        order = "changed_at DESC NULLS LAST"
        if most_stored is None:
            return self._take("is_due = 1", (), most, order)
        others = self._take("is_due = 1 AND state <> 'live'", (), most, order)
        left = min(most - len(others), most_stored)
        return others + self._take("is_due = 1 AND state = 'live'", (), left, order)

    def take_unlisted(self, most: int, *, everything: bool) -> list[Entry]:
        """At most ``most`` addresses of public articles that the latest inventory lacks; records the requests.

        Those that showed their articles twice nevertheless are left out, unless ``everything`` is set.
        """
        condition = "state = 'live' AND listed_in <> ? AND (looks_alive < 2 OR ?)"
        return self._take(condition, (self._inventory.number, everything), most)

    def take_unshown(self, most: int) -> list[Entry]:
        """At most ``most`` addresses of public articles that no list showed in this run; records the requests."""
        return self._take("state = 'live' AND key NOT IN (SELECT key FROM shown)", (), most)

    def take_doubtful(self, most: int, other_pages: int) -> list[Entry]:
        """The addresses that a full crawl requests again although they are not due; records the requests.

        These are, those not requested for the longest time first: all addresses of stored articles that did not show
        them; at most ``most`` whose pages were older than their source; at most ``most`` other addresses that a source
        or a list reports and that did not show an article; and at most ``other_pages`` that showed another kind of
        page.
        """
        stored = "state = 'live' AND is_due = 0"
        found = self._take(f"{stored} AND (suspicion <> 'behind' OR failures > 0)", (), _MOST_STORED)
        found += self._take(f"{stored} AND suspicion = 'behind'", (), most, "last_run")
        empty = "state IN ('pending', 'removed', 'moved', 'alternate', 'rejected') AND seen_in = ? AND is_due = 0"
        for sign, number in (("<>", most), ("=", other_pages)):
            condition = f"{empty} AND coalesce(rule, '') {sign} ?"
            found += self._take(condition, (self.run, OTHER_KIND), number, "last_run")
        return found

    def take_protected(self, before: str, most: int) -> list[Entry]:
        """At most ``most`` addresses that showed a password form at their last request; records the requests.

        Only those requested at the instant ``before``, in UTC, or earlier; the longest time ago first.
        """
        condition = "state IN ('rejected', 'removed') AND reason = ? AND is_due = 0 AND coalesce(decided_at, '') <= ?"
        return self._take(condition, (PROTECTED, before), most, "decided_at")

    def _take(self, condition: str, values: tuple[Any, ...], most: int, order: str = "") -> list[Entry]:
        """At most ``most`` entries that were not requested in this run; records that they are.

        They fulfil a condition in SQL, with its values, and come in an ``order`` in SQL, otherwise in any.
        """
        unrequested = f"{condition} AND last_run <> ?{order and f' ORDER BY {order}'}"
        found = self._entries(unrequested, (*values, self.run), most)
        self._db.executemany(
            "UPDATE addresses SET last_run = ? WHERE key = ?", [(self.run, each.key) for each in found]
        )
        return found

    def _entries(self, condition: str, values: tuple[Any, ...], most: int) -> list[Entry]:
        rows = self._db.execute(f"SELECT {_ENTRY} FROM addresses WHERE {condition} LIMIT ?", (*values, most))
        return [_entry(row) for row in rows]


def _entry(row: Sequence[Any]) -> Entry:
    key, url, state, changed_at, settled_at, is_due, suspicion, *others = row
    doubt = Suspicion(suspicion) if suspicion else None
    return Entry(key, url, State(state), changed_at, settled_at, bool(is_due), doubt, *others)


def _row(entry: Entry) -> tuple[Any, ...]:
    values = _VALUES(entry)
    return tuple(v.value if isinstance(v, StrEnum) else int(v) if isinstance(v, bool) else v for v in values)


def believed(lastmod: str | None) -> str | None:
    """The instant, in UTC, at which a source says that an article changed; None if that is over a day in the future."""
    return lastmod if lastmod and lastmod < _tomorrow() else None


def _tomorrow() -> str:
    return dates.utc(datetime.now(UTC) + timedelta(days=1))
