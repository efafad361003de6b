"""The extension `io.modelcontextprotocol/tasks`: a review followed as a task, by clients that say they speak it.

A task is a version: its id is sealed for the actor who began it, so nothing is stored beside the version and its jobs,
any process answers, and an id of somebody else is as unknown as one that was made up.
"""

import base64
import hashlib
import hmac
from typing import Any, Literal
from uuid import UUID

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND, RequestParams
from mcp_types import MISSING_REQUIRED_CLIENT_CAPABILITY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from aixiv.deps import Deps
from aixiv.domain.errors import NotFound
from aixiv.domain.paper import IN_REVIEW
from aixiv.domain.people import Actor
from aixiv.queries.papers import VersionCard, version_of
from aixiv.web.api.lookup import find, sees_own

EXTENSION = "io.modelcontextprotocol/tasks"
HEADER_MISMATCH = -32020
KEEP_MS = 30 * 86_400_000
POLL_MS = 5_000
_SEAL = 16  # bytes


class TaskParams(RequestParams):
    """What `tasks/get` and `tasks/cancel` name."""

    task_id: str = Field(alias="taskId", max_length=200)


class UpdateParams(TaskParams):
    """Answers for a task that asked for some; ours never do."""

    input_responses: dict[str, Any] = Field(default_factory=dict, alias="inputResponses")


def speaks_tasks(request: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client declared the extension on this very request."""
    capabilities = request.session.client_capabilities
    declared = capabilities.extensions if capabilities else None
    return request.protocol_version in MODERN_PROTOCOL_VERSIONS and EXTENSION in (declared or {})


def check_request(request: ServerRequestContext[Any, Any], task_id: str) -> None:
    """Refuse the methods to clients of other eras, to those that did not declare them, and when the header differs."""
    if request.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(METHOD_NOT_FOUND, "Method not found")
    if not speaks_tasks(request):
        needed: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, f"Declare the extension {EXTENSION}.", data=needed)
    named = request.request.headers.get("mcp-name") if request.request is not None else task_id
    if named != task_id:
        raise MCPError(HEADER_MISMATCH, "The header Mcp-Name is not the task of this request.")


def task_id_of(deps: Deps, actor: Actor, paper_id: UUID, n: int) -> str:
    """The name under which this actor follows this version."""
    about = paper_id.bytes + n.to_bytes(2, "big")
    return base64.urlsafe_b64encode(about + _seal(deps, actor, about)).decode().rstrip("=")


async def version_of_task(deps: Deps, actor: Actor, task_id: str) -> VersionCard:
    """The version behind a task of this actor. Raises `MCPError`, in the same words for every other id."""
    unknown = MCPError(INVALID_PARAMS, "Unknown task", data={"taskId": task_id})
    try:
        raw = base64.urlsafe_b64decode(task_id + "=" * (-len(task_id) % 4))
    except ValueError as error:
        raise unknown from error
    about, seal = raw[:-_SEAL], raw[-_SEAL:]
    if len(raw) != 18 + _SEAL or not hmac.compare_digest(seal, _seal(deps, actor, about)):
        raise unknown
    try:
        paper = (await find(deps, sees_own(actor), str(UUID(bytes=about[:16])))).paper
        return version_of(paper, int.from_bytes(about[16:], "big"))
    except NotFound as error:
        raise unknown from error


def task(task_id: str, version: VersionCard) -> dict[str, Any]:
    """The fields every answer about a task has."""
    status: Literal["working", "completed"] = "working" if version.status in IN_REVIEW else "completed"
    return {
        "taskId": task_id,
        "status": status,
        "statusMessage": f"Version {version.n} is {version.status}.",
        "createdAt": version.submitted_at.isoformat(),
        "lastUpdatedAt": (version.published_at or version.decided_at or version.submitted_at).isoformat(),
        "ttlMs": KEEP_MS,
        "pollIntervalMs": POLL_MS,
    }


def _seal(deps: Deps, actor: Actor, about: bytes) -> bytes:
    key = deps.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, b"task:" + actor.label.encode() + about, hashlib.sha256).digest()[:_SEAL]
