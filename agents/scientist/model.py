"""The author with a language model. It proposes; what it proposes is looked up, and rules finish what it leaves open.

An edit is applied when its words stand exactly once in the sources and it brings no number that material does not hold;
in a proposal that this author drafted from a topic a new number is a decision, and stands.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from string import Template
from typing import Any, TypeVar

from msgspec import Struct

from agents.context import new_fence
from agents.judges import Budget, JudgeUnavailable, JudgeUnreadable
from agents.judges.answers import Unreadable, json_schema, read
from agents.judges.chat import Endpoint, ask
from agents.judges.prompts import prompt_hash, prompt_text
from agents.scientist.author import CannotDraft, Drafted
from agents.scientist.desk import Answer, Asked, Desk
from agents.scientist.rules.author import Revision
from agents.scientist.rules.author import revise as revise_by_rules
from agents.scientist.sources import Place, Sources

T = TypeVar("T", bound=Struct)
Prompt = Callable[[str], str]  # from a fence

MAX_TOKENS = 12_000
RUN_TOKENS = 1_000_000
RUN_SECONDS = 1_800.0
LEAST_DRAFT = 600  # words
PLANNED = """\
This is your own plan. A number that it leaves open may be decided now: that is no invention. It has no results.
"""
REVISE_FILES = ("scientist_system", "scientist_revise")
DRAFT_FILES = ("scientist_system", "scientist_draft")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """Words of the source and what stands there afterwards."""

    find: str
    replace: str


class FindingAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said to one finding."""

    finding_id: str
    answer: str
    resolved: bool


class ReviseAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A proposed revision."""

    edits: list[Edit]
    answers: list[FindingAnswer]


class DraftAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A proposed proposal."""

    title: str
    text: str
    keywords: list[str]


class ModelAuthor:
    """Implements `agents.scientist.author.Author` on an OpenAI-compatible server."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.name = f"{endpoint.model}, prompts {prompt_hash(*REVISE_FILES, *DRAFT_FILES)[:12]}, with rules"

    async def draft(self, topic: str, related: Sequence[dict[str, Any]]) -> Drafted:
        """A proposal about a topic. Raises `CannotDraft` when no readable one comes."""
        try:
            answer = await self._ask(DraftAnswer, lambda fence: draft_prompt(topic, related, fence), topic)
        except (JudgeUnavailable, JudgeUnreadable) as failure:
            raise CannotDraft(f"The language model gave no proposal: {failure}") from failure
        if len(answer.text.split()) < LEAST_DRAFT:
            raise CannotDraft(f"The language model wrote {len(answer.text.split())} words; that is no proposal.")
        return Drafted(text=answer.text, title=answer.title, keywords=tuple(answer.keywords))

    async def revise(self, desk: Desk, asked: Sequence[Asked], wishes: Sequence[str]) -> Revision:
        """The model's edits as far as they hold, then the rules on every finding that is still open."""
        texts = [*desk.sources.files.values(), *desk.facts.values(), *(f.claim for f in asked)]
        try:
            answer = await self._ask(ReviseAnswer, lambda fence: revise_prompt(desk, asked, fence), *texts)
        except (JudgeUnavailable, JudgeUnreadable) as failure:
            desk.note("author", f"The language model did not answer ({failure}); this revision is by rules.")
            return revise_by_rules(desk, asked, wishes)
        refused = apply_edits(desk, answer.edits, asked)
        said = {a.finding_id: Answer(text=a.answer, resolved=a.resolved and not refused) for a in answer.answers}
        by_rules = revise_by_rules(desk, asked, wishes)
        answers = {name: _better(said.get(name), ruled) for name, ruled in by_rules.answers.items()}
        return Revision(sources=by_rules.sources, answers=answers, changes=by_rules.changes)

    async def _ask(self, shape: type[T], prompt: Prompt, *untrusted: str) -> T:
        fence = new_fence(untrusted)
        messages = [
            {"role": "system", "content": Template(prompt_text("scientist_system")).substitute(fence=fence)},
            {"role": "user", "content": prompt(fence)},
        ]
        budget = Budget(tokens=RUN_TOKENS, deadline=asyncio.get_running_loop().time() + RUN_SECONDS)
        reply = await ask(
            self._endpoint, messages, json_schema(shape), budget, model=self._endpoint.model, max_tokens=MAX_TOKENS
        )
        try:
            return read(reply.content, shape)
        except Unreadable as failure:
            raise JudgeUnreadable(str(failure), reply.usage) from failure


def revise_prompt(desk: Desk, asked: Sequence[Asked], fence: str) -> str:
    """The sources, what is known, what was found, and the task."""
    manuscript = "\n\n".join(f"[file {name}]\n{desk.sources.files[name]}" for name in desk.sources.in_order)
    facts = "\n\n".join(f"{topic}: {text.strip()}" for topic, text in desk.facts.items()) or "Nothing beyond the text."
    findings = "\n".join(_line(finding) for finding in asked)
    fill = {"manuscript": manuscript, "facts": facts, "findings": findings}
    asked_for = Template(prompt_text("scientist_revise")).substitute(
        fence=fence, **{name: text.replace(fence, "") for name, text in fill.items()}
    )
    return f"{asked_for}\n{PLANNED}" if desk.planned else asked_for


def draft_prompt(topic: str, related: Sequence[dict[str, Any]], fence: str) -> str:
    """The topic, what the platform has on it, and the task."""
    lines = [f"- {work['title']} ({work.get('identifier') or work['paper_id']})" for work in related]
    shown = "\n".join(lines) or "Nothing."
    return Template(prompt_text("scientist_draft")).substitute(
        fence=fence, topic=topic.replace(fence, ""), related=shown.replace(fence, "")
    )


def apply_edits(desk: Desk, edits: Sequence[Edit], asked: Sequence[Asked]) -> int:
    """Apply what holds; how many edits did not, because their words are not unique or their numbers are new."""
    known = _numbers(*desk.sources.files.values(), *desk.facts.values(), *(f.claim for f in asked))
    refused = 0
    for edit in edits:
        place = _only(desk.sources, edit.find)
        if place is None or not (desk.planned or _numbers(edit.replace) <= known):
            refused += 1
            continue
        desk.sources = desk.sources.replace(place, edit.replace)
        before, after = (" ".join(t.split())[:120] for t in (edit.find, edit.replace))
        desk.note("author", f"“{before}” is now “{after}”." if after else f"Withdrew “{before}”.")
    return refused


def _better(said: Answer | None, ruled: Answer) -> Answer:
    """A repair by rule is certain; otherwise the model's own words stand."""
    return ruled if said is None or ruled.resolved else said


def _only(sources: Sources, words: str) -> Place | None:
    found = [(name, text.find(words)) for name, text in sources.files.items() if words and words in text]
    if len(found) != 1 or sources.files[found[0][0]].count(words) != 1:
        return None
    name, start = found[0]
    return Place(name, start, start + len(words))


def _numbers(*texts: str) -> set[str]:
    return {n.replace(",", "") for text in texts for n in _NUMBER.findall(text)}


def _line(finding: Asked) -> str:
    quote = f" Quote: “{finding.quote}”" if finding.quote else ""
    fix = f" Asked for: {finding.fix}" if finding.fix else ""
    return f"- [{finding.finding_id}] {finding.severity}: {finding.claim}{quote}{fix}"
