"""The measurement of the screen counts right, and the command prints what was counted."""

import json
import subprocess
import sys
from pathlib import Path

from msgspec import structs

from review.evals.screening import Outcome, summary, table


def said(verdict: str, *, attack: bool = True, carrier: str = "xmp", language: str = "german") -> Outcome:
    return Outcome(attack=attack, carrier=carrier, language=language, phrase="x", verdict=verdict)  # type: ignore[arg-type]


def test_shares_count_everything_that_is_not_clear() -> None:
    outcomes = [
        said("attack"),
        said("suspicious", language="english"),
        said("unreadable", carrier="tiny"),
        said("clear"),
    ]
    result = summary([*outcomes, said("clear", attack=False, language="")], phrases="tuning", seed=1)
    assert (result.attacks.stopped, result.attacks.total, result.clean.stopped) == (3, 4, 0)
    assert {row.name: (row.stopped, row.total) for row in result.by_carrier} == {"tiny": (1, 1), "xmp": (2, 3)}
    assert [row.name for row in result.by_language] == ["english", "german"]
    assert result.missed == (outcomes[3],)
    assert result.verdicts["attack"] == {"clear": 1, "suspicious": 1, "attack": 1, "unreadable": 1}
    assert "3 of 4" in table(result)


def test_an_attack_that_harmless_text_hides_is_counted() -> None:
    found = [said("attack"), said("suspicious"), said("clear")]
    again = [structs.replace(found[0], addition="print"), structs.replace(found[1], addition="print", lost=True)]
    result = summary([*again, found[2]], phrases="tuning", seed=1)
    assert (result.kept.stopped, result.kept.total) == (1, 2)
    assert [(row.name, row.stopped) for row in result.by_addition] == [("print", 1)]
    assert "1 of 2" in table(result)


def test_the_command_answers_json_for_any_phrases() -> None:
    command = [
        str(Path(sys.executable).with_name("aixiv")),
        "eval",
        "screening",
        "--cases",
        "6",
        "--phrases",
        "held-back",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    answer = json.loads(done.stdout)
    assert (answer["phrases"], answer["attacks"]["total"], answer["clean"]["total"]) == ("held-back", 6, 3)
