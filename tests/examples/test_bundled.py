"""The bundled works: numbers come from the data, mistakes are found, nothing is found after the revision."""

import json
import runpy
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aixiv.domain.catalog import category_paths
from aixiv.domain.paper import clean_authors
from aixiv.text.parse import parse_file
from aixiv.usecases.submit import PaperMetadata
from review.checks import run_checks
from review.manuscript import Kind
from review.report import Finding, ResponseLetter

EXAMPLES = Path(__file__).parents[2] / "examples"
WORKS = ("paper", "proposal")


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def findings(kind: Kind, version: str) -> dict[str, Finding]:
    path = EXAMPLES / kind / version / f"{kind}.pdf"
    parsed = parse_file(path, filename=path.name, max_bytes=2**20, max_pages=20)
    return {finding.id: finding for check in run_checks(parsed.manuscript, kind) for finding in check.findings}


def test_sources_of_the_paper_are_its_results_filled_in() -> None:
    program = runpy.run_path(str(EXAMPLES / "paper" / "fill.py"))
    values = program["names"](json.loads((EXAMPLES / "paper" / "results.json").read_text(encoding="utf-8")))
    templates = EXAMPLES / "paper" / "templates"
    sources = [path for path in templates.rglob("*") if path.is_file()]
    assert sources
    for template in sources:
        written = (EXAMPLES / "paper" / template.relative_to(templates)).read_text(encoding="utf-8")
        assert written == program["fill"](template.read_text(encoding="utf-8"), values), template


@pytest.mark.parametrize("work", WORKS)
def test_metadata_is_what_a_submission_accepts(work: str) -> None:
    metadata = msgspec.convert(read_toml(EXAMPLES / work / "metadata.toml"), PaperMetadata)
    assert metadata.kind == work
    assert set(metadata.categories) <= category_paths()
    clean_authors(metadata.authors)
    assert {author.kind for author in metadata.authors} == {"ai", "human"}


@pytest.mark.parametrize("work", WORKS)
def test_the_letter_answers_every_finding_on_version_1(work: Kind) -> None:
    letter = msgspec.convert(read_toml(EXAMPLES / work / "response.toml"), ResponseLetter)
    found = findings(work, "v1")
    assert set(letter.answers) == set(found)
    assert sum(finding.severity == "major" for finding in found.values()) >= 3


@pytest.mark.parametrize("work", WORKS)
def test_nothing_worth_a_revision_is_found_on_version_2(work: Kind) -> None:
    assert [finding.claim for finding in findings(work, "v2").values() if finding.severity != "note"] == []
