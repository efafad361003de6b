"""What the author without a model does to a manuscript: findings in, text and answers out."""

import pytest

from agents.scientist.desk import Asked, Desk
from agents.scientist.rules.author import Revision, revise
from agents.scientist.sources import Sources


def asked(name: str, claim: str = "", quote: str = "", severity: str = "major") -> Asked:
    return Asked(finding_id=name, claim=claim, quote=quote, severity=severity)


def markdown(text: str) -> Sources:
    return Sources(format="markdown", main="work.md", files={"work.md": text})


def latex(body: str, abstract: str = "We count.") -> Sources:
    head = "\\documentclass{article}\\title{T}\n\\begin{document}\n"
    head += f"\\begin{{abstract}}\n{abstract}\n\\end{{abstract}}\n"
    return Sources(
        format="latex",
        main="main.tex",
        files={"main.tex": f"{head}\\input{{body}}\n\\end{{document}}\n", "body.tex": body},
    )


def revised(sources: Sources, *findings: Asked, wishes: tuple[str, ...] = (), **facts: str) -> Revision:
    return revise(Desk(sources=sources, kind="paper", facts=facts), findings, wishes)


def body(revision: Revision) -> str:
    return revision.sources.files["body.tex" if revision.sources.format == "latex" else "work.md"]


CHANGE = asked(
    "changes.1", "The text states a change of 86.2% from 63000 to 15000, but these two numbers differ by 76.2%."
)
COUNT = asked("counts.1", "“30 of the 120 manuscripts (30 %)” does not add up: 30 of 120 is 25.0%.")


def test_percentages_are_recomputed_from_the_numbers_beside_them() -> None:
    done = revised(
        latex(
            "Prefill falls from 63,000 to\n15,000 tokens, a reduction of 86.2\\,\\%. We read 30 of the 120 "
            "manuscripts\n(30\\,\\%), and it went from 50 to 25 items, a reduction of 50\\,\\%."
        ),
        CHANGE,
        COUNT,
    )
    assert "a reduction of 76.2\\,\\%." in body(done)
    assert "(25\\,\\%)" in body(done)
    assert "reduction of 50\\,\\%" in body(done)
    assert all(answer.resolved for answer in done.answers.values())


TABLE = """
## 4. Budget

Table 1: Budget in US dollars.

| Item | Cost (USD) |
|---|---:|
| Labels | 1,500 |
| Machines | 1,100 |
| Total | 2,900 |
"""


def test_a_total_is_what_its_rows_give_and_the_abstract_follows_it() -> None:
    text = f"# Work\n\n## Abstract\n\nWe plan to count heaps of pebbles twice. The plan costs USD 2,500.\n{TABLE}"
    total = asked("table-arithmetic.1", "Table 1 prints 2900 as the total of Cost (USD), but its rows give 2600.")
    stated = asked("abstract-numbers.1", "The abstract states 2,500, but nothing else in the proposal does.")
    done = revised(markdown(text), stated, total)
    assert "| Total | 2,600 |" in body(done)
    assert "The plan costs USD 2,600." in body(done)
    assert "2,500 to 2,600" in done.answers["abstract-numbers.1"].text


def test_the_abstract_takes_the_number_that_the_text_gives_for_the_same_thing() -> None:
    sources = latex(
        "With eight writers the rate goes from 200 to 100, a reduction of 50.0\\,\\%. "
        "With one writer it loses 41.0\\,\\%. Verifying 100,000 events takes 0.305\\,s; a query needs 0.411\\,s.",
        "With eight writers it is 45.3\\,\\% slower. Verifying 100,000 events takes 0.25\\,s.",
    )
    said = "The abstract states {}, but the results and tables do not show it: it is not found anywhere else."
    done = revised(
        sources, asked("abstract-numbers.1", said.format("45.3 %")), asked("abstract-numbers.2", said.format("0.25"))
    )
    assert "it is 50.0\\,\\% slower. Verifying 100,000 events takes 0.305\\,s." in done.sources.files["main.tex"]


def test_a_number_that_nothing_shows_is_withdrawn_and_never_invented() -> None:
    filler = "We count every heap of pebbles twice and compare both counts with care. " * 5
    sources = latex("Nothing here has a number of that kind.", f"{filler}\nThe gain is 77.7\\,\\%. We conclude.")
    done = revised(sources, asked("abstract-numbers.1", "The abstract states 77.7 %, but the results do not show it."))
    assert "77.7" not in done.sources.files["main.tex"]
    assert "We conclude." in done.sources.files["main.tex"]
    assert done.answers["abstract-numbers.1"].text.startswith("Withdrew")


LIST = (
    "\\begin{thebibliography}{9}\n\\bibitem{haber1991} Haber. Stamps.\n"
    "\\bibitem{codd1970} Codd. Banks.\n\\end{thebibliography}\n"
)


def test_latex_citations_and_entries_agree_afterwards() -> None:
    text = (
        "Old work \\cite{haber1991,nobody}. Chains are this too \\cite{nakamoto}. "
        "Stamps came first \\cite{haber1919}.\n\n"
        "See Table~\\ref{tab:lost}.\n\n" + LIST
    )
    done = revised(
        latex(text),
        asked("citations.1", "The citation “[?nobody]” has no entry in the reference list."),
        asked("citations.2", "One entry of the reference list is never cited in the text: “Banks”."),
        asked("cross-references.1", "The text contains “Table ??” where a reference or citation was never resolved."),
    )
    assert "Old work \\cite{haber1991}." in body(done)
    assert "nakamoto" not in body(done)
    assert "Stamps came first \\cite{haber1991}." in body(done)
    assert "codd1970" not in body(done)
    assert "tab:lost" not in body(done)
    assert [a.resolved for a in done.answers.values()] == [True] * 3


def test_numbered_entries_move_up_with_their_citations() -> None:
    text = (
        "# Work\n\nOne thing is known [1, 3]. Agreement is reported as in [7]. Another is not [3].\n\n## References\n\n"
        "[1] A. One. 2001.\n\n[2] B. Two. 2002.\n\n[3] C. Three. 2003.\n"
    )
    done = revised(markdown(text), asked("citations.1", "The citation “[7]” has no entry in the reference list."))
    assert "One thing is known [1, 2]. Another is not [2]." in body(done)
    assert "[7]" not in body(done)
    assert body(done).endswith("[1] A. One. 2001.\n\n[2] C. Three. 2003.\n")


def test_tables_get_a_mention_and_lost_mentions_a_table() -> None:
    text = f"# Work\n\nPrices are as listed in Table ??.\n{TABLE}"
    lost = asked("cross-references.1", "The text contains “Table ??” where a reference was never resolved.")
    done = revised(markdown(text), lost)
    assert "Prices are as listed in Table 1." in body(done)
    unmentioned = asked(
        "cross-references.1", "Table 1 is never mentioned in the text.", "Table 1: Budget in US dollars."
    )
    done = revised(markdown(f"# Work\n\nPrices are known.\n{TABLE}"), unmentioned)
    assert "Table 1 gives the details: budget in US dollars.\n\nTable 1: Budget" in body(done)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We will prove that this works.", "We will test whether this works."),
        ("Our experiments prove that chains hold.", "Our experiments suggest that chains hold."),
        ("This paper is the first to\nmeasure it.", "This paper sets out to measure it."),
        ("It takes 3\\,s, which is state of the art.", "It takes 3\\,s."),
        ("Clearly, a reader is misled.", "A reader is misled."),
    ],
)
def test_claims_that_nothing_carries_are_weakened(before: str, after: str) -> None:
    done = revised(latex(before), asked("claims.1", "The text says that something is proved.", before))
    assert " ".join(body(done).split()) == after
    assert done.answers["claims.1"].resolved


MISSING = (
    asked("statements.1", "The work does not discuss its limitations: nothing says where the method fails."),
    asked("reproducibility.1", "The hardware and the compute that was used are not stated."),
)


def test_statements_come_from_facts_and_from_nothing_else() -> None:
    text = "\\section{Method}\n\nWe count.\n\n\\section{Results}\n\nTwelve.\n"
    done = revised(latex(text), *MISSING, limitations="One heap of 5 % clay.", hardware="Two hands & a bag.")
    assert "We count.\n\n\n\\subsection{Runs, Intervals and Environment}\n\nTwo hands \\& a bag." in body(done)
    assert "\\section{Limitations}\n\nOne heap of 5 \\% clay." in body(done)
    bare = revised(latex(text), *MISSING)
    assert bare.sources == latex(text)
    assert not any(answer.resolved for answer in bare.answers.values())
    assert "we do not make it up" in bare.answers["statements.1"].text


def test_what_rules_cannot_judge_is_left_open() -> None:
    done = revised(markdown("# Work\n\nWords."), asked("methods.1", "The control group is missing.", "Words."))
    assert done.sources == markdown("# Work\n\nWords.")
    assert not done.answers["methods.1"].resolved
