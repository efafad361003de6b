"""Bibliography entries judged: plausible by themselves, and beside what is known about the work they mean."""

from review.references.entry import Author, Entry, entry_from_bibtex, entry_from_reference
from review.references.examine import Index, examine
from review.references.match import Match, Work, differences, find_match
from review.references.reasons import EntryKind, EntryVerdict, Reason, ReferenceVerdict

__all__ = [
    "Author", "Entry", "EntryKind", "EntryVerdict", "Index", "Match", "Reason", "ReferenceVerdict", "Work",
    "differences", "entry_from_bibtex", "entry_from_reference", "examine", "find_match",
]  # fmt: skip
