"""How a command ended, as the shell sees it. From 64 on the numbers are those of ``sysexits.h``."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses of the project's commands; docs/operating.md lists the same."""

    OK = 0
    """All was done; of a crawl: it saw the whole site."""

    FAILED = 1
    """A command other than ``crawl`` could not do everything, or found what should not be; a line says what."""

    WRONG_USE = 2
    """An argument, a setting, a section that is not there, or a folder of another site."""

    INCOMPLETE = 3
    """The crawl ended without having seen the whole site; the next one requests again what failed."""

    ALARM = 4
    """The site gives less than it used to, pages could not be kept, or lines were damaged on the disk; what came is
    written."""

    UNREACHABLE = 69
    """The site, or its robots.txt, cannot be reached (EX_UNAVAILABLE)."""

    CANNOT_WRITE = 73
    """The data folder, a log, a file or standard output cannot be written, or ``forgotten.jsonl`` not be read
    (EX_CANTCREAT)."""

    LOCKED = 75
    """Another crawl is using the data folder, or another export the file (EX_TEMPFAIL)."""

    REFUSED = 77
    """The site refuses: by robots.txt, by status 401, 403 or 451, or by a page in place of the site (EX_NOPERM)."""

    SIGNALLED = 128
    """The first of 128 + n: ended by signal n, 129 by a closed terminal, 130 by Ctrl-C, 143 by ``kill``."""


SAW_EVERYTHING = (ExitStatus.OK, ExitStatus.ALARM)
"""The exit statuses of a crawl that saw the whole site, but for addresses that failed beside an alarm."""
