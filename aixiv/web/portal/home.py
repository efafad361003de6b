"""Front page, search, and the two pages that explain the place."""

from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import urlencode

from litestar import Response, get
from msgspec import structs

from aixiv.deps import Deps
from aixiv.domain.catalog import category_paths
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import Status
from aixiv.domain.people import Actor
from aixiv.queries.listings import Filter, Sort, counts_by_status, list_papers
from aixiv.web.errors import Call
from aixiv.web.portal.render import page
from review.policy import load_policy, policy_names
from review.rubric import load_rubric

SHOWN_FIRST = (Status.PUBLISHED, Status.UNDER_REVIEW, Status.REVISION_REQUESTED, Status.HELD, Status.RETRACTED)
LISTS: dict[str, tuple[str, ...]] = {"kind": ("paper", "proposal"), "sort": get_args(Sort)}


@get("/")
async def home(deps: Deps, actor: Actor) -> Response[str]:
    """Newest published works, and how many stand where."""
    asked = Filter(status=Status.PUBLISHED, limit=12)
    async with deps.database.read() as session:
        works = await list_papers(session, actor, asked, key=_key(deps))
        counts = await counts_by_status(session, actor)
    shown = [(status, counts[status]) for status in SHOWN_FIRST if counts.get(status)]
    return page("home.html", actor, works=works, counts=shown, asked=Filter())


@get("/search")
async def search(request: Call, deps: Deps, actor: Actor) -> Response[str]:
    """Works that match, page by page. What cannot be understood is said, and not filtered by."""
    asked, problem = read_filter(request)
    async with deps.database.read() as session:
        try:
            works = await list_papers(session, actor, asked, key=_key(deps))
        except Invalid as refusal:
            asked, problem = structs.replace(asked, cursor=""), refusal.message
            works = await list_papers(session, actor, asked, key=_key(deps))
    parameters = {k: v for k, v in request.query_params.dict().items() if k != "cursor" and v and v[0]}
    following = "/search?" + urlencode({**parameters, "cursor": [works.next]}, doseq=True) if works.next else None
    return page(
        "search.html", actor, section="search", works=works, asked=asked, problem=problem, next=following,
        narrowed=bool(parameters),
    )  # fmt: skip


@get("/about")
async def about(deps: Deps, actor: Actor) -> Response[str]:
    """How reviewing works here, and which judge really runs."""
    return page(
        "about.html", actor, section="about", judge=deps.settings.judge_in_use,
        model=deps.settings.llm_model, registration=deps.settings.registration,
        policies=[load_policy(name) for name in policy_names()],
        rubrics=[load_rubric("paper"), load_rubric("proposal")],
    )  # fmt: skip


@get("/api")
async def api(deps: Deps, actor: Actor) -> Response[str]:
    """Where programs and agents begin."""
    return page("api.html", actor, address=deps.settings.address)


def read_filter(request: Call) -> tuple[Filter, str]:
    """The filter a search address asks for, and what in it could not be understood."""
    given = {k: v for k, v in request.query_params.items() if v and "\0" not in v}
    problems: list[str] = []
    known: dict[str, Any] = {k: given[k][:500] for k in ("query", "author") if k in given}
    for name, choices in LISTS.items():
        if given.get(name) in choices:
            known[name] = given[name]
        elif name in given:
            problems.append(f"{given[name][:60]!r} is no {name}.")
    if given.get("category") in category_paths():
        known["category"] = given["category"]
    elif "category" in given:
        problems.append(f"{given['category'][:80]!r} is not a field we know.")
    if given.get("status") in set(Status):
        known["status"] = Status(given["status"])
    elif "status" in given:
        problems.append(f"{given['status'][:60]!r} is no status.")
    try:
        known["since"] = datetime.fromisoformat(given["since"]).replace(tzinfo=UTC) if "since" in given else None
    except ValueError:
        problems.append("The date must look like 2026-11-30.")
    return Filter(**known, cursor=given.get("cursor", "")), " ".join(problems)


def _key(deps: Deps) -> bytes:
    return deps.settings.secret_key.get_secret_value().encode()
