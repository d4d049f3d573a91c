"""Run the benchmarks, or one of them: ``python -m tests.bench [NAME]``."""

from __future__ import annotations

import argparse

from tests.bench import engine, extraction, growth, longrun, near_duplicates, peers, recrawl, workers, writing
from tests.bench.tables import machine

PARTS = {
    "extraction": extraction.main,
    "peers": peers.main,
    "engine": engine.main,
    "writing": writing.main,
    "recrawl": recrawl.main,
    "growth": growth.main,
    "longrun": longrun.main,
    "near_duplicates": near_duplicates.main,
    "workers": workers.main,
}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="one part alone")
    part = parser.parse_args().part
    print(machine(), flush=True)
    for name in [part] if part else PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
