"""What is stated twice or counted in order: settings, samples and numbers in a series."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aixiv.text import parse_file
from review.checks import CHECKS
from review.manuscript import Float, Manuscript
from review.report import CheckResult
from tests.review.documents import paper


def checked(manuscript: Manuscript, check: str) -> CheckResult:
    return next(c for c in CHECKS if c.id == check).run(manuscript, "paper")


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("We use a learning rate of 3 × 10−4.", "The learning rate is 0.0003.", "passed"),
        ("We use a learning rate of 1e-3.", "Training used a learning rate of 10−3 throughout.", "passed"),
        ("We use a learning rate of 3 × 10−4.", "The learning rate is 0.003.", "found"),
        ("The batch size was set to 1,024.", "All runs have a batch size of 1024.", "passed"),
        ("The batch size was set to 64.", "All runs have a batch size of 32.", "found"),
        ("The batch size was set to 64.", "We use a batch size of 32 for the wide table.", "cannot_tell"),
        ("The batch size was set to 64.", "In fine-tuning the batch size is 32.", "cannot_tell"),
        ("The batch size was set to 64.", "Smaller tables had a batch size of 32.", "cannot_tell"),
        ("The embedding dimension is 384.", "It has a style embedding dimension of 64.", "cannot_tell"),
        ("We train for 30 epochs.", "All models are trained for 50 epochs.", "found"),
        ("We train for 30 epochs.", "Nothing else is said of it.", "not_applicable"),
        ("We train for 30 epochs.", "The loss is flat in 12 epochs.", "not_applicable"),
        ("We train for 30 epochs.", "Early stopping has a patience of 5 epochs.", "cannot_tell"),
        ("It has 8 attention heads.", "We look at 2 attention heads.", "not_applicable"),
        ("The significance level was set to 0.05.", "At a significance level of 5% nothing changes.", "passed"),
        ("The significance level was 0.05.", "The corrected significance level was 0.01.", "cannot_tell"),
    ],
)
def test_a_setting_that_is_not_said_to_vary_has_one_value(one: str, other: str, status: str) -> None:
    result = checked(paper(f"{one} Some words stand between. {other}"), "settings")
    assert result.status == status, result
    if status == "found":
        assert [f.quote for f in result.findings] == [other]


def test_a_setting_of_the_text_is_that_of_the_table() -> None:
    rows = (("Setting", "Value"), ("Batch size", "128"), ("Dropout", "0.1"))
    assert checked(paper("The batch size was set to 64.", table=rows), "settings").status == "found"
    several = (("Setting", "Small", "Large"), ("Batch size", "128", "64"))
    assert checked(paper("The batch size was set to 64.", table=several), "settings").status != "found"


def read(folder: Path, text: str) -> Manuscript:
    (folder / "own.md").write_text(text)
    return parse_file(folder / "own.md", filename="own.md", max_bytes=2**20, max_pages=20).manuscript


def outline(*headings: str) -> str:
    return "# A title of its own\n\n" + "\n\n".join(f"{h}\n\nSome words about it." for h in headings)


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (("## 1 One", "### 1.1 First", "### 1.2 Second", "## 2 Two", "## 3 Three"), ""),
        (("## 1 One", "## 2 Two", "## 4 Four"), "no section 3"),
        (("## 1 One", "## 2 Two", "3 Three, not told apart", "## 4 Four"), ""),
        (("## 1 One", "### 1.1 First", "### 1.3 Third", "## 2 Two"), "no section 1.2"),
        (("## 1 One", "## 2 Two", "## 2 Other"), "the number 2"),
        (("## 1 One", "## 2 Two", "## 5 Five"), ""),
        (("## 1 One", "## 2 Two", "## 1 Appendix", "## 3 Three"), ""),
    ],
)
def test_sections_follow_each_other(tmp_path: Path, headings: tuple[str, ...], found: str) -> None:
    claims = [f.claim for f in checked(read(tmp_path, outline(*headings)), "numbering").findings]
    assert len(claims) == bool(found), claims
    assert not found or found in claims[0]


def test_captions_list_items_and_entries_follow_each_other() -> None:
    clean = paper("Steps:\n1. Open it.\n2. Read it.\n3. Close it.")
    assert checked(clean, "numbering").status == "passed"
    gap = paper("Steps:\n1. Open it.\n2. Read it.\n4. Close it.")
    at = gap.text.index("Limitations")

    def figure(number: int, caption: str) -> Float:
        return Float(kind="figure", label=f"Figure {number}", caption=caption, start=at, end=at + 5)

    more = (figure(3, "Figure 3: Time."), figure(3, "Figure 3: Space."), figure(3, "Figure 3: Space (continued)."))
    entries = tuple(replace(r, label="[1]") for r in gap.references)
    spoiled = replace(gap, source="pdf", floats=(*gap.floats, *more), references=entries)
    claims = " ".join(f.claim for f in checked(spoiled, "numbering").findings)
    assert claims.count(".") == 4
    for said in ("no item 3", "Two figures are called Figure 3", "no figure 2", "Two entries of the reference list"):
        assert said in claims
    named = replace(spoiled, text=spoiled.text + "Figure 2 and item 3. are elsewhere.")
    assert "no figure 2" not in " ".join(f.claim for f in checked(named, "numbering").findings)


SAMPLE = "We asked 48 students how the log reads."


@pytest.mark.parametrize(
    ("told", "body", "status"),
    [
        (SAMPLE, "The 48 students answered in writing.", "passed"),
        (SAMPLE, "The 40 students answered in writing.", "found"),
        (SAMPLE, "The 40 students answered in writing; 8 students of 48 were excluded.", "cannot_tell"),
        (SAMPLE, "There were 40 students and 8 teachers; among them (n = 8) nobody left.", "passed"),
        (SAMPLE, "There were 24 students in one group. Then 24 women read it.", "passed"),
        (SAMPLE, "Earlier work asked 40 students.", "passed"),
        (SAMPLE, "They answered in writing.", "not_applicable"),
    ],
)
def test_the_abstracts_sample_is_that_of_the_text(told: str, body: str, status: str) -> None:
    abstract = paper().abstract + " " + told
    assert checked(paper(body, abstract=abstract), "sample-size").status == status


@pytest.mark.parametrize(("groups", "found"), [((24, 24), False), ((20, 24), True), ((48, 47), False), ((2, 3), False)])
def test_the_columns_of_a_table_add_up_to_the_sample(groups: tuple[int, int], found: bool) -> None:
    rows = (("", f"Plain (n = {groups[0]})", f"Chain (n = {groups[1]})"), ("Score", "3.20", "3.90"))
    result = checked(paper(SAMPLE, table=rows), "sample-size")
    assert (result.status == "found") is found, result


def test_a_table_of_many_groups_is_left_alone_instead_of_tried_in_every_sum() -> None:
    rows = (("", *(f"Site {n} (n = {n})" for n in range(3, 63))), ("Score", *["3.20"] * 60))
    assert checked(paper(SAMPLE, table=rows), "sample-size").status == "not_applicable"
