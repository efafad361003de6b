"""`aixiv eval references`: how well bibliography entries are judged, on a file of labelled ones."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from aixiv.domain.errors import Invalid
from review.evals.references import Half, judge, measure, read_labelled, table

FORM = "Each line is a JSON object with fields, bibtex_type, label (VALID or HALLUCINATED) and hallucination_type."
AsJson = Annotated[bool, Parameter(name="--json")]


def references_eval(file: Path, *, half: Half = "all", as_json: AsJson = False) -> None:
    """Measure the judgement of bibliography entries on a HALLMARK-format file. No network.

    Parameters
    ----------
    file
        JSONL; each line has fields, bibtex_type, label (VALID or HALLUCINATED) and hallucination_type.
    half
        All entries, or one half chosen by a hash of their keys: rules were tuned on one and reported on the other.
    as_json
        Print one JSON object instead of the table.
    """
    if not file.is_file():
        raise Invalid(f"There is no file {str(file)!r}.", code="eval_file", hint="Check the path.")
    now = datetime.now(UTC)
    with file.open("rb") as lines:
        try:
            judged = [judge(entry, now=now) for entry in read_labelled(lines, half)]
        except msgspec.DecodeError as error:
            raise Invalid(f"{file} is not in HALLMARK's form: {error}.", code="eval_file", hint=FORM) from error
    if not judged:
        raise Invalid(f"{file} holds no entry.", code="eval_file", hint=FORM)
    result = measure(judged, half)
    print(msgspec.json.encode(result).decode() if as_json else table(result))
