"""The files of a data folder: their names, those of several workers, and the lines in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mainland.storage.errors import ElsewhereError, LockedError
from mainland.storage.lines import DamagedLineError, LinesFile, Place, sound_line, sync_folder

CHANGES, ARTICLES, REJECTED = "changes.jsonl", "articles.jsonl", "rejected.jsonl"
RUNS, FORGOTTEN, LOCK, HOLDER = "runs.jsonl", "forgotten.jsonl", "crawl.lock", "crawl.json"
INDEX = "index.sqlite"
DUPLICATES, REPORT = "duplicates.jsonl", "report.html"
COMPARED = "copies.sqlite"
"""The texts that are compared to find near-duplicates, where the index is in PostgreSQL."""

FORMER_INDEX = "archive.sqlite"
"""The index of versions before ``index.sqlite``: left as it is, until something is forgotten."""

_FILES = {CHANGES, ARTICLES, REJECTED, RUNS, FORGOTTEN, LOCK, HOLDER, INDEX, DUPLICATES, REPORT, COMPARED}
_FILES |= {FORMER_INDEX, "exported.json"}


class Files:
    """``changes.jsonl`` and ``rejected.jsonl`` of one worker, open for writing; others are opened when needed."""

    def __init__(self, folder: Path, worker: str = "", *, is_shared: bool = False) -> None:
        """Opens or creates the two files in an existing folder, which this process has locked.

        Half a line at the end of one is set aside, see :attr:`repaired`. ``is_shared``: other folders can have lines
        of the same index; then :meth:`read` raises ElsewhereError for a file that is not here, else DamagedLineError.

        :raises OSError: one cannot be opened; none stays open.
        """
        self.folder, self.worker, self._is_shared = folder, worker, is_shared
        self.repaired: list[str] = []
        """What was repaired in the folder since it was opened, in words."""
        with ExitStack() as opened:
            self.changes = opened.enter_context(LinesFile(self.own(CHANGES)))
            self.rejected = opened.enter_context(LinesFile(self.own(REJECTED)))
            opened.pop_all()
        self._note_torn(self.changes, self.rejected)

    def own(self, name: str) -> Path:
        """The path of this worker's own file of a name: ``changes-WORKER.jsonl`` for ``changes.jsonl``."""
        return self.folder / called(name, self.worker)

    @contextmanager
    def writable(self, name: str, *, are_others: bool) -> Iterator[list[LinesFile]]:
        """A block that may write the files of a name, CHANGES or REJECTED.

        These are the worker's own file, which comes first, and with ``are_others`` those of all other workers, which
        are locked and open during the block.

        :raises LockedError: another crawl is using one of those.
        :raises OSError: one cannot be opened.
        """
        own = self.changes if name == CHANGES else self.rejected
        with ExitStack() as opened:
            files = [own]
            for worker, path in workers(self.folder, name).items():
                if are_others and path != own.path:
                    try:
                        opened.enter_context(FileLock(self.folder / called(LOCK, worker), is_singleton=True).acquire(0))
                    except Timeout:
                        raise LockedError(f"another crawl is using {path}") from None
                    files.append(opened.enter_context(LinesFile(path)))
            self._note_torn(*files[1:])
            yield files

    def _note_torn(self, *files: LinesFile) -> None:
        """Adds to :attr:`repaired` which files had half a line at their ends."""
        for file in files:
            if file.torn:
                self.repaired.append(f"a half line at the end of {file.path.name} was set aside")

    def read(self, file: str, place: Place) -> bytes:
        """The line at a place in a file of this folder, given by its name, the worker's own or another's.

        :raises DamagedLineError: it is not the line that was written there.
        :raises ElsewhereError: the file is not in this folder, and can be in that of another worker.
        """
        if file == self.changes.path.name:
            return self.changes.read(place)
        try:
            with (self.folder / file).open("rb") as other:
                return sound_line(other.fileno(), place)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError):
            if self._is_shared:
                raise ElsewhereError(file) from None
            raise DamagedLineError(f"there is no {file!r}") from None  # the index is of this folder alone

    def sync(self) -> None:
        """Puts all lines of both files safely on the disk.

        :raises OSError: lines since the last sync were lost.
        """
        self.changes.sync()
        self.rejected.sync()

    def close(self) -> None:
        """Syncs and closes both files. Raises no error: what cannot be synced is lost."""
        for file in (self.changes, self.rejected):
            with suppress(OSError):
                file.close()


def called(name: str, worker: str) -> str:
    """The name of a file with the worker's name in it; the name alone where ``worker`` is empty.

    >>> called("changes.jsonl", "a"), called("changes.jsonl", "")
    ('changes-a.jsonl', 'changes.jsonl')
    """
    stem, dot, kind = name.partition(".")
    return f"{stem}-{worker}{dot}{kind}" if worker else name


def workers(folder: Path, name: str) -> dict[str, Path]:
    """The files of a name in a folder, by the worker that writes them; its name is "" where there is only one."""
    stem, _, kind = name.partition(".")
    paths = sorted(folder.glob(f"{stem}*.{kind}"))
    found = ((re.fullmatch(rf"{stem}(?:-([a-z0-9_]+))?\.{kind}", path.name), path) for path in paths)
    return {match[1] or "": path for match, path in found if match}


def is_own_file(name: str) -> bool:
    """Whether a file of a data folder, given by its name, is one that the commands write.

    >>> [is_own_file(name) for name in ("changes-a.jsonl", "index.sqlite-wal", ".changes.jsonl.20261127")]
    [True, True, False]
    """
    return re.sub(r"-[a-z0-9_]+(?=\.)|(?<=\.sqlite)-(wal|shm|journal)$", "", name) in _FILES


def is_of_data_folder(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path is a file that the commands write, and lies in a data folder.

    A data folder is one of ``folders``, or any other with the lock of a crawl.
    """
    place, *data = (Path(os.path.realpath(each)) for each in (path.parent, *folders))
    is_data = place in data or next(place.glob("crawl*.lock"), None) is not None
    return is_own_file(path.name) and is_data


def require_apart(name: str, path: Path, *folders: Path) -> None:
    """Checks that a file to be written is none that the commands write into a data folder, also through a link.

    :raises ValueError: it is one, in one of ``folders`` or any other data folder; the text calls it ``name``.
    """
    if any(is_of_data_folder(each, folders) for each in (path, Path(os.path.realpath(path)))):
        raise ValueError(f"{name} {path} is a file of the data folder: choose another name")


def create(folder: Path) -> None:
    """Creates a folder and its parents, safely on the disk.

    :raises OSError: it cannot be created.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def state(path: Path) -> str | None:
    """A text that differs after each change of a file: its size in bytes, the time of the change in ns.

    None where no file can be found.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return f"{found.st_size}:{found.st_mtime_ns}"
