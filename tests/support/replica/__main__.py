"""Serve the replica, or print what it holds: ``python -m tests.support.replica --help``."""

from __future__ import annotations

import argparse
import contextlib
import json
from pathlib import Path
from typing import get_args

from tests.support.replica.listings import Pagination
from tests.support.replica.newsroom import LEAST, Newsroom
from tests.support.replica.server import Server
from tests.support.replica.site import Options
from tests.support.replica.sitemaps import Sitemap


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    ask = argparse.ArgumentParser(prog="python -m tests.support.replica", description=__doc__)
    ask.add_argument("--port", type=int, default=0, help="0: any free one")
    ask.add_argument("--articles", type=int, default=300, help=f"articles on day 0, at least {LEAST}")
    ask.add_argument("--seed", type=int, default=1, help="another number, another newspaper")
    ask.add_argument("--day", type=int, default=0, help="day of the site's life")
    ask.add_argument("--pagination", choices=get_args(Pagination), default="nav")
    ask.add_argument("--sitemap", choices=get_args(Sitemap), default="core")
    ask.add_argument("--no-lastmod", action="store_true", help="sitemaps without lastmod")
    ask.add_argument("--no-rest", action="store_true", help="/wp-json answers 404")
    ask.add_argument("--no-json-ld", action="store_true", help="articles without the theme's data block")
    ask.add_argument("--faults", type=float, default=0.0, help="share of paths whose first answer is a fault")
    ask.add_argument("--latency", type=float, default=0.0, help="seconds to wait before each answer")
    ask.add_argument("--log", type=Path, help="append a JSON line a request to this file")
    ask.add_argument("--truth", action="store_true", help="print what each public article holds, and exit")
    return ask


def main() -> None:
    """Run the command."""
    ask = parser()
    asked = ask.parse_args()
    if asked.articles < LEAST:
        ask.error(f"--articles must be {LEAST} or more")
    if asked.truth:
        for line in Newsroom(asked.articles, asked.seed, asked.day).truth():
            print(json.dumps(line, ensure_ascii=False))
        return
    options = Options(
        articles=asked.articles,
        seed=asked.seed,
        day=asked.day,
        pagination=asked.pagination,
        sitemap=asked.sitemap,
        lastmod=not asked.no_lastmod,
        rest=not asked.no_rest,
        json_ld=not asked.no_json_ld,
    )
    server = Server(asked.port, options, faults=asked.faults, latency=asked.latency, log=asked.log)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
