"""What a site says of machines that read it: robots.txt towards AI agents, and the TDM Reservation Protocol."""

from __future__ import annotations

import json
from typing import Any

from protego import Protego

# As their makers name them, on 2026-11-22.
AI_AGENTS = (
    *("AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ChatGPT-User", "Claude-User"),
    *("Claude-Web", "ClaudeBot", "cohere-ai", "Diffbot", "DuckAssistBot", "FacebookBot", "Google-Extended", "GPTBot"),
    *("ImagesiftBot", "Meta-ExternalAgent", "MistralAI-User", "OAI-SearchBot", "omgili", "PanguBot", "Perplexity-User"),
    *("PerplexityBot", "PetalBot", "Timpibot", "YouBot"),
)
_KEYS = ("location", "tdm-reservation", "tdm-policy")
_MOST = 20


def refused_agents(robots: str) -> list[str]:
    r"""The AI agents that a robots.txt keeps from the whole site.

    >>> refused_agents("User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /wp-admin/")
    ['CCBot', 'GPTBot']
    """
    rules = Protego.parse(robots)
    return [agent for agent in AI_AGENTS if not rules.can_fetch("/", agent)]


def tdmrep(body: bytes) -> list[dict[str, Any]] | None:
    """The rules of a ``tdmrep.json`` (W3C's TDM Reservation Protocol), at most twenty; None for what is none.

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
