"""Refusals in the shape OpenAI's clients understand."""

from typing import Literal

from msgspec import Struct

Status = Literal[400, 401, 404, 413, 429, 499, 500, 503]


class ErrorDetail(Struct, frozen=True):
    """What went wrong, for a person (`message`) and for a program (`type`, `param`, `code`)."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: ErrorDetail


class RefusedError(Exception):
    """A request we do not serve, with the answer to give."""

    def __init__(
        self,
        status: Status,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after

    @property
    def body(self) -> ErrorBody:
        kind = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}
        return ErrorBody(ErrorDetail(str(self), kind.get(self.status, "invalid_request_error"), self.param, self.code))
