"""Broken connections as failures: what httpx2 raised is looked at here and goes no further."""

import ssl

import httpx2

from gexfocus_mcp.errors import (
    GexFocusError,
    TimedOut,
    Unreachable,
    UntrustedCertificate,
)
from gexfocus_mcp.sources.gexfocus.decoding import unreadable


def to_failure(error: Exception) -> GexFocusError:
    """A request that broke, whatever raised it."""
    if isinstance(error, httpx2.TimeoutException):
        return timed_out()
    if isinstance(error, httpx2.DecodingError):
        return unreadable("the reply could not be decompressed")
    if isinstance(error, httpx2.ProxyError | ImportError):
        return Unreachable(
            "the proxy that is set does not let the request through",
            "Ask the user to check the proxy settings: it may want a login, or SOCKS support is not installed.",
        )
    if isinstance(error, httpx2.TransportError) and not isinstance(
        error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol
    ):
        return Unreachable(
            "the connection broke before the reply was complete",
            "If it repeats, ask the user to check the network.",
            retry_after=5,
        )
    return Unreachable(
        "the request could not be sent",
        "Ask the user to check GEXFOCUS_API_KEY and GEXFOCUS_BASE_URL: one may hold stray characters.",
    )


def no_connection(proxy: str = "") -> Unreachable:
    """
    Args:
        proxy: The variable that names a proxy; a dead one looks like a dead network.
    """
    return Unreachable(
        "no connection to GEXfocus",
        f"Ask the user to check the proxy in {proxy}, then network and VPN."
        if proxy
        else "Ask the user to check network, VPN and proxy.",
        retry_after=30,
    )


def timed_out() -> TimedOut:
    return TimedOut(
        "no complete answer came in time",
        "Use what you have, or ask again later.",
        retry_after=15,
    )


def certificate_failure() -> UntrustedCertificate:
    return UntrustedCertificate(
        "the server's certificate cannot be verified",
        "Do not ask again. Tell the user: a proxy may intercept TLS, or the computer's clock is wrong.",
    )


def is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate was the cause: httpx2 has no class of its own for it."""
    while error is not None:
        if isinstance(
            error, ssl.SSLCertVerificationError
        ) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
