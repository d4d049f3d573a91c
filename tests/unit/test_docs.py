"""The documentation says what the code does."""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import os
import re
import tomllib
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import pytest
from itemloaders.processors import MapCompose
from scrapy.settings import Settings

from mainland import config, settings
from mainland.exit_status import ExitStatus
from mainland.items import Article
from mainland.loaders import ArticleLoader
from mainland.pages.article import _NOT_HASHED, EXTRACTOR
from mainland.selectors import RULES
from tests.support.golden import cases
from tests.support.sample_data import ROOT

COMMANDS = sorted(path.stem for path in (ROOT / "mainland" / "commands").glob("[!_]*.py"))
NAMES = [field.name for field in fields(Article)]
SCRAPYS = {"parse", "settings"}  # commands of Scrapy that read the environment; Scrapy documents them

# The fields of the released versions, in their order, which docs/feed.md promises to keep. Add new ones at a release.
PROMISED = (
    "site id url headline alternative_headline byline authors contributors sources date_published date_modified"
    " day_published date_published_raw section sections tags description body image images links views comments"
    " word_count language sponsored duplicate_of revision change content_hash extractor date_crawled date_removed"
    " author_pages section_pages tag_pages is_accessible_for_free original_url body_html embeds"
).split()


def text(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text("utf-8")


def table(name: str, heading: str) -> dict[str, list[str]]:
    """The rows of a file's table whose first column is headed so; code in the first cell without its marks."""
    rows: dict[str, list[str]] = {}
    found = False
    for line in text(name).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        found = line.startswith("|") and (found or cells[0] == heading)
        if found and cells[0] != heading and not line.startswith("|--"):
            rows[cells[0].strip("` ")] = cells[1:]
    assert rows, f"no table of {heading!r} in {name}"
    return rows


FEED = table("docs/feed.md", "field")
DOCS = text("README.md") + "".join(path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def test_feed_md_lists_the_fields_in_the_order_of_the_feed() -> None:
    assert list(FEED) == NAMES


def test_fields_are_only_added_at_the_end() -> None:
    assert NAMES[: len(PROMISED)] == PROMISED


@pytest.mark.parametrize("field", fields(Article), ids=lambda field: field.name)
def test_feed_md_gives_type_and_example_of_a_field(field: object) -> None:
    name, annotation = field.name, str(field.type)  # type: ignore[attr-defined]
    kind, _, _, _, example = FEED[name]
    assert ("null" in kind, kind.startswith("list")) == ("None" in annotation, annotation.startswith("list"))
    value = json.loads(example.strip("`"))
    words = {str: "text", int: "number", bool: json.dumps(value), dict: "object", list: "list"}
    assert value is None or kind.split()[0] == words[type(value)]


def docstrings(path: str, name: str) -> list[str]:
    """The attributes of a class in a file that have a docstring below them."""
    (found,) = (node for node in ast.parse(text(path)).body if isinstance(node, ast.ClassDef) and node.name == name)
    return [
        ast.unparse(first.target if isinstance(first, ast.AnnAssign) else first.targets[0])
        for first, second in zip(found.body, found.body[1:], strict=False)
        if isinstance(first, ast.AnnAssign | ast.Assign)
        and isinstance(second, ast.Expr)
        and isinstance(second.value, ast.Constant)
        and str(second.value.value).strip()
    ]


def test_every_field_has_a_docstring() -> None:
    assert docstrings("mainland/items.py", "Article") == NAMES


def test_feed_md_says_what_the_hash_leaves_out() -> None:
    paragraph = text("docs/feed.md").partition("but these:")[2].partition(".")[0]
    assert set(re.findall(r"`(\w+)`", paragraph)) == _NOT_HASHED


def test_feed_md_names_every_change() -> None:
    docstring = text("mainland/items.py").partition('"""Why the line was written:')[2].partition(".\n")[0]
    assert list(table("docs/feed.md", "change")) == re.findall(r"``(\w+)``", docstring.partition('"""')[0])


def test_pages_md_lists_the_rules_in_the_order_tried() -> None:
    documented = {name: re.findall(r"`([^`]+)`", cells[0]) for name, cells in table("docs/pages.md", "field").items()}
    assert {name: documented.get(name) for name in RULES} == {
        name: [rule.name for rule in rules] for name, rules in RULES.items()
    }


def test_every_field_with_rules_is_one_of_the_feed_and_has_a_processor() -> None:
    assert RULES.keys() <= set(NAMES)
    assert [name for name in RULES if not hasattr(ArticleLoader, f"{name}_in")] == []


def test_every_field_of_a_page_has_a_golden_case_that_gives_it() -> None:
    expected = [case.expected for case in cases("pages")]
    given = {name for each in expected for name, value in each.items() if value not in (None, [])}
    assert [name for each in expected for name in each if name not in given] == []
    assert RULES.keys() <= given


def test_other_rules_or_fields_raise_the_extractor() -> None:
    versions = table("docs/pages.md", "extractor")
    rules = [NAMES, [[name, *(rule.name for rule in rules)] for name, rules in RULES.items()]]
    digest = hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:12]
    assert list(versions)[-1] == EXTRACTOR
    assert versions[EXTRACTOR][0].strip("`") == digest, (
        f"rules or fields differ: raise EXTRACTOR (mainland/pages/article.py); add it with {digest} to docs/pages.md"
    )


def test_changes_md_names_every_later_extractor() -> None:
    later = list(table("docs/pages.md", "extractor"))[1:]
    assert [number for number in later if f"extractor {number}" not in text("CHANGES.md")] == []


def test_every_exit_status_is_listed() -> None:
    listed = table("docs/operating.md", "exit status")
    assert [int(row.partition(" ")[0]) for row in listed] == list(ExitStatus)


@pytest.mark.parametrize("name", sorted({*COMMANDS} - SCRAPYS))
def test_help_of_a_command_lists_its_exit_statuses(name: str) -> None:
    help_text = importlib.import_module(f"mainland.commands.{name}").Command().long_desc()
    statuses = help_text.partition("Exit status: ")[2]
    documented = [int(number) for number in re.findall(r"(\d+)(?:\+n)? [a-zA-Z]", statuses)]
    assert documented == sorted(set(documented) & set(ExitStatus))
    assert {ExitStatus.OK, ExitStatus.WRONG_USE, ExitStatus.CANNOT_WRITE} <= set(documented)


def test_every_exit_status_has_a_docstring() -> None:
    assert docstrings("mainland/exit_status.py", "ExitStatus") == [status.name for status in ExitStatus]


def test_readme_names_every_setting_with_its_value() -> None:
    documented = table("README.md", "setting")
    ours = {name: value for name, value in vars(settings).items() if name.startswith("MAINLAND_")}
    assert ours.keys() <= documented.keys()
    for name, cells in documented.items():
        assert cells[0].strip("`") == (str(getattr(settings, name)) or "empty"), name


def test_readme_names_every_argument() -> None:
    with pytest.raises(ValueError, match="unknown argument") as refused:
        config.arguments({"unknown": ""}, Settings())
    assert list(table("README.md", "argument")) == re.findall(r"(\w+)=", str(refused.value))


def test_readme_shows_a_complete_line_of_the_dataset() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", text("README.md"), re.DOTALL)
    record = json.loads(example)
    assert list(record) == NAMES


INSTALLS = re.compile(
    r"\b(?:pipx?|uv)[ \t]+(?:tool |pip )?(?:install|add|download)"
    r"(?:[ \t]+-{1,2}[\w-]+(?:[= ][\w./-]+\.txt)?+)*+"  # options
    r"[ \t]+[\\'\"]*(?P<name>[\w.][\w.-]*(?:\[[\w,{}]*\])?)"
)


def named_by_pip(content: str) -> set[str]:
    """What a text tells its reader to install: of each command the first requirement."""
    return {found["name"] for found in INSTALLS.finditer(content)}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("say `pip install 'mainland[scale]'`.", {"mainland[scale]"}),
        ("raise ValueError(f\"it wants {name}: pip install '.[scale]' in the folder\")", {".[scale]"}),
        ("pip install --no-cache-dir --constraint requirements.txt '.[scale]'", {".[scale]"}),
        ("    pip install -r requirements.txt\n    pip install --upgrade a[b,c] d", {"a[b,c]"}),
    ],
)
def test_what_a_text_tells_to_install_is_found(content: str, names: set[str]) -> None:
    assert named_by_pip(content) == names


def own_files() -> set[str]:
    """The names of the project's files: those that .gitignore does not leave out, but for this one."""
    ignored = [".git", *(line.rstrip("/") for line in text(".gitignore").splitlines())]
    found = set()
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [
            name
            for name in folders
            if not any(fnmatch(f"/{here / name}", each if each[:1] == "/" else f"*/{each}") for each in ignored)
        ]
        found |= {str(here / name) for name in names}
    return found - {"tests/unit/test_docs.py"}


def test_nobody_is_told_to_install_a_package_of_strangers() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = "|".join(project["optional-dependencies"])
    here = re.compile(rf"\.(\[({extras}|{{extra}})(,({extras}))*\])?")  # no index has the project: only its folder
    named = {name: named_by_pip((ROOT / name).read_text("utf-8", "replace")) for name in own_files()}
    for tools in ("Makefile", ".ci/run"):  # their commands install tools of others, by their names
        named[tools] = {name for name in named[tools] if "mainland" in name}
    strange = {name: {each for each in names if not here.fullmatch(each)} for name, names in named.items()}
    assert {name: names for name, names in strange.items() if names} == {}


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make (\w+)`|^make (\w+)", DOCS + text("CONTRIBUTING.md"), re.MULTILINE))
    assert {first or second for first, second in named} <= targets
    assert {"demo", "test", "crawl"} <= targets


def test_paths_in_texts_exist() -> None:
    texts = DOCS + text("CONTRIBUTING.md") + text("SECURITY.md")
    paths = re.findall(r"`((?:mainland|tests|docs|deploy|browse)/[a-z0-9_./-]+)`", texts)
    assert len(paths) > 20
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`(?:\.venv/bin/)?(?:scrapy|mainland) ([a-z][^`]*)`", DOCS))))
def test_a_command_in_a_text_and_its_options_are_there(line: str) -> None:
    name, *words = line.split()
    assert name in {*COMMANDS, "parse", "shell", "runspider"}
    if name in {*COMMANDS} - SCRAPYS:
        source = text(f"mainland/commands/{name}.py")
        assert [word for word in words if word.startswith("--") and f'"{word}"' not in source] == []


def test_every_command_is_named() -> None:
    assert {name for name in COMMANDS if f"scrapy {name}" not in DOCS} == set()


def test_the_tree_has_every_package_and_module_and_no_other() -> None:
    tree = text("CONTRIBUTING.md").split("```text")[1].split("\ntests/")[0]
    modules = {path for path in (ROOT / "mainland").rglob("*.py") if path.name != "__init__.py"}
    packages = {f"{path.parent.name}/" for path in (ROOT / "mainland").rglob("__init__.py")}
    commands = {path.name for path in modules if path.parent.name == "commands"}
    listed = set(re.findall(r"\b[a-z_\d]+(?:\.py|/(?=\s))", tree))
    assert {*packages, *(path.name for path in modules)} ^ listed <= commands


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text(name))
    missing = [link for link in links if "://" not in link and not (ROOT / name).parent.joinpath(link).exists()]
    assert missing == []


def test_a_processor_of_a_subclass_goes_before_the_loaders() -> None:
    class Loud(ArticleLoader):
        headline_in = MapCompose(str.upper)  # type: ignore[assignment]

    loader = Loud(Article())
    loader.add_value("headline", "Rain")
    assert loader.get_output_value("headline") == "RAIN"
