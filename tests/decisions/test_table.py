"""The table of decisions: what a crawl does with each answer of an address, in each state of it.

``table.csv`` is reviewed as a diff; ``pytest tests/decisions --update-golden`` writes it again.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.decisions.cells import ANSWERS, STATES, cell
from tests.support.sample_data import ROOT

TABLE = Path(__file__).with_name("table.csv")
NAMES = (
    "state",
    "answer",
    "rule",
    "lines",
    "failure",
    "warning",
    "rejected",
    "state_after",
    "suspicion_after",
    "due_after",
    "article_after",
    "next_crawl_asks_all_sources",
)

PAGE = ROOT / "docs" / "decisions.md"
START, END = "<!-- table -->\n", "<!-- end of the table -->"

Row = dict[str, str]


def read() -> list[Row]:
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(rows: list[Row]) -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("state", STATES)
def test_each_answer_is_decided_as_the_table_says(state: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    found = [
        {"state": state, "answer": name} | cell(tmp_path / str(number), STATES[state], answer)
        for number, (name, answer) in enumerate(ANSWERS.items())
    ]
    if pytestconfig.getoption("update_golden"):
        others = [row for row in read() if row["state"] != state]
        write(sorted([*others, *found], key=lambda row: list(STATES).index(row["state"])))
    assert found == [row for row in read() if row["state"] == state]


def test_the_table_has_each_state_with_each_answer() -> None:
    assert [(row["state"], row["answer"]) for row in read()] == [(s, a) for s in STATES for a in ANSWERS]


def rendered(rows: list[Row]) -> str:
    """The table for readers: in each state the rules, with the answers that they decide."""
    found: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for row in rows:
        after = row["state_after"] + (f", {row['suspicion_after']}" if row["suspicion_after"] else "")
        status = "3" if row["failure"] else "4" if row["warning"] else ""
        decided = (row["rule"], row["lines"], after, "yes" if row["due_after"] == "yes" else "", status)
        found.setdefault(row["state"], {}).setdefault(decided, []).append(row["answer"])
    parts = []
    for state, rules in found.items():
        parts.append(f"### {state[0].upper()}{state[1:]}\n")
        parts.append("| answer | rule | lines | then | due | status |\n|---|---|---|---|---|---|")
        for (rule, lines, after, due, status), answers in rules.items():
            parts.append(f"| {'; '.join(answers)} | {rule} | {lines} | {after} | {due} | {status} |")
        parts.append("")
    return "\n".join(parts)


def test_the_page_for_readers_has_the_table(pytestconfig: pytest.Config) -> None:
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, _, foot = rest.partition(END)
    page = f"{head}{START}\n{rendered(read())}\n{END}{foot}"
    if pytestconfig.getoption("update_golden"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page
