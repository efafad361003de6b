"""The steps of a run. Each takes the state and gives what changes in it; each may be done again from the same state."""

import asyncio
import time
import uuid
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from agents.scientist import belongings, letter
from agents.scientist.desk import Asked, Desk, findings_from
from agents.scientist.door import Refused
from agents.scientist.rules.author import Revision
from agents.scientist.sending import manuscript_arguments
from agents.scientist.sources import Sources, load
from agents.scientist.state import ScientistContext, ScientistState

SENT_METADATA = ("authors", "categories", "title", "abstract", "keywords", "licence", "track")
WAIT_SECONDS = 5  # a status call answers by then, or as soon as the state changes
REHEARSALS = 3
OVER = ("published", "superseded", "rejected", "withdrawn", "retracted")
"""Nothing that this author does changes these any more."""


async def prepare(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:  # noqa: ARG001 - a node
    """Make sure of the token, and of a first version with its metadata."""
    context = runtime.context
    me = await context.platform.call("my_work", {})
    if "papers:submit" not in me["scopes"]:
        raise Refused("scope_missing", "This token may not submit. Ask its owner for one with papers:submit.")
    context.tell("prepare", f"Acting as {me['name']} with {', '.join(me['scopes'])}; author by {context.author.name}.")
    made = await _drafted(context) if context.manuscript is None else _taken(context)
    context.tell("prepare", f"Version 1 is in {context.journal.folder / 'v1'}.")
    return {**made, "step": "check", "run_id": uuid.uuid4().hex, "version": 1}


async def check(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
    """Rehearse the first submission: what it would meet is noted, and it is sent as its author has it."""
    context = runtime.context
    sources = context.journal.version(1)
    seen = await rehearsed(context, state, sources, 1)
    found = [f"{item['check']}: {item['summary']}" for item in seen["checks_found"]]
    screen = seen["screening"]
    signs = [f"screen: {sign['sign']}" for sign in screen.get("signs", [])]
    told = f"Read as “{seen['title']}”; the screen says {screen['verdict']}; {len(found)} checks find something."
    context.tell("check", told, lines=signs + found)
    return {"step": "submit"}


async def submit(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
    """Send the version that was made. The same key every time: a repeat is answered as the first call was."""
    context, n = runtime.context, state["version"]
    tool, arguments = await _submission(context, state, context.journal.version(n), n)
    answer = await context.platform.call(tool, arguments | {"idempotency_key": f"{state['run_id']}:submit:{n}"})
    left = answer.get("unanswered", [])
    more = f"; unanswered: {', '.join(left)}" if left else ""
    context.tell("submit", f"Version {answer['version']} is submitted: {answer.get('url', '')}{more}", tool=tool)
    return {"step": "wait", "paper_id": answer["paper_id"]}


async def wait(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
    """Ask for the status, no sooner than the platform wants, until the version has come to an end of its review."""
    context = runtime.context
    said = ""
    while True:
        asked = time.monotonic()
        now = await context.platform.call("get_status", {"paper_id": state["paper_id"], "wait_s": WAIT_SECONDS})
        pause = now.get("poll_after_s")
        if not pause:
            break
        progress = f"{now['percent']:3d} %  {now.get('step') or now['state']}"
        if progress != said:
            context.say(progress)
            said = progress
        await asyncio.sleep(max(0.0, pause - (time.monotonic() - asked)))
    votes = now.get("votes")
    counted = f" ({votes['accept']} accept, {votes['revise']} revise, {votes['reject']} reject)" if votes else ""
    context.tell("wait", f"Version {now['version']} is {now['state']}{counted}. {now.get('reason', '')}".strip())
    again = next((a for a in now["next_actions"] if a["tool"] == "request_review"), None)
    if again and not state.get("asked_again"):
        await context.platform.call(again["tool"], again["arguments"])
        context.tell("wait", "The review broke off; it was asked for again.")
        return {"step": "wait", "asked_again": True}
    return {"step": "read", "status": now["state"]}


async def read(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
    """Every report on the version, and what comes of it."""
    context, status = runtime.context, state["status"]
    reviews = await all_reviews(context, state["paper_id"], state["version"])
    found = findings_from(reviews["reports"])
    lines = [f"{f.finding_id} ({f.severity}): {f.claim}" for f in found]
    context.tell("read", f"{len(reviews['reports'])} reports with {len(found)} findings.", lines=lines)
    _tell_comparison(context, reviews)
    if status == "revision_requested" and state["version"] < context.rounds:
        return {"step": "revise", "reports": reviews["reports"]}
    if status == "accepted" and context.may_publish:
        return {"step": "publish", "reports": reviews["reports"]}
    return {**await ended(context, state, status), "reports": reviews["reports"]}


async def revise(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
    """Make the next version from the findings, and rehearse it until nothing more can be repaired."""
    context, n = runtime.context, state["version"] + 1
    old = context.journal.version(n - 1)
    asked = findings_from(state["reports"])
    wishes = [w for r in state["reports"] for w in (*r.get("requested_changes", ()), *r.get("questions", ()))]
    desk = Desk(sources=old, kind=state["kind"], facts=state["facts"], authors=state["metadata"]["authors"])
    desk.planned = context.manuscript is None
    revision = await context.author.revise(desk, asked, wishes)
    revision = await _settled(context, state, desk, revision, asked, n)
    if revision.sources == old:
        context.tell("revise", "Nothing that was found can be repaired by this author.")
        return await ended(context, state, state["status"])
    context.journal.keep_version(n, revision.sources)
    lines = [f"{name} ({'resolved' if a.resolved else 'open'}): {a.text}" for name, a in revision.answers.items()]
    context.tell(
        "revise", f"Version {n} is in {context.journal.folder / f'v{n}'}. {letter.summary(revision)}", lines=lines
    )
    return {
        "step": "submit",
        "version": n,
        "answers": {name: a.text for name, a in revision.answers.items()},
        "letter": letter.letter(revision, context.author.name),
        "summary": letter.summary(revision),
        "asked_again": False,
    }


async def publish(state: ScientistState, runtime: Runtime[ScientistContext]) -> ScientistState:
    """Publish what was accepted, by its exact title. Without the scope it stays accepted, for its owner to publish."""
    context, paper = runtime.context, state["paper_id"]
    title = (await context.platform.call("get_paper", {"paper_id": paper}))["title"]
    arguments = {"paper_id": paper, "confirm_title": title, "idempotency_key": f"{state['run_id']}:publish"}
    try:
        done = await context.platform.call("publish", arguments)
    except Refused as refusal:
        now = (await context.platform.call("get_status", {"paper_id": paper}))["state"]
        if now == "published":  # by the platform or its owner, in the meantime
            return await ended(context, state, now)
        if refusal.code != "scope_missing":
            raise
        context.tell("publish", "This token may not publish; the paper stays accepted until its owner does.")
        return await ended(context, state, "accepted")
    context.tell("publish", f"Published as {done.get('identifier', paper)}.")
    return await ended(context, state, done["state"])


def taken_up(context: ScientistContext, state: ScientistState) -> ScientistState:
    """Where a run goes on that had ended before its work did: with more rounds, new facts, or a decision since."""
    facts = belongings.facts_of(context.manuscript or Path())
    return {**state, "step": "wait", "facts": facts, "asked_again": False}


async def rehearsed(context: ScientistContext, state: ScientistState, sources: Sources, n: int) -> dict[str, Any]:
    """What the platform reads in a version, and what its checks find, without keeping it."""
    tool, arguments = await _submission(context, state, sources, n)
    key = f"{state['run_id']}:rehearse:{n}"
    answer = await context.platform.call(tool, arguments | {"dry_run": True, "idempotency_key": key})
    seen: dict[str, Any] = answer["dry_run"]
    return seen


async def all_reviews(context: ScientistContext, paper_id: str, version: int) -> dict[str, Any]:
    """The reviews of a version with the reports of all pages."""
    asked = {"paper_id": paper_id, "version": version}
    first = page = await context.platform.call("get_reviews", asked)
    reports = list(page["reports"])
    while page.get("next_cursor"):
        page = await context.platform.call("get_reviews", asked | {"cursor": page["next_cursor"]})
        reports += page["reports"]
    return first | {"reports": reports}


async def ended(context: ScientistContext, state: ScientistState, status: str) -> ScientistState:
    """The end of a run, with what there is to know about it."""
    paper = await context.platform.call("get_paper", {"paper_id": state["paper_id"]})
    outcome = {
        "state": status,
        "paper_id": state["paper_id"],
        "version": paper["version"],
        "title": paper["title"],
        "url": paper["url"],
        "identifier": paper.get("identifier", ""),
    }
    context.tell("end", f"“{paper['title']}” is {status} in version {paper['version']}: {paper['url']}")
    return {"step": "end", "outcome": outcome}


async def _drafted(context: ScientistContext) -> ScientistState:
    filled_in = belongings.metadata_of(Path())  # before a model is asked for anything
    related = await context.platform.call("search_papers", {"query": context.topic, "limit": 10})
    drafted = await context.author.draft(context.topic, related["items"])
    context.journal.keep_version(1, Sources(format="markdown", main="proposal.md", files={"proposal.md": drafted.text}))
    said = {"title": drafted.title, "keywords": list(drafted.keywords), "kind": "proposal"}
    return {"kind": "proposal", "metadata": filled_in | said, "facts": belongings.facts_of(Path())}


def _taken(context: ScientistContext) -> ScientistState:
    assert context.manuscript is not None  # otherwise there is a topic
    metadata = belongings.metadata_of(context.manuscript)
    facts = belongings.facts_of(context.manuscript)
    context.journal.keep_version(1, load(context.manuscript))
    return {"kind": metadata.get("kind", "paper"), "metadata": metadata, "facts": facts}


async def _submission(
    context: ScientistContext, state: ScientistState, sources: Sources, n: int
) -> tuple[str, dict[str, Any]]:
    """The tool that takes this version, and its arguments without a key."""
    manuscript = await manuscript_arguments(context.platform, sources, state["run_id"], n)
    if n == 1:
        said = {k: v for k, v in state["metadata"].items() if k in SENT_METADATA}
        return "submit_paper", manuscript | said | {"kind": state["kind"]}
    answers = {"answers": state.get("answers", {}), "response_letter": state.get("letter", "")}
    base = {"paper_id": state["paper_id"], "base_version": n - 1, "summary": state.get("summary", "")}
    return "submit_revision", manuscript | answers | base


async def _settled(
    context: ScientistContext, state: ScientistState, desk: Desk, revision: Revision, asked: list[Asked], n: int
) -> Revision:
    """The revision after its rehearsals: what the platform's checks still find is repaired too, where it can be."""
    left: list[Asked] = []
    for _ in range(REHEARSALS):
        seen = await rehearsed(context, {**state, "answers": {}, "letter": "", "summary": ""}, revision.sources, n)
        left = findings_from(seen["checks_found"])
        if not left:
            break
        desk.sources = revision.sources
        further = await context.author.revise(desk, left, ())
        if further.sources == revision.sources:
            break
        revision = revision.followed_by(further)
    context.tell("revise", f"Rehearsed: the checks of the platform find {len(left)} things in version {n}.")
    return revision.without_claims_to({(f.check, f.claim) for f in left}, asked)


def _tell_comparison(context: ScientistContext, reviews: dict[str, Any]) -> None:
    comparison = reviews.get("comparison")
    if comparison:
        lines = [f"{r['finding_id']}: {r['resolution']}" for r in comparison.get("resolutions", [])]
        context.tell("read", f"Compared with the version before: {comparison['verdict']}.", lines=lines)
