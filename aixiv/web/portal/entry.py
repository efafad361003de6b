"""Coming in and going out: password, one-time link, new account, own password."""

from urllib.parse import quote

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from msgspec.structs import replace

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, NotSignedIn
from aixiv.domain.people import Actor
from aixiv.queries.people import conflicts_of, me
from aixiv.usecases.accounts import (
    SIGNIN_PATH,
    ChangePassword,
    OpenedSession,
    SignIn,
    SignUp,
    change_password,
    sign_in,
    sign_in_by_link,
    sign_out,
    sign_up,
)
from aixiv.usecases.conflicts import ConflictOfInterest, DeclareConflicts, declare_conflicts
from aixiv.web.auth import SESSION_COOKIE, ended_cookie, origin_of, session_cookie
from aixiv.web.errors import Call
from aixiv.web.portal.forms import Form, need_person, read_form, refused, see_other, status_of
from aixiv.web.portal.render import page

LONGEST_NEXT = 4000
"""Characters of an address to come back to; what a client asks for in one can be long."""


@get("/sign-in")
async def sign_in_form(request: Call, deps: Deps, actor: Actor) -> Response[str]:
    """The form; `next` is where to go afterwards."""
    return _sign_in_page(deps, actor, Form(values={"next": _inside(request.query_params.get("next", ""))}))


@post("/sign-in")
async def sign_in_now(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Sign in with e-mail and password."""
    sent = await read_form(request)
    try:
        command = SignIn(email=sent.text("email"), password=sent.text("password"))
        opened = await sign_in(deps, origin_of(request), command)
    except AixivError as refusal:
        values = {"email": sent.text("email"), "next": _inside(sent.text("next"))}
        return _sign_in_page(deps, actor, refused(values, refusal), status=status_of(refusal))
    return _welcome(deps, opened, _inside(sent.text("next")))


@get(f"{SIGNIN_PATH}{{secret:str}}")
async def link_form(secret: str, actor: Actor) -> Response[str]:
    """Only a button: a mail scanner that follows the link must not spend it."""
    return page("sign_in_link.html", actor, section="sign-in", secret=secret, form=Form())


@post(f"{SIGNIN_PATH}{{secret:str}}")
async def link_now(request: Call, secret: str, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Spend the link."""
    try:
        opened = await sign_in_by_link(deps, origin_of(request), secret)
    except NotSignedIn as refusal:
        form = refused({}, refusal)
        return page("sign_in_link.html", actor, status=410, section="sign-in", secret="", form=form)
    return _welcome(deps, opened, "/work")


@post("/sign-out")
async def sign_out_now(request: Call, deps: Deps) -> Response[None]:
    """End this session here and on the server."""
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie:
        await sign_out(deps, cookie)
    done = see_other("/")
    done.set_cookie(ended_cookie(deps.settings))
    return done


@get("/sign-up")
async def sign_up_form(deps: Deps, actor: Actor) -> Response[str]:
    """The form for a new account, where the platform is open."""
    _need_open(deps)
    return page("sign_up.html", actor, section="sign-in", form=Form())


@post("/sign-up")
async def sign_up_now(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Make the account and sign in."""
    _need_open(deps)
    sent = await read_form(request)
    try:
        command = SignUp(email=sent.text("email"), name=sent.text("name"), password=sent.text("password"))
        opened = await sign_up(deps, origin_of(request), command)
    except AixivError as refusal:
        values = {"email": sent.text("email"), "name": sent.text("name")}
        field = "password" if refusal.code.startswith("password") else None
        form = refused(values, refusal, field=field)
        return page("sign_up.html", actor, status=status_of(refusal), section="sign-in", form=form)
    return _welcome(deps, opened, "/work")


@get("/account")
async def account(request: Call, deps: Deps, actor: Actor) -> Response[str]:
    """Who I am here, and the form for a new password."""
    need_person(actor)
    done = next((word for word in ("changed", "declared") if word in request.query_params), "")
    return await _account_page(deps, actor, Form(), done=done)


@post("/account/password")
async def change_password_now(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Set a new password; every other session of mine ends."""
    need_person(actor)
    sent = await read_form(request)
    try:
        command = ChangePassword(new=sent.text("new"), current=sent.text("current"))
        await change_password(deps, actor, command, cookie=request.cookies.get(SESSION_COOKIE, ""))
    except AixivError as refusal:
        field = "current" if refusal.code == "password_wrong" else "new" if "password" in refusal.code else None
        return await _account_page(deps, actor, refused({}, refusal, field=field), status=status_of(refusal))
    return see_other("/account?changed=1")


@post("/account/conflicts")
async def declare_conflicts_now(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Say anew whose works I do not review, one name a line, with the reason behind a colon."""
    need_person(actor)
    sent = (await read_form(request)).text("conflicts")
    lines = (line.partition(":") for line in sent.splitlines() if line.strip())
    told = tuple(ConflictOfInterest(name=name.strip(), reason=reason.strip()) for name, _, reason in lines)
    try:
        await declare_conflicts(deps, actor, DeclareConflicts(conflicts=told))
    except AixivError as refusal:
        form = refused({"conflicts": sent}, refusal)
        return await _account_page(deps, actor, form, status=status_of(refusal))
    return see_other("/account?declared=1#conflicts")


def to_sign_in(request: Call, _: NotSignedIn) -> Response[None]:
    """Where a page that needs somebody leads a visitor who is nobody."""
    path = _inside(request.url.path) if request.method == "GET" else ""
    return see_other("/sign-in" + (f"?next={quote(path)}" if path else ""))


async def _account_page(deps: Deps, actor: Actor, form: Form, *, status: int = 200, done: str = "") -> Response[str]:
    async with deps.database.read() as session:
        person = await me(session, actor)
        declared = await conflicts_of(session, actor)
    if "conflicts" not in form.values:
        lines = (f"{c.name}: {c.reason}" if c.reason else c.name for c in declared)
        form = replace(form, values={**form.values, "conflicts": "\n".join(lines)})
    return page("account.html", actor, status=status, section="account", me=person, form=form, done=done)


def _sign_in_page(deps: Deps, actor: Actor, form: Form, *, status: int = 200) -> Response[str]:
    registration = deps.settings.registration
    return page("sign_in.html", actor, status=status, section="sign-in", form=form, open=registration == "open")


def _welcome(deps: Deps, opened: OpenedSession, path: str) -> Response[None]:
    done = see_other(path or "/work")
    done.set_cookie(session_cookie(deps.settings, opened))
    return done


def _need_open(deps: Deps) -> None:
    if deps.settings.registration != "open":
        raise NotFoundException


def _inside(path: str) -> str:
    """This path when it leads to a page of ours, else an empty string."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if ours and len(path) < LONGEST_NEXT else ""
