"""People, for admins: who is here, new accounts with a one-time link, roles."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get, post

from aixiv.deps import Deps
from aixiv.domain.cards import UserCard
from aixiv.domain.errors import AixivError, Invalid
from aixiv.domain.people import Action, Actor, Role, may
from aixiv.queries.people import users_list
from aixiv.usecases.accounts import (
    CreateUser,
    MadeLink,
    SetRoles,
    create_user,
    disable_user,
    make_signin_link,
    set_roles,
)
from aixiv.web.errors import Call
from aixiv.web.portal.forms import Form, Sent, need_person, read_form, refused, see_other, status_of
from aixiv.web.portal.render import page

INVITATION = timedelta(hours=24)


@get("/admin/users")
async def users(deps: Deps, actor: Actor) -> Response[str]:
    """Everybody with an account."""
    need_person(actor)
    return await _users_page(deps, actor, Form())


@post("/admin/users")
async def create_now(request: Call, deps: Deps, actor: Actor) -> Response[str]:
    """Make an account and show the link that lets its owner in, this once."""
    need_person(actor)
    may(actor, Action.MANAGE_USERS)
    sent = await read_form(request)
    try:
        user = await create_user(
            deps, actor, CreateUser(email=sent.text("email"), name=sent.text("name"), roles=_roles(sent))
        )
    except AixivError as refusal:
        return await _users_page(deps, actor, refused(sent.values, refusal), status=status_of(refusal))
    link = await make_signin_link(deps, actor, user.id, life=INVITATION)
    return await _users_page(deps, actor, Form(), link=link, whom=user)


@post("/admin/users/{user_id:uuid}/roles")
async def roles_now(request: Call, user_id: UUID, deps: Deps, actor: Actor) -> Response[None]:
    """Give exactly these roles."""
    need_person(actor)
    await set_roles(deps, actor, SetRoles(user_id=user_id, roles=_roles(await read_form(request))))
    return see_other(f"/admin/users#user-{user_id}")


@post("/admin/users/{user_id:uuid}/link")
async def link_now(user_id: UUID, deps: Deps, actor: Actor) -> Response[str]:
    """A new one-time link for somebody who cannot get in."""
    need_person(actor)
    link = await make_signin_link(deps, actor, user_id, life=INVITATION)
    return await _users_page(deps, actor, Form(), link=link, whom_id=user_id)


@post("/admin/users/{user_id:uuid}/disable")
async def disable_now(user_id: UUID, deps: Deps, actor: Actor) -> Response[None]:
    """Close an account."""
    need_person(actor)
    await disable_user(deps, actor, user_id)
    return see_other("/admin/users")


def _roles(sent: Sent) -> tuple[Role, ...]:
    try:
        return tuple(Role(role) for role in sent.all("roles"))
    except ValueError as error:
        raise Invalid("Choose roles from the list.", code="roles") from error


async def _users_page(
    deps: Deps,
    actor: Actor,
    form: Form,
    *,
    link: MadeLink | None = None,
    whom: UserCard | None = None,
    whom_id: UUID | None = None,
    status: int = 200,
) -> Response[str]:
    async with deps.database.read() as session:
        everybody = await users_list(session, actor)
    whom = whom or next((user for user in everybody if user.id == whom_id), None)
    return page(
        "users.html", actor, status=status, section="people", users=everybody, form=form, link=link, whom=whom
    )  # fmt: skip
