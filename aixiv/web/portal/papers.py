"""Pages of a paper: one address per part of the record, the same for everybody who may see it."""

from typing import Any

from litestar import Response, get
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import NotFound
from aixiv.domain.paper import IN_REVIEW, Status
from aixiv.domain.people import Action, Actor
from aixiv.queries.papers import PaperCard, VersionCard, find_paper, response_letter, version_of
from aixiv.queries.reviews import (
    CommentCard,
    ballots_of,
    comments_of,
    comparison_of,
    decisions_of,
    reports_of,
    runs_of,
    screening_of,
)
from aixiv.queries.timeline import timeline
from aixiv.web.errors import Call
from aixiv.web.portal.allow import allowed, offers
from aixiv.web.portal.cite import file_path, path_of, version_path
from aixiv.web.portal.forms import Form
from aixiv.web.portal.render import page
from review.policy import load_policy

PARTS = {
    "": "Overview",
    "reviews": "Reviews",
    "screening": "Screening",
    "ballots": "Ballots",
    "comparison": "Comparison",
    "timeline": "Timeline",
    "discussion": "Discussion",
}
CHOICES = (
    (Action.DECIDE, "decision", "Decide about this held version"),
    (Action.PUBLISH, "publish", "Publish"),
    (Action.REVISE, "revise", "Send a new version"),
    (Action.REVIEW, "review", "Write a review"),
    (Action.WITHDRAW, "withdraw", "Withdraw"),
    (Action.RETRACT, "retract", "Retract"),
)


class Tab(Struct, frozen=True, kw_only=True):
    """One part of the record in the row above it."""

    slug: str
    label: str
    path: str
    count: int = 0


class Link(Struct, frozen=True, kw_only=True):
    path: str
    label: str


class Newer(Struct, frozen=True, kw_only=True):
    """A later version than the one that is read."""

    n: int
    status: Status
    path: str


@get(["/papers/{reference:str}", "/abs/{reference:str}"], name="paper")
async def paper_page(request: Call, reference: str, deps: Deps, actor: Actor) -> Response[Any]:
    """The version a reader wants first: the latest, or the published one when the latest was withdrawn."""
    return await show(deps, actor, reference, None, "", at=request.scope["path"])


@get(["/papers/{reference:str}/v/{n:int}", "/papers/{reference:str}/v/{n:int}/{part:str}"])
async def version_page(
    request: Call, reference: str, n: int, deps: Deps, actor: Actor, part: str = ""
) -> Response[Any]:  # fmt: skip
    """One version, or one part of its record."""
    if part not in PARTS:
        raise NotFound("There is no such page about this version.", hint=f"One of {', '.join(filter(None, PARTS))}.")
    return await show(deps, actor, reference, n, part, at=request.scope["path"])


async def show(
    deps: Deps,
    actor: Actor,
    reference: str,
    n: int | None,
    part: str,
    *,
    at: str = "",
    form: Form | None = None,
    status: int = 200,
) -> Response[Any]:
    """The page, a redirect to its canonical address when it was asked for `at` another, or a withdrawn one's tombstone.

    Nothing is redirected without `at`: a refused form is answered where it was sent.
    """
    async with deps.database.read() as session:
        paper, asked = await find_paper(session, actor, reference)
        n = n or asked
        version = version_of(paper, n) if n else shown_first(paper)
        canonical = version_path(paper, version, part) if n else path_of(paper)
        if at and at.rstrip("/") != canonical:
            return _moved(canonical)
        context = {**await _record(session, actor, version), "events": await timeline(session, paper)}
    context |= _frame(deps, actor, paper, version, part, context)
    if version.status is Status.WITHDRAWN:
        return page("withdrawn.html", actor, status=410, **context)
    name = f"paper_{part or 'overview'}.html"
    return page(name, actor, status=status, form=form or Form(), **context)


def shown_first(paper: PaperCard) -> VersionCard:
    """The version to show when none is asked for."""
    if paper.latest.status is Status.WITHDRAWN and paper.published is not None:
        return version_of(paper, paper.published)
    return paper.latest


async def _record(session: Any, actor: Actor, version: VersionCard) -> dict[str, Any]:
    """What the platform did with a version."""
    runs = await runs_of(session, actor, version)
    ballots = await ballots_of(session, version)
    completed = next((run for run in runs if run.status == "completed"), None)
    return {
        "running": next((run for run in runs if run.status == "running"), None),
        "related": completed.related if completed else (),
        "grounding": completed.grounding if completed else None,
        "panel": completed.panel if completed else None,
        "adjudication": completed.adjudication if completed else None,
        "usage": completed.usage if completed else None,
        "screening": await screening_of(session, version),
        "reports": await reports_of(session, actor, version),
        "ballots": ballots,
        "accepts": sum(b.valid and b.vote == "accept" for b in ballots),
        "valid": sum(b.valid and b.vote is not None for b in ballots),
        "comparison": await comparison_of(session, version),
        "decisions": await decisions_of(session, version),
        "letter": await response_letter(session, version),
        "threads": threads_of(await comments_of(session, actor, version)),
    }


def threads_of(comments: tuple[CommentCard, ...]) -> list[tuple[CommentCard, list[CommentCard]]]:
    """Comments with their answers, one level deep: an answer to an answer joins the same thread."""
    roots: dict[Any, CommentCard] = {}
    threads: dict[Any, list[CommentCard]] = {}
    for comment in comments:
        root = roots.get(comment.parent_id)
        roots[comment.id] = root or comment
        if root is None:
            threads[comment.id] = []
        else:
            threads[root.id].append(comment)
    return [(roots[key], answers) for key, answers in threads.items()]


def _frame(
    deps: Deps, actor: Actor, paper: PaperCard, version: VersionCard, part: str, record: dict[str, Any]
) -> dict[str, Any]:
    """Head, tabs and side of the page."""
    counts = {
        "reviews": len(record["reports"]),
        "ballots": len(record["ballots"]),
        "discussion": sum(1 + len(answers) for _, answers in record["threads"]),
    }
    tabs = [
        Tab(slug=slug, label=label, path=version_path(paper, version, slug), count=counts.get(slug, 0))
        for slug, label in PARTS.items()
        if slug != "comparison" or version.n > 1
    ]
    offered = offers(actor, paper, version)
    query = f"?v={version.n}"
    address = deps.settings.address
    return {
        "paper": paper,
        "version": version,
        "part": next((tab for tab in tabs if tab.slug == part), Tab(slug=part, label=PARTS[part], path="")),
        "tabs": tabs,
        "paths": {tab.slug: tab.path for tab in tabs},
        "v_paths": {v.n: version_path(paper, v) for v in paper.versions},
        "choices": [
            Link(path=f"/papers/{paper.id}/{slug}{query}", label=label)
            for action, slug, label in CHOICES
            if action in offered
        ],
        "can_comment": actor.signed_in and allowed(actor, Action.COMMENT),
        "moving": version.status in IN_REVIEW,
        "newer": _newer(paper, version),
        "policy": load_policy(version.track),
        "canonical": address + (path_of(paper) if version.n == shown_first(paper).n and not part
                                else version_path(paper, version, part)),
        "file_path": file_path(version),
        "file_url": address + file_path(version),
    }  # fmt: skip


def _newer(paper: PaperCard, version: VersionCard) -> Newer | None:
    latest = paper.latest
    if latest.n == version.n:
        return None
    return Newer(n=latest.n, status=latest.status, path=version_path(paper, latest))


def _moved(path: str) -> Response[None]:
    return Response(content=None, status_code=301, headers={"Location": path})
