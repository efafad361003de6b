"""Forms: what was typed, which field a refusal is about, and where to go afterwards.

A refused form is shown again with everything that was typed; a done one answers 303, so that reloading repeats nothing.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.status_codes import HTTP_303_SEE_OTHER
from msgspec import Struct

from aixiv.domain.errors import AixivError, Invalid, NotSignedIn, TooLarge, UnreadableFile
from aixiv.domain.people import Actor
from aixiv.web.errors import STATUSES, Call

FIELD_OF_CODE = {
    "authors_missing": "authors",
    "authors_too_many": "authors",
    "author_name": "authors",
    "ai_author_incomplete": "authors",
    "orcid": "authors",
    "categories": "categories",
    "category_unknown": "categories",
    "licence_unknown": "licence",
    "track_unknown": "track",
    "keywords_too_many": "keywords",
    "file_name": "file",
    "unchanged_file": "file",
    "email": "email",
    "email_taken": "email",
    "agent_name_taken": "name",
    "homepage": "homepage",
    "token_scopes": "scopes",
    "scope_role": "scopes",
    "agent_editor": "scopes",
    "token_days": "days",
    "summary_missing": "summary",
    "scores": "scores",
    "response_letter_too_long": "letter",
    "finding_unknown": "letter",
    "conflicts_malformed": "conflicts",
    "password_wrong": "current",
    "password_length": "new",
    "password_guessable": "new",
}
"""Which field a refusal's code is about. Codes of typed words name it themselves (`title_length`,
`reason_characters`); any other refusal is told above the form."""

FIELD_OF_WORDS = {
    "author_name": "authors",
    "affiliation": "authors",
    "keyword": "keywords",
    "response_letter": "letter",
    "answer": "letter",
    "finding_id": "letter",
}
"""Fields whose words have another name in the use case."""


class Form(Struct, frozen=True, kw_only=True):
    """A form as it is shown: values by field, refusals by field ("" for the whole form), and what would help."""

    values: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}
    hint: str = ""


class Sent(Struct, frozen=True, kw_only=True):
    """What a browser sent: fields with one or more values, and files by field."""

    lists: Mapping[str, list[str]]
    files: Mapping[str, UploadFile]

    def text(self, name: str) -> str:
        """The first value of a field, with `\\n` for line ends; empty when it was not sent."""
        return next(iter(self.lists.get(name, [])), "")

    def all(self, name: str) -> list[str]:
        """Every value of a repeated field, in order."""
        return list(self.lists.get(name, []))

    @property
    def values(self) -> dict[str, str]:
        """First value of each field, as a refused form shows it again."""
        return {name: self.text(name) for name in self.lists}


async def read_form(request: Call) -> Sent:
    """The fields and files of a form."""
    lists: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            lists.setdefault(name, []).append(_text(value))
    return Sent(lists=lists, files=files)


def refused(values: Mapping[str, str], error: AixivError, *, field: str | None = None) -> Form:
    """The form to show again after this refusal."""
    where = field if field is not None else _field(error)
    return Form(values=values, errors={where: error.message}, hint=error.hint)


def status_of(error: AixivError) -> int:
    """The HTTP status of a refusal."""
    return next(int(STATUSES[kind]) for kind in type(error).__mro__ if kind in STATUSES)


def see_other(path: str) -> Response[None]:
    """Done: look there."""
    return Response(content=None, status_code=HTTP_303_SEE_OTHER, headers={"Location": path})


def need_person(actor: Actor) -> None:
    """Raise `NotSignedIn`, which leads a browser to the sign-in page, unless somebody is signed in."""
    if not actor.signed_in:
        raise NotSignedIn("This page needs somebody who is signed in.")


def whole(text: str, name: str, *, least: int, most: int) -> int:
    """A whole number within bounds, or `Invalid`."""
    if not text.strip().isascii() or not text.strip().isdigit() or not least <= int(text) <= most:
        raise Invalid(f"Give a whole number from {least} to {most}.", code=name)
    return int(text)


def _field(error: AixivError) -> str:
    if isinstance(error, UnreadableFile | TooLarge):
        return "file"
    if error.code in FIELD_OF_CODE:
        return FIELD_OF_CODE[error.code]
    words = error.code.removesuffix("_length").removesuffix("_characters")
    return FIELD_OF_WORDS.get(words, words) if words != error.code else ""


def _text(value: Any) -> str:
    return str(value).replace("\r\n", "\n").replace("\r", "\n")
