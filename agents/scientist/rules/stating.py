"""Statements that a work lacks, added from what its author knows: `facts.toml` beside the manuscript, by topic.

Nothing is made up. What no fact is at hand for is left out, and the letter says so.
"""

import re
from collections.abc import Iterable

from agents.scientist.desk import Asked, Desk
from agents.scientist.sources import Place

SECTIONS = {
    "hypothesis": "Hypothesis and Success Criterion",
    "evaluation": "Evaluation",
    "timeline": "Timeline",
    "feasibility": "Feasibility",
    "risks": "Risks and Mitigation",
    "discussion": "Discussion",
    "limitations": "Limitations",
    "ethics": "Ethics",
    "availability": "Data and Code Availability",
    "ai": "AI Involvement",
}
"""Topics with a section of their own, in the order in which they are added."""
IN_METHOD = ("repetitions", "spread", "seeds", "hardware", "settings", "splits")
METHOD_TITLE = "Runs, Intervals and Environment"

# What a finding, a question or a requested change is about, by its words; the first match counts.
_ABOUT: tuple[tuple[str, str], ...] = (
    ("ethics", r"\bethics approval|\bconsent\b|committee"),
    ("limitations", r"\blimitation"),
    ("availability", r"where (?:data|code)|code and data|data (?:or|and) code|availability"),
    ("seeds", r"\bseeds?\b(?! or splits)"),
    ("repetitions", r"how often|independent runs|number of runs|how often repeated"),
    ("spread", r"error bars|\bintervals?\b|\bdeviation"),
    ("hardware", r"\bhardware\b|which machine|\bmachine\b"),
    ("settings", r"training settings"),
    ("splits", r"which part of the data"),
    ("hypothesis", r"\bhypothes|would refute|threshold that decides|refute the idea"),
    ("timeline", r"plan with milestones|how long does each step|a time and a result"),
    ("risks", r"\brisks?\b|go wrong|ways to fail"),
    ("feasibility", r"feasib|list data, machines|is it at hand"),
    ("evaluation", r"\bevaluation\b"),
    ("discussion", r"\bdiscussion\b"),
)
_REFERENCES = re.compile(r"(?m)^#+\s*(?:\d+\.?\s*)?(?:References|Bibliography)\s*$")
_AFTER_TEXT = re.compile(
    r"\\(?:begin\{thebibliography\}|bibliography\b|printbibliography|appendix\b|end\{document\}|small\b)"
)
_NEXT_PART = re.compile(r"\\section\b|\\input\{|\\end\{document\}|\\bibliography|\\begin\{thebib")
_AI_SAID = re.compile(r"\bAI (?:author|involvement|disclosure|agent)\b", re.IGNORECASE)


def topic_of(text: str) -> str:
    """What these words ask for, or an empty string."""
    return next((topic for topic, words in _ABOUT if re.search(words, text, re.IGNORECASE)), "")


def state(desk: Desk, topics: Iterable[str]) -> None:
    """Add what is known about these topics: to the method, or as sections before the references."""
    wanted = set(topics)
    method = [t for t in IN_METHOD if t in wanted and t in desk.facts and t not in desk.notes]
    if method:
        _into_method(desk, " ".join(desk.facts[t].strip() for t in method))
    for topic in method:
        desk.note(topic, f"Stated in the method, under “{METHOD_TITLE}”.")
    for topic, title in SECTIONS.items():
        text = _involvement(desk) if topic == "ai" else desk.facts.get(topic, "") if topic in wanted else ""
        if text and topic not in desk.notes:
            _append_section(desk, title, text.strip())
            desk.note(topic, f"Added the section “{title}”.")


def answer_for(desk: Desk, asked: Asked) -> None:
    """A note for a finding about something that was missing and is there now."""
    topic = topic_of(f"{asked.claim} {asked.fix}")
    if topic and desk.notes.get(topic):
        desk.note(asked.finding_id, desk.done(topic))


def _involvement(desk: Desk) -> str:
    """Who of the authors is an AI, as the submission says it; nothing when the text says it already."""
    written = " ".join(desk.sources.files.values())
    said = _AI_SAID.search(re.sub(r"(?s)\\author\{.*?\}|\(AI\)", "", written))
    agents = [a for a in desk.authors if a.get("kind") == "ai"]
    if said or not agents:
        return ""
    names = "; ".join(f"{a['name']} ({', '.join(p for p in (a.get('model', ''), _operated(a)) if p)})" for a in agents)
    return f"This work has an AI author: {names}. Its revision was made by a program of that author."


def _operated(author: dict[str, str]) -> str:
    return f"operated by {author['operator']}" if author.get("operator") else ""


def _into_method(desk: Desk, text: str) -> None:
    heading = _method_end(desk)
    if heading is None:
        _append_section(desk, METHOD_TITLE, text)
        return
    block = (
        f"\n\\subsection{{{METHOD_TITLE}}}\n\n{_latex(text)}\n"
        if desk.sources.format == "latex"
        else f"**{METHOD_TITLE}.** {text}\n\n"
    )
    desk.sources = desk.sources.replace(heading, block)


def _method_end(desk: Desk) -> Place | None:
    latex = desk.sources.format == "latex"
    words = "(?:Method|Approach|Design|Setup)"
    heading = rf"\\section\*?\{{[^}}]*{words}[^}}]*\}}" if latex else rf"(?m)^##\s[^\n]*{words}[^\n]*$"
    next_part = _NEXT_PART if latex else re.compile(r"(?m)^##\s")
    for name in desk.sources.in_order:
        text = desk.sources.files[name]
        found = re.search(heading, text, re.IGNORECASE)
        if found:
            after = next_part.search(text, found.end())
            end = after.start() if after else len(text)
            return Place(name, end, end)
    return None


def _append_section(desk: Desk, title: str, text: str) -> None:
    if desk.sources.format == "latex":
        place = _text_end(desk)
        desk.sources = desk.sources.replace(place, f"\n\\section{{{title}}}\n\n{_latex(text)}\n")
        return
    name = desk.sources.main
    written = desk.sources.files[name]
    found = _REFERENCES.search(written)
    at = found.start() if found else len(written)
    last = re.findall(r"(?m)^##\s+(\d+)\.?\s", written[:at])
    number = f"{int(last[-1]) + 1}. " if last else ""
    lead = "" if written[:at].endswith("\n\n") else "\n\n"
    desk.sources = desk.sources.replace(Place(name, at, at), f"{lead}## {number}{title}\n\n{text}\n\n")


def _text_end(desk: Desk) -> Place:
    """Behind the last section, before references and appendices."""
    last = desk.sources.main
    for name in desk.sources.in_order:
        if re.search(r"\\section\b", desk.sources.files[name]):
            last = name
    text = desk.sources.files[last]
    start = max((m.end() for m in re.finditer(r"\\section\b", text)), default=0)
    after = _AFTER_TEXT.search(text, start)
    end = after.start() if after else len(text)
    return Place(last, end, end)


def _latex(text: str) -> str:
    plain = re.sub(r"(?<!\\)([%&#_$])", r"\\\1", text)
    return re.sub(r"`([^`]+)`", r"\\texttt{\1}", plain)
