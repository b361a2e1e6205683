"""
HTTP 429 read: which of its three causes, and how long nobody may ask.

One status for a used-up budget, too many addresses and a locked key (row 19 of the API's
defects): the detail text tells them apart and is not repeated to anyone.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from gexfocus_mcp.errors import (
    KeyCooldown,
    RateLimited,
    SourceFailure,
    TooManyAddresses,
    Unauthorized,
)
from gexfocus_mcp.sources.gexfocus import statuses
from gexfocus_mcp.sources.gexfocus.decoding import number
from gexfocus_mcp.sources.gexfocus.endpoints import Bucket
from gexfocus_mcp.traffic.pace import Grant


WHOLE_KEY: Final = frozenset({TooManyAddresses.code, KeyCooldown.code})
"""Causes that close both budgets and the stream, not only the budget that met the limit."""

UNAUTHORIZED: Final = 401
REFUSED_KEY: Final = 60.0
"""Seconds for which nobody asks again with a key that was refused."""

_SECONDS: Final = {
    RateLimited.code: 60.0,
    KeyCooldown.code: 120.0,
    TooManyAddresses.code: 60.0,
}
_LONGEST: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Throttle:
    """
    Attributes:
        why: The code of the failure it is.
        seconds: How long nobody may ask.
    """

    why: str
    seconds: float


def read_throttle(detail: str, retry_after: str | None, now: datetime) -> Throttle:
    """
    Args:
        detail: The reply's body, or its beginning.
        retry_after: The header: seconds or an HTTP date; None where absent.
        now: For the HTTP date, aware.
    """
    text = detail.lower()
    if "cooldown" in text:
        why = KeyCooldown.code
    elif "too many ip" in text or "active ip" in text:
        why = TooManyAddresses.code
    else:
        why = RateLimited.code
    seconds = _find_seconds(retry_after, now)
    return Throttle(why, _SECONDS[why] if seconds is None else seconds)


def to_failure(throttle: Throttle) -> SourceFailure:
    """The failure as a caller reads it."""
    if throttle.why == Unauthorized.code:
        return statuses.to_failure(UNAUTHORIZED)
    if throttle.why == KeyCooldown.code:
        return KeyCooldown(
            "GEXfocus has locked the API key for a while",
            "Make no call until then.",
            retry_after=throttle.seconds,
        )
    if throttle.why == TooManyAddresses.code:
        return TooManyAddresses(
            "the API key was used from more than 3 addresses within 5 minutes",
            "Tell the user to stop other machines, VPNs or replicas that use this key.",
            retry_after=throttle.seconds,
        )
    return RateLimited(
        "the request budget of the API key is used up",
        "Use the data you have; other programs may share the key.",
        retry_after=throttle.seconds,
    )


def why_unclaimed(bucket: Bucket, grant: Grant) -> SourceFailure:
    """The failure of a request that got no slot: of an earlier refusal, or because the budget is full."""
    if grant.why:
        return to_failure(Throttle(grant.why, grant.wait))
    return RateLimited(
        f"the budget of {bucket} requests is used up for the moment",
        "Ask for fewer tickers, or use the data you have.",
        retry_after=grant.wait,
    )


def _find_seconds(header: str | None, now: datetime) -> float | None:
    seconds = number(header)
    if seconds is None and header is not None:
        try:
            seconds = (parsedate_to_datetime(header) - now).total_seconds()
        # TypeError: a date without a zone cannot be compared with an aware one.
        except (ValueError, TypeError, OverflowError):
            return None
    if seconds is None or seconds < 0:
        return None
    return min(max(seconds, 1.0), _LONGEST)
