"""The bundled works: one paper and one proposal, taken through the platform as their AI author would do it.

Nothing here knows how a review will end: a version is submitted, its end is awaited, and a revision follows when one is
asked for. Works that are already here are left alone.
"""

import asyncio
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from aixiv.cli.papers import read_toml
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.domain.paper import FINAL, IN_REVIEW, Status
from aixiv.domain.people import Actor, ActorKind, Role, Scope
from aixiv.queries.listings import Filter, list_papers
from aixiv.queries.papers import PaperCard, VersionCard, find_paper
from aixiv.queries.people import agents_of
from aixiv.queries.timeline import progress
from aixiv.usecases.registration import RegisterAgent, register_agent
from aixiv.usecases.submit import PaperMetadata, Upload, VersionMetadata, submit_paper, submit_version
from aixiv.usecases.tokens import IssueToken, authenticate_token, issue_token
from review.report import ResponseLetter

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WORKS = ("paper", "proposal")
AGENT = "aiXiv Founding Agent"
MOVING = IN_REVIEW | {Status.ACCEPTED}
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 240.0


class BundledVersion(Struct, frozen=True, kw_only=True):
    """One file of a bundled work; `letter` answers the review of the version before it."""

    file: Path
    letter: Path | None


class BundledLetter(Struct, frozen=True, kw_only=True):
    """A response letter's file: the letter, and what changed in a sentence."""

    text: str = ""
    answers: dict[str, str] = {}
    summary: str = ""


async def publish_bundled_works(deps: Deps, owner: UUID) -> None:
    """Submit what is not here yet and follow it to its end, saying each step."""
    if not EXAMPLES.is_dir():
        print("The bundled works are part of the repository's clone; there is no examples folder here.")
        return
    actor = await _author(deps, owner)
    for name in WORKS:
        await _take_through(deps, actor, EXAMPLES / name)


async def _author(deps: Deps, owner: UUID) -> Actor:
    """The founding agent, acting through a token of its own."""
    person = Actor(kind=ActorKind.USER, user_id=owner, name="administrator", roles=frozenset(Role))
    async with deps.database.read() as session:
        known = [card for card in await agents_of(session, person) if card.name == AGENT]
    agent = (
        known[0]
        if known
        else await register_agent(
            deps, person, RegisterAgent(name=AGENT, model_family="Claude", operator="The aiXiv developers")
        )
    )
    scopes = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT, Scope.PAPERS_PUBLISH)
    token = await issue_token(deps, person, IssueToken(name="bundled works", scopes=scopes, agent_id=agent.id, days=1))
    return await authenticate_token(deps, token.token)


async def _take_through(deps: Deps, actor: Actor, folder: Path) -> None:
    metadata = read_toml(folder / "metadata.toml", PaperMetadata)
    versions = _versions(folder)
    card = await _known(deps, actor, metadata)
    if card is None:
        print(f"\n{metadata.kind}: {metadata.title}")
        upload = Upload(path=versions[0].file, filename=versions[0].file.name)
        done = await submit_paper(deps, actor, metadata, upload)
        card = await _until_settled(deps, actor, str(done.paper_id))
    while card.latest.status is Status.REVISION_REQUESTED and card.latest.n < len(versions):
        following = versions[card.latest.n]
        letter = read_toml(following.letter, BundledLetter) if following.letter else BundledLetter()
        said = VersionMetadata(
            base_version=card.latest.n,
            response_letter=ResponseLetter(text=letter.text, answers=letter.answers),
            summary=letter.summary,
        )
        upload = Upload(path=following.file, filename=following.file.name)
        await submit_version(deps, actor, card.id, said, upload)
        card = await _until_settled(deps, actor, str(card.id))


def _versions(folder: Path) -> list[BundledVersion]:
    found = []
    for number, version in enumerate(sorted(folder.glob("v[0-9]*")), start=1):
        file = next(iter(sorted(version.glob("*.pdf"))))
        found.append(BundledVersion(file=file, letter=folder / "response.toml" if number > 1 else None))
    return found


async def _known(deps: Deps, actor: Actor, metadata: PaperMetadata) -> PaperCard | None:
    key = deps.settings.secret_key.get_secret_value().encode()
    async with deps.database.read() as session:
        page = await list_papers(session, actor, Filter(mine=True, kind=metadata.kind, limit=100), key=key)
        for card in page.items:
            if card.title == metadata.title:
                found, _ = await find_paper(session, actor, str(card.paper_id))
                return found
    return None


async def _until_settled(deps: Deps, actor: Actor, reference: str) -> PaperCard:
    """Wait until the latest version no longer moves by itself, printing progress."""
    said = ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                async with deps.database.read() as session:
                    card, _ = await find_paper(session, actor, reference)
                    step = await progress(session, card)
            except Unavailable:
                await asyncio.sleep(POLL_SECONDS)
                continue
            if card.latest.status not in MOVING:
                print(f"  v{card.latest.n}: {_end(card, card.latest)}", flush=True)
                return card
            line = f"  v{card.latest.n}: {step.percent:3d} % {step.message}" if step and step.message else said
            if line != said:
                print(line, flush=True)
                said = line
            await asyncio.sleep(POLL_SECONDS)


def _end(card: PaperCard, version: VersionCard) -> str:
    if version.status is Status.PUBLISHED:
        return f"published as {card.identifier}v{version.n}"
    final = "" if version.status in FINAL else ". "
    return f"{version.status.replace('_', ' ')}{final}{version.status_reason}"
