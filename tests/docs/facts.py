"""What the code says of itself, as tables for the documentation."""

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from inspect import getmembers, isclass
from pathlib import Path
from typing import Any

import msgspec
from litestar.exceptions import HTTPException
from litestar.testing import RequestFactory
from pydantic import SecretStr
from structlog.testing import capture_logs

import aixiv
from aixiv.bootstrap import build
from aixiv.domain import errors
from aixiv.settings import Settings
from aixiv.text.failures import HINTS
from aixiv.web import app, openapi
from aixiv.web.errors import STATUSES, Unsupported, problem_of
from mcp_server.calling import TOOLS
from review.checks import CHECKS
from review.policy import load_policy, policy_names
from review.rubric import load_rubric

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Headings, and rows of cells."""
OWN_WORDS = ("web/portal/", "cli/")
"""Doors for people: codes raised there reach no program."""

SOURCES = Path(next(iter(aixiv.__path__)))
KINDS = {name: kind for name, kind in getmembers(errors, isclass) if issubclass(kind, errors.AixivError)}
KINDS[Unsupported.__name__] = Unsupported
FRAMEWORK = (400, 404, 405, 413, 415, 500)
"""Statuses that the framework refuses with by itself."""


def settings() -> Table:
    """Every setting with its default."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else str(field.default)
        shown = f"`{default.lower() if isinstance(field.default, bool) else default}`" if default else "empty"
        rows.append((f"`AIXIV_{name.upper()}`", shown, field.description or ""))
    return ("Setting", "Default", "Meaning"), rows


def checks() -> Table:
    """Every deterministic check in the words of its `Check`."""
    rows = [(f"`{c.id}`", c.title, c.method, c.limits, _sentence(c.alarm_rate)) for c in CHECKS]
    return ("Check", "Title", "Method", "Limits", "Alarm rate"), rows


def criteria() -> Table:
    """The criteria of both rubrics."""
    rows = [
        (f"`{c.key}`", kind, c.asks, c.role, f"{c.weight:g}")
        for kind in ("paper", "proposal")
        for c in load_rubric(kind).criteria
    ]
    return ("Criterion", "Kind", "The question", "Reviewer", "Weight"), rows


def policies() -> Table:
    """Every track's rules."""
    rows = []
    for policy in map(load_policy, policy_names()):
        seats = [v.name if v.lens == v.name else f"{v.name} ({v.lens})" for v in policy.voters]
        values: dict[str, Any] = msgspec.structs.asdict(policy)
        numbers = [str(values[name]) for name in ("accept_threshold", "quorum", "max_rounds", "max_spread")]
        yes = ["yes" if values[name] else "no" for name in ("auto_publish", "blind", "public_history")]
        rows.append((f"`{policy.name}`", policy.mode, ", ".join(policy.panel), ", ".join(seats), *numbers, *yes))
    head = ("Track", "Mode", "Reviewers", "Voters", "Accepts needed", "Quorum", "Rounds", "Widest spread")
    return (*head, "Publishes itself", "Blind", "Public history"), rows


def tools() -> Table:
    """Every MCP tool, with the scope its caller's token needs."""
    rows = []
    for tool in TOOLS.values():
        effect = "reads" if tool.read_only else "writes, for good" if tool.destructive else "writes"
        rows.append((f"`{tool.name}`", f"`{tool.scope.value}`" if tool.scope else "-", effect, tool.description))
    return ("Tool", "Needs", "Effect", "What it does"), rows


def problems() -> Table:
    """Every code a program can meet, by status."""
    with capture_logs():  # asking about a fault logs it
        found = {(status, code): hint for status, code, hint in sorted(_codes(), key=lambda c: (c[0], c[1], len(c[2])))}
    rows = [(f"`{code}`", str(status), hint or "none") for (status, code), hint in found.items()]
    return ("Code", "Status", "Hint"), rows


def routes() -> dict[str, dict[str, Any]]:
    """Every route of the REST interface, by method and path below `/api/v1`."""
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": told
        for path, methods in document()["paths"].items()
        for method, told in methods.items()
    }


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the application, which is put together and never started."""
    nowhere = Settings(
        database_url="postgresql://nowhere/none",
        s3_endpoint="http://127.0.0.1:9",
        inference_url="http://127.0.0.1:9",
        secret_key=SecretStr("none"),
        s3_access_key=SecretStr("none"),
        s3_secret_key=SecretStr("none"),
    )
    return openapi.document(app.create_app(build(nowhere).deps), "", "")


def _codes() -> Iterator[tuple[int, str, str]]:
    for kind in KINDS.values():
        yield _status(kind), kind.code, kind.hint
    for code, hint in HINTS.items():
        yield _status(errors.UnreadableFile), code, hint
    for status in FRAMEWORK:
        problem = problem_of(RequestFactory().get("/"), HTTPException(status_code=status))
        yield status, problem.code, problem.hint
    for path in sorted(SOURCES.rglob("*.py")):
        if not path.relative_to(SOURCES).as_posix().startswith(OWN_WORDS):
            yield from _raised(ast.parse(path.read_text(encoding="utf-8")))


def _raised(module: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Codes given to an error of ours where it is made."""
    for call in ast.walk(module):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = {word.arg: word.value for word in call.keywords}
        code = _words(given.get("code"))
        if name in KINDS and code:
            yield _status(KINDS[name]), code, _words(given.get("hint")) or KINDS[name].hint


def _words(node: ast.expr | None) -> str:
    """A string as it is written, `...` for what is filled in; empty when it is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def _status(kind: type[errors.AixivError]) -> int:
    return int(next(STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


GENERATED: dict[str, Callable[[], Table]] = {
    "settings": settings,
    "checks": checks,
    "criteria": criteria,
    "tracks": policies,
    "problems": problems,
    "tools": tools,
}
"""What `tests.docs.pages` can write into a page."""
