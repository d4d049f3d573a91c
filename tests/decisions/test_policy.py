"""Sixty cells of the table, written from the policy alone by somebody who had not seen the rules.

``policy.csv`` holds them; ``difference`` says why the table differs where it does.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.decisions.test_table import Row, read

with Path(__file__).with_name("policy.csv").open(encoding="utf-8", newline="") as file:
    CELLS = list(csv.DictReader(file))


def essence(row: Row) -> Row:
    """What the policy says of a cell, from a row of the table."""
    lines = sorted(line for line in row["lines"].split("; ") if line not in ("", "dropped", "rejected"))
    signs = {name: "yes" if row[name] else "" for name in ("failure", "warning", "rejected")}
    due = row["due_after"].removesuffix("no")
    return {"lines": "; ".join(lines), **signs, "article_after": row["article_after"], "due_after": due}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell['state']}: {cell['answer']}")
def test_the_table_agrees_with_the_policy_but_for_what_is_explained(cell: Row) -> None:
    row = next(row for row in read() if (row["state"], row["answer"]) == (cell["state"], cell["answer"]))
    wanted = {name: cell[name] for name in essence(row)}
    assert (essence(row) == wanted) == (cell["difference"] == "")
