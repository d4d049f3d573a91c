"""The base class of the project's spiders: their settings, and the attributes that the components use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy import Spider
from scrapy.exceptions import NotConfigured, UsageError
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.utils.misc import load_object

from mainland import config, environment, outputs
from mainland import settings as defaults
from mainland.storage.files import require_apart

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from mainland.items import Article

_ADDON = "mainland.addons.Mainland"
_OF_PROJECTS = frozenset({"ADDONS", "BOT_NAME", "COMMANDS_MODULE", "SPIDER_MODULES"})

crawl_opened = object()
"""Signal: a crawl has opened its data folder. Sent with ``spider``; ``scrapy parse`` and ``shell`` never send it."""

dates_requested = object()
"""Signal: a page does not show the instant of its post. Sent with the post's ``number``, the page's ``url``, and
``post``, the :class:`mainland.clean.dates.PostDates` that the site gave apart from the page; None for none."""


line_due = object()
"""Signal: the line of an article is about to be written. Sent with ``item``."""


class SettingError(ValueError, UsageError):
    """A setting is wrong; the text says what to do. ``scrapy runspider`` prints it as a line and ends with status 2."""


class SiteSpider(Spider):
    """A spider that requests pages of JNews sites. The project's components work for these spiders alone.

    It brings the add-on and the settings of :mod:`mainland.settings` with it where the project has none of its own, as
    in ``scrapy runspider`` and ``CrawlerProcess``.
    """

    host: str | None = None
    """The only host that is requested, as ``urls.host`` returns it; None: the host of each request before redirects."""

    home: str | None = None
    """The address of the home page; None: the root of each first request's host."""

    is_crawling = False
    """Whether a crawl is under way that writes into a data folder."""

    def note_written(self, item: Article) -> None:
        """Called when the line of an item is written: its address need not be requested again. Does nothing here."""

    def is_forgotten(self, url: str) -> bool:
        """Whether an address is that of a forgotten article, which must not be requested. False here."""
        return False

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Adds the project's settings, those of environment variables, the add-on and the User-Agent to the settings.

        :raises SettingError: one is wrong, or Scrapy would write over a file of the data folder.
        """
        set_defaults(settings)
        environment.apply(settings)
        super().update_settings(settings)
        settings.setdefault_in_component_priority_dict("ADDONS", load_object(_ADDON), 0)
        # A runner sets its own settings once more, at their priorities: this one must stand above them.
        above = max(settings.getpriority("ADDONS") or 0, SETTINGS_PRIORITIES["spider"]) + 1
        settings.set("ADDONS", settings.getdict("ADDONS"), priority=above)
        try:
            for name, path in outputs.files(settings, cls.name):  # before one of them is opened
                require_apart(name, path, config.folder(settings))
            settings.set("USER_AGENT", config.user_agent(settings), priority="spider")
        except ValueError as error:
            raise SettingError(str(error)) from None


def check_settings(settings: BaseSettings) -> None:
    """Checks every setting of the project, and those of Scrapy that it names.

    :raises SettingError: one is wrong.
    """
    try:
        config.check(settings)
    except ValueError as error:
        raise SettingError(str(error)) from None


def set_defaults(settings: BaseSettings) -> None:
    """Sets the values of :mod:`mainland.settings` as defaults, with the priority of an add-on.

    A setting of a project's ``settings.py``, a spider or the command line stays as it is.
    """
    for name, value in vars(defaults).items():
        is_ours = name.isupper() and name not in _OF_PROJECTS
        if is_ours and (settings.getpriority(name) or 0) < SETTINGS_PRIORITIES["addon"]:
            settings.set(name, value, priority="addon")


def require_site_spider(crawler: Crawler) -> None:
    """Checks that a component serves one of the project's spiders.

    :raises NotConfigured: it is another spider, which the component must leave alone.
    """
    if not issubclass(crawler.spidercls, SiteSpider):
        raise NotConfigured


class Component:
    """Base class of the components of Scrapy that serve only the project's spiders."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Makes the component for a crawl.

        :raises NotConfigured: see :func:`require_site_spider`.
        """
        require_site_spider(crawler)
        return cls(crawler)
