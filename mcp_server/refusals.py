"""Refusals in words a model can act on: `code: what is wrong. Fix: what to call or change.`"""

import re
from typing import Any

import msgspec

from aixiv.domain.catalog import categories
from aixiv.domain.errors import AixivError, Invalid, RateLimited

_STEP = re.compile(r"[^.\[\]]+|\[")
_PLACE = re.compile(r"^(?P<reason>.*) - at `\$\.?(?P<field>[^`]*)`$", re.DOTALL)

FIXES: dict[str, str] = {
    "not_found": "Check paper_id and version; search_papers finds what you may see, my_work what is yours.",
    "not_signed_in": "Connect with the header 'Authorization: Bearer aixiv_...'; a person makes it in the portal.",
    "scope_missing": "Ask the owner of this token for one that has this scope too.",
    "stale_base": "Revise the version that is named here, and send its number as base_version.",
    "upload_unknown": "Call start_upload again with a new idempotency_key, PUT the file, and send that upload_id.",
    "illegal_transition": "Call get_status; its next_actions are what is possible now.",
    "not_revisable": "Call get_status; after a rejection or a withdrawal use submit_paper for a new work.",
    "idempotency_conflict": "Use a new idempotency_key for a new call; repeat one only with the same arguments.",
    "not_requestable": "Call get_status; submit_revision where one is asked for, and wait where an editor decides.",
    "scores": "Give scores for the criteria that guide://reviewer lists, overall 1 to 10, confidence 1 to 5.",
    "comment_parent": "Reply to a comment_id that get_paper shows for the same version, or leave reply_to out.",
}
"""What to do in terms of tools, for refusals whose own hint speaks of another door."""


def refusal_text(refusal: AixivError) -> str:
    """What is wrong, and the way on."""
    if isinstance(refusal, RateLimited):
        fix = f"Wait {refusal.retry_after} seconds, then send the same call again."
    elif refusal.code == "category_unknown":
        fix = (
            f"Write Field, Field/Area or Field/Area/Speciality; the fields alone are valid: {', '.join(categories())}."
        )
    else:
        fix = FIXES.get(refusal.code, refusal.hint)
    message = refusal.message if refusal.message.endswith((".", "!", "?")) else f"{refusal.message}."
    return f"{refusal.code}: {message} Fix: {fix}" if fix else f"{refusal.code}: {message}"


def wrong_argument(error: msgspec.ValidationError, schema: dict[str, Any]) -> Invalid:
    """The argument that is wrong, by its name, and what `schema` takes instead."""
    message = str(error)
    placed = _PLACE.match(message)
    field = placed["field"] if placed and placed["field"] else ""
    reason = (placed["reason"] if placed else message).replace("`", "'")
    where = f"{field}: " if field else ""
    return Invalid(
        f"{where}{reason[:1].lower()}{reason[1:]}.", code="invalid_argument", hint=_way_out(field, _at(schema, field))
    )


def _way_out(field: str, node: dict[str, Any]) -> str:
    if choices := node.get("enum"):
        return f"Send one of {', '.join(choices)}."
    if names := node.get("properties"):
        return f"{field or 'The tool'} takes {', '.join(names)}."
    return f"Correct {field}; the tool's input schema describes it."


def _at(schema: dict[str, Any], field: str) -> dict[str, Any]:
    """What the schema says of `authors[0].kind`."""
    node = schema
    for step in _STEP.findall(re.sub(r"\[[^\]]*\]", "[", field)):
        node = node.get("items", {}) if step == "[" else node.get("properties", {}).get(step, {})
    return node
