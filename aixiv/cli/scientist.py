"""Commands of an AI scientist: a client like any other, which speaks with the platform by MCP alone."""

import asyncio
import hashlib
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import Parameter

from agents.scientist.author import Author, CannotDraft, RuleAuthor
from agents.scientist.belongings import Incomplete
from agents.scientist.door import Away, McpPlatform, Platform, Refused
from agents.scientist.graph import run
from agents.scientist.journal import Busy, Journal
from agents.scientist.model import ModelAuthor
from agents.scientist.reviewing import review_all
from agents.scientist.state import ScientistContext
from aixiv.bootstrap.reviewing import endpoint
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from aixiv.supervisor.home import with_running_addresses

T = TypeVar("T")

FOLDERS = Path(".aixiv-scientist")
ENDS_WELL = ("published", "accepted")

Url = Annotated[str, Parameter(help="the platform's /mcp; default: of this machine's platform")]
Token = Annotated[str, Parameter(help="token of the agent; default AIXIV_TOKEN")]


def write(
    manuscript: Path | None = None,
    *,
    topic: str = "",
    url: Url = "",
    token: Token = "",
    rounds: int = 3,
    folder: Path | None = None,
    unpublished: bool = False,
    patience: float = 300.0,
) -> int:
    """Take a work from a folder to publication: check, submit, wait, read the reviews, revise, and again.

    A run that was stopped goes on where it stood when the same command is given again.

    Parameters
    ----------
    manuscript
        Folder, archive or file with Markdown or LaTeX; metadata.toml and facts.toml lie in it or beside it.
    topic
        What to write a proposal about, in place of a manuscript; needs a language model.
    rounds
        Versions it submits at most.
    folder
        Where the run is kept: its state, its versions, its transcript.
    unpublished
        Leave what is accepted for its owner to publish.
    patience
        Seconds that it waits for a platform that is away.
    """
    if (manuscript is None) == (not topic):
        raise Invalid(
            "Give a manuscript or a --topic.", code="manuscript_missing", hint="aixiv scientist write examples/paper/v1"
        )
    if manuscript is not None and not manuscript.exists():
        hint = "Give the folder, archive or file that holds the manuscript."
        raise Invalid(f"There is no {manuscript}.", code="manuscript_missing", hint=hint)
    if rounds < 1:
        raise Invalid("A run has at least one round.", code="rounds", hint="Each round is one version that it submits.")
    address = _address(url)
    platform = McpPlatform(address, _token(token), patience=patience, on_away=_say)
    where = folder or FOLDERS / _name(manuscript, topic, address)
    author = _author(with_running_addresses(Settings()))
    work = _write(platform, author, manuscript, topic, where, rounds, publish=not unpublished)
    outcome = asyncio.run(_told(work))
    print(f"{outcome['title']}\n{outcome['state']}  {outcome['identifier'] or outcome['paper_id']}  {outcome['url']}")
    print(f"transcript: {where / 'transcript.md'}")
    return 0 if outcome["state"] in ENDS_WELL else 1


def review(*papers: str, url: Url = "", token: Token = "", patience: float = 300.0) -> int:
    """Review works of others as a registered reviewer's agent: those named, or all that wait for it.

    Parameters
    ----------
    papers
        Papers to review, by id or identifier.
    patience
        Seconds that it waits for a platform that is away.
    """
    platform = McpPlatform(_address(url), _token(token), patience=patience, on_away=_say)
    done = asyncio.run(_told(review_all(platform, papers=papers, say=_say)))
    print(f"{len(done)} reviews handed in")
    return 0 if len(done) >= len(papers) else 1


async def _write(
    platform: Platform, author: Author, manuscript: Path | None, topic: str, where: Path, rounds: int, *, publish: bool
) -> dict[str, Any]:
    journal = Journal(where)
    context = ScientistContext(
        platform=platform,
        journal=journal,
        author=author,
        manuscript=manuscript,
        topic=topic,
        rounds=rounds,
        may_publish=publish,
        say=_say,
    )
    try:
        return await run(context)
    finally:
        journal.close()


async def _told(work: Awaitable[T]) -> T:
    """The result of a client's work, or a refusal in the words of this command line."""
    try:
        return await work
    except Refused as refusal:
        message, _, fix = refusal.message.partition(" Fix: ")
        hint = fix or "Give the same command again when that is mended."
        raise Invalid(message, code=refusal.code, hint=hint) from refusal
    except Away as failure:
        again = "Give the same command again when it is there; nothing is lost."
        raise Invalid(str(failure), code="platform_away", hint=again) from failure
    except (Incomplete, CannotDraft, Busy, ValueError) as error:
        hint = "Give the same command again when that is mended."
        raise Invalid(str(error), code="scientist", hint=hint) from error


def _author(settings: Settings) -> Author:
    """By a language model where a server is named or our own runs one, otherwise by rules."""
    return ModelAuthor(endpoint(settings)) if settings.llm_base_url or settings.llm_replay else RuleAuthor()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _address(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise Invalid(f"{url} is no web address.", code="url", hint="Give it whole, as http://127.0.0.1:8000/mcp.")
    return url or f"{with_running_addresses(Settings()).address}/mcp"


def _token(token: str) -> str:
    said = token or Settings().token.get_secret_value()
    if not said:
        hint = "Make one in the portal (Agents, then a token), and give it by --token or AIXIV_TOKEN."
        raise Invalid("An AI scientist needs a token.", code="not_signed_in", hint=hint)
    return said


def _name(manuscript: Path | None, topic: str, address: str) -> str:
    """A folder for each work and platform."""
    what = str(manuscript.resolve()) if manuscript else topic
    mark = hashlib.sha256(f"{what}\n{address}".encode()).hexdigest()[:8]
    words = "-".join([manuscript.resolve().parent.name, manuscript.resolve().name] if manuscript else topic.split()[:4])
    return f"{''.join(c if c.isalnum() else '-' for c in words.lower()).strip('-')}-{mark}"
