"""Runs the crawler on a made-up newspaper: ``make demo``.

Two crawls of one day and one a week later, by the real spider in a process of its own, over HTTP.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.text import Text

from mainland.reporting.worddiff import differences
from tests.support.replica import Replica
from tests.support.replica.client import ROOT

CONSOLE = Console(highlight=False, markup=False, soft_wrap=True)
CONTENT = ("headline", "authors", "section", "sections", "tags", "body", "images")

Record = dict[str, Any]


def main() -> None:
    """Runs the demo: prints what crawls of a replica deliver. Their data folder stays. It exits if a crawl fails."""
    folder = Path(mkdtemp(prefix="mainland-demo-"))
    with Replica(articles=120) as site:
        say(f"A newspaper is served at {site.url}; its articles are made up. The crawls write to {folder}.")

        title("Day 0, the first crawl")
        say(f"  {crawl(site, folder)}")
        dataset = read(folder / "articles.jsonl")
        say(f"  by section: {listed(dict(Counter(each['section'] for each in dataset).most_common()))}")
        say(f"  articles.jsonl has {len(dataset)} lines of {len(dataset[0])} fields; three of them, shortened:")
        for record in dataset[-3:]:
            say(f"  {shortened(record)}")

        title("Day 0, the same again")
        say(f"  {crawl(site, folder)}")

        title("Day 7")
        site.set_day(7)
        say(f"  {crawl(site, folder)}")
        show_changes(read(folder / "changes.jsonl"))
        say(f"\nKept for you to look at: {folder}")


def crawl(site: Replica, folder: Path) -> str:
    """Crawls the site into the folder, and returns what it delivered, in words; ends the program if the crawl fails."""
    before = len(site.requests())
    command = [sys.executable, "-m", "scrapy", "crawl", "articles", "--loglevel", "ERROR", "-a", f"site={site.url}"]
    settings = {"MAINLAND_DATA_DIR": folder, "DOWNLOAD_DELAY": 0}  # the site is ours: no need to wait
    status = subprocess.run(
        [*command, *(part for name, value in settings.items() for part in ("-s", f"{name}={value}"))],
        cwd=ROOT,
        check=False,
    ).returncode
    if status:
        sys.exit(f"the crawl failed: exit status {status}")
    run = read(folder / "runs.jsonl")[-1]
    found = listed({"new": 0} | run["delivered"])
    rejected = f"; {listed(run['rejected'])} rejected" if run["rejected"] else ""
    return f"{found}{rejected}; {len(site.requests()) - before} requests"


def show_changes(lines: list[Record]) -> None:
    """Prints what became of articles that were delivered before, given the lines of changes.jsonl."""
    stored: dict[int, Record] = {}
    compared = False
    for record in lines:
        before = stored.get(record["id"], record)
        stored[record["id"]] = record
        label = f"  {record['change']:8} {record['id']} {before['headline']}"
        if record["change"] == "moved":
            say(f"{label}\n    from {urlsplit(before['url']).path}\n    to   {urlsplit(record['url']).path}")
        elif record["change"] == "removed":
            say(label)
        elif record["change"] == "edited":
            say(f"{label}: {', '.join(name for name in CONTENT if record[name] != before[name])}")
            if record["body"] != before["body"] and not compared:
                say(f"    revision {before['revision']} to revision {record['revision']}, word by word:")
                CONSOLE.print(difference(before["body"], record["body"]))
                compared = True


def difference(old: str, new: str) -> Text:
    """A text with the words that went and those that came, in colours, with a few around them."""
    shown = Text("    ")
    for kind, words in differences(old, new):
        if kind == "delete":
            shown.append(f"[-{words}-]", "red strike")
        elif kind == "insert":
            shown.append(f"{{+{words}+}}", "green")
        else:
            shown.append(words)
        shown.append(" ")
    return shown


def shortened(record: Record) -> str:
    """A line of the dataset, as JSON, with a few of its fields, the text cut."""
    names = ("id", "day_published", "authors", "section", "headline", "body")
    short = {name: record[name] for name in names}
    short["body"] = " ".join(str(record["body"]).split()[:8]) + " …"
    return json.dumps(short, ensure_ascii=False)


def read(path: Path) -> list[Record]:
    """The records of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def listed(counts: dict[str, int]) -> str:
    """Counts in words, in their order."""
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def title(text: str) -> None:
    """Prints a heading."""
    CONSOLE.print(f"\n{text}", style="bold")


def say(text: str) -> None:
    """Prints plain text."""
    CONSOLE.print(text)


if __name__ == "__main__":
    main()
