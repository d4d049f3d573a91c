"""Checks the type of each setting: a number, yes or no, a list, a log level, a folder.

Scrapy's default shows the type.
"""

from __future__ import annotations

import logging
import math
import re
import stat
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings, default_settings
from scrapy.utils.misc import load_object
from scrapy.utils.project import data_path
from scrapy.utils.python import global_object_name

from mainland import environment
from mainland import settings as own_settings
from mainland.clean.text import cut

Read = Callable[[BaseSettings, str], object]
"""Reads a setting by its name, as its component will; a wrong one raises an error."""


class Kind(NamedTuple):
    """What a setting takes."""

    read: Read
    takes: str
    """The same in words."""


_YES_OR_NO = Kind(BaseSettings.getbool, "1 or 0")
_FRACTIONS = {"DNS_TIMEOUT", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"}  # whose defaults have none
_SIGNED = {"DEPTH_PRIORITY", "FEED_EXPORT_INDENT", "REDIRECT_PRIORITY_ADJUST", "RETRY_PRIORITY_ADJUST"}
_MORE_THAN_ZERO = "MEMUSAGE_CHECK_INTERVAL_SECONDS"  # Scrapy ends in a traceback at 0
_FROM_ONE = re.compile("CONCURRENT_|REACTOR_THREADPOOL_MAXSIZE|DOWNLOAD_SLOTS")
_UNITS = (
    (r"_TIMEOUT(_|$)|_(DELAY|INTERVAL|INTERVAL_SECONDS|SECS|MAXDELAY)$", "a number of seconds"),
    (r"_(ITEMCOUNT|RECHECKS)$", "a number of articles"),
    (r"^CONCURRENT_REQUESTS", "a number of requests"),
    (r"_PAGECOUNT", "a number of pages"),
    (r"_ERRORCOUNT$", "a number of errors"),
    (r"(_MAXSIZE|_WARNSIZE|_SIZE|_BYTES)$", "a number of bytes"),
    (r"_MB$", "a number of megabytes"),
    (r"^MAINLAND_FULL_EVERY$", "a number of days"),
)
_LEVELS = ("DEFAULT_DROPITEM_LOG_LEVEL", "LOG_LEVEL", "RETRY_GIVE_UP_LOG_LEVEL")
_PATH = re.compile(r"[a-z_]+(\.\w+)+")
_NAMED = ("COMMANDS_MODULE", "REFERRER_POLICY")  # a module; a class or the name of a policy
_ENCODINGS = ("FEED_EXPORT_ENCODING", "LOG_ENCODING")
_SUMMARY = "mainland.extensions.Summary"
_COMPONENTS = (
    "ADDONS",
    "DOWNLOADER_MIDDLEWARES",
    "DOWNLOAD_HANDLERS",
    "EXTENSIONS",
    "ITEM_PIPELINES",
    "SPIDER_MIDDLEWARES",
)
_FOLDERS = ("FEED_TEMPDIR", "FILES_STORE", "HTTPCACHE_DIR", "IMAGES_STORE", "JOBDIR", "REMOTE_CONTROL_JOBS_DIR")


def check(settings: BaseSettings) -> None:
    """Checks the types of all settings of Scrapy and of the project, and the folders that they name.

    :raises ValueError: one is wrong, or would have no effect; the text says which, and what it takes.
    """
    for name, kind in _kinds().items():
        _require(name, settings, kind)
    _require_components(settings)
    _require_effect(settings)
    for name in _FOLDERS:
        place = str(settings.get(name) or "")
        if name == "HTTPCACHE_DIR":
            place = _cache_folder(place) if settings.getbool("HTTPCACHE_ENABLED") else ""
        if place and "://" not in place:
            require_folder(environment.name(settings, name), Path(place))


def _require_components(settings: BaseSettings) -> None:
    """Checks that there is a module for each component that the settings name, and that each has an order.

    The modules are not imported: one that imports the reactor would install another one than the crawl needs.
    """
    for name in _COMPONENTS:
        for each, value in settings.getdict(name).items():
            path, order = (value, None) if name == "DOWNLOAD_HANDLERS" else (each, value)
            if order is not None and not isinstance(order, (int, float)):
                takes = "it takes a number, or null to switch it off"
                raise ValueError(f"{name}: the order of {cut(str(path))} is {cut(repr(order))}: {takes}")
            if isinstance(path, str) and not _has_module(path):
                raise ValueError(f"{name}: {cut(path)} cannot be loaded: it takes the import path of a class")


def _has_module(path: str) -> bool:
    """Whether there is a module for the import path of an object; imports the packages around it only."""
    try:
        return find_spec(path.rpartition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def _require_effect(settings: BaseSettings) -> None:
    """Checks that no setting is set which crawls would ignore, or cannot end with.

    :raises ValueError: ``DEPTH_LIMIT`` is set, or ``EXTENSIONS`` switches off the Summary.
    """
    if settings.getint("DEPTH_LIMIT"):
        raise ValueError(
            f"{described('DEPTH_LIMIT', settings)} has no effect here, because requests have no depth: set"
            " CLOSESPIDER_PAGECOUNT or CLOSESPIDER_ITEMCOUNT, or give -a sections=SLUG,SLUG"
        )
    for key, order in settings.getdict("EXTENSIONS").items():
        if order is None and (key if isinstance(key, str) else global_object_name(key)) == _SUMMARY:
            raise ValueError(f"EXTENSIONS switches off {_SUMMARY}, without which no crawl is complete: leave it on")


def _cache_folder(place: str) -> str:
    """The folder of Scrapy's HTTP cache, given the setting; the setting itself outside of a Scrapy project.

    Creates the folder ``.scrapy`` of the project, as Scrapy does.
    """
    try:
        return data_path(place)
    except NotConfigured:
        return place


@cache
def _kinds() -> dict[str, Kind]:
    """What each setting of Scrapy and of the project takes, by its name; without those that take any text."""
    defaults = vars(default_settings) | vars(own_settings)
    kinds = {name: _kind(name, defaults[name]) for name in sorted(defaults) if name.isupper()}
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _kind(name: str, default: object) -> Kind | None:
    """What a setting takes, by its name and its default; None for one that takes any text."""
    if isinstance(default, bool) or name.endswith("_ENABLED"):
        return _YES_OR_NO
    if isinstance(default, (int, float)):
        whole = isinstance(default, int) and name not in _FRACTIONS and name != "MAINLAND_FULL_EVERY"
        least = -math.inf if name in _SIGNED else 1 if _FROM_ONE.match(name) else 0
        unit = next((unit for pattern, unit in _UNITS if re.search(pattern, name)), "a number")
        takes = unit if name in _SIGNED else f"{unit}, {least} or more"
        if name == _MORE_THAN_ZERO:
            least, takes = math.ulp(0), f"{unit}, more than 0"
        return Kind(partial(_number, BaseSettings.getint if whole else BaseSettings.getfloat, least), takes)
    if isinstance(default, dict):
        return Kind(BaseSettings.getdict, "a dictionary, on the command line as JSON")
    if name.endswith(("_CODES", "_PORT")) and isinstance(default, list):
        return Kind(_numbers, "numbers, separated by commas")
    if name in _LEVELS:
        return Kind(_level, "DEBUG, INFO, WARNING or ERROR")
    if isinstance(default, str) and _PATH.fullmatch(default) and name not in _NAMED:
        return Kind(partial(_component, default), f"the import path of a class, for instance {default}")
    if name == "LOG_FORMAT":
        return Kind(_log_format, f"a format of Python's logging, for instance {default}")
    if name == "ASYNCIO_EVENT_LOOP":
        return Kind(partial(_component, None), "the import path of a class that is installed, for instance uvloop.Loop")
    return Kind(_encoding, "the name of an encoding, for instance utf-8") if name in _ENCODINGS else None


def _numbers(settings: BaseSettings, name: str) -> list[int]:
    return [int(each) for each in settings.getlist(name)]


def _level(settings: BaseSettings, name: str) -> logging.Handler:
    return logging.NullHandler(settings[name])


def _log_format(settings: BaseSettings, name: str) -> str:
    return logging.Formatter(settings[name]).format(logging.makeLogRecord({}))


def _component(default: str | None, settings: BaseSettings, name: str) -> object:
    given = settings[name]
    return given if given is None or given == default else load_object(given)  # the default is imported when it is used


def _encoding(settings: BaseSettings, name: str) -> bytes:
    return "".encode("utf-8" if settings[name] is None else settings[name])


def _number(read: Callable[[BaseSettings, str], float], least: float, settings: BaseSettings, name: str) -> float:
    """The number in a setting, read by ``read``.

    :raises ValueError: it is not a number, is less than ``least``, or infinite.
    :raises OverflowError: it is a number of days that is too large.
    """
    found = read(settings, name)
    if not least <= found < math.inf:
        raise ValueError
    if name == "MAINLAND_FULL_EVERY":
        timedelta(days=found)
    return found


def _require(name: str, settings: BaseSettings, kind: Kind) -> None:
    """Checks that a setting has a value of its kind.

    :raises ValueError: it has not; the text says what it takes.
    """
    try:
        kind.read(settings, name)
    except (ValueError, TypeError, OverflowError, LookupError, ImportError, NameError):
        raise ValueError(f"{described(name, settings)}: it takes {kind.takes}") from None


def described(name: str, settings: BaseSettings) -> str:
    """The name of a setting and its value, at most 200 characters, for a message."""
    return f"{environment.name(settings, name)} {cut(repr(settings.get(name)))}"


def yes_or_no(name: str, settings: BaseSettings) -> bool:
    """The value of a setting that takes 1 or 0.

    :raises ValueError: it is neither; the text says what it takes.
    """
    _require(name, settings, _YES_OR_NO)
    return settings.getbool(name)


def require_folder(name: str, folder: Path) -> None:
    """Checks that a folder that a setting names is there, or can be created; creates nothing.

    :raises ValueError: something else stands in its place or above it; the text calls the setting ``name``.
    """
    for place in (folder, *folder.parents):
        try:
            mode = place.lstat().st_mode
            if place.is_dir():
                return
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ValueError(f"{name} {str(folder)!r}: {error.strerror}: give another") from None
        what = "a link to nothing" if stat.S_ISLNK(mode) and not place.exists() else "a file"
        raise ValueError(f"{name}: {place} is {what}, not a folder: give another")
