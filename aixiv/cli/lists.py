"""Lists that a measurement is given: CSV with columns of known names."""

import csv
from collections.abc import Sequence
from pathlib import Path

from aixiv.domain.errors import Invalid


def read_list(file: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a list, in UTF-8 with or without a mark at its start; absent cells are empty.

    Raises Invalid when there is no such file, when it is no text, or when a column is missing.
    """
    if not file.is_file():
        raise Invalid(f"There is no file {str(file)!r}.", code="eval_file", hint="Check the path.")
    hint = f"It must be CSV in UTF-8, whose first line names {', '.join(columns)}."
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise Invalid(f"{file} has no column {', '.join(missing)}.", code="eval_columns", hint=hint)
            return [{name: (line.get(name) or "").strip() for name in columns} for line in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{file} is no list: {error}.", code="eval_file", hint=hint) from error
