"""The page archive: what was downloaded, as WARC 1.1 files in ``pages/`` of the data folder.

The format is specified at https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/. Each record
is a gzip member of its own.
"""

from mainland.storage.warc.files import (
    DAMAGED,
    ENDINGS,
    FOLDER,
    BrokenArchiveError,
    archives,
    not_files,
    wanted,
)
from mainland.storage.warc.forgetting import take_out, unsearched
from mainland.storage.warc.reading import Record, records, response_of, sound
from mainland.storage.warc.writing import PageArchive

__all__ = [
    "DAMAGED",
    "ENDINGS",
    "FOLDER",
    "BrokenArchiveError",
    "PageArchive",
    "Record",
    "archives",
    "not_files",
    "records",
    "response_of",
    "sound",
    "take_out",
    "unsearched",
    "wanted",
]
