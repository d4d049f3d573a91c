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
    parser = argparse.ArgumentParser(prog="python -m tests.support.replica", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--articles", type=int, default=300, help=f"articles on day 0, at least {LEAST}")
    parser.add_argument("--seed", type=int, default=1, help="another number, another newspaper")
    parser.add_argument("--day", type=int, default=0, help="day of the site's life")
    parser.add_argument("--pagination", choices=get_args(Pagination), default="nav")
    parser.add_argument("--sitemap", choices=get_args(Sitemap), default="core")
    parser.add_argument("--no-lastmod", action="store_true", help="sitemaps without lastmod")
    parser.add_argument("--no-rest", action="store_true", help="/wp-json answers 404")
    parser.add_argument("--no-json-ld", action="store_true", help="articles without the theme's data block")
    parser.add_argument("--faults", type=float, default=0.0, help="share of paths whose first answer is a fault")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds to wait before each answer")
    parser.add_argument("--log", type=Path, help="append a JSON line a request to this file")
    parser.add_argument("--truth", action="store_true", help="print what each public article holds, and exit")
    return parser


def main() -> None:
    """Serves the replica and prints its address; with ``--truth`` prints what the articles contain."""
    command = parser()
    arguments = command.parse_args()
    if arguments.articles < LEAST:
        command.error(f"--articles must be {LEAST} or more")
    if arguments.truth:
        for line in Newsroom(arguments.articles, arguments.seed, arguments.day).truth():
            print(json.dumps(line, ensure_ascii=False))
        return
    options = Options(
        articles=arguments.articles,
        seed=arguments.seed,
        day=arguments.day,
        pagination=arguments.pagination,
        sitemap=arguments.sitemap,
        lastmod=not arguments.no_lastmod,
        rest=not arguments.no_rest,
        json_ld=not arguments.no_json_ld,
    )
    server = Server(arguments.port, options, faults=arguments.faults, latency=arguments.latency, log=arguments.log)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
