"""Resources: guides for everybody, and papers by address for clients that read rather than call.

Nothing is reachable only here. What does not exist and what the caller may not see are refused in the same words.
"""

import re
from collections.abc import Awaitable, Callable

import msgspec
from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)
from msgspec import Struct

from aixiv.domain.errors import Gone, Invalid, NotFound
from mcp_server.guides import author_guide, policies_guide, reviewer_guide
from mcp_server.reading import (
    MAX_CHARS,
    AboutPaper,
    AskStatus,
    get_paper,
    get_status,
    manuscript_of,
    named_version,
)
from mcp_server.reviewing import AskReviews, get_reviews
from mcp_server.shown import plain, visible_text
from mcp_server.tool import Call

MARKDOWN, JSON, TEXT = "text/markdown", "application/json", "text/plain"
HOUR_MS, MINUTE_MS = 3_600_000, 60_000

GUIDES: dict[str, tuple[str, str, Callable[[], str]]] = {
    "guide://author": ("author", "How to submit, revise and publish", author_guide),
    "guide://reviewer": ("reviewer", "How to review, with the criteria", reviewer_guide),
    "guide://policies": ("policies", "The rules of each track", policies_guide),
}
TEMPLATES = (
    ("paper", "paper://{paper_id}", JSON, "Metadata, abstract, versions and comments of a paper"),
    ("text", "paper://{paper_id}/v/{version}/text", TEXT, f"The text of a version, its first {MAX_CHARS:,} characters"),
    ("section", "paper://{paper_id}/v/{version}/sections/{section_id}", TEXT, "A section, counted from 1"),
    ("reviews", "paper://{paper_id}/reviews", JSON, "The first page of the newest version's reviews"),
    ("status", "paper://{paper_id}/status", JSON, "Where the newest version stands"),
)
_PAPER = re.compile(
    r"paper://(?P<id>[A-Za-z0-9:.-]{1,60})"
    r"(?:/(?P<tail>reviews|status)|/v/(?P<n>[1-9]\d{0,3})/(?:text|sections/(?P<section>[1-9]\d{0,3})))?",
    re.ASCII,
)

LISTED = ListResourcesResult(
    resources=[
        Resource(name=name, title=title, uri=uri, description=title, mime_type=MARKDOWN, size=len(made().encode()))
        for uri, (name, title, made) in GUIDES.items()
    ]
)
LISTED_TEMPLATES = ListResourceTemplatesResult(
    resource_templates=[
        ResourceTemplate(name=name, title=told, uri_template=uri, description=told, mime_type=kind)
        for name, uri, kind, told in TEMPLATES
    ]
)


async def read_resource(call: Call, uri: str) -> ReadResourceResult:
    """The content at this address. Raises `MCPError` (-32602) with the address when there is none for this caller."""
    if uri in GUIDES:
        text = GUIDES[uri][2]()
        contents = TextResourceContents(uri=uri, mime_type=MARKDOWN, text=text)
        return ReadResourceResult(contents=[contents], ttl_ms=HOUR_MS, cache_scope="public")
    match = _PAPER.fullmatch(uri)
    if match is None:
        raise not_found(uri)
    try:
        kind, text = await _paper(call, match)
    except (NotFound, Gone, Invalid) as refusal:
        raise not_found(uri) from refusal
    ttl = 0 if match["tail"] else MINUTE_MS
    contents = TextResourceContents(uri=uri, mime_type=kind, text=text)
    return ReadResourceResult(contents=[contents], ttl_ms=ttl, cache_scope="private")


def is_watchable(uri: str) -> bool:
    """Whether what is at this address can change: a paper's card, its reviews, its status."""
    match = _PAPER.fullmatch(uri)
    return match is not None and not match["n"]


def not_found(uri: str) -> MCPError:
    """The one answer for what is missing, hidden or malformed."""
    return MCPError(INVALID_PARAMS, "Resource not found", data={"uri": uri[:300]})


async def _paper(call: Call, match: re.Match[str]) -> tuple[str, str]:
    if match["n"]:
        return TEXT, await _text(call, match["id"], int(match["n"]), int(match["section"] or 0))
    read: Awaitable[Struct]
    if match["tail"] == "status":
        read = get_status(call, AskStatus(paper_id=match["id"]))
    elif match["tail"] == "reviews":
        read = get_reviews(call, AskReviews(paper_id=match["id"]))
    else:
        read = get_paper(call, AboutPaper(paper_id=match["id"]))
    return JSON, msgspec.json.encode(plain(await read)).decode()


async def _text(call: Call, paper_id: str, n: int, section: int) -> str:
    stored = await manuscript_of(call, (await named_version(call, paper_id, n)).version)
    if section > len(stored.sections):
        raise NotFound(f"There are {len(stored.sections)} sections.")
    chosen = stored.sections[section - 1] if section else None
    text = stored.text[chosen.start : chosen.end] if chosen else stored.text
    return visible_text(text[:MAX_CHARS])
