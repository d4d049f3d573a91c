"""Lines of credit and display names, as newspapers print them: tables."""

from __future__ import annotations

import pytest

from mainland.bylines import authors, contributors, display_names

CREDITS = {
    "Jane R. Roe contributed to this report.": ["Jane R. Roe"],
    "J.R. Roe contributed to this report.": ["J.R. Roe"],
    "Jane Roe, Michael D. Shear and John Doe contributed reporting.": ["Jane Roe", "Michael D. Shear", "John Doe"],
    "The minister resigned. Jane R. Roe contributed to this report.": ["Jane R. Roe"],
    "Additional reporting by John F. Smith Jr. in Paris": ["John F. Smith Jr."],
    "Additional reporting by Jane Roe in Washington, D.C. and John Doe in St. Petersburg": ["Jane Roe", "John Doe"],
    "Additional reporting by St. John Doe": ["St. John Doe"],
    "Jane Roe in Washington and John Doe in St. Louis contributed reporting.": ["Jane Roe", "John Doe"],
    "Associated Press writers Jane Roe in Paris and John Doe in London contributed to this report.": [
        *("Jane Roe", "John Doe")
    ],
    "AP journalist Jane Roe in Paris contributed to this report.": ["Jane Roe"],
    "Staff writer Jane Roe contributed to this report.": ["Jane Roe"],
    "Times staff writers Jane Roe and John Doe contributed to this report.": ["Jane Roe", "John Doe"],
    "CNN’s Jane Roe and John Doe contributed to this report.": ["Jane Roe", "John Doe"],
    "Fox News Digital’s Jane Roe and The Associated Press contributed to this report.": [
        *("Jane Roe", "The Associated Press")
    ],
    "Fox News’ Jane Roe contributed to this report.": ["Jane Roe"],
    "(Reporting by Jane Roe in Kyiv, additional reporting by John Doe, editing by Ann Lee)": ["John Doe"],
    "--With assistance from Jane Roe and John Doe.": ["Jane Roe", "John Doe"],
    "This story includes additional reporting by Jane Roe.": ["Jane Roe"],
    "Jane Roe of Reuters contributed to this report.": ["Jane Roe"],
    "Additional reporting by Jane Roe for Mainland Times": ["Jane Roe"],
    "JANE ROE CONTRIBUTED TO THIS REPORT": ["JANE ROE"],
    "The Guardian contributed reporting.": ["The Guardian"],
    "Jane Roe contributed to this report from Kyiv.": ["Jane Roe"],
    "Russia contributed to this report, the minister said.": [],
    "Scientists from Oxford contributed to this report.": [],
    "Everybody contributed reporting to the inquiry that the Lords began.": [],
}


@pytest.mark.parametrize("line", CREDITS)
def test_a_line_of_credit_names_who_else_reported(line: str) -> None:
    assert contributors(["It rained.", line]) == CREDITS[line]


DISPLAY_NAMES = {
    "Jane Roe, MD": ["Jane Roe, MD"],
    "John Doe, CFA": ["John Doe, CFA"],
    "Market Wire, LLC": ["Market Wire, LLC"],
    "Jane Roe, MD and John Doe": ["Jane Roe, MD", "John Doe"],
    "Ana Peña y José Ruiz": ["Ana Peña", "José Ruiz"],
    "محمد علي و أحمد حسن": ["محمد علي", "أحمد حسن"],
}
WHOLE = [
    "London School of Economics and Political Science",
    "World News and Politics Team",
    "Mainland Times Culture & Lifestyle Desk",
    "Foreign Affairs and Security Policy Desk",
    "Ministry of Trade and Foreign Affairs",
    "National Oceanic and Atmospheric Administration",
    "Women Journalists in Exile",
    "José Ortega y Gasset",
]


@pytest.mark.parametrize("name", [*DISPLAY_NAMES, *WHOLE])
def test_a_display_name_is_cut_only_between_people(name: str) -> None:
    assert display_names(name) == DISPLAY_NAMES.get(name, [name])


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Jane Roe in Washington, D.C.", ["Jane Roe"]),
        ("張三、李四", ["張三", "李四"]),
        ("Олена Коваленко та Іван Петренко", ["Олена Коваленко", "Іван Петренко"]),
        ("Rédigé par Jean Dupont", ["Jean Dupont"]),
    ],
)
def test_a_byline_in_plain_text_is_cut(byline: str, names: list[str]) -> None:
    assert authors(byline) == names
