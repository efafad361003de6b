"""What may be done with a submitted work: review it, discuss it, decide about it, publish it, take it back."""

from functools import partial
from uuid import UUID

from litestar import Response
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import IllegalTransition
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.queries.papers import PaperCard, version_of
from aixiv.usecases.comment import WriteComment, WrittenComment, comments_left, remove_comment, write_comment
from aixiv.usecases.decide import Decide, decide_held
from aixiv.usecases.publish import Published, publish_version
from aixiv.usecases.report import ReportWritten, WriteReport, write_report
from aixiv.usecases.request import Requested, request_review
from aixiv.usecases.withdraw import retract_paper, withdraw_paper
from aixiv.web.api.lookup import find_to_change, sees_own
from aixiv.web.cache import as_json
from aixiv.web.errors import Call
from aixiv.web.limits import limit_headers
from aixiv.web.operation import Operation, operation
from aixiv.web.receive import read_json
from aixiv.web.repeat import key_of, once

NONE: type[None] = type(None)


class SayComment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A comment in Markdown, or an answer to another one. `version` is the latest unless it is given."""

    body: str
    version: int | None = None
    parent_id: UUID | None = None


class TakeBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; readers will see it."""

    reason: str


@operation(
    "POST",
    "/papers/{paper:str}/reviews",
    Operation(
        id="writeReview",
        summary="Review a version",
        tag="reviewing",
        access="signed in",
        writes=True,
        status=201,
        body=WriteReport,
        returns=ReportWritten,
    ),
)
async def review(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Write a report on the latest version, or on the one the address names. Every quote must occur in it; criticism
    whose quote does not is left out and named in `dropped`. Needs reviews:write and the role reviewer."""
    may(actor, Action.REVIEW)
    named = await find_to_change(deps, actor, paper)
    command = await read_json(request, WriteReport)
    return as_json(await write_report(deps, actor, named.version.id, command, key=key_of(request)))


@operation(
    "POST",
    "/papers/{paper:str}/review-requests",
    Operation(
        id="requestReview",
        summary="Ask for the review of a version",
        tag="reviewing",
        access="signed in",
        writes=True,
        status=202,
        returns=Requested,
    ),
)
async def ask(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Queue the review of your latest version again after it broke off. A review that has ended is not repeated.
    Needs reviews:request."""
    may(actor, Action.REQUEST_REVIEW, Subject(owner_id=actor.user_id))
    named = await find_to_change(deps, actor, paper)
    asked = await once(request, deps, actor, None, lambda d: request_review(d, actor, named.paper.id), Requested)
    return as_json(asked)


@operation(
    "POST",
    "/papers/{paper:str}/comments",
    Operation(
        id="writeComment",
        summary="Comment on a version",
        tag="reviewing",
        access="signed in",
        writes=True,
        status=201,
        body=SayComment,
        returns=WrittenComment,
    ),
)
async def comment(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Say something about a version that you may see. Needs comments:write."""
    may(actor, Action.COMMENT)
    said = await read_json(request, SayComment)
    named = await find_to_change(deps, actor, paper)
    version = named.version if said.version is None else version_of(named.paper, said.version)
    command = WriteComment(version_id=version.id, body=said.body, parent_id=said.parent_id)
    written = await once(
        request, deps, actor, command, lambda d: write_comment(d, sees_own(actor), command), WrittenComment
    )
    return as_json(written, headers=limit_headers(await comments_left(deps, actor)))


@operation(
    "DELETE",
    "/comments/{comment:uuid}",
    Operation(
        id="removeComment",
        summary="Remove a comment",
        tag="reviewing",
        access="signed in",
        writes=True,
        returns=WrittenComment,
    ),
)
async def uncomment(request: Call, comment: UUID, deps: Deps, actor: Actor) -> Response[bytes]:
    """Clear the text of a comment of yours, or as an editor of anybody's; its place stays."""
    removed = await once(
        request, deps, actor, None, lambda d: remove_comment(d, sees_own(actor), comment), WrittenComment
    )
    return as_json(removed)


@operation(
    "POST",
    "/papers/{paper:str}/decision",
    Operation(
        id="decide",
        summary="Decide about a held version",
        tag="editing",
        access="signed in",
        writes=True,
        body=Decide,
        returns=PaperCard,
        errors=(IllegalTransition,),
    ),
)
async def decision(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Accept, reject, ask for a revision, or release to review what is held. Needs editor."""
    may(actor, Action.DECIDE)
    named = await find_to_change(deps, actor, paper)
    command = await read_json(request, Decide)
    await once(request, deps, actor, command, lambda d: decide_held(d, actor, named.paper.id, command), NONE)
    return await _as_it_is_now(deps, actor, named.paper)


@operation(
    "POST",
    "/papers/{paper:str}/publish",
    Operation(
        id="publish",
        summary="Publish an accepted version",
        tag="editing",
        access="signed in",
        writes=True,
        returns=Published,
        errors=(IllegalTransition,),
    ),
)
async def publish(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Publish the latest version, or the one the address names. The answer has its citable identifier. Publishing
    again changes nothing. Needs papers:publish."""
    _may_at_all(actor, Action.PUBLISH)
    named = await find_to_change(deps, actor, paper)
    version = named.version.id
    return as_json(await once(request, deps, actor, None, lambda d: publish_version(d, actor, version), Published))


@operation(
    "POST",
    "/papers/{paper:str}/withdraw",
    Operation(
        id="withdraw",
        summary="Withdraw before publication",
        tag="editing",
        access="signed in",
        writes=True,
        body=TakeBack,
        returns=PaperCard,
        errors=(IllegalTransition,),
    ),
)
async def withdraw(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Take back the latest version while it is not published. Its record stays, with the reason."""
    _may_at_all(actor, Action.WITHDRAW)
    named = await find_to_change(deps, actor, paper)
    command = await read_json(request, TakeBack)
    act = partial(withdraw_paper, actor=actor, paper_id=named.paper.id, reason=command.reason)
    await once(request, deps, actor, command, act, NONE)
    return await _as_it_is_now(deps, actor, named.paper)


@operation(
    "POST",
    "/papers/{paper:str}/retract",
    Operation(
        id="retract",
        summary="Retract after publication",
        tag="editing",
        access="signed in",
        writes=True,
        body=TakeBack,
        returns=PaperCard,
        errors=(IllegalTransition,),
    ),
)
async def retract(request: Call, paper: str, deps: Deps, actor: Actor) -> Response[bytes]:
    """Retract the published version. It stays readable, marked as retracted, with the reason. Needs papers:publish."""
    _may_at_all(actor, Action.RETRACT)
    named = await find_to_change(deps, actor, paper)
    command = await read_json(request, TakeBack)
    act = partial(retract_paper, actor=actor, paper_id=named.paper.id, reason=command.reason)
    await once(request, deps, actor, command, act, NONE)
    return await _as_it_is_now(deps, actor, named.paper)


def _may_at_all(actor: Actor, action: Action) -> None:
    """Refuse who may do this to no work, before looking one up: somebody unknown, a token without the scope."""
    may(actor, action, Subject(owner_id=actor.user_id))


async def _as_it_is_now(deps: Deps, actor: Actor, paper: PaperCard) -> Response[bytes]:
    return as_json((await find_to_change(deps, actor, str(paper.id))).paper)
