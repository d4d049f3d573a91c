"""An error in the rules of a field costs the field alone, in a whole crawl too."""

from __future__ import annotations

from pathlib import Path

from tests.support import hostile
from tests.support.crawling import articles, command, patched, records, run
from tests.support.serving import Reply, listing, serving

HEAD = (
    '<meta property="article:section" content="World"><meta name="description" content="It rained.">'
    '<meta property="article:modified_time" content="2022-01-09T08:41:12+00:00">'
    '<meta property="article:tag" content="Milk">'
)


# A crawl whose rules of one field raise an error.
FAILING = """
from mainland.loaders import ArticleLoader
def fail(values):
    raise RuntimeError("no rule for " + values[0])
ArticleLoader.description_in = fail
"""


def test_a_crawl_delivers_the_articles_and_says_so(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        if path in ("/page-1/", "/page-2/"):
            return Reply(200, hostile.page(head=HEAD).replace("{site}", site).replace("{id}", path[6]).encode())
        return listing(path, site, "/page-1/", "/page-2/")

    with serving(answer) as site:
        failing = patched(FAILING, command("-a", f"site={site.url}", MAINLAND_DATA_DIR=tmp_path))
        ending = run(failing)
        found = articles(tmp_path)
        again = run(failing)
    assert [(each["description"], each["headline"]) for each in found.values()] == [(None, "Milk falls")] * 2
    assert (ending.status, again.status) == (4, 0)
    assert ending.err.count("left out description: RuntimeError: no rule for It rained.") == 1
    (alarm,) = records(tmp_path / "runs.jsonl")[0]["alarms"]
    assert alarm.startswith("description is left out of 2 articles, its rules raise an error: http://")
