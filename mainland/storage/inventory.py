"""The latest inventory: the addresses that a complete list of the site's articles named last."""

from __future__ import annotations

from mainland.clean import urls
from mainland.storage.memory import Memory
from mainland.storage.schema import Statements

_FEW_LACKING = 2


class Inventory:
    """The latest inventory. Inventories are numbered; an address has the number of the latest one that lists it."""

    def __init__(self, db: Statements, memory: Memory) -> None:
        self._db, self._memory = db, memory

    @property
    def number(self) -> int:
        """The number of the latest inventory; 0 where no crawl read any."""
        return int(self._memory.get("listing") or 0)

    def count(self) -> int:
        """How many public articles it lists."""
        return int(
            self._db.execute(
                "SELECT count(*) FROM addresses WHERE state = 'live' AND listed_in = ?", (self.number,)
            ).fetchone()[0]
        )

    def lists(self, url: str) -> bool:
        """Whether it lists an address; False where no crawl read any."""
        row = self._db.execute("SELECT listed_in FROM addresses WHERE key = ?", (urls.key(url),)).fetchone()
        return bool(row) and row[0] == self.number != 0

    def is_broken(self, run: int) -> bool:
        """Whether it lacks more than two public articles that other sources or lists of a run show.

        Two may be missing, since a cached feed can list removed articles. Those that no earlier inventory listed do not
        count, since a site can exclude articles from its sitemaps.
        """
        lacking = self._db.execute(
            "SELECT count(*) FROM addresses WHERE seen_in = ? AND state = 'live' AND listed_in > 0 AND listed_in < ?",
            (run, self.number),
        ).fetchone()[0]
        return int(lacking) > _FEW_LACKING
