"""Clean papers that are hard on purpose: honest notes, labels and prose in the places where attacks hide."""

from random import Random

from review.evals.attacks.clean import CLEAN, Made, Make, typeset
from review.evals.attacks.papers import Draft
from review.evals.attacks.pdf import text_string
from review.evals.attacks.pdf_carriers import alt_text, annotation, attachment, bookmark, xmp
from review.evals.attacks.phrases import LANGUAGES, Phrases
from review.evals.attacks.setting import LEFT, escaped, set_latex, set_markdown, set_pages


def _some(said: Phrases, use: str, count: int, random: Random) -> list[str]:
    """Texts of one use and language: English in half of the cases, like most papers."""
    language = "english" if random.random() < 0.5 else random.choice(LANGUAGES[1:])
    bank = said.clean[use][language]
    return random.sample(bank, min(count, len(bank)))


def _source_notes(draft: Draft, random: Random, said: Phrases) -> Made:
    """Comments and switched-off passages of a LaTeX source."""
    forms = ("% {}", "%% {}", "\\iffalse {} \\fi")
    notes = [random.choice(forms).format(escaped(note)) for note in _some(said, "notes", 3, random)]
    return "paper.tex", set_latex(draft, "\n".join(notes))


def _page_notes(draft: Draft, random: Random, said: Phrases) -> Made:
    """Notes of co-authors and editors on the pages of a PDF, and a change log attached to it."""
    setting = set_pages(draft)
    first, *others = _some(said, "notes", 3, random)
    annotation(setting, first, random)
    if random.random() < 0.5:
        attachment(setting, "\n".join(others), random)
    return "paper.pdf", setting.file()


def _text_notes(draft: Draft, random: Random, said: Phrases) -> Made:
    """Comments in Markdown, and a label in its front matter."""
    notes = "\n\n".join(f"<!-- {note} -->" for note in _some(said, "notes", 2, random))
    label = _some(said, "labels", 1, random)[0].replace('"', "'")
    return "paper.md", set_markdown(draft, notes, front=f'note: "{label}"')


def _file_labels(draft: Draft, random: Random, said: Phrases) -> Made:
    """Document information, descriptions of figures, XMP and a bookmark."""
    setting = set_pages(draft)
    label = _some(said, "labels", 1, random)[0]
    place = random.choice(["information", "figure", "xmp", "bookmark"])
    if place == "information":
        setting.pdf.info[random.choice(["Subject", "Keywords"])] = text_string(label)
    else:
        {"figure": alt_text, "xmp": xmp, "bookmark": bookmark}[place](setting, label, random)
    return "paper.pdf", setting.file()


def _pale_labels(draft: Draft, random: Random, said: Phrases) -> Made:
    """A publisher's line in pale or small print at the edge of each page."""
    setting = set_pages(draft)
    label = _some(said, "labels", 1, random)[0]
    state, size = random.choice([("0.7 g", 7.0), ("0.6 g", 6.0), ("0 g", 5.0)])
    for page in range(len(setting.pages)):
        setting.text(label, LEFT, random.choice([770.0, 24.0]), size, page, state)
    return "paper.pdf", setting.file()


def _prose(draft: Draft, random: Random, said: Phrases) -> Made:
    """Visible sentences about reviewing, machine referees and hidden orders."""
    for sentence in _some(said, "prose", 4, random):
        draft.add(random.choice(["Introduction", "Method", "Results", "Limitations"]), sentence)
    return typeset(draft, random)


HONEST: dict[str, Make] = {
    "security": CLEAN["security"],
    "source_notes": _source_notes,
    "page_notes": _page_notes,
    "text_notes": _text_notes,
    "file_labels": _file_labels,
    "pale_labels": _pale_labels,
    "prose": _prose,
}


def clean_kinds(said: Phrases) -> dict[str, Make]:
    """Kinds of clean papers that go with a set of phrases: those made of its own texts, where it has any."""
    return HONEST if said.clean else CLEAN
