"""The console script ``mainland``: the project's commands, from any folder."""

from __future__ import annotations

import pkgutil
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

from scrapy.cmdline import execute
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings, inside_project

import mainland
from mainland import commands
from mainland import settings as defaults
from mainland.exit_status import ExitStatus
from mainland.program import NAME
from mainland.spiders.base import set_defaults


def main() -> None:
    """Runs the command that the arguments name, and ends the process with its exit status.

    In a folder of a Scrapy project its settings are used, with those of :mod:`mainland.settings` where it has none of
    its own; in any other folder the latter. A relative data folder counts from the project's folder, or this one.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    given = sys.argv[1:]
    name = next((word for word in given if not word.startswith("-")), None)
    if name is None and "--version" in given:
        print(f"{NAME} {mainland.__version__}")
    elif name is None or name == "help":
        print(_overview(names))
    elif name not in names:
        close = get_close_matches(name, names, n=1)
        meant = f"did you mean {close[0]}?" if close else f"it takes {', '.join(names)}"
        _refuse(f"there is no command {name!r}: {meant}")
    else:
        sys.argv[0] = NAME
        execute(settings=_settings())
    sys.exit(ExitStatus.OK)


def _overview(names: list[str]) -> str:
    """The text of the help: the commands, a line each."""
    described = [(name, import_module(f"{commands.__name__}.{name}").Command().short_desc()) for name in names]
    listed = "\n".join(f"  {name:<10} {what}" for name, what in described)
    return f"Usage: {NAME} COMMAND [options] [arguments]\n\n{listed}\n\n{NAME} COMMAND --help has its options."


def _settings() -> Settings:
    """The settings of the command: those of the Scrapy project in this folder, otherwise the project's defaults.

    Ends the process with exit status 2 if they cannot be loaded.
    """
    if not inside_project():
        settings = Settings()
        settings.setmodule(defaults, priority="project")
        return settings
    try:
        settings = get_project_settings()
    except ImportError as error:
        _refuse(f"the settings of the Scrapy project in this folder cannot be loaded: {error}")
    settings.set("COMMANDS_MODULE", commands.__name__, priority="cmdline")
    spiders = [each for each in defaults.SPIDER_MODULES if each not in settings.getlist("SPIDER_MODULES")]
    settings.set("SPIDER_MODULES", [*spiders, *settings.getlist("SPIDER_MODULES")], priority="cmdline")
    set_defaults(settings)
    return settings


def _refuse(reason: str) -> NoReturn:
    """Writes a line to standard error, and ends the process with exit status 2."""
    sys.stderr.write(f"{NAME}: {reason}\n")
    sys.exit(ExitStatus.WRONG_USE)


if __name__ == "__main__":
    main()
