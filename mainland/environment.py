"""The ``MAINLAND_*`` settings as environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

PREFIX = "MAINLAND_"
"""How the names of the project's own settings, and of their variables, begin."""

_PRIORITY = (SETTINGS_PRIORITIES["project"] + SETTINGS_PRIORITIES["spider"]) // 2


def apply(settings: BaseSettings, variables: Mapping[str, str] | None = None) -> None:
    """Sets the settings that environment variables give.

    They go before ``settings.py``, and behind ``custom_settings`` of a spider and ``-s``. An empty variable counts as
    one that is not set. Unknown names are set, too: :func:`mainland.config.check` refuses them.

    >>> settings = BaseSettings({"MAINLAND_CONTACT": "from settings.py"})
    >>> apply(settings, {"MAINLAND_CONTACT": "you@example.org", "MAINLAND_SITE": "", "HOME": "/"})
    >>> settings.getdict("MAINLAND_SITE"), settings["MAINLAND_CONTACT"], name(settings, "MAINLAND_CONTACT")
    ({}, 'you@example.org', 'environment variable MAINLAND_CONTACT')

    :param variables: the variables; those of the process by default.
    """
    for variable, value in (os.environ if variables is None else variables).items():
        if variable.startswith(PREFIX) and value:
            settings.set(variable, value, priority=_PRIORITY)


def name(settings: BaseSettings, setting: str) -> str:
    """The name of a setting for a message: with "environment variable" where its value comes from there."""
    return f"environment variable {setting}" if settings.getpriority(setting) == _PRIORITY else setting
