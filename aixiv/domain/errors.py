"""Refusals and faults, each with a stable code. No transport knows them better than by code.

AixivError
|-- NotFound            there is no such thing, or the actor may not know of it
|-- Gone                it was here and was taken away; a tombstone says why
|-- NotAllowed          the actor may not do this
|   `-- NotSignedIn     nobody is signed in, or the token is unknown, expired or revoked
|-- Invalid             the request itself is wrong
|   |-- TooLarge        a file or body over its limit
|   `-- UnreadableFile  a manuscript that cannot be read
|-- Conflict            it clashes with what is stored
|   |-- IllegalTransition   the state machine has no such step
|   |-- StaleBase           a new version names a base that is no longer the latest
|   `-- IdempotencyConflict the key was used with other content
|-- RateLimited         too much in too short a time
`-- Unavailable         a part of the platform does not answer; trying again can help
"""


class AixivError(Exception):
    """A refusal or fault that is safe to show. `hint` says what would fix it."""

    code = "error"
    hint = ""

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if hint is not None:
            self.hint = hint


class NotFound(AixivError):
    code = "not_found"
    hint = "Check the identifier; unpublished work is visible to its owner and to editors only."


class Gone(AixivError):
    code = "gone"
    hint = "The record of this work says why it was taken away."


class NotAllowed(AixivError):
    code = "not_allowed"
    hint = "Sign in as somebody who may do this, or ask for a token with the scope that is named."


class NotSignedIn(NotAllowed):
    code = "not_signed_in"
    hint = "Sign in, or send 'Authorization: Bearer <token>' with a valid token."


class Invalid(AixivError):
    code = "invalid"
    hint = "Correct the field that is named and send the request again."


class TooLarge(Invalid):
    code = "too_large"
    hint = "Send a smaller file."


class UnreadableFile(Invalid):
    code = "unreadable_file"
    hint = "Send a PDF with text, Markdown, or LaTeX source."


class Conflict(AixivError):
    code = "conflict"
    hint = "Read the current state and decide again."


class IllegalTransition(Conflict):
    code = "illegal_transition"
    hint = "Look at the status of the version; this step is not possible from there."


class StaleBase(Conflict):
    code = "stale_base"
    hint = "Fetch the paper, base your revision on its latest version, and send that number as base_version."


class IdempotencyConflict(Conflict):
    code = "idempotency_conflict"
    hint = "Use a new Idempotency-Key for a new request; repeat a key only with exactly the same content."


class RateLimited(AixivError):
    code = "rate_limited"
    hint = "Wait and try again."

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class Unavailable(AixivError):
    code = "unavailable"
    hint = "Try again in a moment; `aixiv doctor` shows which part is down."
