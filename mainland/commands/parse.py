"""``scrapy parse``: Scrapy's command, with settings of the environment, and arguments that are checked first."""

from __future__ import annotations

import argparse
import logging
import warnings

from scrapy.commands.parse import Command as ScrapyParse

from mainland import config, outputs
from mainland.command import ProjectCommand
from mainland.exit_status import ExitStatus
from mainland.spiders.articles import ArticlesSpider
from mainland.spiders.base import SiteSpider


def _without_traceback(record: logging.LogRecord) -> bool:
    """A log filter that leaves the message of an error alone."""
    record.exc_info = None
    return True


class Command(ProjectCommand, ScrapyParse):
    """Prints what a spider reads from a page; nothing is stored."""

    requires_project = False  # mainland runs it in any folder

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """As in the base class; also checks the address, the spider with its callback and arguments, and all settings.

        Ends the process with exit status 2 if one is wrong.
        """
        super().process_options(args, opts)
        opts.output = opts.output or opts.overwrite_output  # Scrapy's command writes items only with -o
        # Scrapy's own command wraps each callback so.
        warnings.filterwarnings("ignore", ".* returned a Deferred")
        opts.spider = opts.spider or ArticlesSpider.name
        try:
            if len(args) != 1 or "/" not in args[0].partition(":")[2]:
                raise ValueError("give one address, for instance https://example.org/a-story/")
            spider = self.spider_class(opts.spider)
            if not issubclass(spider, SiteSpider):
                return
            if opts.rules or not callable(getattr(spider, opts.callback or "parse", None)):
                wrong = "no rules" if opts.rules else f"no callback {opts.callback!r}"
                raise ValueError(f"the spider has {wrong}: leave the option out, its callback is parse")
            settings = self.settings.copy()
            spider.update_settings(settings)
            config.check(settings)
            config.arguments(opts.spargs, settings)
            outputs.rehearse(spider, settings, opts.spargs)
        except ValueError as error:
            self.refuse(str(error))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Requests the address and prints what the spider reads; ``exitcode`` is 1 without a response."""
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(_without_traceback)
        super().run(args, opts)
        if not self.first_response:
            self.exitcode = ExitStatus.FAILED
