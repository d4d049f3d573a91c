"""Named histories: each is a loss that docs/reliability.md lists, as a short sequence of steps.

Each crawl says what is expected of it: the lines that it writes, the exit status, the addresses of articles that it
requests, the most requests. In the end the dataset equals the newspaper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from mainland.clean import dates
from mainland.storage.folder import DataFolder
from tests.decisions.cells import SITE, page
from tests.decisions.newspaper import Served, index, list_page, not_found, urlset
from tests.decisions.scripted import (
    FEED,
    HISTORIES,
    LISTS,
    REST,
    SITEMAPS,
    UNDATED,
    WITH_REST,
    ScriptedSite,
    history,
    static_page,
)
from tests.decisions.simulator import SOUND, Clock

__all__ = ["HISTORIES"]

SITEMAP = "wp-sitemap-posts-post-1.xml"
NOTICE = Served(200, b"<html><body>Soon back</body></html>")
SOFT_404 = not_found()._replace(status=200)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def in_sitemaps(change: Callable[[bytes], bytes]) -> Callable[[str, Served], Served]:
    """A filter of the sitemap of articles."""
    return lambda path, served: served._replace(body=change(served.body)) if path == SITEMAP else served


def all_dated(when: Callable[[], str]) -> Callable[[str, Served], Served]:
    """A filter that gives all entries of the sitemap one date of change."""
    return in_sitemaps(lambda body: re.sub(rb"<lastmod>[^<]*", f"<lastmod>{when()}".encode(), body))


def without_dates(_: str, served: Served) -> Served:
    """A filter of pages that bear no dates."""
    return served._replace(body=re.sub(rb'<meta property="article:[^>]*>', b"", served.body))


def listing(site: ScriptedSite, *numbers: int, **dates: str) -> Served:
    """A sitemap of some stories, all if none is named; ``dates`` gives other dates of change by name."""
    stories = map(site.story, numbers) if numbers else site.newspaper.stories
    return urlset({story.path: dates.get(story.name, story.modified.isoformat()) for story in stories})


IN_ZONE = re.compile(rb'(published_time" content=")([^"]*)')


@history(WITH_REST, SITEMAPS, LISTS, size=6, cases=[-5, 9], is_read=False)
def the_first_crawl_learnt_another_time_zone(site: ScriptedSite, hours: int) -> None:
    """As from a cached answer of a copy of the site. Dates without a zone were wrong until ``scrapy reparse``."""
    berlin = timedelta(hours=1)

    def local(path: str, served: Served) -> Served:
        def clock(found: re.Match[bytes]) -> bytes:
            return found[1] + f"{datetime.fromisoformat(found[2].decode()) + berlin:%Y-%m-%dT%H:%M:%S}".encode()

        return served._replace(body=IN_ZONE.sub(clock, served.body)) if path.startswith("s") else served

    def answer_zone(hours: int) -> None:
        site.answer("wp-json/", Served(200, json.dumps({"gmt_offset": hours}).encode()))

    site.filter(local)
    site.edit(3)
    answer_zone(hours)
    site.crawl("new 1-6")
    answer_zone(1)
    site.crawl(reads="")
    site.edit(4)
    site.crawl("edited 4, reparsed 1, reparsed 2, reparsed 3, reparsed 5, reparsed 6", full=True)
    site.expect(
        "dates",
        {line["id"]: (line["date_published"], line["date_modified"]) for line in site.dataset()},
        {each.number: (dates.utc(each.published), dates.utc(each.modified)) for each in site.newspaper.stories},
    )
    site.crawl(reads="", full=True)


# -- removals ------------------------------------------------------------------------------------------------------


@history(WITH_REST)
def one_removed_and_one_new(site: ScriptedSite) -> None:
    """REST counts as many posts as before."""
    site.delete(3)
    site.publish()
    site.crawl("removed 3, new 13")
    site.crawl(most=2)


@history(WITH_REST)
def one_removed_and_one_returned(site: ScriptedSite) -> None:
    """REST counts as many posts as before."""
    site.delete(5)
    site.crawl("removed 5")
    site.restore(5)
    site.delete(3)
    site.crawl("removed 3, returned 5")
    site.crawl(most=2)


@history(WITH_REST, SITEMAPS, cases=["500", "403", "notice", "302 s2/"])
def removed_but_its_page_answers_otherwise(site: ScriptedSite, answer: str) -> None:
    site.delete(12)
    site.fault("s12/", answer)
    first, second = ("", "removed 12")
    if answer.startswith("302") and site.profile.rest:  # which no longer returns it: the second look
        first, second = second, first
    site.crawl(first, status=0 if answer.startswith("302") else 3)  # nothing lists it: a redirect is no failure
    site.recover()
    site.crawl(second)
    site.crawl(most=3)


@history(WITH_REST, SITEMAPS, cases=["sitemap", "page"])
def removed_but_a_cache_shows_it(site: ScriptedSite, cached: str) -> None:
    if cached == "sitemap":
        site.fault("sitemap", "lags")
    else:
        site.answer("s4/", Served(200, site.story(4).page("s4/")))
    site.delete(4)
    site.crawl()
    site.recover()
    site.crawl("removed 4")


@history(WITH_REST)
def removed_after_a_crawl_of_one_section(site: ScriptedSite) -> None:
    site.publish("a")
    site.crawl("new 13", sections="a")
    site.delete(3)
    site.crawl("removed 3")


@history(WITH_REST, SITEMAPS, cases=["302 home", "302 s2/"])
def removed_and_leads_elsewhere(site: ScriptedSite, leads: str) -> None:
    """Each crawl ended with status 3."""
    site.delete(12)
    site.fault("s12/", leads)
    lines = ["removed 12", ""] if site.profile.rest else ["", "removed 12"]  # REST no longer returns it
    site.crawl(lines[0], reads="s12" if leads == "302 home" else "s12 s2")
    site.crawl(lines[1])
    site.crawl(reads="")


@history(WITH_REST, SITEMAPS)
def led_elsewhere_before_it_was_removed(site: ScriptedSite) -> None:
    """Each crawl ended with status 3."""
    site.touch(12)
    site.fault("s12/", "302 static page")
    site.crawl(status=3)
    site.delete(12)
    site.crawl("removed 12")
    site.crawl(reads="")


@history(SITEMAPS)
def leads_home_and_is_unlisted_later(site: ScriptedSite) -> None:
    """It stayed."""
    site.touch(1)
    site.fault("s1/", "301 home")
    site.crawl(status=3)
    site.crawl()
    site.delete(1)
    site.crawl("removed 1")
    site.crawl(reads="")


@history(SITEMAPS)
def became_a_static_page(site: ScriptedSite) -> None:
    """It stayed."""
    site.delete(1)
    site.answer("s1/", static_page("s1/"))
    site.crawl()
    site.crawl("removed 1")
    site.recover()
    site.close("sitemap", "feed")
    site.restore(1)
    site.crawl("returned 1", status=3)  # the sitemaps are gone


@history(SITEMAPS)
def twin_of_the_same_second_leads_to_its_twin(site: ScriptedSite) -> None:
    """It stayed: both had one date of publication."""
    first, second = site.publish(count=2)
    second.published = second.modified = first.published
    site.crawl("new 13-14")
    site.delete(14)
    site.fault("s14/", "301 s13/")
    site.crawl()
    site.crawl("removed 14")


@history(LISTS, size=24)
def on_no_list_any_more(site: ScriptedSite) -> None:
    """It stayed."""
    site.delete(3)
    site.crawl(full=True)  # one look is not enough where nothing lists everything
    site.crawl("removed 3", reads="s3")
    site.crawl(reads="")


@history(LISTS, size=24, cases=["301 home", "302 home", "soft 404"])
def on_no_list_any_more_and_leads_elsewhere(site: ScriptedSite, answer: str) -> None:
    """It stayed."""
    site.delete(3)
    site.fault("s3/", answer)
    site.crawl(full=True)
    site.crawl("removed 3")
    site.crawl(reads="", full=True)


@history(SITEMAPS)
def last_article_of_a_section_removed(site: ScriptedSite) -> None:
    """It was an alarm."""
    site.newspaper.sections.append("sport")
    site.publish("sport")
    site.crawl("new 13", full=True)
    site.delete(13)
    site.crawl("removed 13", full=True)


@history(SITEMAPS, size=16)
def unlisted_by_the_sitemap_and_alive(site: ScriptedSite) -> None:
    """They were requested in each crawl."""
    site.filter(in_sitemaps(lambda body: re.sub(rb"<url><loc>[^<]*/s[1-4]/.*?</url>", b"", body)))
    site.crawl(reads="s1 s2 s3 s4")
    site.crawl(reads="s1 s2 s3 s4")
    site.crawl(reads="")


# -- what is listed and does not show its article ------------------------------------------------------------------


@history(SITEMAPS, is_read=False)
def listed_before_it_is_there(site: ScriptedSite) -> None:
    """It was rejected at the first look, with status 0."""
    site.fault("s1/", "404")
    site.fault("s2/", "404")
    site.crawl("new 3-12", status=3)
    del site.faults["s1/"]
    site.crawl("new 1", reads="s1 s2")
    site.crawl(reads="")
    site.crawl(reads="s2", full=True)
    site.expect("rejected", site.rejected(), ["s2/"])
    site.recover()
    site.crawl("new 2", full=True)


@history(
    SITEMAPS,
    WITH_REST,
    cases=["404", "soft 404", "301 home", "302 s2/", "static page in its place"],
    is_read=False,
)
def listed_and_never_an_article(site: ScriptedSite, answer: str) -> None:
    """Each full crawl requests it once, and says nothing."""
    site.filter(
        in_sitemaps(lambda body: body.replace(b"</urlset>", f"<url><loc>{SITE}x/</loc></url></urlset>".encode()))
    )
    site.fault("x/", answer)
    site.crawl("new 1-12", status=0 if answer.startswith("static") else 3)
    site.crawl()
    rejected = site.rejected()
    for full in (False, True, False, True, False):
        found = site.crawl(full=full)
        site.expect("requests", found.requested["x/"], int(full))
    site.expect("rejected", site.rejected(), rejected)


@history(LISTS, size=24, cases=["404", "302 s2/"])
def shown_by_a_list_and_never_an_article(site: ScriptedSite, answer: str) -> None:
    """Each full crawl ended with status 3, because the crawl after it did not read that page of the list."""
    site.answer("category/a/page/2/", list_page(["x/", "s1/", "s3/"]))
    site.fault("x/", answer)
    site.crawl(status=3, full=True)
    site.crawl()
    for full in (False, True, False, True, False):
        found = site.crawl(full=full)
        site.expect("requests", found.requested["x/"], int(full))


@history(SITEMAPS, WITH_REST)
def removed_and_listed_again(site: ScriptedSite) -> None:
    """Each full crawl requests it once."""
    site.delete(3)
    site.crawl("removed 3")
    site.story(3).is_ghost = True
    site.crawl(status=3)
    site.crawl()
    for full in (False, True, False):
        site.crawl(reads="s3" if full else "", full=full)
    site.story(3).state = "public"
    site.crawl("returned 3", full=True)


@history(SITEMAPS)
def listed_articles_lead_home(site: ScriptedSite) -> None:
    """They were requested in each crawl."""
    site.touch(1, 2, 3, 4, 5)
    for number in range(1, 6):
        site.fault(f"s{number}/", "301 home")
    site.crawl(status=3)
    site.crawl()
    site.crawl(reads="")


@history(WITH_REST)
def listed_article_leads_to_another(site: ScriptedSite) -> None:
    site.touch(4)
    site.fault("s4/", "301 s2/")
    site.crawl(status=3)
    site.crawl()
    site.crawl(most=2)
    site.crawl(most=2)


@history(SITEMAPS, cases=[("301 s2/", 1), ("301 s2/", 2), ("302 s2/", 1), ("302 s2/", 2)])
def led_to_another_for_a_while(site: ScriptedSite, case: tuple[str, int]) -> None:
    """It was removed, and did not come back."""
    leads, looks = case
    site.touch(1)
    site.fault("s1/", leads)
    for look in range(looks):
        site.crawl(status=0 if look else 3)
    site.recover()
    site.crawl(full=True)


@history(WITH_REST)
def leads_elsewhere_and_no_sitemap_lists_it(site: ScriptedSite) -> None:
    """It was removed."""
    site.filter(in_sitemaps(lambda body: re.sub(rb"<url><loc>[^<]*/s5/.*?</url>", b"", body)))
    for full in (False, True):
        site.touch(5)
        site.fault("s5/", "302 static page")
        site.crawl(status=3, full=full)
        site.recover()
        site.crawl()
    site.crawl(most=2)


@history(WITH_REST)
def protected_since(site: ScriptedSite) -> None:
    """It was requested in each crawl."""
    site.touch(4)
    site.story(4).state = "protected"
    site.crawl("removed 4")
    site.crawl(most=2)
    site.crawl(most=2)
    site.touch(4)
    site.story(4).state = "public"
    site.crawl("returned 4")


@history(UNDATED, LISTS, FEED, size=6, cases=["from the start", "since"], is_read=False)
def password_is_lifted_where_nothing_dates_changes(site: ScriptedSite, protected: str) -> None:
    """It was noticed by the weekly full crawl alone."""
    if protected == "since":
        site.crawl("new 1-6")
    site.story(3).state = "protected"
    site.crawl("removed 3" if protected == "since" else None, pause=2 * HOUR)  # of stored articles, by their age
    site.crawl("", reads="" if protected == "since" else None)
    site.expect("it is looked at once a day", site.crawl(pause=DAY).requested["s3/"], 1)
    site.story(3).state = "public"
    site.crawl("returned 3" if protected == "since" else "new 3", pause=DAY)


@history(SITEMAPS, size=6, is_read=False)
def pages_of_amp_in_the_sitemap(site: ScriptedSite) -> None:
    """Each crawl ended with status 3."""
    site.filter(in_sitemaps(lambda body: re.sub(rb"(<url><loc>)([^<]*)(</loc>.*?</url>)", rb"\1\2\3\1\2amp/\3", body)))
    for story in site.newspaper.stories:
        site.answer(f"{story.path}amp/", amp(story.path))
    site.answer("s1/", amp("s1/"))  # not a copy, but the article's own address
    site.crawl("new 2-6", status=3)
    del site.newspaper.pages["s1/"]
    site.crawl("new 1")
    site.crawl(reads="")


def amp(path: str) -> Served:
    head = f'<html amp><link rel="canonical" href="/{path}">'
    return Served(200, f'{head}<body class="single-post">Text</body></html>'.encode())


# -- edits and dates -----------------------------------------------------------------------------------------------


@history(WITH_REST, SITEMAPS, REST)
def edited_but_a_cache_shows_the_old_text(site: ScriptedSite) -> None:
    site.edit(1, 2)
    site.fault("s1/", "older copy")
    site.fault("s2/", "older copy")
    site.crawl()
    site.recover()
    site.crawl("edited 1-2")
    site.crawl(reads="")


@history(SITEMAPS, REST)
def first_version_from_a_cache(site: ScriptedSite) -> None:
    """Its edit on the same day was not seen."""
    site.publish()
    site.edit(13)
    site.fault("s13/", "older copy")
    site.crawl("new 13")
    site.recover()
    site.crawl("edited 13")
    site.crawl(reads="")


@history(WITH_REST, SITEMAPS, REST, cases=[1, 2])
def a_cache_takes_an_edit_back(site: ScriptedSite, crawls: int) -> None:
    """The source and the page are as they were before the edit, for one crawl or two."""
    before = deepcopy(site.newspaper.stories)
    site.edit(4)
    site.crawl("edited 4")
    after = site.newspaper.stories
    site.put_back(before)
    site.crawl()
    if crawls == 2:
        site.crawl("edited 4")
    site.newspaper.stories = after
    site.crawl("edited 4" if crawls == 2 else "")
    site.crawl(most=3)


@history(WITH_REST, SITEMAPS, REST)
def restored_from_a_backup(site: ScriptedSite) -> None:
    """The later texts stayed."""
    before = deepcopy(site.newspaper.stories)
    site.edit(3, 4, 5)
    site.publish()
    site.crawl("edited 3-5, new 13")
    site.put_back(before)
    site.publish()
    site.crawl("new 14, removed 13")
    site.crawl("edited 3-5")
    site.crawl()
    site.crawl(most=3)


@history(WITH_REST)
def sitemap_with_a_clock_ahead(site: ScriptedSite) -> None:
    """Its date of publication is later than the edit in REST."""
    (story,) = site.publish()
    site.answer(SITEMAP, listing(site, s13=(story.modified + 5 * HOUR).isoformat()))
    site.crawl("new 13")
    site.crawl(reads="s13")
    Clock.moment += 2 * HOUR
    site.edit(13)
    site.crawl("edited 13")
    site.crawl(reads="s13")  # its page is still behind the date in the sitemap
    site.crawl(most=2)


@history(SITEMAPS)
def sitemap_with_a_clock_behind(site: ScriptedSite) -> None:
    """Hours behind the pages, then dated by the day: no edit was seen after the first."""
    for pause, behind in ((HOUR, 7 * HOUR), (HOUR, 6 * HOUR), (DAY, 24 * HOUR)):
        Clock.moment += pause
        site.edit(1)
        date = site.story(1).modified - behind
        site.answer(SITEMAP, listing(site, s1=date.isoformat() if pause < DAY else f"{date + DAY:%Y-%m-%d}"))
        site.crawl("edited 1")


@history(WITH_REST, SITEMAPS, size=30, is_read=False)
def sitemap_dated_at_the_moment_of_the_request(site: ScriptedSite) -> None:
    """All articles were requested in each crawl."""
    site.filter(all_dated(lambda: dates.utc(Clock.moment)))
    site.crawl("new 1-30")
    site.crawl(most=5)
    site.crawl(most=5)
    site.publish()
    site.delete(4)
    site.edit(5)
    lines = "new 31, removed 4"
    if site.profile.rest:
        site.crawl(f"{lines}, edited 5", most=10)
    else:
        site.crawl(lines, most=10)
        site.crawl("edited 5", pause=HOUR)  # for its age


@history(SITEMAPS, is_read=False)
def sitemap_dated_by_the_day(site: ScriptedSite) -> None:
    """A second edit on one day is found for its age."""
    site.filter(in_sitemaps(lambda body: re.sub(rb"(<lastmod>[^<T]*)T[^<]*", rb"\1", body)))
    site.publish()
    site.crawl("new 1-13")
    site.edit(13)
    site.crawl("edited 13", pause=HOUR)


@history(SITEMAPS, size=102, is_read=False)
def sitemap_lists_an_article_twice(site: ScriptedSite) -> None:
    """With two dates: it was requested in each crawl."""
    site.touch(1)
    again = f"<url><loc>{SITE}s1/</loc><lastmod>2020-01-01T00:00:00Z</lastmod></url></urlset>".encode()
    site.filter(in_sitemaps(lambda body: body.replace(b"</urlset>", again)))
    site.close("feed")
    site.crawl("new 1-102")
    site.crawl(reads="")


@history(SITEMAPS, is_read=False)
def dates_of_change_that_cannot_be(site: ScriptedSite) -> None:
    """After a date to come no change was seen."""
    wrong = ["2098-01-01T00:00:00Z", "2099-02-30", "99999-01-01", "yesterday", "-1", "", "2098-01-01T00:00:00Z"]
    site.answer(SITEMAP, listing(site, **{f"s{number}": date for number, date in enumerate(wrong, 1)}))
    site.crawl("new 1-12")
    site.crawl(reads="")
    site.recover()
    site.edit(1)
    site.crawl("edited 1")


PUBLISHED = {
    "1970-01-01T00:00:00+00:00": None,
    "2024-02-30T10:00:00+00:00": None,
    "10000-01-01T00:00:00+00:00": None,
    "-0044-03-15T12:00:00+00:00": None,
    "0000-00-00T00:00:00+00:00": None,
    "2099-01-01T00:00:00+00:00": "2099-01-01T00:00:00Z",
}
"""Dates of publication, with what the dataset has of them."""


@history(SITEMAPS, size=6, is_read=False, is_exact=False)
def dates_of_publication_that_cannot_be(site: ScriptedSite) -> None:
    for story, printed in zip(site.newspaper.stories, PUBLISHED, strict=True):
        body = story.page(story.path).replace(story.published.isoformat().encode(), printed.encode())
        site.answer(story.path, Served(200, body))
    site.crawl("new 1-6")
    found = {line["id"]: line["date_published"] for line in site.dataset()}
    site.expect("dates", found, dict(enumerate(PUBLISHED.values(), 1)))


@history(WITH_REST)
def a_date_of_change_to_come(site: ScriptedSite) -> None:
    """It was a change in each crawl."""
    site.touch(4)
    site.story(4).modified = datetime(2099, 1, 1, 10, tzinfo=UTC)
    site.crawl()
    site.crawl(most=2)


# -- sources ---------------------------------------------------------------------------------------------------------


@history(
    SITEMAPS,
    cases=[("news-sitemap.xml", "wp-sitemap.xml"), ("news-sitemap.xml",), ("a.xml", "b.xml"), ("page-sitemap.xml",)],
    is_read=False,
)
def robots_txt_names_sitemaps(site: ScriptedSite, named: tuple[str, ...]) -> None:
    """The first one was taken for the whole site."""

    def list_all() -> None:
        paths = [story.path for story in site.newspaper.public()]
        sets = {"news-sitemap.xml": paths[-2:], "page-sitemap.xml": ["about/"], "a.xml": paths[:6], "b.xml": paths[6:]}
        for name in sets.keys() & set(named):
            site.answer(name, urlset(dict.fromkeys(sets[name], "")))

    site.newspaper.robots_sitemaps = [*named]
    if "a.xml" in named:
        site.answer("wp-sitemap.xml", not_found())
    list_all()
    site.crawl("new 1-12")
    site.crawl(most=6, reads="")
    site.delete(2)
    list_all()
    site.crawl("removed 2")


@history(SITEMAPS, is_read=False)
def an_index_of_sitemaps_in_an_index(site: ScriptedSite) -> None:
    """The inner one was requested as an article."""
    site.close("feed")
    site.answer("wp-sitemap.xml", index(["posts.xml"]))
    site.answer("posts.xml", index([SITEMAP]))
    found = site.crawl("new 1-12")
    site.expect("requests", (found.requested["posts.xml"], found.requested[SITEMAP]), (1, 1))


@history(SITEMAPS, cases=["403", "404", "notice"])
def sitemap_away_for_a_day(site: ScriptedSite, answer: str) -> None:
    """The crawl ended with status 0."""
    site.delete(2)
    site.fault("sitemap", answer)
    site.crawl(status=3)
    site.recover()
    site.crawl("removed 2")


@history(SITEMAPS, cases=[1, 2, 3])
def sitemap_comes_back(site: ScriptedSite, days: int) -> None:
    """It was not read again."""
    site.fault("sitemap", "404")
    for day in range(days):
        site.crawl(status=0 if day else 3)
    site.recover()
    site.delete(2)
    site.crawl("removed 2")


@history(WITH_REST)
def sources_closed_permanently(site: ScriptedSite) -> None:
    """One crawl says so."""
    site.close("rest", "sitemap")
    site.crawl(status=3)
    site.publish()
    site.crawl("new 13")
    site.crawl()


@history(SITEMAPS)
def more_new_articles_than_the_feed_has(site: ScriptedSite) -> None:
    """The sitemap is in a cache, and the feed has ten of them."""
    site.fault("sitemap", "lags")
    for _ in range(13):
        site.publish("a")
        site.publish("b")
    site.crawl("new 13-38")


@history(WITH_REST)
def sitemap_behind_rest(site: ScriptedSite) -> None:
    """It costs no reading of the sections."""
    site.fault("sitemap", "lags")
    site.publish()
    site.crawl("new 13", most=5)


@history(SITEMAPS, size=3, is_read=False)
def one_sitemap_of_several_is_gone_or_cut(site: ScriptedSite) -> None:
    """The crawl ended with status 0, and the others were not read."""
    site.close("feed")
    site.answer("wp-sitemap.xml", index(["post-sitemap1.xml", "post-sitemap2.xml", "post-sitemap3.xml"]))
    site.answer("post-sitemap1.xml", listing(site, 1))
    site.answer("post-sitemap3.xml", listing(site, 2, 3))
    site.crawl("new 1-3")
    site.delete(3)
    site.answer("post-sitemap3.xml", listing(site, 2))
    site.crawl("removed 3")
    site.fault("post-sitemap3.xml", "breaks off")
    site.crawl(status=3)


@history(WITH_REST, size=16)
def sitemap_lists_the_newest_half_from_now_on(site: ScriptedSite) -> None:
    """An article that was removed from the other half stayed, with status 0: nothing requested it."""
    site.filter(lambda path, served: listing(site, *range(9, 17)) if path == SITEMAP else served)
    site.crawl()
    site.crawl(full=True)
    site.delete(3)
    site.crawl("removed 3")
    site.crawl(full=True)


@history(WITH_REST)
def rest_behind_the_other_sources(site: ScriptedSite) -> None:
    """An article that it listed too long stayed, because its count was the same when it no longer did."""
    cached: dict[str, Served] = {}

    def cache(path: str, served: Served) -> Served:
        if "wp/v2/posts?" not in path:
            return served
        return not_found() if "include=" in path else cached.setdefault(path, served)

    site.filter(cache)
    site.crawl(most=2)
    site.publish()
    site.delete(4)
    site.crawl("new 13", status=3)
    site.crawl()
    site.crawl(most=2)
    site.filter(lambda _, served: served)
    site.crawl("removed 4")
    site.crawl()
    site.crawl(most=2)


@history(SITEMAPS, size=16)
def sitemap_lacks_what_the_feed_shows(site: ScriptedSite) -> None:
    """It is not an inventory: nothing is removed by it."""
    site.answer(SITEMAP, listing(site, *range(5, 13)))
    for number in range(1, 5):
        site.fault(f"s{number}/", "404")
    site.crawl(reads="")
    site.crawl(reads="")


@history(SITEMAPS, size=16)
def one_look_where_the_sitemap_lacks_what_the_feed_shows(site: ScriptedSite) -> None:
    """It removed the article."""
    site.touch(1)
    site.fault("s1/", "500")
    site.crawl(status=3)
    site.answer(SITEMAP, listing(site, *range(2, 13)))
    site.fault("s1/", "404")
    site.crawl(status=3, reads="s1")


@history(REST, size=25, cases=[True, False])
def rest_gives_ten_posts_a_page(site: ScriptedSite, tells_pages: bool) -> None:  # noqa: FBT001
    """What stood behind the first page was missed."""
    site.newspaper.most_of_rest = 10
    if not tells_pages:
        site.filter(lambda _, served: served._replace(headers=served.headers[:1]))
    site.close("feed")
    site.crawl(None)
    site.edit(*range(1, 16))
    site.crawl("edited 1-15")
    site.crawl(most=3)


@history(REST)
def rest_counts_posts_that_it_does_not_show(site: ScriptedSite) -> None:
    def count_more(path: str, served: Served) -> Served:
        if not path.startswith("wp-json/") or not served.headers:
            return served
        if not path.endswith("&page=1"):
            return Served(400, b'{"code":"rest_post_invalid_page_number"}')
        return served._replace(headers=(("X-WP-Total", "14"),))

    site.filter(count_more)
    site.crawl(None)
    site.edit(*range(1, 13))
    site.crawl("edited 1-12")
    site.crawl(most=2)


@history(WITH_REST, size=25)
def rest_breaks_off_behind_its_first_page(site: ScriptedSite) -> None:
    """What stood on its second page was not seen to have changed."""
    site.newspaper.profile = replace(site.profile, is_dated=False)  # REST alone dates changes
    site.newspaper.most_of_rest = 10
    site.crawl(None)
    site.edit(*range(1, 26))
    second = "wp-json/wp/v2/posts?_fields=id,link,date_gmt,modified_gmt&orderby=modified&order=desc&per_page=100&page=2"
    site.fault(second, "500")
    site.crawl("edited 16-25", status=3)
    site.recover()
    site.crawl("edited 1-15")
    site.expect("second page", site.crawl().requested[second], 0)


@history(WITH_REST, is_read=False)
def rest_shows_one_language(site: ScriptedSite) -> None:
    """What only the sitemaps list was seen by the weekly crawl alone."""
    site.newspaper.hidden = {1, 3, 5, 7, 9, 13}
    site.crawl("new 1-12")
    site.publish()
    site.delete(3)
    site.crawl("new 13, removed 3")
    site.crawl(most=5)
    site.newspaper.hidden = set()
    site.crawl()
    site.crawl()
    site.crawl(most=2)


@history(WITH_REST, cases=["404", "500"], is_read=False)
def rest_shows_one_language_and_the_sitemaps_are_away(site: ScriptedSite, answer: str) -> None:
    site.newspaper.hidden = {1, 3, 5, 7, 9, 13}
    site.crawl("new 1-12")
    site.fault("sitemap", answer)
    site.crawl(status=3)
    site.crawl(status=3 if answer == "500" else 0)
    site.recover()
    site.publish()
    site.crawl("new 13")


def posts(**fields: Any) -> list[Any]:
    """What REST gives of six articles."""
    return [
        {"id": number, "link": f"{SITE}s{number}/", "modified_gmt": "2024-01-01T10:00:00"} | fields
        for number in range(1, 7)
    ]


def rest(found: Any, total: str = "6") -> Served:
    body = found if isinstance(found, str) else json.dumps(found)
    return Served(200, body.encode(), headers=(("X-WP-Total", total),))


LIES = {
    "total too large": rest(posts(), "999999999"),
    "total too small": rest(posts(), "1"),
    "total is not a number": rest(posts(), "\xb2"),
    "total of 5000 digits": rest(posts(), "9" * 5000),
    "one id": rest(posts(id=3)),
    "ids of 100 digits": rest(posts(id=10**100)),
    "links elsewhere": rest(posts(link="https://elsewhere.example/a/")),
    "surrogates": rest([*posts(), {"id": 9, "link": f"{SITE}\ud800/"}, {"id": 8, "link": "\x00"}]),
    "dates to come": rest(posts(modified_gmt="2098-01-01T00:00:00")),
    "wrong types": rest([None, 7, [], {}, {"id": None, "link": None}, *posts(modified_gmt={"a": None})]),
    "100,000 brackets": rest("[" * 100_000 + "]" * 100_000),
    "notice": NOTICE,
    "401": Served(401, b'{"code":"rest_not_logged_in"}'),
    "login": Served(302, location="login/"),
    "another host": Served(302, location="http://127.0.0.1:9/"),
    "no posts": rest([]),
}


@history(LISTS, size=6, cases=LIES, is_read=False)
def rest_lies(site: ScriptedSite, lie: str) -> None:
    """It hides nothing: the sections show it."""
    site.filter(lambda path, served: LIES[lie] if path.startswith("wp-json/") else served)
    site.crawl("new 1-6", reads="login s1 s2 s3 s4 s5 s6" if lie == "login" else "s1 s2 s3 s4 s5 s6", most=25)
    site.publish()
    site.crawl("new 7", full=True)


# -- sections --------------------------------------------------------------------------------------------------------


@history(LISTS, size=40, cases=["category/{}/?paged=2", "topic/{}/page/2/"], is_read=False)
def next_page_redirects_to_the_page_itself(site: ScriptedSite, linked: str) -> None:
    """The section ended there."""
    for section in site.newspaper.sections:
        site.answer(linked.format(section), Served(301, location=f"category/{section}/page/2/"))
        paths = [story.path for story in site.newspaper.stories if story.section == section]
        site.answer(f"category/{section}/", list_page(paths[:-11:-1], linked.format(section)))
    site.crawl("new 1-40")


@history(LISTS, size=6, is_read=False)
def on_the_home_page_alone(site: ScriptedSite) -> None:
    """It was not read."""
    (story,) = site.publish()
    site.unlist(7)
    site.newspaper.on_home = [story.path]
    site.crawl("new 1-7")


@history(LISTS, WITH_REST, size=6, is_read=False)
def no_articles_on_the_home_page(site: ScriptedSite) -> None:
    """Full crawls alone request them again."""
    site.newspaper.on_home = ["landing/", "deal/", "members/", "gone/"]
    site.answer("landing/", NOTICE)
    site.answer("deal/", Served(302, location="https://shop.example/"))
    site.answer("members/", Served(302, location="login/"))
    cards = "landing deal members login gone"
    site.crawl("new 1-6", reads=f"{cards} s1 s2 s3 s4 s5 s6")
    site.crawl(reads="")
    site.crawl(reads=cards, full=True)


@history(LISTS, size=6, is_read=False)
def led_away_before_a_list_showed_it(site: ScriptedSite) -> None:
    """It was rejected, with status 0."""
    site.unlist(6)
    site.newspaper.on_home = ["s6/"]
    site.answer("s6/", NOTICE)
    site.crawl("new 1-5")
    site.recover()
    site.story(6).is_listed = True
    site.crawl("new 6")


@history(SITEMAPS, size=6, is_read=False)
def site_without_sections(site: ScriptedSite) -> None:
    site.answer("", Served(200, page("home")))
    site.crawl("new 1-6")
    site.crawl(most=3)


@history(LISTS, size=40, is_read=False)
def error_page_with_status_200_behind_a_list(site: ScriptedSite) -> None:
    """Each crawl ended with status 3."""
    for section in site.newspaper.sections:
        paths = [story.path for story in site.newspaper.stories if story.section == section]
        for number in (1, 2):
            path = f"category/{section}/" + ("page/2/" if number == 2 else "")
            site.answer(path, list_page(paths[::-1][10 * number - 10 : 10 * number], None))
        site.answer(f"category/{section}/page/3/", SOFT_404)
    site.crawl("new 1-40")


@history(SITEMAPS, LISTS, size=40, is_read=False)
def robots_txt_forbids_the_pages_of_sections(site: ScriptedSite) -> None:
    """The crawl ended with status 0 though nothing else listed the articles."""
    site.close("feed")
    for section in site.newspaper.sections:
        site.fault(f"category/{section}/page/2/", "robots.txt forbids")
    is_listed = site.profile.sitemap
    site.crawl("new 1-40" if is_listed else "new 21-40", status=0 if is_listed else 3)
    site.crawl(status=0 if is_listed else 3, most=12)
    site.recover()
    site.crawl(None, full=True)


LABEL = '<div class="jeg_meta_category"><a href="/category/z/" class="category-z">Z</a></div>'
NEIGHBOUR = '<div class="jeg_prevnext_post"><a href="/s7/" class="post prev-post">7</a></div>'


def home_index(paths: list[str], foot: str = "") -> Served:
    """A page of a home page that is a list of posts."""
    menu = '<ul><li class="menu-item menu-item-object-category"><a href="/category/a/">a</a></li></ul>'
    titles = "".join(f'<h3 class="jeg_post_title"><a href="/{path}">x</a></h3>' for path in paths)
    return Served(200, page("home blog", f'{menu}<div class="jnews_index_content_wrapper">{titles}{foot}</div>'))


@history(LISTS, size=6, cases=["home index", "home index without links", "label", "neighbour"], is_read=False)
def in_a_section_that_nothing_links(site: ScriptedSite, where: str) -> None:
    """It was never found, with status 0."""
    site.newspaper.add(site.now(), "z")
    site.unlist(7)
    site.newspaper.sections = ["a", "b"]
    if where == "home index":
        site.answer("", home_index(["s6/", "s5/"], '<a class="page_nav next" href="/page/2/">2</a>'))
        site.answer("page/2/", home_index(["s7/", "s1/"], '<span class="page_number">2</span>'))
    elif where == "home index without links":
        site.answer("", home_index(["s6/", "s5/"]))
        site.answer("page/2/", home_index(["s7/", "s1/"]))
    else:
        mark = LABEL if where == "label" else NEIGHBOUR
        site.filter(lambda path, served: served._replace(body=served.body + mark.encode() * (path == "s3/")))
        site.answer("category/z/", list_page(["s7/"]))
    site.crawl(None if where.startswith("home") else "new 1-7")
    site.expect("the story is stored", "s7/" in site.paths(), wanted=True)
    site.crawl(reads="")
    site.newspaper.add(site.now(), "z")
    site.unlist(8)
    if where.startswith("home"):
        site.answer("", home_index(["s8/", "s6/"]))
    site.answer("category/z/", list_page(["s8/", "s7/"]))
    site.crawl("" if where == "neighbour" else "new 8", reads="" if where == "neighbour" else "s8")
    site.recover()
    site.story(7).is_listed = site.story(8).is_listed = True
    site.newspaper.sections.append("z")
    site.crawl(None, full=True)


@history(LISTS, SITEMAPS, size=6, is_read=False)
def section_that_only_an_article_links_is_gone(site: ScriptedSite) -> None:
    """It is not requested again, and no failure."""
    site.filter(lambda path, served: served._replace(body=served.body + LABEL.encode() * (path == "s3/")))
    site.crawl("new 1-6")
    site.crawl(reads="", most=7)
    site.answer("category/z/", list_page(["s3/"]))
    site.crawl(reads="", full=True, most=24)
    site.answer("category/z/", not_found())
    site.crawl(None, reads="", full=True, most=24)


@history(LISTS, SITEMAPS, size=12, is_read=False)
def list_goes_on_by_script_alone(site: ScriptedSite) -> None:
    """What follows is not read; where nothing else lists it, the crawl says so."""
    more = '<div class="jeg_block_loadmore"><a href="#" class="" data-load="Load More">Load More</a></div>'
    for section in site.newspaper.sections:
        paths = [story.path for story in site.newspaper.stories if story.section == section][:1:-1]
        shown = list_page(paths, None)
        for path in (f"category/{section}/", f"category/{section}/page/2/"):
            site.answer(
                path, shown._replace(body=shown.body.replace(b"</div></body>", f"{more}</div></body>".encode()))
            )
    status = 0 if site.profile.sitemap else 3
    site.crawl(None, status=status)
    site.crawl(status=status)
    site.recover()
    site.crawl(None, full=True)


def numbered_page(paths: list[str], number: int, last: int) -> Served:
    """A page of section a, with a pagination that links all pages of the list."""
    links = "".join(
        f'<a class="page_number" href="/category/a/{f"page/{each}/" if each > 1 else ""}">{each}</a>'
        for each in range(1, last + 1)
        if each != number
    )
    shown = list_page(paths, f"category/a/page/{number + 1}/" if number < last else "")
    return shown._replace(body=shown.body.replace(b'<span class="page_number"></span>', links.encode()))


def next_only(paths: list[str], number: int, last: int) -> Served:
    """A page of section a whose pagination has a link to the next page, and no numbers."""
    shown = list_page(paths, f"category/a/page/{number + 1}/" if number < last else "")
    return shown._replace(body=shown.body.replace(b'<span class="page_number"></span>', b""))


def three_pages(site: ScriptedSite, made: Callable[[list[str], int, int], Served]) -> dict[str, Served]:
    """Makes section a three pages of two stories each, and answers with them; returns them by their paths."""
    paths = [story.path for story in site.newspaper.stories if story.section == "a"][::-1]
    folders = ("category/a/", "category/a/page/2/", "category/a/page/3/")
    pages = {path: made(paths[2 * n : 2 * n + 2], n + 1, 3) for n, path in enumerate(folders)}
    for path, served in pages.items():
        site.answer(path, served)
    return pages


@history(
    LISTS,
    SITEMAPS,
    size=12,
    cases=[*product(("numbers", "next"), ("empty", "first", "404", "soft 404", "302")), ("numbers", "third")],
    is_read=False,
)
def another_page_in_place_of_one_of_a_list(site: ScriptedSite, case: tuple[str, str]) -> None:
    """That was the end of the section, with status 0; what came after it was read by the weekly full crawl alone.

    The pagination has numbers, or a link to the next page alone.
    """
    pagination, shown = case
    made, are_numbered = (numbered_page, True) if pagination == "numbers" else (next_only, False)
    first, second, third = pages = three_pages(site, made)
    faults = {
        "empty": made([], 2, 3 if are_numbered else 2),
        "first": pages[first],
        "third": pages[third],
        "404": not_found(),
        "soft 404": SOFT_404,
        "302": Served(302, location=first),
    }
    status = 0 if site.profile.sitemap else 3
    for path in (second,) if are_numbered else (third, second):
        site.answer(path, faults[shown])
        site.crawl(None, full=True, status=status)
        site.answer(path, pages[path])
        site.crawl(None)
        site.expect("stories", len(site.paths()), 12)
    if are_numbered:
        site.answer(third, made([], 3, 3))  # the last page that is named can be empty
    else:
        site.answer(third, not_found())  # a link that leads nowhere: believed at the second look
        site.crawl(None, full=True, status=status)
        site.crawl(full=True)
    site.crawl(full=True)


@history(LISTS, size=12, cases=["404", "home"], is_read=False)
def a_list_that_was_cut_short_goes_on_with_a_page_that_is_gone(site: ScriptedSite, answer: str) -> None:
    """The page at which the last crawl stopped was the end, with status 0."""
    pages = three_pages(site, next_only)
    second = "category/a/page/2/"
    site.fault(second, "500")
    site.crawl(None, status=3)
    site.recover()
    three_pages(site, next_only)
    site.answer(second, not_found() if answer == "404" else Served(302, location=""))
    site.crawl(None, status=3)
    site.answer(second, pages[second])
    site.crawl(None)
    site.expect("stories", len(site.paths()), 12)


@history(LISTS, size=12, cases=["back", "in a circle", "without end", "without end and empty"], is_read=False)
def pagination_leads_nowhere(site: ScriptedSite, leads: str) -> None:
    """Where all its links led to the first page, that was the end of the section, with status 0."""
    paths = [story.path for story in site.newspaper.stories if story.section == "a"][::-1]
    for path, each in three_pages(site, numbered_page).items():
        if leads == "back":
            body = re.sub(rb'href="/category/a/[^"]*"', b'href="/category/a/page/1/"', each.body)
            site.answer(path, each._replace(body=body))
    if leads == "in a circle":
        site.answer("category/a/page/3/", list_page(paths[4:], "category/a/page/2/"))
    elif leads.startswith("without"):
        for number in range(3, 40):
            shown = [] if leads.endswith("empty") and number > 3 else paths[4:]
            site.answer(f"category/a/page/{number}/", next_only(shown, number, 100))
    site.crawl("new 1-12", status=3 if leads == "without end" else 0, most=30)  # the same again is looked at twice
    site.crawl(full=True, most=18)


@history(LISTS, SITEMAPS, size=6, is_read=False)
def section_whose_list_cannot_be_read(site: ScriptedSite) -> None:
    """A page without a list that is known ended the section, with status 0; it removes nothing."""
    unread = page("archive category", '<div class="jeg_main"><p class="x"><a href="/s1/">A list of cards</a></p></div>')
    is_listed = site.profile.sitemap
    for is_known in (False, True):
        for section in site.newspaper.sections:
            site.answer(f"category/{section}/", Served(200, unread))
        site.crawl("" if is_known else None, status=0 if is_listed and not is_known else 4, full=True)
        site.crawl(status=0 if is_listed else 4, full=True)
        site.recover()
        site.crawl(None, full=True)


@history(WITH_REST, SITEMAPS, LISTS, size=0, is_read=False)
def nothing_is_listed_anywhere(site: ScriptedSite) -> None:
    """As of a site that is in a folder of the one that is crawled. The crawl was complete, with status 0."""
    site.crawl(status=4)
    site.crawl(status=4)
    site.publish()
    site.crawl("new 1")
    site.crawl()


def with_section_old(site: ScriptedSite) -> None:
    """A sitemap names the sections a and old."""
    site.answer("wp-sitemap.xml", index([SITEMAP, "category-sitemap.xml"]))
    site.answer("category-sitemap.xml", urlset(dict.fromkeys(["category/a/", "category/old/"], "")))


@history(SITEMAPS, cases=["301 home", "301 about/", "301 s2/"], is_read=False)
def section_leads_permanently_to_a_page_without_a_list(site: ScriptedSite, leads: str) -> None:
    """Each crawl ended with status 3."""
    with_section_old(site)
    site.fault("category/old/", leads)
    site.crawl("new 1-12")
    site.crawl(most=4)
    site.fault("category/a/", leads)  # which showed articles
    site.crawl(status=4, full=True)
    site.crawl(full=True)


@history(SITEMAPS, cases=["302 home", "301 soon/", "notice"], is_read=False)
def section_shows_no_list_for_another_reason(site: ScriptedSite, answer: str) -> None:
    site.answer("soon/", NOTICE)
    site.fault("category/a/", answer)
    site.crawl("new 1-12", status=3)
    site.crawl(status=3)


@history(SITEMAPS, cases=["403", "301 off the site", "302 off the site"], is_read=False)
def section_is_refused(site: ScriptedSite, answer: str) -> None:
    """As one for members, or one that is on another host now. Each crawl ended with status 3."""
    site.fault("category/a/", answer)
    site.crawl("new 1-12")
    site.crawl(most=5)
    site.publish()
    site.crawl("new 13", full=True)
    site.crawl(most=5)


@history(LISTS, cases=["403", "301 off the site"], is_read=False)
def section_is_refused_where_nothing_else_lists_its_articles(site: ScriptedSite, answer: str) -> None:
    site.fault("category/a/", answer)
    site.crawl(None, status=3)
    site.crawl(status=3)
    site.recover()
    site.crawl(None, full=True)


@history(LISTS, size=40, is_read=False)
def page_of_a_section_fails_once(site: ScriptedSite) -> None:
    """The next crawl goes on there."""
    site.fault("category/a/page/2/", "500")
    site.crawl(None, status=3)
    site.recover()
    site.crawl(None)


@history(LISTS, size=8, is_read=False)
def link_to_a_section_that_is_not_there(site: ScriptedSite) -> None:
    site.newspaper.sections.append("nowhere")
    site.answer("category/nowhere/", not_found())
    site.crawl("new 1-8")
    site.crawl(status=3, sections="nowhere")


@history(LISTS, is_read=False)
def the_only_section_that_is_crawled_fails(site: ScriptedSite) -> None:
    """The site was recorded as unreachable."""
    site.fault("category/b/", "500")
    site.crawl(status=3, sections="b")
    site.recover()
    site.crawl("new 1-12")


@history(UNDATED, size=40, cases=["s7/", "category/a/page/2/", SITEMAP], is_read=False)
def fails_in_each_crawl(site: ScriptedSite, broken: str) -> None:
    """Each crawl read the whole site."""
    site.close("feed")
    site.fault(broken, "500")
    site.crawl(None, status=3)
    for _ in range(2):
        found = site.crawl(status=3).requested
        site.expect("request", found[broken] > 0, wanted=True)
        site.expect("others", [p for p in found if re.match(r"s\d|category/b/page", p) and p != broken], [])
    site.recover()
    site.crawl(None)
    site.crawl()


def forget(site: ScriptedSite, number: int) -> None:
    """What ``scrapy forget`` does; the site goes on to show the article."""
    folder = DataFolder(site.folder)
    folder.forget({number})
    folder.close()
    site.story(number).state = "forgotten"


@history(LISTS, size=6, is_exact=False)
def a_redirect_leads_to_the_new_address_of_a_forgotten_article(site: ScriptedSite) -> None:
    """The new address itself was requested once more."""
    forget(site, 3)
    site.rename(3, "x/", redirects=False)
    site.answer("x/", Served(301, location="y/"))
    site.answer("y/", Served(200, site.story(3).page("y/")))
    site.crawl(status=3)
    site.recover()
    site.rename(3, "y/", redirects=False)
    site.expect("requested", "y/" in site.crawl(full=True).requested, wanted=False)


def without_ids(_: str, served: Served) -> Served:
    """A filter of pages that do not show the ids of their posts."""
    return served._replace(body=re.sub(rb" postid-[0-9]+", b"", served.body))


@history(WITH_REST, size=6, is_read=False)
def no_page_shows_an_id_and_rest_does(site: ScriptedSite) -> None:
    """No article was stored, with status 0."""
    site.filter(without_ids)
    site.crawl("new 1-6")
    site.edit(2)
    site.crawl("edited 2")


@history(SITEMAPS, LISTS, size=6, is_read=False, is_exact=False)
def no_page_shows_an_id_and_no_source_does(site: ScriptedSite) -> None:
    """No article was stored, with status 0."""
    site.close("feed")
    site.filter(without_ids)
    for _ in range(3):
        site.crawl(status=4)
    site.expect("reason", "none of them can be stored" in site.verdict(), wanted=True)


@history(WITH_REST, SITEMAPS, size=6)
def pages_do_not_show_their_ids_any_more(site: ScriptedSite) -> None:
    """Edits were not stored: status 3 once, then 0."""
    site.filter(without_ids)
    site.edit(2)
    site.crawl("edited 2")
    site.crawl()


@history(SITEMAPS, size=40)
def a_notice_in_place_of_one_article_for_weeks(site: ScriptedSite) -> None:
    """Each crawl counted it again, until the fifth one said that the pages are no articles any more."""
    site.fault("s7/", "notice")
    site.edit(7)
    for _ in range(6):
        site.crawl(status=3)
    site.recover()
    site.crawl("edited 7")


@history(SITEMAPS, size=60)
def an_alarm_that_is_over(site: ScriptedSite) -> None:
    """It came again with the first crawls whose pages were well, because those before them counted as theirs."""
    site.edit(*range(1, 21))
    for number in range(1, 21):
        site.fault(f"s{number}/", "notice")
    site.crawl(status=4)
    site.delete(*range(3, 21))
    site.recover()
    site.crawl("edited 1-2, removed 3-20")
    site.publish(count=5)
    site.crawl("new 61-65")
    site.edit(1)
    site.crawl("edited 1")


# -- addresses and ids -----------------------------------------------------------------------------------------------


@history(SITEMAPS, cases=["301", "404"])
def permalinks_change_and_change_back(site: ScriptedSite, old: str) -> None:
    """All articles were removed."""
    for folder in ("2024/", ""):
        for story in site.newspaper.stories:
            site.newspaper.move(story, f"{folder}{story.name}/", redirects=old == "301")
        site.crawl("moved 1-12")


@history(SITEMAPS, REST, cases=["301", "404"])
def another_address_and_another_date(site: ScriptedSite, old: str) -> None:
    """It was rejected as a second article of its id, then removed."""
    site.rename(7, "new/", redirects=old == "301")
    site.story(7).published += DAY
    site.crawl("edited 7")
    site.crawl()


@history(SITEMAPS, is_read=False)
def canonical_link_names_another_article(site: ScriptedSite) -> None:
    """One was stored at the other's address, and removed when that was read."""
    body = site.story(2).page("s2/")
    site.answer("s2/", Served(200, body.replace(b'canonical" href="https://a.example/s2/', b'canonical" href="/s1/')))
    site.crawl("new 1-12")
    site.crawl()


@history(SITEMAPS, size=3, is_read=False, is_exact=False)
def new_addresses_on_a_site_without_dates(site: ScriptedSite) -> None:
    """A cache still shows the old ones. All were rejected, then removed."""
    site.filter(without_dates)
    site.crawl("new 1-3")
    for story in site.newspaper.stories:
        site.answer(story.path, Served(200, story.page(story.path)))
        site.rename(story.number, f"news/{story.path}", redirects=False)
    site.crawl(None)
    site.recover()
    site.crawl(None)
    site.expect("paths", site.paths(), {"news/s1/", "news/s2/", "news/s3/"})


@history(SITEMAPS, is_read=False, is_exact=False)
def another_article_without_a_date_at_an_address(site: ScriptedSite) -> None:
    """It was an edit of the first."""
    site.filter(without_dates)
    site.crawl("new 1-12")
    site.delete(5)
    (story,) = site.publish()
    story.path = "s5/"
    site.crawl("new 13, removed 5")


@history(WITH_REST, SITEMAPS, is_read=False)
def one_article_at_two_addresses(site: ScriptedSite) -> None:
    """It moved with each edit."""
    site.story(1).aliases = ["europe/s1/"]
    body = site.story(1).page("s1/")
    site.answer("europe/s1/", Served(200, body))
    site.crawl("new 1-12")
    for _ in range(2):
        site.touch(1)
        site.answer("europe/s1/", Served(200, site.story(1).page("s1/")))
        site.crawl()


@history(WITH_REST, SITEMAPS)
def articles_take_each_others_addresses(site: ScriptedSite) -> None:
    """One was removed, then returned."""
    one, other, third = map(site.story, (1, 2, 3))
    site.touch(1, 2, 3)
    one.path, other.path, third.path = other.path, third.path, one.path
    site.crawl("moved 1-3")
    site.delete(3)
    site.touch(1)
    one.path = third.path
    site.crawl("moved 1, removed 3")
    site.crawl()
    site.crawl(reads="")


@history(SITEMAPS, cases=["403", "500"])
def articles_swap_while_short_links_are_closed(site: ScriptedSite, answer: str) -> None:
    """One was removed."""
    one, other = site.touch(1, 2)
    one.path, other.path = other.path, one.path
    site.fault("?p=1", answer)
    site.fault("?p=2", answer)
    site.crawl(status=3)
    site.recover()
    site.crawl("moved 1-2")


@history(SITEMAPS, is_read=False, is_exact=False)
def two_articles_with_one_id(site: ScriptedSite) -> None:
    """They replaced each other. An import gives each its own id."""
    twin = site.story(2)
    twin.number = 1
    site.crawl("new 1, new 3-12", status=4)
    first = site.paths() & {"s1/", "s2/"}
    site.crawl(status=4, full=True)
    site.expect("stays", site.paths() & {"s1/", "s2/"}, first)
    site.expect("rejected", {*site.rejected()}, {"s1/", "s2/"} - first)
    site.expect("one line", "has the id of another article" in site.verdict(), wanted=True)
    for story in site.newspaper.stories:
        story.number += 1000
    twin.number = 1002
    site.touch(1001, 1002)
    site.crawl(None, full=True)
    site.expect("paths", len(site.paths()), 12)
    twin.state = "deleted"
    (story,) = site.publish()
    story.number = 1002  # the id of the twin is used again
    site.crawl(None, full=True)
    site.crawl(full=True)
    site.expect("paths", site.paths() & {"s1/", "s2/", "s13/"}, {"s1/", "s13/"})


@history(SITEMAPS, is_read=False)
def second_subpage_leads_back_to_the_first(site: ScriptedSite) -> None:
    """The text of the first stood there twice."""
    links = b'</p><div class="jeg_pagelinks"><a href="/s1/2/">2</a></div>'
    site.answer("s1/", Served(200, site.story(1).page("s1/").replace(b"</p>", links, 1)))
    site.answer("s1/2/", Served(301, location="s1/"))
    site.crawl("new 2-12", status=3)
    site.recover()
    site.crawl("new 1")


@history(REST, SITEMAPS, size=8)
def detour_to_what_took_an_address_over(site: ScriptedSite) -> None:
    """Both articles were public at one address, permanently: the short link of the older one did not answer."""
    (story,) = site.touch(2)
    story.number, story.published = 20, story.published - timedelta(days=3)
    story.be_another()
    site.newspaper.has_short_links = False
    site.delete(5)
    site.fault("s5/", "301 s2/")
    site.crawl(status=3)
    site.crawl("new 20, removed 2, removed 5")
    site.crawl(full=True)


@history(SITEMAPS, WITH_REST, size=8)
def a_cache_mixes_up_pages_after_an_import(site: ScriptedSite) -> None:
    """An article was removed: its short link, by the id that it had before the import, answered 404."""
    for story in site.newspaper.stories:
        story.number += 1000
    site.touch(*range(1001, 1009))
    site.crawl()
    site.touch(1002)
    site.answer("s2/", Served(200, site.story(1005).page("s5/")))
    site.crawl(status=3)
    site.recover()
    site.crawl(reads="s2")


@history(SITEMAPS, size=8)
def another_article_in_place_after_an_import(site: ScriptedSite) -> None:
    """The stored article has moved: its short link, by its new id, says where."""
    for story in site.newspaper.stories:
        story.number += 1000
    site.touch(*range(1001, 1009))
    site.crawl()
    one, other = site.touch(1001, 1002)
    one.path, other.path = other.path, one.path
    site.crawl("moved 1-2")


@history(SITEMAPS, WITH_REST, size=8)
def a_cache_shows_the_page_of_a_moved_article(site: ScriptedSite) -> None:
    """The article of another address was moved to the requested one, and back by the next crawl."""
    site.touch(2)
    site.rename(5, "new/s5/")
    site.answer("s2/", Served(200, site.story(5).page("new/s5/")))
    site.fault("new/s5/", "500")
    site.crawl(None, status=3)
    site.expect("the address is that of another", "s2/" in site.paths(), wanted=True)
    site.recover()
    site.crawl(None)
    lines = [line["change"] for line in site.lines if line["id"] == 5]
    site.expect("lines of the article", lines, ["new", "moved"])


@history(SITEMAPS, WITH_REST, size=8)
def a_cache_is_behind_in_two_crawls(site: ScriptedSite) -> None:
    """The edit was read at its next change only."""
    before = site.story(2).page("s2/")
    site.edit(2)
    site.answer("s2/", Served(200, before))
    site.crawl()
    site.crawl()
    site.recover()
    site.crawl(reads="")
    site.crawl("edited 2", full=True)


@history(SITEMAPS, WITH_REST, size=8)
def a_page_with_the_id_of_a_removed_article(site: ScriptedSite) -> None:
    """The removed article returned with the text of the other one, which was lost."""
    site.delete(3)
    site.crawl("removed 3")
    (story,) = site.publish()
    site.answer(story.path, Served(200, replace(story, number=3).page(story.path)))
    site.crawl(status=3)
    site.recover()
    site.crawl(f"new {story.number}")


@history(SITEMAPS, WITH_REST, size=8, is_exact=False)
def the_id_of_a_removed_article_is_used_again(site: ScriptedSite) -> None:
    """It is stored under that id, at the second look."""
    site.delete(3)
    site.crawl("removed 3")
    (story,) = site.publish()
    story.number = 3
    site.crawl(status=3)
    site.crawl("returned 3")
    site.expect("its address", story.path in site.paths(), wanted=True)


@history(SITEMAPS, WITH_REST, size=8)
def a_redirect_leads_to_an_address_that_a_cache_mixed_up(site: ScriptedSite) -> None:
    """The stored article of that address was never looked at again: it stayed when it was removed."""
    (story,) = site.publish()
    site.answer(story.path, Served(301, location="s4/"))
    site.answer("s4/", Served(200, site.story(5).page("s5/")))
    site.crawl(status=3)
    site.recover()
    site.crawl(f"new {story.number}")
    site.delete(4)
    site.crawl("removed 4")


@history(REST, size=8)
def an_import_that_no_page_showed(site: ScriptedSite) -> None:
    """The old id of an article that its address did not show was requested from REST, not returned, and removed."""
    for story in site.newspaper.stories:
        story.number += 1000
    site.touch(1004)
    site.fault("s4/", "302 home")
    site.crawl(status=3)
    site.crawl()
    site.recover()
    site.crawl(full=True)


@history(REST, size=8, is_exact=False)
def an_article_and_its_other_address_are_gone_and_still_listed(site: ScriptedSite) -> None:
    """After each full crawl the next one requested the other address again, and ended with status 3."""
    site.story(3).aliases.append("de/s3/")
    site.crawl()
    site.touch(3)
    site.story(3).state, site.story(3).is_ghost = "deleted", True
    site.crawl(status=3)
    site.crawl(status=3, full=True)
    site.crawl(full=True)
    site.crawl()


@history(SITEMAPS, size=8, cases=(1, 3, 5))
def stopped_before_a_removal_whose_address_led_to_another(site: ScriptedSite, steps: int) -> None:
    """The article that stood there was known: with it the removal counted as done, and the article stayed."""
    site.delete(3)
    site.answer("s3/", Served(302, location="s4/"))
    site.crawl()
    site.crawl_in(SOUND, end="signal", kill_after=steps)
    site.crawl(None)


@history(SITEMAPS, size=8)
def every_page_mixed_up_after_a_change_of_addresses(site: ScriptedSite) -> None:
    """Articles were moved to the addresses of others, and back for days."""
    site.newspaper.has_short_links = False
    stories = site.newspaper.stories
    for story in stories:
        site.newspaper.move(story, f"new/{story.name}/", redirects=True)
    for story, other in zip(stories, [*stories[3:], *stories[:3]], strict=True):
        site.answer(story.path, Served(200, other.page(other.path)))
    site.crawl("moved 1-8", status=3)
    site.recover()
    site.crawl(full=True)
    site.crawl()


@history(SITEMAPS, size=8)
def a_cache_shows_an_article_before_its_last_edit(site: ScriptedSite) -> None:
    """Of two edits the last one, more than a day old, was not seen; nor the only one of a new article."""
    site.edit(2)
    before = site.story(2).page("s2/")
    site.edit(2)
    site.answer("s2/", Served(200, before))
    (story,) = site.publish()
    site.answer(story.path, Served(200, story.page(story.path)))
    site.edit(story.number)
    site.crawl(f"edited 2, new {story.number}", pause=3 * DAY)
    site.recover()
    site.crawl(f"edited 2, edited {story.number}", full=True)


@history(UNDATED, size=3)
def an_article_is_dated_anew_and_moves_twice(site: ScriptedSite) -> None:
    """Redirects in a row from its stored address were no answer: one more crawl ended with status 3."""
    site.rename(1, "s1-2/")
    site.story(1).published -= timedelta(days=3)
    for path in ("s1/", "s1-2/"):
        site.answer(path, NOTICE)
    site.crawl(status=3)
    site.recover()
    site.rename(1, "s1-3/")
    site.crawl("edited 1", status=3, full=True)
    site.crawl()


@history(REST, size=8, cases=(3, 6))
def killed_between_an_article_and_the_removal_of_the_one_before(site: ScriptedSite, steps: int) -> None:
    """Both were public at one address, permanently."""
    site.delete(3)
    (story,) = site.publish()
    story.path = "s3/"
    site.crawl_in(SOUND, end="power cut", kill_after=steps)
    site.crawl(None)
    site.crawl()


@history(SITEMAPS, size=8)
def the_other_address_of_an_article_shows_an_older_copy(site: ScriptedSite) -> None:
    """While the address at which it is stored shows another page: the edit was taken back."""
    site.story(5).aliases.append("de/s5/")
    site.crawl()
    before = site.story(5).page("s5/")
    site.edit(5)
    site.crawl("edited 5")
    site.answer("s5/", Served(301, location="https://b.example/x/"))
    site.answer("de/s5/", Served(301, location="https://b.example/x/"))
    site.crawl(full=True, status=3)
    site.answer("s5/", static_page("s5/"))
    site.answer("de/s5/", Served(200, before))
    site.crawl(None)
    site.crawl(None)
    site.recover()
    site.crawl(full=True)


@history(LISTS, size=8)
def stored_at_an_address_that_is_protected(site: ScriptedSite) -> None:
    """A cache showed it there. It stayed when its own address showed it: status 3 in each crawl."""
    site.newspaper.has_short_links = False
    site.story(4).state = "protected"
    site.newspaper.move(site.story(4), "new/s4/", redirects=False)
    site.newspaper.move(site.story(3), "new/s3/", redirects=False)
    site.answer("new/s4/", Served(200, site.story(3).page("new/s4/")))
    site.fault("new/s3/", "500")
    site.crawl(None, status=3)
    site.recover()
    site.crawl(None, full=True)
    site.crawl("removed 4")


@history(REST, WITH_REST, size=8)
def redirects_lead_to_an_older_copy(site: ScriptedSite) -> None:
    """With the article that was found there its address counted as read: the edit was lost."""
    (story,) = site.publish()
    site.answer(story.path, Served(200, story.page(story.path)))
    site.edit(story.number)
    site.touch(1)
    site.answer("s1/", Served(301, location=story.path))
    site.crawl(f"new {story.number}", status=3, pause=3 * DAY)
    site.recover()
    site.crawl(f"edited {story.number}", full=True)


@history(WITH_REST, size=8)
def stored_where_rest_does_not_name_it_and_gone(site: ScriptedSite) -> None:
    """The sitemaps listed it at both addresses, REST at one: the other one's 410 removed it at one look."""
    (story,) = site.publish()
    story.aliases.append(f"video/{story.path}")
    site.fault("rest", "notice")
    site.fault(story.path, "500")
    site.crawl(None, status=3)
    site.recover()
    site.crawl()
    story.aliases.clear()
    site.touch(story.number)
    site.fault(f"video/{story.path}", "410")
    site.fault(story.path, "301 off the site")
    site.crawl(status=3, full=True)
    site.recover()
    site.crawl(None, full=True)
    site.crawl()


@history(SITEMAPS, size=3, cases=("404", "another article"))
def the_stored_address_of_an_article_dated_anew_leads_on(site: ScriptedSite, where: str) -> None:
    """Each crawl ended with status 3: what stood behind the redirect was no answer."""
    site.rename(1, "s1-2/", redirects=False)
    site.story(1).published -= timedelta(days=3)
    site.answer("s1/", Served(301, location="gone/" if where == "404" else "s2/"))
    site.crawl("edited 1")
    site.crawl()


@history(SITEMAPS, size=8)
def a_new_article_shown_at_the_address_of_a_translation(site: ScriptedSite) -> None:
    """A cache mixed them up. The new one was stored there, and stayed when it was deleted."""
    site.story(1).aliases.append("de/s1/")
    (story,) = site.publish()
    site.answer("de/s1/", Served(200, story.page(story.path)))
    site.answer(story.path, Served(200, site.story(3).page("s3/")))
    site.crawl(f"new {story.number}")
    site.recover()
    site.delete(story.number)
    site.crawl(None, full=True)
    site.crawl()


@history(REST, WITH_REST, size=8)
def two_articles_swap_addresses_and_an_old_one_leads_there(site: ScriptedSite) -> None:
    """One was removed, and returned in the crawl after that."""
    site.story(3).aliases.append("de/s3/")
    site.crawl()
    site.story(3).aliases.clear()
    site.newspaper.redirects["de/s3/"] = "s3/"
    site.newspaper.has_short_links = False
    one, other = site.touch(3, 5)
    one.path, other.path = other.path, one.path
    site.crawl(status=3)
    site.crawl("moved 3, moved 5")
    site.crawl()


@history(REST, size=8, is_exact=False)
def gone_before_its_address_showed_it(site: ScriptedSite) -> None:
    """The address of a translation was that of a new article, which is gone. Each second crawl ended with status 3."""
    site.story(3).aliases.append("de/s3/")
    site.crawl()
    site.story(3).aliases.clear()
    (story,) = site.publish()
    story.path, story.state, story.is_ghost = "de/s3/", "deleted", True
    for status in (3, 0, 0, 0):
        site.crawl(status=status)
