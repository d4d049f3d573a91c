"""Exporters for Scrapy's feed exports, ``-o`` and ``-O``."""

from __future__ import annotations

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
        self.is_new = file.tell() == 0

    def finish_exporting(self) -> None:
        if self._headers_not_written and self.is_new:
            self.fields_to_export = self.fields_to_export or [field.name for field in fields(Article)]
            self._write_headers_and_set_fields_to_export(None)
        super().finish_exporting()
