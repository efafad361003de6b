"""Commands of an AI scientist: a client like any other, which speaks with the platform by MCP alone."""

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from aixiv.domain.errors import Invalid
from aixiv.settings import Settings

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
    publish: bool = True,
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
    publish
        Whether it publishes what is accepted and waits for its author.
    patience
        Seconds that it waits for a platform that is away.
    """
    if (manuscript is None) == (not topic):
        raise Invalid(
            "Give a manuscript or a --topic.", code="manuscript_missing", hint="aixiv scientist examples/paper/v1"
        )
    if manuscript is not None and not manuscript.exists():
        raise Invalid(f"There is no {manuscript}.", code="manuscript_missing")
    settings, address = Settings(), _address(url)
    where = folder or FOLDERS / _name(manuscript, topic, address)
    outcome = asyncio.run(_write(address, _token(settings, token), manuscript, topic, where, rounds, publish, patience))
    print(f"transcript: {where / 'transcript.md'}")
    return 0 if outcome["state"] in ENDS_WELL else 1


async def _write(
    address: str,
    token: str,
    manuscript: Path | None,
    topic: str,
    where: Path,
    rounds: int,
    publish: bool,
    patience: float,
) -> dict[str, Any]:
    from agents.scientist.author import CannotDraft, RuleAuthor
    from agents.scientist.belongings import Incomplete
    from agents.scientist.door import Away, McpPlatform, Refused
    from agents.scientist.graph import run
    from agents.scientist.journal import Busy, Journal
    from agents.scientist.state import ScientistContext

    try:
        journal = Journal(where)
        context = ScientistContext(
            platform=McpPlatform(address, token, patience=patience, on_away=_say),
            journal=journal,
            author=RuleAuthor(),
            manuscript=manuscript,
            topic=topic,
            rounds=rounds,
            may_publish=publish,
            say=_say,
        )
        return await run(context)
    except Refused as refusal:
        message, _, fix = refusal.message.partition(" Fix: ")
        raise Invalid(
            message, code=refusal.code, hint=fix or "Give the same command again when that is mended."
        ) from refusal
    except Away as failure:
        again = "Give the same command again when it is there; nothing is lost."
        raise Invalid(str(failure), code="platform_away", hint=again) from failure
    except (Incomplete, CannotDraft, Busy, ValueError) as error:
        raise Invalid(str(error), code="scientist") from error


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _address(url: str) -> str:
    from aixiv.supervisor.home import with_running_addresses

    return url or f"{with_running_addresses(Settings()).address}/mcp"


def _token(settings: Settings, token: str) -> str:
    said = token or settings.token.get_secret_value()
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
