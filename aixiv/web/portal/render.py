"""Templates to pages. Autoescape is on for everything: what authors wrote is data.

Formatting helpers return `Markup` only for what they built themselves from escaped parts.
"""

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from aixiv.domain.catalog import LICENCES, categories
from aixiv.domain.people import ANONYMOUS, Action, Actor, Role, Subject
from aixiv.web.portal import cite, words
from aixiv.web.portal.allow import allowed

WEB = Path(__file__).resolve().parent.parent
TEMPLATES = WEB / "templates"
STATIC = WEB / "static"

_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_COMMENT_TAGS = {"p", "br", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "h4", "h5", "h6",
                 "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip


def page(name: str, actor: Actor, *, status: int = 200, **context: Any) -> Response[str]:
    """A rendered page as an answer."""
    return Response(
        content=render(name, actor=actor, **context),
        status_code=status,
        media_type=MediaType.HTML,
    )


def render(name: str, *, actor: Actor = ANONYMOUS, **context: Any) -> str:
    """The text of a template. `section` names the entry of the navigation that is current."""
    context.setdefault("section", "")
    return environment().get_template(name).render(actor=actor, **context)


@cache
def environment() -> Environment:
    """The one template environment of the portal."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "when": when, "day": day, "size": size, "markdown": markdown, "bibtex": cite.bibtex, "citation": cite.citation,
        "reviewer_name": words.reviewer_name, "number": number, "count": counted,
    }  # fmt: skip
    made.globals |= {
        "asset": asset, "words": words, "LICENCES": LICENCES, "CATEGORIES": categories(), "Action": Action,
        "Role": Role, "Subject": Subject, "allowed": allowed, "place_of": cite.place_of,
    }  # fmt: skip
    return made


@cache
def asset(name: str) -> str:
    """Address of a static file; its hash changes with its content, so browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def when(moment: datetime) -> Markup:
    """Date and time in UTC."""
    return _time(moment, "%-d %b %Y, %H:%M UTC")


def day(moment: datetime) -> Markup:
    """Date in UTC."""
    return _time(moment, "%-d %B %Y")


def size(octets: int) -> str:
    """A file size for people, in decimal units."""
    if octets < 1000:
        return f"{octets} bytes"
    unit, scale = next((unit, scale) for unit, scale in _UNITS if octets >= scale)
    return f"{octets / scale:.1f} {unit}"


def number(value: float) -> str:
    """A score without a needless decimal."""
    return f"{value:.1f}".removesuffix(".0")


def counted(amount: int, one: str, many: str = "") -> str:
    """`1 version`, `2 versions`."""
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def markdown(text: str) -> Markup:
    """Markdown of a stranger as harmless HTML: rendered without raw HTML or images, then cleaned against a list."""
    cleaned = nh3.clean(
        _MARKDOWN.render(text),
        tags=_COMMENT_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener ugc",
    )
    return Markup(cleaned)  # noqa: S704 - cleaned by nh3


def _time(moment: datetime, pattern: str) -> Markup:
    utc = moment.astimezone(UTC)
    stamp = escape(utc.isoformat(timespec="seconds").replace("+00:00", "Z"))
    return Markup('<time datetime="{}">{}</time>').format(stamp, utc.strftime(pattern))
