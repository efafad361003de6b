"""People: their accounts, roles, passwords, and how they sign in.

Sessions live in the database: the cookie is random, its SHA-256 is stored, and deleting the row signs out.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from aixiv.db import Transaction
from aixiv.db.account import Session, SigninLink, Token, User
from aixiv.db.oauth import OAuthGrant
from aixiv.deps import Deps
from aixiv.domain.cards import UserCard
from aixiv.domain.errors import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.paper import is_orcid
from aixiv.domain.people import ANONYMOUS, SYSTEM, Action, Actor, Role, Subject, may
from aixiv.domain.words import line
from aixiv.usecases import passwords, rates
from aixiv.usecases.oauth_grants import end_grants
from aixiv.usecases.tokens import revoke, session_hash

SESSION_LIFE = timedelta(days=14)
LINK_LIFE = timedelta(minutes=15)
LONGEST_LINK_LIFE = timedelta(hours=24)
SIGNIN_PATH = "/sign-in/link/"
FIRST_ADMIN = "admin@localhost"

_SIGNIN_WINDOW = 15 * rates.MINUTE
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


class Origin(Struct, frozen=True, kw_only=True):
    """Where a request came from, for limits and for the list of sessions."""

    address: str
    user_agent: str = ""


class CreateUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make an account for somebody. Without a password they sign in by link."""

    email: str
    name: str
    password: str = ""
    roles: tuple[Role, ...] = (Role.AUTHOR,)
    affiliation: str = ""
    orcid: str = ""


class SignUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make an account for oneself, where the platform is open."""

    email: str
    name: str
    password: str


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    password: str


class ChangePassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`current` may be empty for an account that has no password yet."""

    new: str
    current: str = ""


class SetRoles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user_id: UUID
    roles: tuple[Role, ...]


class OpenedSession(Struct, frozen=True, kw_only=True):
    """A new session. `cookie` is shown this once; send it back as the session cookie."""

    cookie: str
    user: UserCard
    expires_at: datetime


class MadeLink(Struct, frozen=True, kw_only=True):
    """A sign-in link that works once."""

    url: str
    expires_at: datetime


async def create_user(deps: Deps, actor: Actor, command: CreateUser) -> UserCard:
    """Make an account, as an admin or the system."""
    may(actor, Action.MANAGE_USERS)
    email = normal_email(command.email)
    if command.orcid and not is_orcid(command.orcid):
        raise Invalid(f"{command.orcid!r} is not an ORCID iD.", code="orcid")
    hashed = await _new_hash(command.password, email) if command.password else ""
    user = User(
        id=new_id(),
        email=email,
        name=line(command.name, "name", most=200),
        affiliation=line(command.affiliation, "affiliation", most=300, least=0),
        orcid=command.orcid,
        password_hash=hashed,
        roles=_stored(command.roles),
        created_at=deps.clock(),
    )
    async with deps.database.write() as tx:
        return await _insert(tx, user, actor)


async def sign_up(deps: Deps, origin: Origin, command: SignUp) -> OpenedSession:
    """Make one's own account (role author) and sign in; refused where an admin makes the accounts."""
    if deps.settings.registration != "open":
        raise NotAllowed(
            "Accounts are made by an admin here.", code="registration_closed", hint="Ask an admin for an account."
        )
    email = normal_email(command.email)
    name = line(command.name, "name", most=200)
    await rates.count_apart(deps, (f"sign-up:{origin.address}", 10, rates.HOUR))
    hashed = await _new_hash(command.password, email)
    now = deps.clock()
    user = User(id=new_id(), email=email, name=name, password_hash=hashed, roles=[Role.AUTHOR.value], created_at=now)
    async with deps.database.write() as tx:
        card = await _insert(tx, user, ANONYMOUS)
        return _open_session(tx, card, origin, now)


async def sign_in(deps: Deps, origin: Origin, command: SignIn) -> OpenedSession:
    """Sign in with a password. Every failure reads and takes the same, whoever it is about."""
    email = _email_sought(command.email)
    whom = hashlib.sha256(email.encode()).hexdigest()[:32]
    await rates.count_apart(
        deps,
        (f"sign-in:from:{origin.address}", 50, _SIGNIN_WINDOW),
        (f"sign-in:to:{whom}", 100, _SIGNIN_WINDOW),
        (f"sign-in:pair:{whom}:{origin.address}", 10, _SIGNIN_WINDOW),
    )
    async with deps.database.read() as session:
        found = (
            await session.execute(
                select(User.id, User.password_hash).where(func.lower(User.email) == email, User.disabled_at.is_(None))
            )
        ).one_or_none()
    right = await passwords.matches(command.password, found.password_hash if found else "")
    if found is None or not right:
        raise _sign_in_failed()
    unchanged = select(User).where(User.id == found.id, User.password_hash == found.password_hash)
    async with deps.database.write() as tx:
        user = await tx.session.scalar(unchanged.where(User.disabled_at.is_(None)).with_for_update(read=True))
        if user is None:  # the password was changed, or the account closed, while we were hashing
            raise _sign_in_failed()
        return _open_session(tx, convert(user, UserCard, from_attributes=True), origin, deps.clock())


async def sign_out(deps: Deps, cookie: str) -> None:
    """End this session; an unknown one has ended already."""
    async with deps.database.write() as tx:
        await tx.session.execute(delete(Session).where(Session.token_hash == session_hash(cookie)))


async def make_signin_link(deps: Deps, actor: Actor, user_id: UUID, *, life: timedelta = LINK_LIFE) -> MadeLink:
    """Make a link that signs this person in once; for an admin, and for the first start."""
    may(actor, Action.MANAGE_USERS)
    if not timedelta() < life <= LONGEST_LINK_LIFE:
        raise Invalid("A sign-in link lives at most 24 hours.", code="link_life")
    secret, now = secrets.token_urlsafe(32), deps.clock()
    async with deps.database.write() as tx:
        user = await tx.session.get(User, user_id)
        if user is None or user.disabled_at is not None:
            raise NotFound("There is no such person.", hint="The list of users has everybody's id.")
        expires = now + life
        tx.session.add(SigninLink(token_hash=session_hash(secret), user_id=user.id, created_at=now, expires_at=expires))
        tx.record(Event(tag=Tag.SIGNIN_LINK_MADE, actor=actor.label, at=now, data={"user_id": str(user.id)}))
    return MadeLink(url=f"{deps.settings.address}{SIGNIN_PATH}{secret}", expires_at=expires)


async def sign_in_by_link(deps: Deps, origin: Origin, secret: str) -> OpenedSession:
    """Sign in with the last part of a link. Two requests at once: one wins."""
    now = deps.clock()
    use = (
        update(SigninLink)
        .where(SigninLink.token_hash == session_hash(secret), SigninLink.used_at.is_(None))
        .where(SigninLink.expires_at > now, SigninLink.user_id == User.id, User.disabled_at.is_(None))
        .values(used_at=now)
        .returning(SigninLink.user_id)
        .execution_options(synchronize_session=False)
    )
    async with deps.database.write() as tx:
        user_id = (await tx.session.execute(use)).scalar_one_or_none()
        if user_id is None:
            raise NotSignedIn(
                "This sign-in link is unknown, used or expired.",
                code="link_spent",
                hint="Ask for a new one: an admin can make it, and every start of `aixiv up` prints one.",
            )
        return _open_session(tx, await _card(tx, user_id), origin, now)


async def set_roles(deps: Deps, actor: Actor, command: SetRoles) -> UserCard:
    """Give somebody exactly these roles. The last admin stays one."""
    may(actor, Action.MANAGE_USERS)
    async with deps.database.write() as tx:
        admins = await _lock_admins(tx)
        user = await _lock_user(tx, command.user_id)
        if Role.ADMIN not in command.roles:
            _check_not_last(admins, user)
        before, user.roles = user.roles, _stored(command.roles)
        data = {"user_id": str(user.id), "from": list(before), "to": list(user.roles)}
        tx.record(Event(tag=Tag.USER_ROLES_CHANGED, actor=actor.label, at=deps.clock(), data=data))
        return convert(user, UserCard, from_attributes=True)


async def disable_user(deps: Deps, actor: Actor, user_id: UUID) -> UserCard:
    """Close an account: no sign-in, no session, no token. What the person published stays."""
    may(actor, Action.MANAGE_USERS)
    now = deps.clock()
    async with deps.database.write() as tx:
        admins = await _lock_admins(tx)
        user = await _lock_user(tx, user_id)
        _check_not_last(admins, user)
        if user.disabled_at is None:
            user.disabled_at = now
            await _end_sessions(tx, user.id, keep="")
            await end_grants(tx, OAuthGrant.user_id == user.id, actor=actor, reason="user_disabled", now=now)
            live = select(Token).where(Token.user_id == user.id, Token.revoked_at.is_(None)).with_for_update()
            revoke(tx, list(await tx.session.scalars(live)), actor=actor, now=now)
            tx.record(Event(tag=Tag.USER_DISABLED, actor=actor.label, at=now, data={"user_id": str(user.id)}))
        return convert(user, UserCard, from_attributes=True)


async def change_password(deps: Deps, actor: Actor, command: ChangePassword, *, cookie: str = "") -> None:
    """Set one's own password, and end every session but the one with this cookie."""
    may(actor, Action.MANAGE_SELF, Subject(owner_id=actor.user_id))
    await rates.count_apart(deps, (f"password:{actor.user_id}", 10, _SIGNIN_WINDOW))
    async with deps.database.read() as session:
        found = (
            await session.execute(select(User.email, User.password_hash).where(User.id == actor.user_id))
        ).one_or_none()
    if found is None:
        raise NotFound("There is no such person.")
    if found.password_hash and not await passwords.matches(command.current, found.password_hash):
        raise NotAllowed("The current password is wrong.", code="password_wrong", hint="Type it again.")
    hashed, now = await _new_hash(command.new, found.email), deps.clock()
    change = update(User).where(User.id == actor.user_id, User.password_hash == found.password_hash)
    async with deps.database.write() as tx:
        changed = await tx.session.scalar(change.values(password_hash=hashed).returning(User.id))
        if changed is None:
            raise Conflict("The password was changed at the same moment.", code="password_race", hint="Try again.")
        await _end_sessions(tx, changed, keep=cookie)
        tx.record(Event(tag=Tag.USER_PASSWORD_CHANGED, actor=actor.label, at=now, data={"user_id": str(changed)}))


async def ensure_admin(deps: Deps) -> UUID:
    """The first admin still active; on a fresh install, `admin@localhost` with every role, who signs in by link."""
    admins = select(User.id).where(User.roles.contains([Role.ADMIN.value]), User.disabled_at.is_(None))
    async with deps.database.write() as tx:
        await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ensure_admin"))))
        found = await tx.session.scalar(admins.order_by(User.created_at, User.id).limit(1))
        if found is not None:
            return found
        everything = _stored(tuple(Role))
        user = User(id=new_id(), email=FIRST_ADMIN, name="Admin", roles=everything, created_at=deps.clock())
        return (await _insert(tx, user, SYSTEM)).id


def normal_email(text: str) -> str:
    """The address in the one spelling we store (lower case, ASCII domain); raises `Invalid` when it is none."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        domain = ""
    right = at and len(local) <= 64 and _ATOM.fullmatch(local) and _DOMAIN.fullmatch(domain)
    if not right or len(local) + len(domain) > 253:
        raise Invalid("This is not an e-mail address.", code="email", hint="Write it like name@example.org.")
    return f"{local.lower()}@{domain}"


def _sign_in_failed() -> NotSignedIn:
    return NotSignedIn(
        "The e-mail address or the password is wrong.",
        code="sign_in_failed",
        hint="Try again, or ask an admin for a sign-in link.",
    )


def _email_sought(text: str) -> str:
    """The address to look for; what is no address is nobody's."""
    try:
        return normal_email(text)
    except Invalid:
        return ""


async def _insert(tx: Transaction, user: User, actor: Actor) -> UserCard:
    tx.session.add(user)
    try:
        await tx.session.flush()
    except IntegrityError as error:
        raise Conflict(
            "Somebody has this e-mail address already.", code="email_taken", hint="Sign in instead."
        ) from error
    data = {"user_id": str(user.id), "roles": list(user.roles)}
    tx.record(Event(tag=Tag.USER_CREATED, actor=actor.label, at=user.created_at, data=data))
    return convert(user, UserCard, from_attributes=True)


def _open_session(tx: Transaction, card: UserCard, origin: Origin, now: datetime) -> OpenedSession:
    cookie, expires = secrets.token_urlsafe(32), now + SESSION_LIFE
    tx.session.add(
        Session(
            token_hash=session_hash(cookie),
            user_id=card.id,
            created_at=now,
            expires_at=expires,
            user_agent="".join(c for c in origin.user_agent if c.isprintable())[:200],
        )
    )
    return OpenedSession(cookie=cookie, user=card, expires_at=expires)


async def _card(tx: Transaction, user_id: UUID) -> UserCard:
    return convert(await tx.session.get_one(User, user_id), UserCard, from_attributes=True)


async def _lock_user(tx: Transaction, user_id: UUID) -> User:
    user = await tx.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("There is no such person.", hint="The list of users has everybody's id.")
    return user


async def _lock_admins(tx: Transaction) -> frozenset[UUID]:
    """Everybody who can manage the platform, locked, always in one order: two admins cannot both be the last to go."""
    admins = select(User.id).where(User.roles.contains([Role.ADMIN.value]), User.disabled_at.is_(None))
    return frozenset(await tx.session.scalars(admins.order_by(User.id).with_for_update()))


def _check_not_last(admins: frozenset[UUID], user: User) -> None:
    if admins == {user.id}:
        raise Conflict("This is the last admin.", code="last_admin", hint="Make somebody else an admin first.")


async def _end_sessions(tx: Transaction, user_id: UUID, *, keep: str) -> None:
    kept = session_hash(keep)
    await tx.session.execute(delete(Session).where(Session.user_id == user_id, Session.token_hash != kept))
    await tx.session.execute(delete(SigninLink).where(SigninLink.user_id == user_id, SigninLink.used_at.is_(None)))


async def _new_hash(password: str, email: str) -> str:
    passwords.check_password(password, email)
    return await passwords.hash_password(password)


def _stored(roles: tuple[Role, ...]) -> list[str]:
    return [role.value for role in Role if role in roles]
