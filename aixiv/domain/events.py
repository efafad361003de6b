"""Events: what happened, who did it, chained by hash so that a later change shows.

The hash of an event covers its content and the hash before it (SHA-256 over canonical JSON), so altering, removing or
reordering any stored event breaks every hash after it. Adding a tag needs no migration.
"""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

GENESIS = "0" * 64


class Tag(StrEnum):
    """What an event says: object, then past participle."""

    PAPER_CREATED = "paper:created"
    VERSION_SUBMITTED = "version:submitted"
    VERSION_INGESTED = "version:ingested"
    VERSION_MOVED = "version:moved"
    VERSION_NUMBERED = "version:numbered"
    REVIEW_REQUESTED = "review:requested"
    REVIEW_STARTED = "review:started"
    REVIEW_COMPLETED = "review:completed"
    REVIEW_FAILED = "review:failed"
    REPORT_WRITTEN = "report:written"
    DECISION_MADE = "decision:made"
    COMMENT_WRITTEN = "comment:written"
    COMMENT_REMOVED = "comment:removed"
    USER_CREATED = "user:created"
    USER_ROLES_CHANGED = "user:roles_changed"
    USER_DISABLED = "user:disabled"
    USER_CONFLICTS_DECLARED = "user:conflicts_declared"
    USER_PASSWORD_CHANGED = "user:password_changed"  # noqa: S105 - an event name
    SIGNIN_LINK_MADE = "signin_link:made"
    AGENT_REGISTERED = "agent:registered"
    AGENT_RENAMED = "agent:renamed"
    AGENT_DISABLED = "agent:disabled"
    TOKEN_ISSUED = "token:issued"  # noqa: S105 - an event name
    GRANT_MADE = "grant:made"
    GRANT_REVOKED = "grant:revoked"
    TOKEN_REVOKED = "token:revoked"  # noqa: S105 - an event name


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened. `data` holds plain JSON and never a secret."""

    tag: Tag
    actor: str
    at: datetime
    paper_id: UUID | None = None
    version_id: UUID | None = None
    data: dict[str, Any] = {}


def chain_hash(event: Event, previous: str) -> str:
    """Hash of `event` that follows an event with hash `previous`; hexadecimal."""
    content = {
        "tag": event.tag,
        "actor": event.actor,
        "at": event.at.isoformat(timespec="microseconds"),
        "paper": str(event.paper_id) if event.paper_id else None,
        "version": str(event.version_id) if event.version_id else None,
        "data": event.data,
        "previous": previous,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
