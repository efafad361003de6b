"""From the name of a paper in an address to what the actor may see of it."""

from msgspec import Struct, structs

from aixiv.deps import Deps
from aixiv.domain.people import Actor, Scope
from aixiv.queries.papers import PaperCard, VersionCard, find_paper, version_of


class Named(Struct, frozen=True):
    """A paper, and the version that its name in the address asks for: the latest unless it ends in vN."""

    paper: PaperCard
    version: VersionCard


async def find(deps: Deps, actor: Actor, reference: str) -> Named:
    """What this reference names, or `NotFound` when the actor may not see it."""
    async with deps.database.read() as session:
        paper, n = await find_paper(session, actor, reference)
    return Named(paper, paper.latest if n is None else version_of(paper, n))


async def find_to_change(deps: Deps, actor: Actor, reference: str) -> Named:
    """Like `find`, for a write: a token that may not read its owner's papers still finds the one it is to change.

    Whether it may change it is for the use case to say.
    """
    return await find(deps, sees_own(actor), reference)


def sees_own(actor: Actor) -> Actor:
    """This actor with the scope to read their own papers."""
    if actor.scopes is None:
        return actor
    return structs.replace(actor, scopes=actor.scopes | {Scope.PAPERS_READ})
