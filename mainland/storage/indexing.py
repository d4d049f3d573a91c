"""Making the index again from the lines of the data folder."""

from __future__ import annotations

from collections.abc import Sequence

from mainland.storage.database import Tables


def begin(database: Tables, files: Sequence[str] = ()) -> None:
    """Deletes all articles from the index, before their lines are added again; tombstones stay.

    With ``files`` only articles whose lines are in the files of these names: the lines of others are out of reach.
    """
    database.db.execute("DROP TABLE IF EXISTS before")
    database.db.execute("CREATE TEMP TABLE before (id BIGINT, url TEXT, key TEXT, revision BIGINT)")
    among = f" AND file IN ({', '.join('?' for _ in files)})" if files else ""
    database.db.execute(
        f"INSERT INTO before SELECT id, url, key, revision FROM articles WHERE state <> 'forgotten'{among}",
        files,
    )
    database.db.execute(f"DELETE FROM articles WHERE state <> 'forgotten'{among}", files)


def end(database: Tables, files: Sequence[str] = ()) -> None:
    """Completes what :func:`begin` began, after the lines were added.

    Addresses of articles whose lines were lost become due; those of articles whose lines are there are settled.
    """
    database.db.execute(
        "INSERT INTO addresses (key, url, state, settled_at, is_due)"
        " SELECT key, min(url), CASE WHEN min(state) = 'removed' THEN 'removed' ELSE 'live' END,"
        " max(coalesce(date_modified, date_crawled, '')), 0 FROM articles WHERE state <> 'forgotten' GROUP BY key"
        " ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
        " settled_at = coalesce(addresses.settled_at, excluded.settled_at),"
        " is_due = CASE WHEN addresses.settled_at IS NOT NULL THEN addresses.is_due"
        " WHEN addresses.changed_at > excluded.settled_at THEN 1 ELSE 0 END"
        " WHERE addresses.state <> 'forgotten'"
    )
    lost = database.db.execute(
        "UPDATE addresses SET state = CASE WHEN key IN (SELECT key FROM articles WHERE state = 'public')"
        " THEN 'live' ELSE 'pending' END, settled_at = NULL, is_due = 1, suspicion = NULL, reason = NULL"
        " WHERE state <> 'forgotten' AND key IN (SELECT before.key FROM before"
        " LEFT JOIN articles USING (id) WHERE articles.id IS NULL OR articles.revision < before.revision)"
    )
    if lost.rowcount:
        database.memory.save(unsure=True)  # some may be gone by now: only what the site lists tells
    if files:  # a revision that another file may hold is not given twice
        database.db.execute(
            "INSERT INTO articles (id, url, key, revision, state)"
            " SELECT before.id, before.url, before.key, before.revision, 'lost' FROM before"
            " LEFT JOIN articles USING (id) WHERE articles.id IS NULL"
        )
    database.db.execute("DROP TABLE before")
