"""RateLimit headers: what is left of a limit, for clients that pace themselves."""

from aixiv.usecases.rates import Allowance


def limit_headers(left: Allowance) -> dict[str, str]:
    """Headers for an answer that counted against a limit."""
    return {
        "RateLimit-Limit": str(left.limit),
        "RateLimit-Remaining": str(left.remaining),
        "RateLimit-Reset": str(left.reset_seconds),
    }
