"""Claims that nothing carries, said as what the work can show. The pairs are data: `softening.toml`."""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

from agents.scientist.desk import Asked, Desk
from agents.scientist.sources import Place

TOPIC = "claims"


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = (files("agents.scientist.rules") / "softening.toml").read_text(encoding="utf-8")
    return tuple((re.compile(pair["find"].replace(" ", r"\s+")), pair["say"]) for pair in tomllib.loads(text)["soften"])


def soften(desk: Desk) -> None:
    """Every sentence whose words claim too much."""
    for name in desk.sources.in_order:
        for pattern, say in _pairs():
            while found := pattern.search(desk.sources.files[name]):
                new = _said(found, say)
                place = Place(name, *found.span())
                if new == found[0]:
                    break
                desk.sources = desk.sources.replace(place, new)
                before = " ".join(found[0].split()).strip(" ,;")
                after = " ".join(new.split()).strip(" ,;")
                desk.note(TOPIC, f"“{before}” is now “{after}”." if after else f"Withdrew “{before}”.")


def answer_for(desk: Desk, asked: Asked) -> None:
    """A note for this finding when the sentence it quotes no longer stands as it was."""
    if desk.notes.get(TOPIC) and (not asked.quote or desk.sources.find(asked.quote) is None):
        desk.note(asked.finding_id, f"The claim is withdrawn or weakened. {desk.done(TOPIC)}")


def _said(found: re.Match[str], say: str) -> str:
    upper = say.startswith(r"\U")
    new = found.expand(say.removeprefix(r"\U"))
    return new[:1].upper() + new[1:] if upper else new
