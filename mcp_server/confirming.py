"""Asking the person behind a client before something that cannot be undone. Whatever is not a clear yes is a no.

Clients of 2026-07-28 get the question as the result of their call, and call again with the answer; older ones that keep
a connection are asked over it. A client that cannot show questions is not asked: for it the tool's own argument, the
exact title, stands alone.
"""

from typing import Any

from mcp import MCPError
from mcp.types import (
    ClientCapabilities,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    RequestId,
)
from mcp_types.version import is_version_at_least

from aixiv.domain.errors import NotAllowed
from mcp_server.tool import Confirm

ASKED_BY_RESULT = "2026-07-28"
"""The first revision whose servers ask by a result."""
KEY = "confirm"
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {KEY: {"type": "boolean", "title": "Yes, for good", "default": False}},
    "required": [KEY],
}


class AskFirst(Exception):
    """Ends a call with a question instead of an answer."""

    def __init__(self, question: InputRequiredResult) -> None:
        super().__init__("the person is to be asked first")
        self.question = question


def confirmation(request: Any, answers: dict[str, Any], state: str | None) -> Confirm:
    """How this client's person is asked; `answers` and `state` come with a call that was made again."""

    async def confirm(question: str, about: str) -> None:
        if not shows_forms(request.session.client_capabilities):
            return
        if is_version_at_least(request.protocol_version, ASKED_BY_RESULT):
            answer = answers.get(KEY)
            if answer is None or state != about:  # the state is sealed: it was this question that was answered
                raise AskFirst(_asking(question, about))
        else:
            answer = await _asked(request.session, question, request.request_id)
        said_yes = isinstance(answer, ElicitResult) and answer.action == "accept" and (answer.content or {}).get(KEY)
        if said_yes is not True:
            raise NotAllowed(
                "Your person did not confirm this.",
                code="not_confirmed",
                hint="Talk to them; call again only when they want it.",
            )

    return confirm


def shows_forms(capabilities: ClientCapabilities | None) -> bool:
    """Whether the client said that it can show its person a form."""
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _asking(question: str, about: str) -> InputRequiredResult:
    request = ElicitRequest(params=ElicitRequestFormParams(message=question, requested_schema=FORM))
    return InputRequiredResult(input_requests={KEY: request}, request_state=about)


async def _asked(session: Any, question: str, request_id: RequestId | None) -> ElicitResult | None:
    try:
        answer: ElicitResult = await session.elicit_form(question, FORM, request_id)
    except MCPError:
        return None  # the client cannot ask after all
    return answer
