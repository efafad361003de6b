"""Passwords: argon2id in a thread, a few at a time, and as slow for an unknown user as for a known one."""

from functools import cache

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from pwdlib import PasswordHash

from aixiv.domain.errors import Invalid

SHORTEST = 10
LONGEST = 1024  # characters; hashing megabytes would be work for free

_AT_ONCE = 4  # each hash takes 64 MiB while it runs
_limiter: RunVar[CapacityLimiter] = RunVar("password hashing")


def check_password(password: str, email: str) -> None:
    """Raise `Invalid` for a password that is too short, too long, or the e-mail address itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password needs {SHORTEST} to {LONGEST} characters.", code="password_length")
    if password.strip().lower() in (email, email.partition("@")[0]):
        raise Invalid("A password must not be the e-mail address.", code="password_guessable")


async def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return await to_thread.run_sync(_argon2().hash, password, limiter=_limited())


async def matches(password: str, stored: str) -> bool:
    """Whether the password has this hash. An empty hash costs the same time and never matches."""
    return await to_thread.run_sync(_verify, password, stored, limiter=_limited())


def _verify(password: str, stored: str) -> bool:
    nobody = _hash_of_nobody()
    right = _argon2().verify(password[:LONGEST], stored or nobody)
    return right and bool(stored) and len(password) <= LONGEST


@cache
def _argon2() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _hash_of_nobody() -> str:
    return _argon2().hash("nobody has this password")


def _limited() -> CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_AT_ONCE)
        _limiter.set(limiter)
        return limiter
