"""Accounts: making them, signing in, and what ends a session."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from aixiv.db.account import Session, SigninLink, User
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict, Invalid, NotAllowed, NotSignedIn, RateLimited
from aixiv.domain.people import ANONYMOUS, SYSTEM, Role
from aixiv.usecases import accounts, passwords
from aixiv.usecases.accounts import ChangePassword, CreateUser, Origin, SetRoles, SignIn, SignUp, normal_email
from aixiv.usecases.tokens import authenticate_session
from tests.fixtures.deps import Clock
from tests.fixtures.people import person

pytestmark = pytest.mark.anyio

HERE = Origin(address="192.0.2.1", user_agent="test browser")
PASSWORD = "correct horse battery"


async def _ada(deps: Deps, password: str = PASSWORD) -> None:
    await accounts.create_user(deps, SYSTEM, CreateUser(email="Ada@Example.org", name="Ada", password=password))


async def _sign_in(deps: Deps, email: str = "ada@example.org", password: str = PASSWORD) -> accounts.OpenedSession:
    return await accounts.sign_in(deps, HERE, SignIn(email=email, password=password))


async def test_a_person_signs_in_whatever_the_case_of_the_address(deps: Deps) -> None:
    await _ada(deps)
    opened = await _sign_in(deps, " ADA@example.ORG ")
    actor = await authenticate_session(deps, opened.cookie)
    assert actor is not None
    assert (actor.user_id, actor.name, actor.scopes) == (opened.user.id, "Ada", None)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong password"),
        ("nobody@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("ada@example.org", ""),
        ("bot@example.org", ""),
        ("bot@example.org", "nobody has this password"),
        ("ada@example.org", PASSWORD + "x" * 2000),
    ],
)
async def test_every_failed_sign_in_reads_the_same(deps: Deps, email: str, password: str) -> None:
    await _ada(deps)
    await accounts.create_user(deps, SYSTEM, CreateUser(email="bot@example.org", name="No password"))
    with pytest.raises(NotSignedIn) as refused:
        await _sign_in(deps, email, password)
    assert refused.value.code == "sign_in_failed"
    assert refused.value.message == "The e-mail address or the password is wrong."


async def test_an_unknown_address_takes_as_long_as_a_known_one(deps: Deps) -> None:
    await _ada(deps)

    async def fastest(email: str) -> float:
        times = []
        for _ in range(4):
            began = perf_counter()
            with pytest.raises(NotSignedIn):
                await _sign_in(deps, email, "wrong password")
            times.append(perf_counter() - began)
        return min(times)

    known, unknown = await fastest("ada@example.org"), await fastest("nobody@example.org")
    assert 0.25 < unknown / known < 4  # hashing nothing would make it about 0.05


async def test_guessing_stops_after_ten_wrong_passwords_and_goes_on_later(deps: Deps, clock: Clock) -> None:
    await _ada(deps)
    for _ in range(10):
        with pytest.raises(NotSignedIn):
            await _sign_in(deps, password="wrong password")
    with pytest.raises(RateLimited) as limited:
        await _sign_in(deps)
    assert 0 < limited.value.retry_after <= 15 * 60
    clock.advance(timedelta(seconds=limited.value.retry_after))
    await _sign_in(deps)


async def test_secrets_are_stored_hashed_only(deps: Deps) -> None:
    await _ada(deps)
    opened = await _sign_in(deps)
    link = await accounts.make_signin_link(deps, SYSTEM, opened.user.id)
    async with deps.database.read() as session:
        password = await session.scalar(select(User.password_hash))
        cookies = (await session.scalars(select(Session.token_hash))).all()
        links = (await session.scalars(select(SigninLink.token_hash))).all()
    assert password is not None
    assert password.startswith("$argon2id$")
    assert opened.cookie not in cookies
    assert link.url.rsplit("/", 1)[1] not in links


async def test_a_session_ends_by_signing_out_by_time_and_when_the_account_closes(deps: Deps, clock: Clock) -> None:
    await _ada(deps)
    first, second, third = [await _sign_in(deps) for _ in range(3)]
    await accounts.sign_out(deps, first.cookie)
    assert await authenticate_session(deps, first.cookie) is None
    assert await authenticate_session(deps, second.cookie) is not None
    clock.advance(timedelta(days=14))
    assert await authenticate_session(deps, second.cookie) is None
    clock.advance(timedelta(days=-14))
    await person(deps, "admin", Role.ADMIN)
    await accounts.disable_user(deps, SYSTEM, third.user.id)
    assert await authenticate_session(deps, third.cookie) is None
    with pytest.raises(NotSignedIn):
        await _sign_in(deps)


@pytest.mark.parametrize("cookie", ["", "x" * 43, "x" * 100_000, "é" * 43])
async def test_an_unknown_cookie_is_nobody(deps: Deps, cookie: str) -> None:
    assert await authenticate_session(deps, cookie) is None


async def test_a_new_password_ends_the_other_sessions(deps: Deps) -> None:
    await _ada(deps)
    here, elsewhere = await _sign_in(deps), await _sign_in(deps)
    actor = await authenticate_session(deps, here.cookie)
    assert actor is not None
    change = ChangePassword(current=PASSWORD, new="another good password")
    await accounts.change_password(deps, actor, change, cookie=here.cookie)
    assert await authenticate_session(deps, here.cookie) is not None
    assert await authenticate_session(deps, elsewhere.cookie) is None
    await _sign_in(deps, password="another good password")
    with pytest.raises(NotSignedIn):
        await _sign_in(deps)


async def test_a_password_changes_only_for_somebody_who_knows_it(deps: Deps) -> None:
    await _ada(deps)
    actor = await authenticate_session(deps, (await _sign_in(deps)).cookie)
    assert actor is not None
    with pytest.raises(NotAllowed, match="current password"):
        await accounts.change_password(deps, actor, ChangePassword(current="a guess at it", new="x" * 12))


async def test_a_password_changed_while_it_is_checked_opens_no_session(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _ada(deps)
    actor = await authenticate_session(deps, (await _sign_in(deps)).cookie)
    assert actor is not None
    matches = passwords.matches

    async def matches_then_changes(password: str, stored: str) -> bool:
        right = await matches(password, stored)
        monkeypatch.setattr(passwords, "matches", matches)
        await accounts.change_password(deps, actor, ChangePassword(current=PASSWORD, new="another good password"))
        return right

    monkeypatch.setattr(passwords, "matches", matches_then_changes)
    with pytest.raises(NotSignedIn):
        await _sign_in(deps)


@pytest.mark.parametrize("password", ["short", "x" * 1025, "ada@example.org", " ADA@example.org "])
async def test_a_poor_password_is_refused(deps: Deps, password: str) -> None:
    with pytest.raises(Invalid):
        await _ada(deps, password)


async def test_a_sign_in_link_works_once_though_used_twice_at_once(deps: Deps) -> None:
    user = await person(deps)
    assert user.user_id is not None
    made = await accounts.make_signin_link(deps, SYSTEM, user.user_id)
    secret = made.url.rsplit("/", 1)[1]
    tries = (accounts.sign_in_by_link(deps, HERE, secret) for _ in range(5))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    opened = [a for a in answers if isinstance(a, accounts.OpenedSession)]
    refused = [a for a in answers if isinstance(a, NotSignedIn)]
    assert (len(opened), len(refused)) == (1, 4)
    assert await authenticate_session(deps, opened[0].cookie) is not None


async def test_a_sign_in_link_expires(deps: Deps, clock: Clock) -> None:
    user = await person(deps)
    assert user.user_id is not None
    made = await accounts.make_signin_link(deps, SYSTEM, user.user_id)
    clock.advance(timedelta(minutes=15))
    with pytest.raises(NotSignedIn) as refused:
        await accounts.sign_in_by_link(deps, HERE, made.url.rsplit("/", 1)[1])
    assert refused.value.code == "link_spent"


async def test_only_an_admin_makes_accounts_links_and_roles(deps: Deps) -> None:
    author = await person(deps)
    assert author.user_id is not None
    with pytest.raises(NotAllowed):
        await accounts.create_user(deps, author, CreateUser(email="x@example.org", name="X"))
    with pytest.raises(NotSignedIn):
        await accounts.create_user(deps, ANONYMOUS, CreateUser(email="x@example.org", name="X"))
    with pytest.raises(NotAllowed):
        await accounts.make_signin_link(deps, author, author.user_id)
    with pytest.raises(NotAllowed):
        await accounts.set_roles(deps, author, SetRoles(user_id=author.user_id, roles=(Role.ADMIN,)))


async def test_an_address_belongs_to_one_person(deps: Deps) -> None:
    commands = [CreateUser(email=f"{n}DA@example.org", name="Ada") for n in "aAaAa"]
    made = await asyncio.gather(*(accounts.create_user(deps, SYSTEM, c) for c in commands), return_exceptions=True)
    assert sum(isinstance(m, Conflict) for m in made) == 4
    assert sum(isinstance(m, msgspec.Struct) for m in made) == 1


async def test_nobody_signs_up_on_a_closed_platform(deps: Deps) -> None:
    with pytest.raises(NotAllowed) as refused:
        await accounts.sign_up(deps, HERE, SignUp(email="eve@example.org", name="Eve", password=PASSWORD))
    assert refused.value.code == "registration_closed"


async def test_whoever_signs_up_on_an_open_platform_is_an_author_and_no_more(deps: Deps) -> None:
    deps = _opened(deps)
    opened = await accounts.sign_up(deps, HERE, SignUp(email="eve@example.org", name="Eve", password=PASSWORD))
    actor = await authenticate_session(deps, opened.cookie)
    assert actor is not None
    assert actor.roles == {Role.AUTHOR}


async def test_the_last_admin_stays_though_two_leave_at_once(deps: Deps) -> None:
    pair = [await person(deps, name, Role.ADMIN) for name in ("ada", "bob")]

    async def leave(actor_index: int) -> None:
        actor = pair[actor_index]
        assert actor.user_id is not None
        await accounts.set_roles(deps, actor, SetRoles(user_id=actor.user_id, roles=(Role.AUTHOR,)))

    left = await asyncio.gather(leave(0), leave(1), return_exceptions=True)
    assert [type(e) for e in left].count(Conflict) == 1
    async with deps.database.read() as session:
        roles: Sequence[list[str]] = (await session.scalars(select(User.roles))).all()
    assert sorted(roles) == [["admin"], ["author"]]


async def test_a_fresh_install_gets_one_admin_however_often_it_starts(deps: Deps) -> None:
    made = await asyncio.gather(*(accounts.ensure_admin(deps) for _ in range(4)))
    assert len(set(made)) == 1
    link = await accounts.make_signin_link(deps, SYSTEM, made[0], life=timedelta(hours=24))
    opened = await accounts.sign_in_by_link(deps, HERE, link.url.rsplit("/", 1)[1])
    assert (opened.user.email, set(opened.user.roles)) == ("admin@localhost", set(Role))


async def test_an_install_with_an_admin_gets_no_other(deps: Deps) -> None:
    admin = await person(deps, "ada", Role.ADMIN)
    assert await accounts.ensure_admin(deps) == admin.user_id


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ada.Lovelace+x@Example.ORG ", "ada.lovelace+x@example.org"),
        ("admin@localhost", "admin@localhost"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
async def test_an_address_has_one_spelling(typed: str, stored: str) -> None:
    assert normal_email(typed) == stored


@given(st.text(max_size=80) | st.from_regex(r"[a-z.@\x00-]{1,30}@[a-z.-]{1,30}", fullmatch=True))
def test_any_text_is_an_address_in_its_final_spelling_or_refused(text: str) -> None:
    try:
        email = normal_email(text)
    except Invalid:
        return
    assert normal_email(email) == email
    assert email.isascii()
    assert email.isprintable()


def _opened(deps: Deps) -> Deps:
    return dataclasses.replace(deps, settings=deps.settings.model_copy(update={"registration": "open"}))
