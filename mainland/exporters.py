"""Exporters for Scrapy's feed exports, ``-o`` and ``-O``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, BinaryIO

from scrapy import exporters

from mainland.items import Article


class CsvItemExporter(exporters.CsvItemExporter):
    """Scrapy's CSV exporter, which writes the header even if there is no item.

    Programs cannot read an empty file as a table.

    The header has the fields that are requested, otherwise those of :class:`mainland.items.Article`.
    """

    def __init__(self, file: BinaryIO, **named: Any) -> None:
        super().__init__(file, **named)  # type: ignore[arg-type]
        self.is_empty = not file.seekable() or file.tell() == 0

    def export_item(self, item: Any) -> None:
        """Writes the row of an item."""
        self.is_empty = False
        super().export_item(item)

    def finish_exporting(self) -> None:
        """Writes the header if no item was exported and the file was empty; then ends the export."""
        if self.is_empty and self.include_headers_line:
            names = self.fields_to_export or [field.name for field in fields(Article)]
            self.csv_writer.writerow(names.values() if isinstance(names, Mapping) else names)
        super().finish_exporting()
