"""What crawls store about a site: named values, how far its sections were read, and validators of its responses."""

from __future__ import annotations

import json
from typing import Any

from mainland.decisions.plan import SiteMemory
from mainland.storage.schema import Statements

_COMPLETE = -1


class Memory:
    """Named values, sections and validators. Nothing is stored before the commit of the database."""

    def __init__(self, db: Statements) -> None:
        self._db = db

    def get(self, name: str) -> Any:
        """The JSON value that was saved under a name; None if none was."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def save(self, **values: Any) -> None:
        """Saves JSON values by name; each replaces the one that had its name."""
        self._db.executemany(
            "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [(name, json.dumps(value)) for name, value in values.items()],
        )

    def site(self) -> SiteMemory:
        """The values that earlier crawls stored for the plan of this one."""
        return SiteMemory(**{name: self.get(name) for name in SiteMemory.__dataclass_fields__})

    # -- sections ------------------------------------------------------------------------------------------

    def section(self, slug: str) -> tuple[int, bool]:
        """The number of a section's last page that was read, 0 for none; whether a complete run reached the end."""
        row = self._db.execute("SELECT page, ended FROM sections WHERE slug = ?", (slug,)).fetchone()
        return (row[0], row[1] == _COMPLETE) if row else (0, False)

    def save_section(self, slug: str, page: int, ended: int = 0) -> None:
        """Saves the number of a section's last page that was read, and the run that reached the end, 0 for none."""
        self._db.execute(
            "INSERT INTO sections (slug, page, ended) VALUES (?, ?, ?)"
            " ON CONFLICT (slug) DO UPDATE SET page = excluded.page, ended = excluded.ended",
            (slug, page, ended),
        )

    def unfinished_sections(self) -> set[str]:
        """The slugs of the sections whose ends no complete run has reached."""
        return {slug for (slug,) in self._db.execute("SELECT slug FROM sections WHERE ended <> ?", (_COMPLETE,))}

    def ended_sections(self, run: int) -> set[str]:
        """The slugs of the sections whose ends a run reached, until :meth:`confirm_sections`."""
        return {slug for (slug,) in self._db.execute("SELECT slug FROM sections WHERE ended = ?", (run,))}

    def confirm_sections(self, run: int) -> None:
        """Records that a run was complete, so that the ends that it reached count."""
        self._db.execute("UPDATE sections SET ended = ? WHERE ended = ?", (_COMPLETE, run))

    # -- validators ----------------------------------------------------------------------------------------

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """``ETag`` and ``Last-Modified`` of the last answer from an address (RFC 9110, section 8.8); None for none."""
        row = self._db.execute("SELECT etag, last_modified FROM validators WHERE url = ?", (url,)).fetchone()
        return (row[0], row[1]) if row else (None, None)

    def save_validators(self, url: str, etag: str | None, last_modified: str | None) -> None:
        """Saves the validators of an answer; None where it had none."""
        self._db.execute(
            "INSERT INTO validators (url, etag, last_modified) VALUES (?, ?, ?)"
            " ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified",
            (url, etag, last_modified),
        )
