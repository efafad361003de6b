"""`aixiv eval panel`: how a panel's scores agree and differ, on an export of reviews."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from aixiv.domain.errors import Invalid
from review.evals.panel import measure, read_reviews, table

AsJson = Annotated[bool, Parameter(name="--json")]


def panel_eval(file: Path, *, field: str = "overall", as_json: AsJson = False) -> None:
    """Measure agreement and dispersion of a panel on an OpenReview-style export of reviews.

    Parameters
    ----------
    file
        JSON with a list of reviews: forum, signatures, content.
    field
        The score's field in content.
    as_json
        Print one JSON object instead of the table.
    """
    if not file.is_file():
        raise Invalid(f"There is no file {str(file)!r}.", code="eval_file", hint="Check the path.")
    try:
        result = measure(read_reviews(file.read_bytes(), field))
    except ValueError as error:
        hint = f"Each review needs forum, signatures and content with a number in {field!r}; --field names another."
        raise Invalid(f"{file} is no export of reviews: {error}.", code="eval_file", hint=hint) from error
    print(msgspec.json.encode(result).decode() if as_json else table(result))
