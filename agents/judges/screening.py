"""The screen's stage that asks a language model: suspect passages only, as fenced data, sorted one by one.

What the model says can only add a finding. A model that obeys a passage and calls it harmless changes nothing.
"""

from collections.abc import Sequence
from string import Template
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from agents.judges import Budget, JudgeUnreadable
from agents.judges.answers import Unreadable, json_schema, one_each, read
from agents.judges.chat import Endpoint, Message, ask
from agents.judges.prompts import prompt_hash, prompt_text
from review.report import Usage
from review.screening.suspects import Suspect

FILES = ("screen_system", "screen")
MAX_TOKENS = 3000
MAX_REPAIR_CHARS = 4000


class SortedPassage(Struct, frozen=True, forbid_unknown_fields=True):
    """What a model says of one passage."""

    speaks_to_judge: bool
    wants: Annotated[str, Meta(max_length=400)]


class ScreenAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a model says of all passages, by number."""

    passages: dict[str, SortedPassage]


class Sorting(Struct, frozen=True, kw_only=True):
    """The passages a model calls steering, by their place in the list it was shown, with what each wants."""

    steering: dict[int, str]
    model: str
    prompt_hash: str
    usage: Usage


class Screener(Protocol):
    """Sorts suspect passages. Raises `JudgeUnavailable` or `JudgeUnreadable`, and never guesses."""

    async def sort(self, suspects: Sequence[Suspect], *, fence: str, budget: Budget, model: str = "") -> Sorting:
        """Which of these passages try to steer a judge; `model` overrides the default one."""
        ...


class LanguageModelScreener:
    """Implements `Screener` with an OpenAI-compatible server."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def sort(self, suspects: Sequence[Suspect], *, fence: str, budget: Budget, model: str = "") -> Sorting:
        """One question and one repair; every passage must be answered for."""
        model = model or self._endpoint.model
        messages = screen_messages(suspects, fence)
        numbers = [str(n) for n in range(1, len(suspects) + 1)]
        schema = json_schema(ScreenAnswer, {"ScreenAnswer.passages": one_each(numbers, SortedPassage)})
        spent, problem = Usage(), ""
        for _ in range(2):
            try:
                reply = await ask(self._endpoint, messages, schema, budget, model=model, max_tokens=MAX_TOKENS)
            except JudgeUnreadable as failure:
                raise JudgeUnreadable(str(failure), spent + failure.usage) from failure
            spent += reply.usage
            try:
                answer = read(reply.content, ScreenAnswer)
                _check(answer, numbers)
            except Unreadable as failure:
                problem = str(failure)
                again = f"This answer cannot be read. {problem} Answer again with one JSON object in the given schema."
                said = reply.content[:MAX_REPAIR_CHARS] or "(nothing)"
                messages = [*messages, {"role": "assistant", "content": said}, {"role": "user", "content": again}]
            else:
                sorted_ones = answer.passages.items()
                steering = {int(number) - 1: p.wants.strip() for number, p in sorted_ones if p.speaks_to_judge}
                return Sorting(steering=steering, model=model, prompt_hash=prompt_hash(*FILES), usage=spent)
        raise JudgeUnreadable(f"the answer stayed unreadable after one repair: {problem}", spent)


def screen_messages(suspects: Sequence[Suspect], fence: str) -> list[Message]:
    """The question about these passages, each on one line inside the fence."""
    lines = [f"{n}. ({s.place}) {_one_line(s.text, fence)}" for n, s in enumerate(suspects, 1)]
    task = Template(prompt_text("screen")).substitute(fence=fence, passages="\n".join(lines), count=str(len(suspects)))
    system = Template(prompt_text("screen_system")).substitute(fence=fence)
    return [{"role": "system", "content": system}, {"role": "user", "content": task}]


def _one_line(text: str, fence: str) -> str:
    return " ".join(text.split()).replace(fence, "")


def _check(answer: ScreenAnswer, numbers: list[str]) -> None:
    if answer.passages.keys() != set(numbers):
        given = ", ".join(list(answer.passages)[:60])
        raise Unreadable(f"`passages` must hold each number from 1 to {len(numbers)} and no other; it holds {given}.")
