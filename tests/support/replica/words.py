"""The vocabulary of the made-up newspaper and the sentences it makes."""

from __future__ import annotations

import random
import re
import unicodedata

STAFF = (
    "Ingrid Halvorsen", "Tomáš Beneš", "Maeve O’Rourke", "Luca Ferrantini", "Saskia van Loon",
    "Piotr Żak", "Clémence Aubry", "Henrik Strömqvist", "Ana-Maria Dobre", "Gregor Leitner",
    "Yannis Kalogeros", "Ruth Ashdown",
)  # fmt: skip
STRINGERS = (
    "Milo Petkov", "Ewa Gruszka", "Nuno Tavares", "Dagny Solheim", "Bálint Kocsis", "Irène Castex",
    "Owen Pryce", "Leila Haddad",
)  # fmt: skip
DESK = "Mainland Times Newsdesk"
PEOPLE = (
    "Marta Lindqvist", "Josef Hraban", "Elin Tamm", "Bruno Castellani", "Agnès Delorme",
    "Kasper Dalgaard", "Ilze Ozola", "Radu Munteanu", "Sofía Arrieta", "Niamh Gallagher",
    "Otto Winkelried", "Vesna Kralj",
)  # fmt: skip
PLACES = (
    "Trieste", "Ghent", "Bergen", "Gdynia", "Košice", "Lyon", "Cork", "Porto", "Tartu", "Graz", "Varna",
    "Turku", "Szeged", "Patras", "Bilbao", "Aarhus", "Rostock", "Brno", "Kaunas", "Lugano", "Malmö",
    "Namur", "Cluj", "Split",
)  # fmt: skip
TOPICS = (
    "ferry strike", "night-train plan", "beekeeping law", "tram extension", "olive blight", "rent cap",
    "dredging row", "language bill", "heat-pump scheme", "cable outage", "lottery inquiry",
    "harvest festival", "peatland fund", "customs backlog", "museum loan", "cycling tour",
    "water tariff", "census dispute", "dairy quota", "port merger", "quarry appeal", "school reform",
    "choir contest", "canal repair",
)  # fmt: skip
HEADLINES = (
    "{topic} divides {place}",
    "{place} counts the cost of the {topic}",
    "‘Nobody told us’: {place} and the {topic}",
    "{person} defends {topic} in {place}",
    "Why the {topic} matters beyond {place}",
    "{place} & the {topic}: five questions",
    "{topic} returns to {place} after {number} years",
    "In {place}, a {topic} nobody wanted",
)
SUBTITLES = (
    "Residents of {place} say the {topic} came without warning",
    "{person} promises answers “within {number} weeks”",
    "What the {topic} means for {place}, and for its neighbours",
)
SENTENCES = (
    "The council of {place} voted late on the {topic}, {number} to {other}, after a long debate.",
    "“It is not the {topic} that worries me, it is the silence around it,” said {person}.",
    "By noon the queue outside the town hall reached the old bridge, and {number} people had signed.",
    "{person}, who has run the office in {place} since spring, would not be drawn on dates.",
    "Engineers put the bill at €{number}.{other}m – twice what was planned.",
    "Nobody in {place} remembers a season like it.",
    "A second report, due before the holidays, is expected to look at {place} as well.",
    "Trade groups called the {topic} “a half-measure”; unions called it a start.",
    "Roughly {number} per cent of households would pay less, the ministry’s own tables show.",
    "For now the {topic} stays where it is: on paper, in three languages, unsigned.",
    "{person} disagrees. “We were asked once,” she said, “and the answer was lost in the post.”",
    "The road to {place} was closed for {number} hours.",
)
HEADINGS = ("What happens next", "How it began", "The view from {place}", "Who pays for the {topic}?")
ENTRIES = (
    "{number} days without a decision",
    "a hearing in {place}",
    "{person} to report back",
    "no new money",
)
CAPTIONS = (
    "The harbour at {place}, seen from the customs house. Photograph: {person}",
    "{person} arrives in {place} on Tuesday",
    "A meeting about the {topic} in {place}",
)
TAGS = (
    "Harbours",
    "Côte d’Opale",
    "Railways",
    "R&D",
    "Elections",
    "Farming",
    "Heritage",
    "Night life",
    "Rivers",
)
SUBJECTS = ("harbour", "station", "market", "orchard", "council", "bridge", "depot", "chapel")
AGENCIES = ("Northwire", "Agence Rhône", "Baltic Press Service")
SPONSORS = ("Halcyon Rail", "Brightwater Savings")


def filled(pattern: str, draw: random.Random) -> str:
    """A pattern with its blanks filled in at random, its first letter a capital."""
    text = pattern.format(
        place=draw.choice(PLACES),
        topic=draw.choice(TOPICS),
        person=draw.choice(PEOPLE),
        number=draw.randint(2, 60),
        other=draw.randint(1, 9),
    )
    return text[0].upper() + text[1:]


def paragraph(draw: random.Random) -> str:
    """A paragraph of one to four sentences, drawn at random."""
    return " ".join(filled(pattern, draw) for pattern in draw.sample(SENTENCES, draw.randint(1, 4)))


def slug(text: str) -> str:
    """The text as WordPress puts it in an address: ``‘Nobody’ & Brno`` is ``nobody-brno``."""
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("’", "")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
