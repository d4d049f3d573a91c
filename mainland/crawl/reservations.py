"""What a site says about programs that read it: robots.txt for AI agents, and the TDM Reservation Protocol."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from protego import Protego

from mainland.clean import urls

# As their makers name them, on 2026-11-22.
AI_AGENTS = (
    *("AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ChatGPT-User", "Claude-User"),
    *("Claude-Web", "ClaudeBot", "cohere-ai", "Diffbot", "DuckAssistBot", "FacebookBot", "Google-Extended", "GPTBot"),
    *("ImagesiftBot", "Meta-ExternalAgent", "MistralAI-User", "OAI-SearchBot", "omgili", "PanguBot", "Perplexity-User"),
    *("PerplexityBot", "PetalBot", "Timpibot", "YouBot"),
)
_KEYS = ("location", "tdm-reservation", "tdm-policy")
_MOST = 20
_MOST_SITEMAPS = 50


def refused_agents(robots: str) -> list[str]:
    r"""The agents of :data:`AI_AGENTS` that a robots.txt keeps from the home page, in that order.

    For an agent that no group names, the group ``User-agent: *`` counts. Rules for other addresses do not count.

    >>> refused_agents("User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /wp-admin/")
    ['CCBot', 'GPTBot']
    >>> len(refused_agents("User-agent: *\nDisallow: /")) == len(AI_AGENTS)
    True
    """
    rules = Protego.parse(robots)
    return [agent for agent in AI_AGENTS if not rules.can_fetch("/", agent)]


def sitemaps(robots: str, base: str) -> list[str]:
    r"""The addresses of the sitemaps that a robots.txt names, read as RFC 9309 says; at most fifty.

    >>> sitemaps("\ufeffSITEMAP: /map.xml # ours\nSitemap: http://[\nSitemap:", "https://example.org/robots.txt")
    ['https://example.org/map.xml']
    """
    pairs = (line.partition("#")[0].partition(":") for line in robots.removeprefix("\ufeff").splitlines())
    named = (value.strip() for name, _, value in pairs if name.strip().lower() == "sitemap" and value.strip())
    return list(islice(filter(None, (urls.absolute(base, value) for value in named)), _MOST_SITEMAPS))


def tdmrep(body: bytes) -> list[dict[str, Any]] | None:
    """The rules of a ``tdmrep.json`` (W3C's TDM Reservation Protocol), at most twenty; None if it is not one.

    >>> tdmrep(b'[{"location": "*", "tdm-reservation": 1}]'), tdmrep(b"<html>")
    ([{'location': '*', 'tdm-reservation': 1}], None)
    """
    try:
        rules = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(rules, list) or not all(isinstance(rule, dict) and "tdm-reservation" in rule for rule in rules):
        return None
    return [{key: rule[key] for key in _KEYS if isinstance(rule.get(key), (str, int))} for rule in rules[:_MOST]]
