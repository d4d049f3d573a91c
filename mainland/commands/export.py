"""``scrapy export``: the articles as one table, or the newest as a news feed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from mainland import config
from mainland.command import OfflineCommand, time_of
from mainland.exit_status import ExitStatus
from mainland.storage.files import is_of_data_folder

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from mainland.reporting.queries import Selection

_NEWEST = 50
_NEWEST_AT_MOST = 1_000_000


class Command(OfflineCommand):
    """Writes a file in the format that its ending names."""

    extra = "export"
    selection: Selection

    def syntax(self) -> str:
        return "[options] OUT [FOLDER ...]"

    def short_desc(self) -> str:
        return "Export the articles to .parquet, .csv, .jsonl, .jsonl.gz, .xlsx, or the newest to .xml (RSS), .json"

    def long_desc(self) -> str:
        return (
            "Writes the current articles as one table, a row each, to OUT, whose ending names the format: .parquet,"
            " .csv, .jsonl, .jsonl.gz, .xlsx; or the newest as a news feed: .xml (RSS 2.0), .json (JSON Feed 1.1)."
            " Reads the data folder (MAINLAND_DATA_DIR), or the folders named, as one. OUT is replaced in one step."
            " An unknown section or author is refused, and so is an empty table in place of one with rows."
            " Exit status: 0 done; 1 the dataset cannot be read or does not fit, or nothing is selected while OUT has"
            " rows; 2 wrong use; 73 OUT cannot be written;"
            " 75 another export is writing it."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds the options that select articles and columns."""
        super().add_options(parser)
        add = parser.add_argument
        add("--since", metavar="DAY", help="published on this day or later; or an ISO time")
        add("--until", metavar="DAY", help="published on this day or earlier; or an ISO time")
        add(
            "--changed-since",
            metavar="TIME|last",
            help="what changed, removals too, since then, or since the last export with --changed-since last",
        )
        add("--section", action="append", default=[], metavar="NAME", help="name or slug (may be repeated)")
        add("--author", action="append", default=[], metavar="NAME", help="name (may be repeated)")
        add("--fields", metavar="A,B,C", help="the columns, in this order (default: all)")
        add("--all-revisions", action="store_true", help="all lines of an article instead of its latest")
        add("--raw", action="store_true", help="CSV without the quotes before what a spreadsheet would run")
        add("--allow-empty", action="store_true", help="accept unknown names, and no rows in place of rows")
        add("--newest", metavar="N", help=f"articles in a news feed (default: {_NEWEST})")

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks settings, arguments and options, and sets ``selection``; for errors see the base class."""
        if not args:
            raise ValueError("give a file to write")
        config.check(settings)
        folders = tuple(map(Path, args[1:])) or (config.folder(settings),)
        self.selection = replace(
            _selection(Path(args[0]), folders, str(settings.get("MAINLAND_SITE")), opts),
            drop_duplicates=config.drops_duplicates(settings),
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the file; ``exitcode`` is 1 if the dataset does not fit. An unknown name ends the process with 2."""
        from mainland.reporting import export, queries, strict  # noqa: PLC0415 - Scrapy imports this module at each call, DuckDB is not wanted

        with self.using(Path(args[0]), "write"):
            try:
                result = export.export(Path(args[0]), self.selection)
            except strict.UnknownNameError as error:
                self.refuse(f"{error}; --allow-empty accepts the name")
            except queries.ExportError as error:
                self.say(str(error))
                self.exitcode = ExitStatus.FAILED
                return
            for changes in result.rewritten:
                self.say(f"{changes} was written anew since the last export: all its lines are exported again")
            if not result.rows and (opts.section or opts.author):
                self.say("no article is of this section or author")


def _selection(out: Path, folders: tuple[Path, ...], home: str, opts: argparse.Namespace) -> Selection:
    """The articles to export to ``out`` from some data folders, as the options describe them.

    ``home`` is the address of the site's home page, for a news feed.

    :raises ValueError: something is wrong; the text says what to do.
    """
    from mainland.reporting import export, queries  # noqa: PLC0415

    ending = export.ending(out)
    unnamed = [path for path in (out, *folders) if not _is_text(str(path))]
    if unnamed:
        raise ValueError(f"{unnamed[0]} is no name in UTF-8")
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        is_file = missing[0].is_file()
        raise ValueError(
            f"{missing[0]} is a file: give a data folder" if is_file else f"there is no folder {missing[0]}"
        )
    if is_of_data_folder(out, folders):
        raise ValueError(f"{out} is a file of the data folder: choose another name")
    fields = tuple(name.strip() for name in opts.fields.split(",")) if opts.fields is not None else ()
    unknown = [name for name in fields if name not in queries.TYPES]
    if unknown or len(set(fields)) < len(fields):
        nearest = get_close_matches(unknown[0], queries.TYPES, cutoff=0)[0] if unknown else ""
        what = f"{unknown[0]!r} is no field: did you mean {nearest}?" if unknown else "it names a field twice"
        raise ValueError(f"--fields: {what}")
    wrong = _misplaced(opts, ending=ending, is_news=ending in export.NEWS)
    if wrong:
        raise ValueError(wrong)
    last = opts.changed_since == queries.LAST
    since, until = (time_of(f"--{name}", getattr(opts, name), queries.day_or_instant) for name in ("since", "until"))
    if since and until and type(since) is type(until) and since > until:
        raise ValueError(f"--since {opts.since} is later than --until {opts.until}")
    return queries.Selection(
        folders,
        since=since,
        until=until,
        changed_since=queries.LAST if last else time_of("--changed-since", opts.changed_since, queries.instant),
        sections=tuple(opts.section),
        authors=tuple(opts.author),
        all_revisions=opts.all_revisions,
        fields=fields,
        raw=opts.raw,
        newest=int(opts.newest or _NEWEST),
        home=home,
        is_strict=not opts.allow_empty,
    )


def _misplaced(opts: argparse.Namespace, *, ending: str, is_news: bool) -> str | None:
    """What is wrong with options that are not for every format, in words; None if nothing is.

    ``ending`` is that of the file; ``is_news`` says whether that is of a news feed.
    """
    if opts.raw and ending != ".csv":
        return "--raw is for .csv only"
    if opts.newest is not None and not is_news:
        return "--newest is for .xml and .json only"
    if opts.newest is not None and not (opts.newest.isdecimal() and 0 < int(opts.newest) < _NEWEST_AT_MOST):
        return f"--newest {opts.newest!r} is no number of articles"
    if is_news and (opts.fields is not None or opts.all_revisions or opts.changed_since is not None):
        return "--fields, --all-revisions and --changed-since are not for a news feed"
    return None


def _is_text(name: str) -> bool:
    """Whether a name is valid text, as DuckDB requires; bytes that are not UTF-8 become surrogates in Python."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
