"""The ``MAINLAND_*`` settings and the spider's arguments, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings
from scrapy.utils.conf import closest_scrapy_cfg

from mainland import environment, extras, outputs, setting_types
from mainland import settings as defaults
from mainland.clean import dates, urls
from mainland.clean.text import LONGEST_TEXT, cut
from mainland.pages.article import DATE_ORDERS, Site

_SCRAPYD = "_job"  # the argument that Scrapyd gives to every spider


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of ``scrapy crawl articles``."""

    site: str
    """Address of the site's home page, with a slash at its end."""

    sections: frozenset[str] = frozenset()
    """Slugs of the sections to crawl; empty for the whole site."""

    full: bool = False
    """Whether to read all category pages to their ends."""


def arguments(given: Mapping[str, str], settings: BaseSettings) -> Arguments:
    """The arguments given with ``-a``, checked; the site is that of the setting ``MAINLAND_SITE`` where none is given.

    :raises ValueError: one is unknown or wrong, or there is no site; the text says what to do.
    """
    unknown = sorted(set(given) - {"site", "sections", "full", _SCRAPYD})
    if unknown:
        raise ValueError(f"unknown argument {unknown[0]!r}: -a takes site=URL, sections=SLUG,SLUG and full=1")
    if "site" in given:
        address = _home_address("site", given["site"])
    else:
        address = _home_address(environment.name(settings, "MAINLAND_SITE"), str(settings.get("MAINLAND_SITE") or ""))
    sections = frozenset(slug.strip().lower() for slug in given.get("sections", "").split(",") if slug.strip())
    if "sections" in given and not sections:
        raise ValueError("sections is empty: give slugs as in the addresses, for instance sections=world,europe")
    if given.get("full", "0") not in ("0", "1"):
        raise ValueError(f"full is {given['full']!r}: it takes 1 or 0")
    return Arguments(address, sections, given.get("full") == "1")


def _home_address(name: str, given: str) -> str:
    """The address of a home page, from an address as a user wrote it; with a slash at its end.

    :raises ValueError: it has no scheme or no host, or contains a user name; the text calls it ``name``.
    """
    site = given.strip()
    host, address = urls.host(site), urls.absolute(None, site)
    if not host or not address or any(mark in site for mark in ' \t\n"<>') or not any(map(str.isalnum, host)):
        raise ValueError(f"{name} {cut(site)!r} is not an address: give it as https://example.org")
    if "@" in urlsplit(site).netloc:
        raise ValueError(
            f"{name} contains a name or a password, which would stand in logs: give it as https://example.org"
        )
    return f"{urls.clean(address).rstrip('/')}/"


def site(settings: BaseSettings) -> Site:
    """The time zone of the site, None where it is not set, and its date order, from the settings.

    :raises ValueError: a setting is wrong; the text says what to do.
    """
    name, order = settings.get("MAINLAND_TIMEZONE"), str(settings.get("MAINLAND_DATE_ORDER")).upper()
    zone = dates.zone(str(name)) if name else None
    if name and zone is None:
        name = setting_types.described("MAINLAND_TIMEZONE", settings)
        raise ValueError(f"{name} is no time zone: give it as Europe/London")
    if order not in DATE_ORDERS:
        raise ValueError(f"{setting_types.described('MAINLAND_DATE_ORDER', settings)}: it takes MDY, DMY or YMD")
    return Site(zone, order)


def drops_duplicates(settings: BaseSettings) -> bool:
    """Whether near-duplicates stay out of ``articles.jsonl`` and exports.

    :raises ValueError: the setting is wrong; the text says what to do.
    """
    return setting_types.yes_or_no("MAINLAND_DROP_DUPLICATES", settings)


def user_agent(settings: BaseSettings) -> str:
    """The ``User-Agent`` that requests carry: ``USER_AGENT``, with ``MAINLAND_CONTACT`` behind it if that is set.

    :raises ValueError: one of them cannot be sent; the text says what to do.
    """
    contact, name = (str(settings.get(setting) or "") for setting in ("MAINLAND_CONTACT", "USER_AGENT"))
    for setting, value, takes in (
        ("MAINLAND_CONTACT", contact, "a mail address or a web page"),
        ("USER_AGENT", name, "the name of a program"),
    ):
        if len(value) > LONGEST_TEXT or not value.isascii() or not value.isprintable():
            given = setting_types.described(setting, settings)
            raise ValueError(f"{given}: it takes {takes}, in at most {LONGEST_TEXT} characters of ASCII")
    return f"{name.partition(' ')[0]} (+{contact})".lstrip() if contact else name


def robots_agent(settings: BaseSettings) -> str:
    """The user agent by whose rules in robots.txt, Crawl-delay included, a crawl goes."""
    return str(settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"])


def check(settings: BaseSettings) -> None:
    """Checks the values of all settings, those of Scrapy too, and that each ``MAINLAND_*`` setting is known.

    :raises ValueError: one is wrong or unknown, or needs a package that is missing; the text says what to do.
    """
    known = [name for name in vars(defaults) if name.startswith(environment.PREFIX)]
    for name in sorted(set(settings) - set(known)):
        if name.startswith(environment.PREFIX):
            given = environment.name(settings, name)
            given = cut(given if given != name else f"setting {name}")
            raise ValueError(f"unknown {given}: did you mean {get_close_matches(name, known, cutoff=0)[0]}?")
    if settings.get("MAINLAND_SITE"):  # -a site= can stand for it
        arguments({}, settings)
    user_agent(settings)
    site(settings)
    setting_types.require_folder(environment.name(settings, "MAINLAND_DATA_DIR"), folder(settings))
    sharing(settings)
    drops_duplicates(settings)
    setting_types.check(settings)
    outputs.check(settings)


def folder(settings: BaseSettings) -> Path:
    """The path of the data folder, whether it exists or not.

    A relative one counts from the folder of ``scrapy.cfg``, otherwise the working folder; ``~`` is the home folder.

    :raises ValueError: it is not set, or is in the home folder of an unknown user.
    """
    name, found = str(settings.get("MAINLAND_DATA_DIR") or ""), closest_scrapy_cfg()
    if not name:
        raise ValueError("MAINLAND_DATA_DIR is empty: give it a folder")
    try:
        return (Path(found).parent if found else Path.cwd()) / Path(name).expanduser()
    except RuntimeError:
        raise ValueError(f"{setting_types.described('MAINLAND_DATA_DIR', settings)}: nobody has this home") from None


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a worker shares with other workers, and its name."""

    database: str = ""
    """Address of the index in PostgreSQL; empty where the index is a file in the data folder."""

    worker: str = ""
    """Name of the worker, which is part of its file names."""

    redis: str = ""
    """Address of the queue; empty where there is one worker."""


def _check_database(address: str, name: str) -> None:
    """Checks the form of an address of PostgreSQL; connects to nothing.

    :raises ValueError: it is not one; the text calls it ``name``, and does not contain it: it can hold a password.
    """
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - of the extra scale
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        is_sound = "@" not in (make_url(address).host or "")
    except (ArgumentError, ValueError):
        is_sound = False
    if not is_sound:
        form = "postgresql://user:password@host:port/database, with %40 for @ and %2F for / in the password"
        raise ValueError(f"{name} is not an address: give it as {form}")


def _check_redis(address: str) -> None:
    """Checks the address of a Redis; the message does not have it, because it can hold a password.

    :raises ValueError: it is not one.
    """
    from redis.connection import parse_url  # noqa: PLC0415 - of the extra scale

    try:
        parse_url(address)  # type: ignore[no-untyped-call]
    except ValueError:
        raise ValueError("REDIS_URL is not an address: give it as redis://host/0, or rediss:// for TLS") from None


def sharing(settings: BaseSettings) -> Sharing:
    """The settings for several workers: the addresses of their database and queue, and the name of this one.

    :raises ValueError: a setting is wrong, or a package is missing; the text says what to do.
    """
    database, worker, redis = (
        str(settings.get(name) or "") for name in ("MAINLAND_ARCHIVE", "MAINLAND_WORKER", "REDIS_URL")
    )
    if database and not database.startswith("postgresql://"):
        name = environment.name(settings, "MAINLAND_ARCHIVE")  # its value can have a password
        raise ValueError(f"{name} is not an address: give it as postgresql://user@host/database")
    if not re.fullmatch(r"[a-z0-9_]{0,40}", worker):
        raise ValueError(
            f"{setting_types.described('MAINLAND_WORKER', settings)}: it takes small letters, digits and _, 40 at most"
        )
    if (worker or redis) and not database:
        raise ValueError(f"{'REDIS_URL' if redis else 'MAINLAND_WORKER'} wants MAINLAND_ARCHIVE: workers share both")
    if database:
        extras.require("scale")
        _check_database(database, environment.name(settings, "MAINLAND_ARCHIVE"))
    if redis:
        _check_redis(redis)
    return Sharing(database, worker, redis)
