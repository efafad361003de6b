"""What a browser is told about every answer, and writes that another site must not make in somebody's name."""

from urllib.parse import urlsplit

from litestar.datastructures import Headers

from aixiv.domain.errors import NotAllowed
from aixiv.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def security_headers(settings: Settings) -> dict[str, str]:
    """Headers every answer carries unless its route set its own."""
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "private, no-store",
    }
    if settings.address.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def check_same_site(method: str, headers: Headers, settings: Settings) -> None:
    """Raise `NotAllowed` for a write that a page of another site makes a browser send.

    Browsers say where a write comes from (`Sec-Fetch-Site`, or `Origin` in older ones); a client that says neither is
    no browser. A token is never sent by a browser of its own accord, so requests that carry one need no check.
    """
    if method in SAFE_METHODS or "authorization" in headers:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        ours = origin is None or urlsplit(origin).netloc in (headers.get("host"), urlsplit(settings.address).netloc)
    if not ours:
        raise NotAllowed(
            "This write was made by a page of another site.",
            code="cross_site",
            hint="Use the form on this site, or a token.",
        )
