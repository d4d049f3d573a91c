"""The report: one HTML page about a data folder, which needs no network and no scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mainland.clean import dates, urls
from mainland.exit_status import SAW_EVERYTHING, ExitStatus
from mainland.reporting import charts, figures
from mainland.storage import scratch
from mainland.storage.files import REPORT
from mainland.storage.runs import Run

_DAYS_NARROW = 28  # on the chart of days on a phone
_CRAWLS_LISTED = 12
_ADDRESSES = 10  # of a crawl's failures

# Control characters, marks of text direction, surrogates, and U+FFFE and U+FFFF.
_HARMFUL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def write(folder: Path, out: Path, zone: tzinfo, since: datetime | None = None) -> None:
    """Writes the report on a data folder into the file ``out``, in one step; for the others see :func:`page`.

    :raises ReportError: there is no dataset, or it cannot be read.
    :raises OSError: the file cannot be written.
    """
    content = page(folder, zone, datetime.now(UTC), since).encode("utf-8", "replace")
    with scratch.replacing(out) as new:
        new.write_bytes(content)


def page(folder: Path, zone: tzinfo, now: datetime, since: datetime | None = None) -> str:
    """The report on a data folder, as a page of HTML; times are given in ``zone``.

    For ``since`` see :func:`mainland.reporting.figures.read`.

    :raises ReportError: there is no dataset, or it cannot be read.

    :raises TombstoneError: ``forgotten.jsonl`` cannot be read.
    """
    found = figures.read(folder, now, since)
    shown = {
        "shown": figures.SHOWN,
        "addresses": _ADDRESSES,
        "listed": found.crawls[: -_CRAWLS_LISTED - 1 : -1],
        "wide_days": _day_chart(found.days, width=880, height=230),
        "narrow_days": _day_chart(found.days[-_DAYS_NARROW:], width=330, height=190),
        "wide_sections": found.sections and _section_chart(found.sections, width=880),
        "narrow_sections": found.sections and _section_chart(found.sections, width=330),
        "crawl_charts": _crawl_charts(found.crawls[-figures.CRAWLS :]),
    }
    return _environment(zone).get_template(REPORT).render(vars(found) | shown).lstrip()


# Charts


def _day_chart(days: Sequence[tuple[date, int]], width: int, height: int) -> dict[str, Any]:
    """A chart of articles a day, with its ``title``; sizes are in pixels.

    Every seventh day, counted back from the last, has its date.
    """
    title = f"Articles a day, {_day(days[0][0])} to {_day(days[-1][0])}"
    labels, counts = [_day_and_month(day) for day, _ in days], [n for _, n in days]
    shown = range(len(days) - 1, 0, -7)
    return {"title": title, "chart": charts.columns(title, labels, counts, shown=shown, width=width, height=height)}


def _section_chart(sections: Sequence[tuple[str, int]], width: int) -> dict[str, Any]:
    """A chart of the stored articles by main section, with its ``title``; the width is in pixels."""
    title = "Stored articles, by main section"
    labels, counts = [_short(harmless(name)) for name, _ in sections], [n for _, n in sections]
    return {"title": title, "chart": charts.bars(title, labels, counts, width=width)}


def _crawl_charts(runs: list[Run]) -> list[dict[str, Any]]:
    """Two charts of all ``runs``, the oldest first: their requests, and their duration (0 where it is not known).

    Each has a ``title``, which calls them the last crawls, and a ``chart`` in SVG.
    """
    labels = [_day_and_month(run.ended.date()) if run.ended else "" for run in runs]
    firsts = [place for place, label in enumerate(labels) if not place or label != labels[place - 1]]
    shown = firsts[:: len(firsts) // 6 + 1]
    wanted = (
        (f"Requests of the last {len(runs)} crawls", [sum(run.requests.values()) for run in runs]),
        (f"Seconds that the last {len(runs)} crawls took", [_seconds(run) or 0 for run in runs]),
    )
    return [
        {"title": title, "chart": charts.columns(title, labels, values, shown=shown, width=430, height=190)}
        for title, values in wanted
    ]


def _spark(shares: list[float], name: str) -> Markup:
    """A sparkline, as SVG, of the coverage of a field, crawl by crawl."""
    return charts.spark(f"{name} in the last {len(shares)} crawls", shares)


def _seconds(run: Run) -> int | None:
    """The duration of a crawl in seconds; None if that is not known."""
    return int((run.ended - run.began).total_seconds()) if run.began and run.ended else None


# HTML


def harmless(value: str) -> str:
    r"""A text without characters that can change the page around it: controls, marks of text direction, surrogates.

    >>> harmless("K\u202e\x00öln\ud800")
    'Köln'
    """
    return _HARMFUL.sub("", value)


def _environment(zone: tzinfo) -> Environment:
    """A Jinja environment that applies :func:`harmless` to all texts and escapes all but this module's own markup."""
    environment = Environment(
        loader=PackageLoader("mainland.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: harmless(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "at": lambda moment: _at(moment, zone),
        "day": _day,
        "ago": _ago,
        "number": lambda value: f"{value:,}",
        "percent": _percent,
        "mean": lambda value, digits: "–" if value is None else f"{value:,.{digits}f}",
        "duration": lambda run: _duration(_seconds(run)),
        "instant": dates.instant,
        "spark": _spark,
        "web": _web,
    }
    style = environment.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals |= {"ExitStatus": ExitStatus, "saw_everything": SAW_EVERYTHING}
    environment.globals |= {"style": Markup(style), "digest": digest, "zone": str(zone)}  # noqa: S704 - our own file
    return environment


def _web(url: Any) -> str | None:
    """An address without harmful characters, if it is one of http or https: only these become links; otherwise None."""
    is_web = isinstance(url, str) and re.match("https?://", url, re.IGNORECASE) and urls.host(url)
    return harmless(url) if is_web else None


def _at(moment: datetime | None, zone: tzinfo) -> Markup:
    """An instant as HTML: in ``zone`` for readers, in UTC for machines; words if it is not known."""
    if moment is None:
        return Markup("at an unknown time")
    local = moment.astimezone(zone)
    return Markup('<time datetime="{}">{}, {}</time>').format(dates.utc(moment), _day(local.date()), f"{local:%H:%M}")


def _day(day: date) -> str:
    """A day for readers: ``7 Jan 2022``."""
    return f"{_day_and_month(day)} {day.year}"


def _day_and_month(day: date) -> str:
    """A day for readers, without its year: ``7 Jan``."""
    return f"{day.day}\u00a0{day:%b}"


def _ago(moment: datetime, now: datetime) -> str:
    """The time between an instant and ``now``, in words.

    >>> from datetime import timedelta
    >>> now = datetime(2022, 1, 7, tzinfo=UTC)
    >>> _ago(now - timedelta(hours=47), now), _ago(now - timedelta(days=2), now), _ago(now, now)
    ('47 hours ago', '2 days ago', 'just now')
    """
    seconds = (now - moment).total_seconds()
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size):,} {unit} ago"
    return "just now"


def _duration(seconds: int | None) -> str:
    """A duration in seconds, in words.

    >>> _duration(119), _duration(125), _duration(9000), _duration(None)
    ('119 s', '2 min', '2.5 h', 'an unknown time')
    """
    if seconds is None:
        return "an unknown time"
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds} s"


def _percent(share: float) -> str:
    r"""A share (0 to 1) in percent; it is rounded to 0 % or 100 % only if it is that exactly.

    >>> [_percent(share).replace("\u00a0", " ") for share in (1, 0.9999, 0.0001, 0)]
    ['100 %', '99.9 %', '0.1 %', '0 %']
    """
    exact = share if share in (0, 1) else min(max(share, 0.001), 0.999)
    return f"{100 * exact:.{0 if exact in (0, 1) else 1}f}\u00a0%"


def _short(name: str) -> str:
    """A name cut to 22 characters."""
    return name if len(name) <= 22 else f"{name[:21]}…"
