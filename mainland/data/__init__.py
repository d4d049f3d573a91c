"""The rules that are data: the TOML files of this folder, each with a few lines on how to add to it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def load(name: str) -> dict[str, dict[str, Any]]:
    """The tables of the file ``NAME.toml`` in this folder, by their names."""
    with (Path(__file__).parent / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
