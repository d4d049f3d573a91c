"""``scrapy settings``: Scrapy's command, with the settings of the environment."""

from __future__ import annotations

from scrapy.commands.settings import Command as ScrapySettings

from mainland.command import ProjectCommand


class Command(ProjectCommand, ScrapySettings):
    """Prints the value of a setting."""
