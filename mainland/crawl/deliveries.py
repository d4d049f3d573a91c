"""The articles in the item pipelines, each with the decision to record once its line is written."""

from __future__ import annotations

from dataclasses import dataclass

from mainland.decisions.types import Decision
from mainland.items import Article


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that is recorded once the lines that it requires are written."""

    decision: Decision
    arrival: str
    """The address of the response."""

    is_recorded_by_removal: bool = False
    """Whether the line that removes the stored article records it; otherwise that of the delivered article does."""

    @property
    def url(self) -> str:
        """The address that was requested."""
        return self.decision.entry.url


class Deliveries:
    """Items between the spider and ``changes.jsonl``. An item that a pipeline drops or replaces is never lost here."""

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[Article, Pending]] = {}

    def begin(self, item: Article, pending: Pending) -> Article:
        """Registers an item that goes to the pipelines, with the decision to record later; returns the same item."""
        self._under_way[id(item)] = item, pending
        return item

    def end(self, item: object) -> Pending | None:
        """Removes an item and returns its decision; None for an item that was not registered.

        A pipeline may have replaced the item by a copy: it is recognised by ``change`` and ``url`` or ``id``.
        """
        if id(item) not in self._under_way and isinstance(item, Article):
            item = next((each for each, _ in self._under_way.values() if _is_same_item(each, item)), item)
        return self._under_way.pop(id(item), (None, None))[1]

    def unfinished(self) -> list[tuple[Article, Pending]]:
        """The items that were neither written nor dropped, with their decisions."""
        return list(self._under_way.values())


def _is_same_item(one: Article, other: Article) -> bool:
    """Whether two items have the same address or id, and both or neither are removals."""
    is_same = one.url == other.url or one.id == other.id
    return is_same and (one.change == "removed") == (other.change == "removed")
