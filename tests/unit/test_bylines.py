"""Bylines, lines of credit and display names, as newspapers print them: tables."""

from __future__ import annotations

import tomllib

import pytest

import mainland
from mainland.clean import bylines, credits, dates
from mainland.clean.bylines import authors, display_names
from mainland.clean.credits import contributors
from mainland.loaders import read_authors
from tests.support.golden import FIXTURES

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
    "Associated Press writer Jane Roe in Seoul, South Korea, contributed to this report.": ["Jane Roe"],
    "AP writers Jane Roe in Seoul, South Korea, and John Doe in Austin, Texas, contributed to this report.": [
        *("Jane Roe", "John Doe")
    ],
    "AP National Writer Jane Roe contributed to this report.": ["Jane Roe"],
    "Additional reporting by Jane Roe (Berlin) and John Doe (Paris)": ["Jane Roe", "John Doe"],
    "With reporting by AFP, Reuters, and dpa": ["AFP", "Reuters", "dpa"],
    "Additional reporting by Jane Roe, graphics by John Doe": ["Jane Roe"],
    "Additional reporting by Jane Roe in eastern Ukraine and John Doe in Kyiv": ["Jane Roe", "John Doe"],
    "Unter Mitarbeit von Jana Roth und Max Weiß": ["Jana Roth", "Max Weiß"],
    "Jane Roe contributed reporting to this article from Paris.": ["Jane Roe"],
    "She moved to Paris. Mr. Stone contributed reporting to The Nation for years.": [],
    "NASA contributed research to the mission.": [],
    "Marie Curie contributed research and funding to the hospital.": [],
    "Jane Roe assisted with reporting to the board.": [],
    "Angela Merkel contributed to this article in the treaty.": [],
    "In 2019 Anna Smith contributed reporting.": [],
    "In Syria, Marie Colvin contributed reporting.": [],
    "On Tuesday Amnesty International contributed to this report.": [],
    "Further assistance: Samaritans, 116 123": [],
    "Additional material: Cotton, Wool and Silk": [],
    "Further research: Nature": [],
    "Additional contributions from Shell, BP and Total.": [],
    "Additional assistance was provided by Cumbria Police and Mountain Rescue.": [],
    "Directed by Ann Lee. Additional material by Ben Hecht.": [],
    "Additional reporting: Form 10-K": [],
    "Additional reporting by Jane Roe in Tirana, Albania": ["Jane Roe"],
    "Additional reporting by Jane Roe in Skopje, North Macedonia, and John Doe in Paris": ["Jane Roe", "John Doe"],
    "Additional reporting by Jane Roe in Sarajevo, Bosnia and Herzegovina": ["Jane Roe"],
    "Additional reporting by Jane Roe, in Kyiv, and John Doe, in Moscow": ["Jane Roe", "John Doe"],
    "Jane Roe, in Kyiv, contributed to this report.": ["Jane Roe"],
    "Additional reporting by Jane Roe in Frankfurt am Main and John Doe in Rio de Janeiro": ["Jane Roe", "John Doe"],
    "Additional reporting by Jane Roe in the Kyiv region": ["Jane Roe"],
    "Additional reporting by Jane Roe in Sharm el-Sheikh, Egypt": ["Jane Roe"],
    "Additional reporting by Jane Roe and John Doe in Kyiv, Paris and New York": ["Jane Roe", "John Doe"],
    "Additional reporting by Jane Roe in Kyiv, AFP and Reuters": ["Jane Roe", "AFP", "Reuters"],
    "Additional reporting by Jane Roe in Kyiv, John Doe in Moscow and agencies": ["Jane Roe", "John Doe"],
    "With reporting by Reuters, the story spread.": [],
    "• Additional reporting by Jane Roe": ["Jane Roe"],
    "Additional reporting by Jane Roe and by John Doe": ["Jane Roe", "John Doe"],
    "Additional reporting by Jane Roe in Kyiv; John Doe in Moscow; editing by Ann Lee": ["Jane Roe", "John Doe"],
    "Additional reporting by Jane Roe; Video: John Doe": ["Jane Roe"],
    "Jane Roe contributed reporting from Berlin, and John Doe from Tbilisi.": ["Jane Roe", "John Doe"],
    "Jane Roe contributed reporting from Berlin, Tel Aviv and New York.": ["Jane Roe"],
    "Additional reporting by John Roe Jr.": ["John Roe Jr."],
    "Additional reporting by Jane Roe, with AFP": ["Jane Roe", "AFP"],
    "Additional reporting and translation by Jane Roe": ["Jane Roe"],
    "Reporting and additional research by Jane Roe": ["Jane Roe"],
    "This report requires additional reporting from Member States.": [],
    "Additional reporting by Jane Roe in Kyiv; K. van den Berg in Lviv; editing by Ann Lee": [
        "Jane Roe",
        "K. van den Berg",
    ],
    "Jane Roe contributed reporting from Berlin, and Noor al-Haddad from Tbilisi.": ["Jane Roe", "Noor al-Haddad"],
    "Additional reporting by Jane Roe in Kyiv; Video by John Doe in Lviv": ["Jane Roe"],
    "Additional reporting – Jane Roe and John Doe": ["Jane Roe", "John Doe"],
    "Additional reporting - which began in May - showed little.": [],
    "Additional reporting was done by Jane Roe": ["Jane Roe"],
    "Additional research was done by Harvard University.": [],
    "Jane Roe contributed reporting from Moscow and St. Petersburg in Russia.": ["Jane Roe"],
    "Jane Roe contributed reporting from London and Isle of Wight in May.": ["Jane Roe"],
    "Additional reporting in New York by Jane Roe": ["Jane Roe"],
    "Additional reporting by Jane Roe near Kharkiv and John Doe outside Lviv": ["Jane Roe", "John Doe"],
    "Written by Ann Lee with additional reporting by Jane Roe": ["Jane Roe"],
    "It won a prize with additional reporting by the paper in 2019.": [],
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
    "Jane Roe, DDS": ["Jane Roe, DDS"],
    "Jane Roe, MS, RD": ["Jane Roe, MS, RD"],
    "Jane Roe, AFP": ["Jane Roe", "AFP"],
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
    "RFE/RL",
    "Once Upon a Time Blog",
    "Simple Life in Lap of Luxury",
    "Radio Free Europe/Radio Liberty",
]


@pytest.mark.parametrize("name", [*DISPLAY_NAMES, *WHOLE])
def test_a_display_name_is_cut_only_between_people(name: str) -> None:
    assert display_names(name) == DISPLAY_NAMES.get(name, [name])


JANE, JOHN = '<a href="/author/jane/">Jane Roe</a>', '<a href="/author/john/">John Doe</a>'
MARKED = '<span class="meta_text">{}</span>'
BESIDE_LINKS = [
    ([JANE, " y Juan Ruiz"], ["Jane Roe", "Juan Ruiz"]),
    (["Juan Ruiz y ", JANE], ["Juan Ruiz", "Jane Roe"]),
    ([JANE, " en Jan Jansen"], ["Jane Roe", "Jan Jansen"]),
    ([JANE, " oraz Jan Kowalski"], ["Jane Roe", "Jan Kowalski"]),
    ([JANE, ", translated by ", JOHN], ["Jane Roe"]),
    ([JANE, " - Editor: ", JOHN], ["Jane Roe"]),
    ([JANE, " Photos: John Doe"], ["Jane Roe"]),
    ([JANE, " January 7, 2022"], ["Jane Roe"]),
    ([JANE, " 5 Min Read"], ["Jane Roe"]),
    ([JANE, " Follow Us"], ["Jane Roe"]),
    ([JANE, ", Reuters"], ["Jane Roe", "Reuters"]),
    (["By ", JANE, " and ", JOHN], ["Jane Roe", "John Doe"]),
    ([JANE, " (New York)"], ["Jane Roe"]),
    ([JANE, " – New York"], ["Jane Roe"]),
    ([JANE, " – Reuters"], ["Jane Roe", "Reuters"]),
    ([JANE, " (Associated Press)"], ["Jane Roe", "Associated Press"]),
    ([JANE, " and Health and Science Desk"], ["Jane Roe", "Health and Science Desk"]),
    ([JANE, " and follow and share"], ["Jane Roe"]),
    ([JANE, " | Arts and Culture"], ["Jane Roe"]),
    (["Penulis ", JANE, " Editor ", JOHN], ["Jane Roe"]),
    ([MARKED.format("by"), JANE, MARKED.format("edited by"), JOHN], ["Jane Roe"]),
    ([MARKED.format("by"), JANE, MARKED.format("and"), MARKED.format("1 others")], ["Jane Roe"]),
    ([JANE, " and ", '<a href="/guest-author/john/">John Doe</a>'], ["Jane Roe", "John Doe"]),
    ([JANE, MARKED.format("and"), '<a href="https://john.example/">John Doe</a>'], ["Jane Roe", "John Doe"]),
    ([JANE, ", ", '<a href="/category/world/">World News</a>'], ["Jane Roe"]),
    (['<a href="/penulis/jane/">Jane Roe</a>', '<a href="https://x.example/jane">@jane</a>'], ["Jane Roe"]),
    (['<a href="/jane-roe/">Jane Roe</a>', '<a href="/john-doe/">John Doe</a>'], ["Jane Roe", "John Doe"]),
    (['<a href="/u/jane" rel="nofollow author">Jane Roe</a>', '<a href="/follow">Follow</a>'], ["Jane Roe"]),
    (['<a href="mailto:jane@example.org">Jane Roe</a>'], ["Jane Roe"]),
    (["By Jane Roe ", '<a href="mailto:jane@example.org">Email Jane</a>'], ["Jane Roe"]),
]


@pytest.mark.parametrize(("parts", "names"), BESIDE_LINKS)
def test_text_beside_links_names_others_only_where_it_joins_them(parts: list[str], names: list[str]) -> None:
    assert read_authors(parts) == names


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Jane Roe in Washington, D.C.", ["Jane Roe"]),
        ("張三、李四", ["張三", "李四"]),
        ("Олена Коваленко та Іван Петренко", ["Олена Коваленко", "Іван Петренко"]),
        ("Rédigé par Jean Dupont", ["Jean Dupont"]),
        ("By Jane Roe, Science and Technology Editor", ["Jane Roe"]),
        ("By Jane Roe, translated by John Doe", ["Jane Roe"]),
        ("Words by Jane Roe, photos by John Doe", ["Jane Roe"]),
        ("Interview by Jane Roe", ["Jane Roe"]),
        ("Ein Kommentar von Jana Roth", ["Jana Roth"]),
        ("Text: Jana Roth, Fotos: Max Weiß", ["Jana Roth"]),
        ("By Jane Roe in Seoul, South Korea", ["Jane Roe"]),
        ("Von Jana Roth, dpa", ["Jana Roth", "dpa"]),
        ("Jane Roe/Reuters", ["Jane Roe", "Reuters"]),
        ("By Jane Roe (Reuters) and John Doe", ["Jane Roe", "Reuters", "John Doe"]),
        ("Guest post by Jane Roe", ["Jane Roe"]),
        ("Contributed by Jane Roe", ["Jane Roe"]),
        ("Op-ed by Jane Roe", ["Jane Roe"]),
        ("Special report by Jane Roe", ["Jane Roe"]),
        ("A cura di Mario Rossi", ["Mario Rossi"]),
        ("Ayşe Demir tarafından", ["Ayşe Demir"]),
        ("作者：李明", ["李明"]),
        ("โดย Jane Roe, John Doe", ["Jane Roe", "John Doe"]),
        ("Jana Nová, Anna Malá a Jan Novák", ["Jana Nová", "Anna Malá", "Jan Novák"]),
        ("Anna Nowak, Ewa Mazur oraz Jan Kowalski", ["Anna Nowak", "Ewa Mazur", "Jan Kowalski"]),
        ("José Ortega y Gasset, Ana Peña y Juan Ruiz", ["José Ortega y Gasset", "Ana Peña", "Juan Ruiz"]),
        ("By Jane Roe in Tirana, Albania", ["Jane Roe"]),
        ("By Jane Roe, in Kyiv", ["Jane Roe"]),
        ("By Jane Roe and John Doe, in Kyiv", ["Jane Roe", "John Doe"]),
        ("By Jane Roe in Newcastle upon Tyne", ["Jane Roe"]),
        ("By Jane Roe in London and Paris", ["Jane Roe"]),
        ("By Jane Roe | January 7, 2022", ["Jane Roe"]),
        ("By Jane Roe, 5 min read", ["Jane Roe"]),
        ("By Jane Roe and other agencies", ["Jane Roe"]),
        ("By Jane Roe, founder of Acme", ["Jane Roe"]),
    ],
)
def test_a_byline_in_plain_text_is_cut(byline: str, names: list[str]) -> None:
    assert authors(byline) == names


BYLINES = tomllib.loads((FIXTURES / "bylines.toml").read_text("utf-8"))
POST = (
    '<body class="single-post"><h1>Rain</h1><div class="jeg_meta_author">{}</div><div class="content-inner">Rain.</div>'
)


@pytest.mark.parametrize("kind", BYLINES)
def test_bylines_of_many_languages_and_plugins_give_their_authors(kind: str) -> None:
    found = {line: mainland.article(POST.format(line), "https://a.example/rain/").authors for line in BYLINES[kind]}
    assert {line: names for line, names in found.items() if names != BYLINES[kind][line]} == {}


def test_long_texts_are_read_up_to_a_limit() -> None:
    names = [f"Ana B{chr(97 + each % 26)}{chr(97 + each // 26)}o" for each in range(250)]
    assert bylines.authors("by " + ", ".join(names)) == names
    assert bylines.authors("by " + ", ".join(names * 3)) == names
    assert credits.contributors(["Additional reporting by " + ", ".join(names[:200])]) == names[:200]
    assert dates.printed_day("January 7, 2022 " + "x " * 600, "MDY", "en") == "2022-01-07"
