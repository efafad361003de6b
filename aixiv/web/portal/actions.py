"""What people do to a paper: publish, withdraw, retract, decide, review, comment. A page to confirm, then a POST."""

from typing import Any, get_args
from uuid import UUID

from litestar import Response, get, post
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Conflict, Invalid, NotFound
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.queries.papers import PaperCard, VersionCard, find_paper, version_of
from aixiv.usecases.comment import WriteComment, remove_comment, write_comment
from aixiv.usecases.decide import Decide, EditorOutcome, decide_held
from aixiv.usecases.publish import publish_version
from aixiv.usecases.report import Weakness, WriteReport, write_report
from aixiv.usecases.withdraw import retract_paper, withdraw_paper
from aixiv.web.errors import Call
from aixiv.web.portal.allow import offers
from aixiv.web.portal.cite import version_path
from aixiv.web.portal.forms import Form, Sent, need_person, read_form, refused, see_other, status_of, whole
from aixiv.web.portal.papers import show, shown_first
from aixiv.web.portal.render import page
from review.report import SEVERITIES, Severity
from review.rubric import Rubric, load_rubric

WEAKNESS_ROWS = 4


class Step(Struct, frozen=True, kw_only=True):
    """A step that needs a page of its own: which permission, and which template."""

    action: Action
    template: str


STEPS = {
    "publish": Step(action=Action.PUBLISH, template="do_publish.html"),
    "withdraw": Step(action=Action.WITHDRAW, template="do_withdraw.html"),
    "retract": Step(action=Action.RETRACT, template="do_retract.html"),
    "decision": Step(action=Action.DECIDE, template="do_decision.html"),
    "review": Step(action=Action.REVIEW, template="do_review.html"),
}


@get("/papers/{reference:str}/{step:str}")
async def step_form(request: Call, reference: str, step: str, deps: Deps, actor: Actor) -> Response[str]:
    """What this step means, and its form."""
    found = _step(step)
    need_person(actor)
    paper, version = await _subject(deps, actor, reference, request.query_params.get("v", ""), found)
    return _step_page(actor, found, paper, version, Form())


@post("/papers/{reference:str}/{step:str}")
async def step_now(
    request: Call, reference: str, step: str, deps: Deps, actor: Actor
) -> Response[str] | Response[None]:  # fmt: skip
    """Take the step, or show its form again with what is wrong."""
    found = _step(step)
    need_person(actor)
    sent = await read_form(request)
    paper, version = await _subject(deps, actor, reference, sent.text("v"), found)
    try:
        await _take(deps, actor, found, paper, version, sent)
    except AixivError as refusal:
        return _step_page(actor, found, paper, version, refused(sent.values, refusal), status=status_of(refusal))
    part = "reviews" if found.action is Action.REVIEW else ""
    return see_other(version_path(paper, version, part))


@post("/papers/{reference:str}/v/{n:int}/comments")
async def comment_now(request: Call, reference: str, n: int, deps: Deps, actor: Actor) -> Response[Any]:
    """Say something about a version."""
    need_person(actor)
    sent = await read_form(request)
    async with deps.database.read() as session:
        paper, _ = await find_paper(session, actor, reference)
        version = version_of(paper, n)
    try:
        command = WriteComment(
            version_id=version.id, body=sent.text("body"), parent_id=_uuid(sent.text("parent_id"))
        )  # fmt: skip
        written = await write_comment(deps, actor, command)
    except AixivError as refusal:
        form = refused(sent.values, refusal)
        return await show(deps, actor, reference, n, "discussion", form=form, status=status_of(refusal))
    return see_other(f"{version_path(paper, version, 'discussion')}#comment-{written.id}")


@post("/papers/{reference:str}/comments/{comment_id:uuid}/remove")
async def remove_comment_now(
    request: Call, reference: str, comment_id: UUID, deps: Deps, actor: Actor
) -> Response[None]:  # fmt: skip
    """Take a comment's text away; its place stays."""
    need_person(actor)
    sent = await read_form(request)
    await remove_comment(deps, actor, comment_id)
    return see_other(f"/papers/{reference}/v/{whole(sent.text('back'), 'back', least=1, most=9999)}/discussion")


async def _take(
    deps: Deps, actor: Actor, step: Step, paper: PaperCard, version: VersionCard, sent: Sent
) -> None:  # fmt: skip
    match step.action:
        case Action.PUBLISH:
            await publish_version(deps, actor, version.id)
        case Action.WITHDRAW:
            await withdraw_paper(deps, actor, paper.id, sent.text("reason"))
        case Action.RETRACT:
            if sent.text("confirm").split() != version.title.split():
                raise Invalid(
                    "What was typed is not the title.", code="confirm", hint="Type the title exactly as it stands."
                )
            await retract_paper(deps, actor, paper.id, sent.text("reason"))
        case Action.DECIDE:
            await decide_held(deps, actor, paper.id, _decision(sent))
        case _:
            await write_report(deps, actor, version.id, _report(sent, _rubric(version)))


def _decision(sent: Sent) -> Decide:
    outcome = sent.text("outcome")
    for known in get_args(EditorOutcome):
        if outcome == known:
            return Decide(outcome=known, reason=sent.text("reason"))
    raise Invalid("Choose what happens next.", code="outcome", hint="Accept, revise, reject or release.")


def _report(sent: Sent, rubric: Rubric) -> WriteReport:
    scores = {c.key: float(_score(sent, f"score:{c.key}", 5)) for c in rubric.criteria}
    return WriteReport(
        summary=sent.text("summary"),
        strengths=_lines(sent.text("strengths")),
        weaknesses=tuple(_weaknesses(sent, rubric)),
        questions=_lines(sent.text("questions")),
        requested_changes=_lines(sent.text("changes")),
        scores=scores,
        overall=float(_score(sent, "overall", 10)),
        confidence=float(_score(sent, "confidence", 5)),
        disclosure=sent.text("disclosure"),
    )


def _weaknesses(sent: Sent, rubric: Rubric) -> list[Weakness]:
    known = {c.key for c in rubric.criteria}
    found = []
    for n in range(1, WEAKNESS_ROWS + 1):
        claim = sent.text(f"claim:{n}").strip()
        severity: Severity = next((s for s in SEVERITIES if s == sent.text(f"severity:{n}")), "minor")
        criterion = sent.text(f"criterion:{n}")
        if claim:
            found.append(
                Weakness(
                    claim=claim,
                    severity=severity,
                    criterion=criterion if criterion in known else rubric.criteria[0].key,
                    quote=sent.text(f"quote:{n}").strip(),
                    place=sent.text(f"place:{n}").strip(),
                    fix=sent.text(f"fix:{n}").strip(),
                )
            )
    return found


def _score(sent: Sent, name: str, most: int) -> int:
    try:
        return whole(sent.text(name), "scores", least=1, most=most)
    except Invalid as refusal:
        label = name.removeprefix("score:").replace("_", " ")
        raise Invalid(f"{label.capitalize()}: choose 1 to {most}.", code="scores") from refusal


def _step(name: str) -> Step:
    step = STEPS.get(name)
    if step is None:
        raise NotFound("There is no such page about this work.")
    return step


async def _subject(deps: Deps, actor: Actor, reference: str, n: str, step: Step) -> tuple[PaperCard, VersionCard]:
    """The version the step is about, when this actor may take it now."""
    async with deps.database.read() as session:
        paper, _ = await find_paper(session, actor, reference)
    version = version_of(paper, whole(n, "version", least=1, most=9999)) if n else shown_first(paper)
    may(actor, step.action, Subject(owner_id=actor.user_id if paper.mine else None))
    if step.action not in offers(actor, paper, version):
        raise Conflict(
            f"This cannot be done with version {version.n} now: it is {version.status.replace('_', ' ')}.",
            code="not_now",
        )
    return paper, version


def _step_page(
    actor: Actor,
    step: Step,
    paper: PaperCard,
    version: VersionCard,
    form: Form,
    *,
    status: int = 200,
) -> Response[str]:
    return page(
        step.template, actor, status=status, paper=paper, version=version, form=form, rubric=_rubric(version),
        rows=WEAKNESS_ROWS, back=version_path(paper, version),
    )  # fmt: skip


def _rubric(version: VersionCard) -> Rubric:
    return load_rubric("proposal" if version.kind == "proposal" else "paper")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip().lstrip("-*• ").strip() for line in text.splitlines() if line.strip(" -*•"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("The comment to answer is not on this version.", code="comment_parent") from None
