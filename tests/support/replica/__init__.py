"""A made-up WordPress and JNews news site to crawl, served from a subprocess."""

from tests.support.replica.client import Replica

__all__ = ["Replica"]
