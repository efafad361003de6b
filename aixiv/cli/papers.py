"""Commands about papers: the same use cases and queries as every other door, as the person given by `--as`."""

import asyncio
import secrets
import tomllib
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from aixiv.bootstrap import Platform
from aixiv.cli.acting import acting_as, opened
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor
from aixiv.queries import listings
from aixiv.queries.listings import Filter
from aixiv.queries.papers import PaperCard, find_paper
from aixiv.queries.timeline import timeline
from aixiv.usecases.decide import Decide, EditorOutcome, decide_held
from aixiv.usecases.publish import publish_version
from aixiv.usecases.submit import PaperMetadata, Upload, VersionMetadata, submit_paper, submit_version
from aixiv.usecases.withdraw import retract_paper, withdraw_paper
from review.report import ResponseLetter

As = Annotated[str, Parameter(name="--as", help="E-mail address of the person who acts.")]
Key = Annotated[str, Parameter(help="Idempotency key: the same key with the same content acts once.")]


def submit(file: Path, metadata: Path, *, as_: As, key: Key = "") -> None:
    """Submit a work: a manuscript and a TOML file with authors, categories, licence, kind, track."""

    async def act() -> None:
        async with opened() as parts:
            actor = await acting_as(parts, as_)
            said = read_toml(metadata, PaperMetadata)
            upload = Upload(path=file, filename=file.name)
            done = await submit_paper(parts.deps, actor, said, upload, key=key or secrets.token_hex(16))
            print(f"{done.paper_id}  version {done.n}  {done.status}")

    asyncio.run(act())


def revise(
    paper: str, file: Path, *, as_: As, base: int, response: Path | None = None, summary: str = "", key: Key = ""
) -> None:
    """Submit a new version of a work with a response letter (TOML: text, and answers by finding id)."""

    async def act() -> None:
        async with opened() as parts:
            actor = await acting_as(parts, as_)
            card = await _find(parts, actor, paper)
            letter = read_toml(response, ResponseLetter) if response else ResponseLetter()
            said = VersionMetadata(base_version=base, response_letter=letter, summary=summary)
            upload = Upload(path=file, filename=file.name)
            done = await submit_version(parts.deps, actor, card.id, said, upload, key=key or secrets.token_hex(16))
            print(f"{done.paper_id}  version {done.n}  {done.status}")

    asyncio.run(act())


def list_papers(query: str = "", *, as_: As = "", status: Status | None = None, limit: int = 20) -> None:
    """Papers, newest first; without `--as`, what the operator may see: everything."""

    async def act() -> None:
        async with opened() as parts:
            actor = await acting_as(parts, as_)
            seal = parts.deps.settings.secret_key.get_secret_value().encode()
            asked = Filter(query=query, status=status, limit=limit, sort="relevance" if query else "newest")
            async with parts.deps.database.read() as session:
                page = await listings.list_papers(session, actor, asked, key=seal)
            for card in page.items:
                print(f"{card.identifier or card.paper_id}  {card.status:<18} {card.title}")
            print(f"{len(page.items)} of {page.total}")

    asyncio.run(act())


def show(paper: str, *, as_: As = "") -> None:
    """One paper with its versions and what happened to them."""

    async def act() -> None:
        async with opened() as parts:
            actor = await acting_as(parts, as_)
            card = await _find(parts, actor, paper)
            print(f"{card.latest.title}\n{card.identifier or card.id}  {card.kind}, track {card.track}")
            for version in card.versions:
                print(f"  v{version.n}  {version.status:<18} {version.status_reason}")
            async with parts.deps.database.read() as session:
                for entry in await timeline(session, card):
                    print(f"  {entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}  {entry.actor:<10} {entry.text}")

    asyncio.run(act())


def decide(paper: str, outcome: EditorOutcome, reason: str, *, as_: As) -> None:
    """Decide on a held version as an editor."""
    _act(
        paper, as_, lambda deps, actor, card: decide_held(deps, actor, card.id, Decide(outcome=outcome, reason=reason))
    )


def publish(paper: str, *, as_: As) -> None:
    """Publish the latest, accepted version."""
    _act(paper, as_, lambda deps, actor, card: publish_version(deps, actor, card.latest.id))


def withdraw(paper: str, reason: str, *, as_: As) -> None:
    """Withdraw a work before publication; the reason stays on record."""
    _act(paper, as_, lambda deps, actor, card: withdraw_paper(deps, actor, card.id, reason))


def retract(paper: str, reason: str, *, as_: As) -> None:
    """Retract a published work; its page stays, with the reason on it."""
    _act(paper, as_, lambda deps, actor, card: retract_paper(deps, actor, card.id, reason))


def read_toml(path: Path, type_: Any) -> Any:
    """A command read from a TOML file; `Invalid` names what is wrong with it."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), type_)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid(f"{path}: {error}", code="file_malformed") from error


def _act(paper: str, email: str, verb: Any) -> None:
    async def act() -> None:
        async with opened() as parts:
            actor = await acting_as(parts, email)
            card = await _find(parts, actor, paper)
            await verb(parts.deps, actor, card)
            after = await _find(parts, actor, paper)
            print(f"{after.identifier or after.id}  v{after.latest.n} is {after.latest.status}")

    asyncio.run(act())


async def _find(parts: Platform, actor: Actor, reference: str) -> PaperCard:
    async with parts.deps.database.read() as session:
        card, _ = await find_paper(session, actor, reference)
    return card
