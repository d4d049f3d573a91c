"""Why a site refuses a crawl, in words: which answer it was, at which address, and what the operator can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego
from scrapy.http import Response

from mainland.clean.text import cut, printable
from mainland.middlewares import ForbiddenError, OffTheSiteError
from mainland.pages.looks import looks

STATUSES = (401, 403, 451)
"""The statuses by which a site refuses to show a page."""

_MOST_RULES = 2000
_LONGEST_RULE = 500
_BROWSER = "open it in a browser on this machine"
_ADVICE = (
    ("host cannot be resolved", "check the spelling of the address, and the name server of this machine"),
    ("connection refused", "check host and port, and whether the site is up"),
    ("certificate not valid", f"{_BROWSER}; the crawl accepts no invalid certificate"),
    ("no TLS at this address", "give the address with http://"),
    ("leads off the site", "if the site has moved, give its new address as -a site=URL, with another data folder"),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer by which the site refuses a crawl."""

    url: str
    reason: str
    """The answer, in words: a status, a rule of robots.txt, or the kind of a page."""

    advice: str
    """What the operator can do."""

    def __str__(self) -> str:
        return f"{printable(self.reason)} at {cut(printable(self.url))}; {printable(self.advice)}"


def of_status(response: Response) -> Refusal:
    """The refusal in a response with an error status, one of :data:`STATUSES`."""
    advice = f"{_BROWSER}; if it shows there, the site blocks programs or this network: write to the site"
    return Refusal(response.url, f"status {response.status}{described(response)}", advice)


def of_page(response: Response, what: str) -> Refusal:
    """The refusal in a page that is not the site's own; ``what`` says in words what it is or lacks."""
    advice = f"{_BROWSER}: for a challenge, write to the site; otherwise check the address, only JNews sites are read"
    return Refusal(response.url, f"{what}{described(response)}", advice)


def of_failure(url: str, error: BaseException, robots: str, agent: str) -> Refusal:
    """The refusal in a request that was not sent, or whose redirect was not followed; ``error`` says why.

    ``robots`` is the text of robots.txt, ``agent`` the User-Agent.
    """
    if isinstance(error, OffTheSiteError) and error.url:
        return Refusal(url, f"leads off the site, to {_host(error.url)}", advice(str(error)))
    if isinstance(error, ForbiddenError):
        return _of_rules(url, "forbidden by robots.txt", robots, agent)
    return Refusal(url, str(error), _BROWSER)


def of_robots(robots: str, agent: str, home: str, articles: Iterable[str]) -> Refusal | None:
    """The refusal in a robots.txt that forbids all articles, given by their addresses; None where it does not.

    None too where it forbids the only article and not the address ``home``, or where there are no articles.
    """
    rules, known = Protego.parse(robots), []
    for url in articles:
        if rules.can_fetch(url, agent):
            return None
        known.append(url)
    if not known or (len(known) == 1 and rules.can_fetch(home, agent)):
        return None
    return _of_rules(known[0], f"all known articles ({len(known)}) forbidden by robots.txt", robots, agent)


def _of_rules(url: str, what: str, robots: str, agent: str) -> Refusal:
    """The refusal of an address by a rule of robots.txt, which is named behind ``what`` if it is found."""
    rule = forbidding_rule(robots, agent, url)
    return Refusal(url, f"{what}{f', {rule}' if rule else ''}", "the crawl obeys it: ask the site for permission")


def advice(reason: str) -> str:
    """What an operator can do about a failure, in words, given its reason in words."""
    return next((what for words, what in _ADVICE if words in reason), f"if it stays, {_BROWSER}")


def described(response: Response) -> str:
    """What a page looks like, in words that begin with a comma; "" where it shows nothing known."""
    headers = [(str(name), str(value)) for name, value in response.headers.to_unicode_dict().items()]
    appearance = looks(response.body, headers)
    return f", {appearance}" if appearance else ""


def forbidding_rule(robots: str, agent: str, url: str) -> str | None:
    r"""The rule in the text of a robots.txt that forbids an address to a User-Agent, with its line; None for none.

    Of several, the longest of those that name the agent, otherwise of those for all agents.

    >>> forbidding_rule("User-agent: *\nDisallow: /wp-admin/\nDisallow: /", "mainland/1", "https://a.example/feed/")
    'line 3: Disallow: /'
    """
    found = [
        (names != ["*"], len(pattern), -number, pattern)
        for names, number, pattern in _rules(robots)
        if not _group(names, pattern).can_fetch(url, agent)
    ]
    if not found:
        return None
    *_, number, pattern = max(found)
    return f"line {-number}: Disallow: {cut(printable(pattern))}"


def _group(names: list[str], pattern: str) -> Protego:
    return Protego.parse("\n".join([*map("User-agent: {}".format, names), f"Disallow: {pattern}"]))


def _rules(robots: str) -> Iterator[tuple[list[str], int, str]]:
    """Yields the first 2000 ``Disallow`` rules of a robots.txt: user agents, number of the line (from 1), pattern."""
    names: list[str] = []
    is_open, count = False, 0
    for number, line in enumerate(robots.removeprefix("\ufeff").splitlines(), 1):
        field, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        if field.lower() == "user-agent":
            names = [*names, value] if is_open else [value]
            is_open = True
        elif field:
            is_open = False
            if field.lower() == "disallow" and value and len(value) < _LONGEST_RULE:
                count += 1
                yield names, number, value
        if count == _MOST_RULES:
            return


def _host(url: str) -> str:
    return f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
