"""HTTP statuses as failures, in our own words: what the upstream says about them is never repeated."""

from typing import Final

from gexfocus_mcp.errors import (
    Forbidden,
    NoData,
    RequestRejected,
    SourceFailure,
    Unauthorized,
    Unreachable,
    UpstreamChanged,
    UpstreamDown,
)


_REJECTED: Final = (
    RequestRejected,
    "GEXfocus refused the ticker, greek or date",
    "Use a covered ticker and a date from list_sessions.",
)

_MEANINGS: Final[dict[int, tuple[type[SourceFailure], str, str]]] = {
    400: _REJECTED,
    422: _REJECTED,
    401: (
        Unauthorized,
        "GEXfocus does not accept the API key",
        "Ask the user to check GEXFOCUS_API_KEY in the MCP client's settings; do not ask for the key in the chat.",
    ),
    403: (
        Forbidden,
        "the API key has no access to this ticker or endpoint",
        "Try another ticker, or tell the user to check the plan.",
    ),
    404: (
        NoData,
        "GEXfocus has no stored data for this",
        "Call list_sessions to see what is stored.",
    ),
    407: (
        Unreachable,
        "the proxy wants a login",
        "Ask the user to set the proxy's credentials.",
    ),
}

_DOWN: Final = frozenset({500, 502, 503, 504})


def to_failure(status: int) -> SourceFailure:
    """What a status other than 200 and 429 means to a caller."""
    failure = _read(status)
    failure.status = status
    return failure


def _read(status: int) -> SourceFailure:
    if status in _DOWN:
        return UpstreamDown(
            f"GEXfocus is temporarily unavailable (HTTP {status})",
            "Sessions of past days may still be in memory.",
            retry_after=30,
        )
    kind, problem, fix = _MEANINGS.get(
        status,
        (
            UpstreamChanged,
            f"GEXfocus answered with an unexpected HTTP {status}",
            "Do not ask again. Tell the user: the base URL may be wrong.",
        ),
    )
    return kind(problem, fix)
