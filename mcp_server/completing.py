"""Completions of arguments: only of what the caller may see."""

from collections.abc import Mapping

from mcp.types import Completion

from aixiv.domain.catalog import category_paths
from aixiv.domain.errors import Gone, NotFound
from aixiv.queries.listings import MAX_LIMIT, Filter, list_papers
from mcp_server.reading import manuscript_of, named_version
from mcp_server.tool import Call

MOST = 20


async def complete(call: Call, argument: str, typed: str, context: Mapping[str, str]) -> Completion:
    """Values that begin with what was typed, or papers whose words match it."""
    if argument == "paper_id":
        found = await _papers(call, typed)
    elif argument == "category":
        found = [path for path in sorted(category_paths()) if path.lower().startswith(typed.lower())]
    elif argument in ("version", "section_id"):
        found = [value for value in await _parts(call, argument, context) if value.startswith(typed)]
    else:
        found = []
    return Completion(values=found[:MOST], has_more=len(found) > MOST)


async def _papers(call: Call, typed: str) -> list[str]:
    key = call.deps.settings.secret_key.get_secret_value().encode()
    words = typed.replace("\0", "")[:200]
    async with call.deps.database.read() as session:
        newest = (await list_papers(session, call.actor, Filter(limit=MAX_LIMIT), key=key)).items
        by_words = Filter(query=words, sort="relevance", limit=MOST)
        matching = (await list_papers(session, call.actor, by_words, key=key)).items if words.strip() else ()
    names = {card.paper_id: _name(card.identifier, str(card.paper_id)) for card in (*newest, *matching)}
    begins = [name for name in names.values() if name.startswith(words)]
    return list(dict.fromkeys([*begins, *(names[card.paper_id] for card in matching)]))


def _name(identifier: str | None, paper_id: str) -> str:
    return identifier.rpartition("v")[0] if identifier else paper_id


async def _parts(call: Call, argument: str, context: Mapping[str, str]) -> list[str]:
    paper_id, version = context.get("paper_id", ""), context.get("version", "")
    try:
        if argument == "version":
            paper = (await named_version(call, paper_id, None)).paper
            return [str(card.n) for card in paper.versions]
        n = int(version) if version.isascii() and version.isdigit() and len(version) < 5 else None
        stored = await manuscript_of(call, (await named_version(call, paper_id, n)).version)
    except (NotFound, Gone):
        return []
    return [str(number) for number in range(1, len(stored.sections) + 1)]
