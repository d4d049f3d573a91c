"""The files that Scrapy writes beside the dataset: its feed exports and its log. They are checked before a crawl.

Scrapy itself finds most mistakes only when there is an item, or at the end of the crawl.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.extensions import feedexport
from scrapy.settings import BaseSettings, Settings
from scrapy.utils.misc import load_object

from mainland.clean.text import cut
from mainland.setting_types import require_folder

_TRUTH, _NUMBER, _PATHS = ((bool,), "true or false"), ((int,), "a whole number"), ((list, tuple), "a list")
_OPTIONS = {
    "batch_item_count": _NUMBER,
    "fields": ((list, tuple, dict), "a list of fields, or a dictionary of their headers"),
    "indent": _NUMBER,
    "item_classes": _PATHS,
    "item_export_kwargs": ((dict,), "a dictionary"),
    "overwrite": _TRUTH,
    "postprocessing": _PATHS,
    "store_empty": _TRUTH,
}
"""What the options of an output take: types, and the same in words. Scrapy takes "false" for true."""

_PARAMETERS = "%(name)s, %(time)s, %(batch_id)d or %(batch_time)s"


def files(settings: BaseSettings, spider: str) -> Iterator[tuple[str, Path]]:
    """Yields each local file that Scrapy writes in a crawl of a spider: its name for messages, and its path.

    :raises ValueError: the address of an output is malformed.
    """
    for output in _addresses(settings):
        if path := _local_file(output.replace("%(name)s", spider)):
            yield "the output", path
    if log := settings.get("LOG_FILE"):
        yield "the log", Path(log)


def check(settings: BaseSettings) -> None:
    """Checks the options of each output, and that its file is not a folder, nor below a file.

    :raises ValueError: something is wrong; the text says which output, and what to do.
    """
    for output, options in (settings.get("FEEDS") or {}).items():
        _require_options(cut(str(output)), options)
    for output in _addresses(settings):
        if (path := _local_file(output)) is not None:
            require_folder("the output", path.parent)
            if path.is_dir():
                raise ValueError(f"the output {output} is a folder: give a file")


def rehearse(spider: type[Spider], settings: BaseSettings, arguments: Mapping[str, str]) -> None:
    """Checks that Scrapy can write each output of a crawl: makes it once, without an item and in memory.

    ``arguments`` are those of the spider.

    :raises ValueError: Scrapy could not write one; the text says why.
    """
    if not _addresses(settings):
        return
    logger, said = logging.getLogger(feedexport.__name__), _Said()
    logger.addHandler(said)
    logger.propagate = False
    output = ""
    try:
        with warnings.catch_warnings(action="ignore"):
            crawler = Crawler(spider, Settings(settings))
            exporter = feedexport.FeedExporter(crawler)
            for output in exporter.feeds:
                _rehearse(exporter, output, spider.from_crawler(crawler, **arguments))
    except NotConfigured:
        raise ValueError(f"no output can be written: {said.text}") from None
    except KeyError as error:
        raise ValueError(f"the output {cut(output)}: there is no parameter {error}: take {_PARAMETERS}") from None
    except (ImportError, NameError, TypeError, ValueError, OSError) as error:
        why = cut(str(error).removeprefix("Error loading object "))
        if not output:
            raise ValueError(f"no output can be written: {why}: see FEEDS, FEED_EXPORTERS and FEED_STORAGES") from None
        raise ValueError(f"the output {cut(output)} cannot be written: {why}") from None
    finally:
        logger.removeHandler(said)
        logger.propagate = True


def _addresses(settings: BaseSettings) -> list[str]:
    """The outputs of Scrapy's settings, with their parameters: files and addresses."""
    single = settings.get("FEED_URI")
    return [*([str(single)] if single else ()), *map(str, settings.get("FEEDS") or {})]


def _require_options(output: str, options: object) -> None:
    """Checks the types of an output's options, and its encoding.

    :raises ValueError: one is wrong; the text says which, and what it takes.
    """
    if not isinstance(options, Mapping):
        raise ValueError(f'FEEDS: {output}: it takes a dictionary: give for instance {{"encoding": "utf-8"}}')  # noqa: TRY004 - as for every setting
    encoding = options.get("encoding") or "utf-8"
    try:
        "".encode(encoding)
    except (LookupError, TypeError, ValueError):
        what = f"there is no encoding of text {cut(repr(encoding))}"
        raise ValueError(f'FEEDS: {output}: {what}: give for instance {{"encoding": "utf-8"}}') from None
    for name, (types, takes) in _OPTIONS.items():
        value = options.get(name)
        if value is not None and (not isinstance(value, types) or isinstance(value, bool) > (bool in types)):
            raise ValueError(f"FEEDS: {output}: {name} is {cut(repr(value))}: it takes {takes}")


class _Said(logging.Handler):
    """Keeps the last message of a logger."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


class _Memory:
    """Storage of an output whose content is dropped."""

    def open(self, spider: Spider) -> IO[bytes]:
        return io.BytesIO()

    def store(self, file: IO[bytes]) -> None:
        file.close()


def _rehearse(exporter: feedexport.FeedExporter, output: str, spider: Spider) -> None:
    """Makes the address of an output, and its exporter with what it loads; writes its beginning and its end."""
    options = exporter.feeds[output]
    now = datetime.now(UTC).isoformat()
    parameters = {name: getattr(spider, name) for name in dir(spider)}
    parameters |= {"time": now, "batch_time": now, "batch_id": 1}
    if options["uri_params"]:
        parameters = load_object(options["uri_params"])(parameters, spider) or parameters
    slot = feedexport.FeedSlot(
        storage=_Memory(),
        uri=feedexport.apply_uri_params(output, parameters),
        format=options["format"],
        store_empty=False,
        batch_id=1,
        uri_template=output,
        filter=exporter.filters[output],
        feed_options=options,
        spider=spider,
        exporters=exporter.exporters,
        settings=exporter.settings,
        crawler=exporter.crawler,
    )
    slot.start_exporting()
    slot.finish_exporting()


def _local_file(output: str) -> Path | None:
    """The file of an output of Scrapy, a path or a URI; None if it is not local or has a placeholder, ``%(time)s``.

    :raises ValueError: the address is malformed.
    """
    parts = urlsplit(output)
    if parts.scheme not in ("", "file") or "%(" in output:
        return None
    return Path(url2pathname(parts.path) if parts.scheme else output)
