"""What was found out about a manuscript's references before they are judged. Whoever has an index fills it in."""

from datetime import datetime

from msgspec import Struct

from review.references.match import Work
from review.report import Overlap


class Notice(Struct, frozen=True, kw_only=True):
    """One entry of a list of retractions."""

    title: str
    nature: str  # Retraction, Expression of concern, ...
    families: tuple[str, ...] = ()
    doi: str = ""
    reason: str = ""
    retracted_on: str = ""  # as the list prints it
    notice_doi: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """Works and notices that may be those of an entry, by the entry's position in the list. Empty: nobody was asked."""

    now: datetime | None = None  # says what is future; None: the manuscript's own newest year stands in
    works: dict[int, tuple[Work, ...]] = {}
    notices: dict[int, tuple[Notice, ...]] = {}
    retraction_list: bool = False
    overlaps: tuple[Overlap, ...] | None = None
    sources: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
