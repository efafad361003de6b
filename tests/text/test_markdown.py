"""Markdown reads as it renders, and what it does not show is set aside."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aixiv.text import Parsed, Unreadable
from tests.text import documents as d
from tests.text.conftest import Read
from tests.text.offsets import check_offsets

FILLER = "These are plain words that fill the body so that there is something to be read.\n\n"


def test_the_parts_of_a_paper(read: Read) -> None:
    manuscript = read(d.paper_markdown(), "paper.md").manuscript
    assert (manuscript.source, manuscript.title, manuscript.abstract) == ("markdown", d.TITLE, d.ABSTRACT)
    headings = [("", "Abstract"), *((n, t) for n, t, _ in d.SECTIONS), ("", "References")]
    assert [(s.number, s.title) for s in manuscript.sections] == headings
    assert [s.level for s in manuscript.sections] == [1, 1, 1, 2, 1, 1]
    assert [r.raw for r in manuscript.references] == list(d.REFERENCES)
    assert manuscript.floats[0].rows == d.TABLE
    assert [(c.text, c.target) for c in manuscript.citations] == [("Merkle, 1988", 1), ("[2]", 2)]
    check_offsets(manuscript)


def test_front_matter(read: Read) -> None:
    source = (
        '---\ntitle: "Of Records"\nauthors:\n  - name: Ada Example\n  - Bela Sample\nkeywords: [logs, hashes]\n'
        "abstract: |\n  Short and\n  plain.\nreviewer-note: be kind\n---\n\n# Introduction\n\n" + FILLER
    )
    parsed = read(source, "paper.md")
    manuscript = parsed.manuscript
    assert (manuscript.title, manuscript.abstract) == ("Of Records", "Short and plain.")
    assert (manuscript.authors, manuscript.keywords) == (("Ada Example", "Bela Sample"), ("logs", "hashes"))
    assert [s.title for s in manuscript.sections] == ["Abstract", "Introduction"]
    assert [(s.carrier, s.text) for s in parsed.layout.side_texts] == [("metadata", "be kind")]


def test_every_line_of_the_front_matter_is_read(read: Read) -> None:
    source = (
        "---\n# SECRET comment\nnote: SECRET first\nnote: second\ntags:\n  - a\n  sub: SECRET sub\n---\n\n" + FILLER
    )
    said = " ".join(s.text for s in read(source, "paper.md").layout.side_texts if s.carrier == "metadata")
    assert said.count("SECRET") == 3


def test_keyed_citations(read: Read) -> None:
    source = (
        FILLER + "As said [@haber; @nobody] and [see @merkle, p. 3].\n\n## References\n\n"
        "- [@haber] Stuart Haber. How to time-stamp. *Journal of Cryptology*, 1991.\n"
        "- [@merkle] Ralph Merkle. Signatures. In CRYPTO, 1988.\n"
    )
    manuscript = read(source, "paper.md").manuscript
    assert [r.label for r in manuscript.references] == ["[haber]", "[merkle]"]
    assert [(c.text, c.target) for c in manuscript.citations] == [("@haber", 1), ("@nobody", None), ("@merkle", 2)]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("*a* **b** `c_d`", "a b c_d"),
        ("$a_1 * b_2 * c$", "$a_1 * b_2 * c$"),
        ("costs $5 and *then* $6", "costs $5 and then $6"),
        ("```\nx = 1  # kept\n```", "x = 1  # kept"),
        ("- one\n- two", "• one\n\n• two"),
        ("3. three\n4. four", "3. three\n\n4. four"),
        ("[link](https://a.org)", "link"),
        ("<b>bold</b> &amp; x", "bold & x"),
        ("Setext\n======\n\nbody", "Setext"),
    ],
)
def test_what_is_shown(read: Read, source: str, shown: str) -> None:
    assert shown in read(FILLER + source, "a.md").manuscript.text


@pytest.mark.parametrize(
    ("source", "carrier"),
    [
        ("<!-- SECRET -->", "html_comment"),
        ("words <!-- SECRET --> words", "html_comment"),
        ('<span style="color:white">SECRET</span>', "markdown_hidden"),
        ('<div style="display:none">\n\nSECRET\n\n</div>', "markdown_hidden"),
        ("<p hidden>SECRET</p>", "markdown_hidden"),
        ('<span style="font-size:0px">SECRET</span>', "markdown_hidden"),
        ("<script>SECRET</script>", "markdown_hidden"),
        ("[//]: # (SECRET)", "markdown_hidden"),
        ('[shown](https://a.org "SECRET")', "markdown_hidden"),
        ("![SECRET](x.png)", "alt_text"),
        ('![alt](x.png "SECRET")', "alt_text"),
        ('<img alt="a" title="SECRET">', "alt_text"),
        ('<p data-note="three words SECRET">shown</p>', "alt_text"),
        ("[//]: # (first)\n\n[//]: # (SECRET)", "markdown_hidden"),
        ("[three words SECRET]: #", "markdown_hidden"),
        ("[shown](https://a.org/three%20words%20SECRET)", "markdown_hidden"),
        ("```python three words SECRET\nx = 1\n```", "markdown_hidden"),
        ("<?php SECRET ?>", "html_comment"),
        ("## References\n\n```\nSECRET\n```\n\n## Appendix", "markdown_hidden"),
    ],
)
def test_what_is_not_shown_is_set_aside(read: Read, source: str, carrier: str) -> None:
    parsed = read(f"{FILLER}{source}\n\nAfter it all.", "a.md")
    assert "SECRET" not in parsed.manuscript.text
    assert "After it all." in parsed.manuscript.text
    assert [s.carrier for s in parsed.layout.side_texts if "SECRET" in s.text] == [carrier]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.text("ab #*_-|[](){}<>!@1.$`~:\n\"'\\/&=", max_size=200))
def test_any_text_gives_a_manuscript_with_right_places_or_a_refusal(read: Read, source: str) -> None:
    try:
        parsed = read(FILLER + source, "a.md")
    except Unreadable:
        return
    assert isinstance(parsed, Parsed)
    check_offsets(parsed.manuscript)


def test_a_line_of_keywords_is_not_part_of_the_abstract(read: Read) -> None:
    front = (
        "# A title\n\n## Abstract\n\nWe measure.\n\nKeywords: audit logs, hash chains; cost.\n\n## 1. Introduction\n\n"
    )
    made = read(front + "More words follow here. " * 20, "paper.md").manuscript
    assert (made.abstract, made.keywords) == ("We measure.", ("audit logs", "hash chains", "cost"))
