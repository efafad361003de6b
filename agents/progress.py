"""How far a run is, in words and percent. Pure: the same finished steps always give the same number."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from agents.nodes.compare import LOOKS, look_key
from agents.port import Progress, ReviewRequest

Unit = tuple[str, str]  # step, and whose branch of it ("" for a step without branches)

# Weight of a whole step, all its branches together; the rest weigh 1.
_SHARE = {"review": 18, "vote": 15, "compare": 12, "chair": 3, "meta": 3, "adjudicate": 3}
FAN_OUTS = {"review": "answers", "compare": "opinions", "vote": "ballots"}
_RESULTS = {
    "screen": "screening",
    "ground": "related",
    "evidence": "checks",
    "chair": "panel",
    "check": "reports",
    "meta": "meta",
    "resolve": "comparison",
    "adjudicate": "adjudication",
    "recommend": "recommendation",
}
STEPS = frozenset(FAN_OUTS) | frozenset(_RESULTS)


class ProgressCounter:
    """Counts finished units of one run. Percent never falls, and is 100 only with a recommendation."""

    def __init__(self, request: ReviewRequest) -> None:
        self._request = request
        self._plan = planned_units(request)
        self._done: set[Unit] = set()

    def finish(self, step: str, update: Mapping[str, Any] | None) -> Progress:
        """Book what a node has returned. A chair's panel becomes part of the plan."""
        roles = [s["role"] for s in (update or {}).get("panel", {}).get("specialists", ())]
        if roles:
            self._plan = planned_units(self._request, roles)
        fresh = units_of(step, update or {})
        self._done.update(fresh)
        return self._progress(step, _message(step, fresh, self._count(step)))

    def resume(self, units: Iterable[Unit], roles: Sequence[str] = ()) -> Progress:
        """Book what an earlier attempt finished, on the panel it had."""
        self._plan = planned_units(self._request, roles)
        self._done.update(units)
        return self._progress("resume", "The review continues where it stopped.")

    def _count(self, step: str) -> tuple[int, int]:
        return sum(s == step for s, _ in self._done), sum(s == step for s, _ in self._plan)

    def _progress(self, step: str, message: str) -> Progress:
        percent = 100 if ("recommend", "") in self._done else min(99, int(100 * self._share_done()))
        return Progress(step=step, message=message, percent=percent)

    def _share_done(self) -> Fraction:
        """A step's weight does not depend on its number of branches, so a larger panel never turns the clock back."""
        planned = Counter(step for step, _ in self._plan)
        done = Counter(step for step, who in self._plan if (step, who) in self._done)
        total = sum(_SHARE.get(step, 1) for step in planned)
        return sum((Fraction(_SHARE.get(s, 1) * done[s], planned[s] * total) for s in planned), Fraction(0))


def planned_units(request: ReviewRequest, roles: Sequence[str] = ()) -> tuple[Unit, ...]:
    """Everything a full run does, in order; without roles of a chair the track's own review."""
    units: list[Unit] = [("screen", ""), ("ground", ""), ("evidence", ""), ("chair", "")]
    units += [("review", role) for role in roles or request.policy.panel]
    units += [("check", ""), ("meta", "")]
    if request.previous is not None:
        units += [("compare", look_key(order, letter=letter)) for order, letter in LOOKS]
        units.append(("resolve", ""))
    units += [("vote", voter.name) for voter in request.policy.voters]
    units += [("adjudicate", ""), ("recommend", "")]
    return tuple(units)


def units_of(step: str, update: Mapping[str, Any]) -> tuple[Unit, ...]:
    """The units one node's return value finishes."""
    if step in FAN_OUTS:
        return tuple((step, who) for who in update.get(FAN_OUTS[step], {}))
    return ((step, ""),)


def finished_units(values: Mapping[str, Any]) -> tuple[Unit, ...]:
    """The units whose results a checkpoint holds."""
    units = [(step, "") for step, key in _RESULTS.items() if key in values]
    return tuple(units) + tuple((step, who) for step, key in FAN_OUTS.items() for who in values.get(key, {}))


def _message(step: str, units: tuple[Unit, ...], count: tuple[int, int]) -> str:
    who = units[0][1] if units else ""
    done, total = count
    return {
        "screen": "The screen for hidden instructions is done.",
        "ground": "Related work and the works cited were looked up.",
        "evidence": "The deterministic checks are done.",
        "chair": "The panel of reviewers stands.",
        "review": f"Reviewer '{who}' has delivered its report ({done} of {total}).",
        "check": "Every quote of the reports was looked up in the manuscript.",
        "meta": "The chair has put the reports together.",
        "compare": f"A look at old and new version is done ({done} of {total}).",
        "resolve": "Every earlier finding was traced in the new version.",
        "vote": f"Voter '{who}' has voted ({done} of {total}).",
        "adjudicate": "Whether the panel or the vote is split has been looked at.",
        "recommend": "The round has a recommendation.",
    }[step]
