"""LaTeX reads as LaTeX would print it, and what it would not print is set aside."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aixiv.text import Parsed, Unreadable
from tests.text import documents as d
from tests.text.conftest import Read
from tests.text.offsets import check_offsets

FILLER = "These are plain words that fill the body so that there is something to be read by whoever reads it.\n"


def wrap(body: str, preamble: str = "") -> str:
    return f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{FILLER}\n{body}\n\\end{{document}}\n"


def test_the_parts_of_a_paper(read: Read) -> None:
    manuscript = read(d.paper_latex(), "paper.tex").manuscript
    assert (manuscript.source, manuscript.title, manuscript.authors) == ("latex", d.TITLE, d.AUTHORS)
    assert manuscript.abstract == d.ABSTRACT
    headings = [("", "Abstract"), *((n, t) for n, t, _ in d.SECTIONS), ("", "References")]
    assert [(s.number, s.title) for s in manuscript.sections] == headings
    assert [r.raw for r in manuscript.references] == list(d.REFERENCES)
    assert manuscript.floats[0].rows == d.TABLE
    assert [(c.text, c.target) for c in manuscript.citations if c.resolved] == [
        ("Merkle, 1988", 1),
        ("[2]", 2),
        ("[1, 3]", 1),
        ("[1, 3]", 3),
    ]
    assert "See [1, 3] and Table 1." in manuscript.text
    check_offsets(manuscript)


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("Na\\\"{\\i}ve caf\\'e \\c{c}a Erd\\H{o}s", "Naïve café ça Erdős"),
        ("a~b -- c --- d ``quoted'' 5\\,ms 3\\% \\& \\_", "a b – c — d “quoted” 5 ms 3% & _"),
        ("\\textbf{bold \\emph{and} more} end", "bold and more end"),
        ("$a_1 < b$ and \\(c\\)", "$a_1 < b$ and \\(c\\)"),
        ("before % gone\nafter", "before after"),
        ("see \\ref{nowhere} and \\eqref{none}", "see ?? and ??"),
        ("\\cite{unknown}", "[?]"),
        ("\\url{https://a.org/b_c} \\href{https://x.y}{shown}", "https://a.org/b_c shown"),
        ("\\begin{enumerate}\\item one\\item two\\end{enumerate}", "1. one\n\n2. two"),
        ("\\verb|a_b|", "a_b"),
    ],
)
def test_what_is_printed(read: Read, source: str, printed: str) -> None:
    assert printed in read(wrap(source), "a.tex").manuscript.text


def test_macros_of_the_author_are_expanded(read: Read) -> None:
    preamble = "\\newcommand{\\tool}{Chain\\-Meter}\n\\def\\twice#1{#1 and #1}\n\\newcommand{\\hi}[2][you]{#2 to #1}"
    text = read(
        wrap("\\tool{} and \\tool\\ too, \\twice{more}, \\hi{hello}, \\hi[me]{wave}.", preamble), "a.tex"
    ).manuscript.text
    assert "ChainMeter and ChainMeter too, more and more, hello to you, wave to me." in text


@pytest.mark.parametrize(
    ("source", "carrier"),
    [
        ("% SECRET words", "latex_comment"),
        ("\\iffalse SECRET \\fi", "latex_comment"),
        ("\\begin{comment}SECRET\\end{comment}", "latex_comment"),
        ("\\textcolor{white}{SECRET}", "latex_hidden"),
        ("{\\color{white} SECRET}", "latex_hidden"),
        ("{\\color[rgb]{1,1,1} SECRET}", "latex_hidden"),
        ("\\textcolor{paper}{SECRET}", "latex_hidden"),
        ("{\\fontsize{0.1}{0.1}\\selectfont SECRET}", "latex_hidden"),
        ("\\phantom{SECRET}", "latex_hidden"),
        ("\\end{document} SECRET", "latex_comment"),
        ("\\iffalse a \\iftrue b \\fi SECRET \\fi", "latex_comment"),
        ("\\iftrue a \\else SECRET \\fi", "latex_comment"),
        ("\\if 0 SECRET \\fi", "latex_comment"),
        ("\\ifnum 0=1 SECRET \\fi", "latex_comment"),
        ("\\newif\\ifdraft \\ifdraft SECRET \\fi", "latex_comment"),
        ("\\newif\\ifdraft \\drafttrue \\ifdraft a \\else SECRET \\fi", "latex_comment"),
        ("\\let\\ifdraft\\iffalse \\ifdraft SECRET \\fi", "latex_comment"),
        ("\\newcommand{\\hide}{\\iffalse} \\hide SECRET \\fi", "latex_comment"),
        ("\\newenvironment{hid}{\\iffalse}{\\fi} \\begin{hid}SECRET\\end{hid}", "latex_comment"),
        ("\\excludecomment{hid} \\begin{hid}SECRET\\end{hid}", "latex_comment"),
        ("\\iffalse \\begin{verbatim} SECRET \\end{verbatim} \\fi", "latex_comment"),
        ("\\begin{filecontents}{a.txt}SECRET\\end{filecontents}", "attachment"),
        ("\\NewDocumentCommand{\\x}{m O{}}{three words SECRET}", "latex_macro"),
        ("\\newenvironment{x}{three words SECRET}{}", "latex_macro"),
        ("\\index{three words SECRET}", "metadata"),
        ("\\begin{figure}\\textcolor{white}{SECRET}\\end{figure}", "latex_hidden"),
        (
            "\\begin{thebibliography}{9}\\phantom{SECRET}\\bibitem{a} A. Bee. Title. 2000.\\end{thebibliography}",
            "latex_hidden",
        ),
        ("\\section[three words SECRET]{Shown}", "metadata"),
        ("\\title{\\textcolor{white}{SECRET} Shown}", "latex_hidden"),
    ],
)
def test_what_is_not_printed_is_set_aside(read: Read, source: str, carrier: str) -> None:
    parsed = read(wrap(f"Before. {source}\n\nAfter.", "\\definecolor{paper}{HTML}{FFFFFF}"), "a.tex")
    assert "SECRET" not in parsed.manuscript.text
    assert [s.carrier for s in parsed.layout.side_texts if "SECRET" in s.text] == [carrier]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("\\hypersetup{pdfsubject={Four words of SECRET}}", "Four words of SECRET"),
        ("\\hypersetup {colorlinks=true, pdfkeywords = {one, {two} three SECRET}}", "one, {two} three SECRET"),
        ("\\hypersetup{\n  pdftitle={T},\n  pdfauthor={SECRET is said by nobody}}", "SECRET is said by nobody"),
        ("\\pdfinfo{/Subject (Four words of SECRET)}", "Four words of SECRET"),
        ("\\hypersetup{pdfsubject={秘密写在这里}}", "秘密写在这里"),
        ("\\hypersetup{colorlinks=true, urlcolor=blue}", ""),
        ("%\\hypersetup{pdfsubject={Four words of SECRET}}", ""),
    ],
)
@pytest.mark.parametrize("where", ["preamble", "body"])
def test_properties_of_the_document_are_set_aside(read: Read, source: str, told: str, where: str) -> None:
    text = wrap("Before.\n\nAfter.", source + "\n") if where == "preamble" else wrap(f"Before.\n{source}\n\nAfter.")
    parsed = read(text, "a.tex")
    assert "SECRET" not in parsed.manuscript.text
    said = [s for s in parsed.layout.side_texts if s.carrier == "metadata"]
    assert len(said) == bool(told)
    assert all(told in s.text and s.name in ("hypersetup", "pdfinfo") for s in said)


@pytest.mark.parametrize(
    "source",
    [
        "\\iffalse gone \\else STAYS \\fi",
        "\\newif\\ifx \\newcommand{\\on}{\\xtrue} \\on \\ifx STAYS \\fi",
        "\\newif\\ifx \\ifdefined\\y \\xtrue \\fi \\ifx STAYS \\fi",
        "\\newcommand{\\hide}{\\iffalse} STAYS",
        "\\verb|\\iffalse| STAYS",
        "a \\\\iffalse STAYS",
        "\\begin{verbatim}\n\\end{document}\n\\endinput\n\\end{verbatim}\nSTAYS",
        "\\ifx\\endinput\\relax\\endinput\\fi\nSTAYS",
    ],
)
def test_what_may_be_printed_stays(read: Read, source: str) -> None:
    assert "STAYS" in read(wrap(source), "a.tex").manuscript.text


def test_an_input_gives_what_its_document_prints_and_its_rest_is_set_aside(read: Read) -> None:
    part = "SECRET before\n\\begin{document}\nShown.\n\\endinput\nSECRET between\n\\end{document}\nSECRET after\n"
    parsed = read(d.zip_of({"main.tex": wrap("\\input{part}"), "part.tex": part}), "a.zip")
    assert "Shown." in parsed.manuscript.text
    assert "SECRET" not in parsed.manuscript.text
    said = " ".join(s.text for s in parsed.layout.side_texts if s.name == "part.tex, not input")
    assert said.count("SECRET") == 3


def test_colour_ends_with_its_group(read: Read) -> None:
    text = read(wrap("{\\color{white} gone} stays \\textcolor{red}{red stays}"), "a.tex").manuscript.text
    assert "stays red stays" in text


def test_references_from_bibtex(read: Read) -> None:
    bib = (
        "@article{haber, author={Haber, Stuart and Stornetta, W. Scott}, title={How to {T}ime-Stamp}, year=1991,"
        " journal={Journal of Cryptology}, doi={10.1007/BF00196791}}\n@misc{unused, title={Never cited}, year=2000}\n"
        "@inproceedings{merkle, author={Ralph Merkle}, title={Signatures}, booktitle={CRYPTO}, year={1988}}\n"
    )
    body = "First \\citet{merkle}, then \\citep{haber,missing}.\n\\bibliographystyle{unsrt}\n\\bibliography{refs}"
    manuscript = read(d.zip_of({"main.tex": wrap(body), "refs.bib": bib}), "paper.zip").manuscript
    assert [(r.label, r.title, r.year) for r in manuscript.references] == [
        ("merkle", "Signatures", 1988),
        ("haber", "How to Time-Stamp", 1991),
    ]
    assert manuscript.references[1].authors == ("Stuart Haber", "W. Scott Stornetta")
    assert manuscript.references[1].doi == "10.1007/BF00196791"
    assert "First Merkle [1], then [2, ?]." in manuscript.text
    assert [c.target for c in manuscript.citations] == [1, 2, None]
    check_offsets(manuscript)


def test_numbers_of_sections_floats_and_equations(read: Read) -> None:
    body = (
        "\\section{One}\\label{a}\\subsection{Inner}\\label{b}\\begin{equation}\\label{e}x\\end{equation}"
        "\\begin{figure}\\caption{F.}\\label{f}\\end{figure}\\section*{Free}\\appendix\\section{Extra}\\label{x}"
        "Refs \\ref{a} \\ref{b} \\eqref{e} \\autoref{f} \\ref{x}."
    )
    manuscript = read(wrap(body), "a.tex").manuscript
    assert "Refs 1 1.1 (1) Figure 1 A." in manuscript.text
    assert [(s.number, s.title) for s in manuscript.sections] == [
        ("1", "One"),
        ("1.1", "Inner"),
        ("", "Free"),
        ("A", "Extra"),
    ]


COMMANDS = [
    r"\section{",
    r"\begin{table}",
    r"\end{table}",
    r"\begin{tabular}{l}",
    r"&",
    r"\\",
    r"{",
    r"}",
    r"[",
    r"]",
    r"$",
    r"$$",
    r"%",
    r"\iffalse",
    r"\fi",
    r"\cite{a}",
    r"\item",
    r"\caption{",
    r"\newcommand{\x}{\x}",
    r"\def\y#1{",
    r"\begin{itemize}",
    r"\end{itemize}",
    r"\bibitem{k}",
    r"\color{white}",
    r"\'",
    r"\footnote{",
]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(COMMANDS) | st.text("ab \n\\{}%$&é", max_size=6), max_size=25))
def test_any_source_gives_a_manuscript_with_right_places_or_a_refusal(read: Read, pieces: list[str]) -> None:
    try:
        parsed = read(wrap("".join(pieces)), "a.tex")
    except Unreadable:
        return
    assert isinstance(parsed, Parsed)
    check_offsets(parsed.manuscript)


def test_latin_1_sources_are_read(tmp_path: Path, read: Read) -> None:
    assert "déjà" in read(wrap("déjà").encode("latin-1"), "a.tex").manuscript.text


@pytest.mark.parametrize(
    ("used", "printed"),
    [("", False), ("\\usebox{\\kept}", True), ("\\copy\\kept", True), ("\\usebox{\\keptother}", False)],
)
def test_a_box_that_nothing_prints_stands_beside_the_page(read: Read, used: str, printed: bool) -> None:
    body = f"\\newsavebox{{\\kept}}\\sbox{{\\kept}}{{Four words of SECRET}} The text goes on. {used}"
    parsed = read(wrap(body).encode(), "paper.tex")
    assert ("SECRET" in parsed.manuscript.text) is printed
    assert [s.text for s in parsed.layout.side_texts if s.carrier == "latex_macro"] == ["Four words of SECRET"]
