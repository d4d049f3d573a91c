"""``scrapy parse``: Scrapy's command, with the settings of the environment, which are checked."""

from __future__ import annotations

import argparse

from scrapy.commands.parse import Command as ScrapyParse

from mainland import config
from mainland.command import ProjectCommand
from mainland.spiders.articles import ArticlesSpider


class Command(ProjectCommand, ScrapyParse):
    """Prints what a spider reads from a page; nothing is stored."""

    requires_project = False  # mainland runs it in any folder

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """As in the base class; also checks all settings, and ends the process with exit status 2 if one is wrong."""
        super().process_options(args, opts)
        try:
            settings = self.settings.copy()
            ArticlesSpider.update_settings(settings)
            config.check(settings)
        except ValueError as error:
            self.refuse(str(error))
