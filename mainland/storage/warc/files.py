"""The WARC files of a data folder: their names, and what is in their place."""

from __future__ import annotations

from pathlib import Path

FOLDER = "pages"
ENDINGS = (".warc", ".warc.gz")
DAMAGED = ".damaged"


class BrokenArchiveError(ValueError):
    """A file is not a WARC file, or is damaged in its middle. Its text says which, and where."""


def archives(folder: Path) -> list[Path]:
    """The WARC files of a data folder, in the order in which they were written."""
    return [path for path in _named_so(folder) if path.is_file()]


def not_files(folder: Path) -> list[Path]:
    """Paths in the place of WARC files of a data folder, or of their folder, that are not regular files.

    These are folders, pipes, and links to such or to nothing.
    """
    place = folder / FOLDER
    if not place.is_dir() and (place.is_symlink() or place.exists()):
        return [place]
    return [path for path in _named_so(folder) if not path.is_file()]


def wanted(path: Path) -> str:
    """What should stand at a path of :func:`not_files`, in words."""
    return "a folder" if path.name == FOLDER else "a file"


def _named_so(folder: Path) -> list[Path]:
    """The paths with names of WARC files in the page archive of a data folder, sorted."""
    return sorted(path for path in (folder / FOLDER).glob("*") if path.name.endswith(ENDINGS))
