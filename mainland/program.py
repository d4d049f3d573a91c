"""The program by which a command was called."""

from __future__ import annotations

import sys
from pathlib import PurePath

NAME = "mainland"
"""The console script of the distribution."""


def program() -> str:
    """``mainland`` in its own console script, otherwise ``scrapy``; messages that name a command begin with it."""
    return NAME if PurePath(sys.argv[0]).name == NAME else "scrapy"
