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
from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND, RequestParams, SubscriptionFilter
from mcp_types import MISSING_REQUIRED_CLIENT_CAPABILITY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from aixiv.deps import Deps
from aixiv.domain.errors import NotFound
from aixiv.domain.paper import IN_REVIEW, Status
from aixiv.domain.people import Actor
from aixiv.queries.papers import VersionCard, version_of
from aixiv.web.api.lookup import find, sees_own
from mcp_server.calling import told
from mcp_server.repeating import accepted
from mcp_server.tool import Call

EXTENSION = "io.modelcontextprotocol/tasks"
HEADER_MISMATCH = -32020
KEEP_MS = 30 * 86_400_000
POLL_MS = 5_000
GOES_ON = "The review goes on when the task is cancelled; the tool withdraw takes the work back for good and ends both."
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
    _check_declared(request)
    named = request.request.headers.get("mcp-name") if request.request is not None else task_id
    if named != task_id:
        raise MCPError(HEADER_MISMATCH, "The header Mcp-Name is not the task of this request.")


def ids_listened_for(request: ServerRequestContext[Any, Any], wanted: SubscriptionFilter) -> list[str]:
    """The tasks that a stream is to tell of. Raises `MCPError` for a client that did not declare the extension."""
    asked = (wanted.model_extra or {}).get("taskIds")
    if not asked:
        return []
    _check_declared(request)
    return [task_id for task_id in asked if isinstance(task_id, str)] if isinstance(asked, list) else []


def _check_declared(request: ServerRequestContext[Any, Any]) -> None:
    if not speaks_tasks(request):
        needed: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, f"Declare the extension {EXTENSION}.", data=needed)


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


async def detailed(call: Call, task_id: str) -> dict[str, Any]:
    """Where a task stands; a completed one carries the answer of its tool as it is now. Raises as `version_of_task`."""
    card = await version_of_task(call.deps, call.actor, task_id)
    shown = task(task_id, card)
    if shown["status"] == "completed":
        answer = told(await accepted(call, card.paper_id, card.n))
        shown["result"] = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    return shown


def task(task_id: str, version: VersionCard) -> dict[str, Any]:
    """The fields every answer about a task has."""
    status = _status(version)
    more = f" {GOES_ON}" if status == "working" else ""
    return {
        "taskId": task_id,
        "status": status,
        "statusMessage": f"Version {version.n} is {version.status}.{more}",
        "createdAt": version.submitted_at.isoformat(),
        "lastUpdatedAt": (version.published_at or version.decided_at or version.submitted_at).isoformat(),
        "ttlMs": KEEP_MS,
        "pollIntervalMs": POLL_MS,
    }


def _status(version: VersionCard) -> Literal["working", "completed", "cancelled"]:
    if version.status is Status.WITHDRAWN:
        return "cancelled"
    return "working" if version.status in IN_REVIEW else "completed"


def _seal(deps: Deps, actor: Actor, about: bytes) -> bytes:
    key = deps.settings.secret_key.get_secret_value().encode()
    return hmac.new(key, b"task:" + actor.label.encode() + about, hashlib.sha256).digest()[:_SEAL]
