"""The documentation names what exists, and nothing else."""

import re
from pathlib import Path

import pytest

from aixiv.cli import COMMANDS, GROUPS
from aixiv.domain.events import Tag
from aixiv.domain.paper import Status
from aixiv.domain.people import Scope
from aixiv.settings import Settings
from tests.docs.facts import GENERATED, routes
from tests.docs.pages import (
    ROOT,
    as_the_code_says,
    broken_links,
    column,
    commands,
    first_column,
    generated_names,
    pages,
    read,
)

NAMED_TEST = re.compile(r"`((?:tests|benchmarks)/[\w/]+\.py)::(\w+)`")
PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@PAGES
def test_generated_tables_are_what_the_code_says(page: Path) -> None:
    assert read(page) == as_the_code_says(read(page)), "run `python -m tests.docs.pages`"


def test_every_generated_table_is_on_a_page() -> None:
    assert set().union(*(generated_names(read(page)) for page in pages())) == set(GENERATED)


def test_scopes() -> None:
    assert first_column("Scope") == set(Scope)


def test_statuses() -> None:
    assert first_column("Status") == set(Status)


def test_events() -> None:
    assert first_column("Event") == set(Tag)


def test_commands() -> None:
    assert first_column("Command") == set(COMMANDS)


def test_examples_of_commands_are_of_that_command() -> None:
    strange = {name: shown for name, shown in column("Command", 2).items() if not shown.startswith(f"`aixiv {name}")}
    assert not strange


def test_routes() -> None:
    assert first_column("Route") == set(routes())


def test_routes_for_anybody() -> None:
    told = {route for route, needs in column("Route", 1).items() if needs == "-"}
    assert told == {route for route, described in routes().items() if {} in described["security"]}


def test_scopes_of_routes_exist() -> None:
    needed = {needs.strip("`") for needs in column("Route", 1).values()}
    assert needed <= {*Scope, "-", "token", "session"}


@PAGES
def test_settings_that_are_named_exist(page: Path) -> None:
    known = {f"AIXIV_{name.upper()}" for name in Settings.model_fields} | {"AIXIV_"}
    named = set(re.findall(r"AIXIV_[A-Z0-9_]*[A-Z0-9](?![A-Z0-9_*])", read(page)))
    assert named <= known


@PAGES
def test_named_tests_exist(page: Path) -> None:
    named = set(NAMED_TEST.findall(read(page)))
    assert {test for test in named if not _defines(*test)} == set()


def test_every_line_of_the_mcp_checklist_is_held_by_a_test() -> None:
    page = read(ROOT / "docs" / "mcp.md").partition("## Checklist")[2]
    lines = [line for line in page.splitlines() if line.startswith("| [")]
    assert len(lines) > 30
    assert [line for line in lines if not line.startswith("| [x] ") or not NAMED_TEST.search(line)] == []


def _defines(file: str, name: str) -> bool:
    return re.search(rf"^(async def|def|class) {name}\b", read(ROOT / file), re.MULTILINE) is not None


@PAGES
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@PAGES
def test_commands_that_are_shown_exist(page: Path) -> None:
    unknown = [line for line in commands(read(page)) if not _exists(line.split())]
    assert unknown == []


def _exists(words: list[str]) -> bool:
    if words[0] == "make":
        return all(target in TARGETS for target in words[1:2] if "=" not in target and not target.startswith("-"))
    if words[0] == "aixiv":
        return (" ".join(words[1:3]) if words[1] in GROUPS else words[1]) in COMMANDS
    return True
