"""The Scrapy add-on that registers the project's components, beside those of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.utils.misc import load_object

from mainland.spiders.base import Component

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_COMPONENTS = {
    "DOWNLOADER_MIDDLEWARES": {
        "mainland.middlewares.OwnHostMiddleware": 50,
        "mainland.middlewares.StrictRobotsTxtMiddleware": 100,
        "mainland.middlewares.PatientRetryMiddleware": 550,
        "mainland.middlewares.CarefulCompressionMiddleware": 590,
    },
    "EXTENSIONS": {
        "mainland.extensions.CrawlDelay": 0,
        "mainland.extensions.Progress": 0,
        "mainland.extensions.PageArchiver": 0,
        "mainland.extensions.Summary": 900,
    },
    "ITEM_PIPELINES": {
        "mainland.pipelines.CheckPipeline": 100,
        "mainland.pipelines.DeduplicatePipeline": 200,
        "mainland.pipelines.WritePipeline": 300,
    },
}
"""Components of the project, by setting: import path and order. A user's own value for one of them is kept."""

_REPLACED = {
    "DOWNLOADER_MIDDLEWARES": (
        "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",
        "scrapy.downloadermiddlewares.retry.RetryMiddleware",
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware",
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",  # no site is requested with a password
    ),
    "SPIDER_MIDDLEWARES": (  # nothing here has use for them, and they would run for every page
        "scrapy.spidermiddlewares.depth.DepthMiddleware",
        "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware",
    ),
}
"""Components of Scrapy that are switched off: subclasses above take their places, or nobody needs them."""


class Mainland(Component):
    """Scrapy add-on: registers the project's pipelines, extensions and middlewares for its spiders.

    Other spiders of the same Scrapy project are left as they are.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        """Adds the project's components to the settings, and switches off those of Scrapy that they replace.

        A component that the user's settings name already stays as it is there.
        """
        for name, paths in _REPLACED.items():
            for path in paths:
                settings.set_in_component_priority_dict(name, load_object(path), None)
        for name, orders in _COMPONENTS.items():
            for path, order in orders.items():
                settings.setdefault_in_component_priority_dict(name, load_object(path), order)
        settings["FEED_EXPORTERS"].setdefault("csv", "mainland.exporters.CsvItemExporter", priority="addon")
        # The ledger knows on disk what was requested.
        settings.set("DUPEFILTER_CLASS", "scrapy.dupefilters.BaseDupeFilter", priority="addon")
