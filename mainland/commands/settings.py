"""``scrapy settings``: Scrapy's command, with the settings of the environment."""

from __future__ import annotations

import argparse

from scrapy.commands.settings import Command as ScrapySettings

from mainland.command import ProjectCommand


class Command(ProjectCommand, ScrapySettings):
    """Prints the value of a setting."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the setting; ends the process with exit status 2 if it has not the type that an option asks for."""
        try:
            super().run(args, opts)
        except (TypeError, ValueError) as error:
            self.refuse(f"the setting has another type: {error}")
