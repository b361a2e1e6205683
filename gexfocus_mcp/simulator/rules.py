"""
Who is let in and what may be asked: keys, budgets and the ranges of the parameters.

The documentation names no status for a value out of range; 400 is used, as for a malformed date.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gexfocus_mcp.simulator.greeks import GREEKS
from gexfocus_mcp.simulator.listings import TICKERS


Bucket = Literal["last", "history"]

BUDGETS: dict[Bucket, int] = {"last": 120, "history": 60}
WINDOW = 60.0
DEFAULT_TICKER = "QQQ"
LONGEST_RANGE = 5

RATE_LIMITED = "rate limit exceeded"
TOO_MANY_IPS = "too many IPs used within 5 minutes"
COOLDOWN = "api_key cooldown active"
UNAUTHORIZED = "Missing or invalid API key"
UNAVAILABLE = "Temporary data availability error"


class Refusal(Exception):
    """A request that gets a status and a detail instead of data."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


@dataclass(slots=True)
class Gate:
    """Keys and their rolling budgets. *keys* None lets any key in, but not a missing one."""

    keys: frozenset[str] | None
    limits: bool = True
    monotonic: Callable[[], float] = time.monotonic
    _hits: dict[tuple[str, Bucket], deque[float]] = field(default_factory=dict)

    def knows(self, key: str | None) -> bool:
        """Whether *key* opens the door."""
        return bool(key) and (self.keys is None or key in self.keys)

    def admit(self, key: str | None, bucket: Bucket) -> None:
        """Count one request of *key*, or refuse it. A refused request is not counted."""
        if not key or not self.knows(key):
            raise Refusal(401, UNAUTHORIZED)
        if not self.limits:
            return
        hits, now = self._hits.setdefault((key, bucket), deque()), self.monotonic()
        while hits and hits[0] <= now - WINDOW:
            hits.popleft()
        if len(hits) >= BUDGETS[bucket]:
            raise Refusal(429, RATE_LIMITED)
        hits.append(now)


def parse_ticker(text: str | None) -> str:
    """Return the ticker in capitals; QQQ when none is given."""
    ticker = (text or DEFAULT_TICKER).upper()
    if ticker not in TICKERS:
        raise Refusal(
            400, f"Unsupported ticker. Use one of: {' '.join(sorted(TICKERS))}"
        )
    return ticker


def parse_greek(text: str) -> str:
    """Return the greek in small letters."""
    greek = text.lower()
    if greek not in GREEKS:
        raise Refusal(400, f"Unsupported greek. Use one of: {' '.join(GREEKS)}")
    return greek


def parse_date(text: str | None, name: str) -> date | None:
    """Return the date of a YYYY-MM-DD parameter, None when it was left out."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # fromisoformat also takes 20260519 and 2026-W21-2.
    if day is None or day.isoformat() != text:
        raise Refusal(400, f"Invalid {name} format. Use YYYY-MM-DD")
    return day


def parse_span(query: Mapping[str, str]) -> tuple[date, date] | None:
    """Return the first and the last day asked for, None when the latest session is."""
    day = parse_date(query.get("date"), "date")
    start, end = (
        parse_date(query.get("start"), "start"),
        parse_date(query.get("end"), "end"),
    )
    if day and (start or end):
        raise Refusal(400, "date cannot be combined with start/end")
    if day:
        return day, day
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise Refusal(400, "start and end are both required")
    if end < start:
        raise Refusal(400, "end is before start")
    if (end - start).days >= LONGEST_RANGE:
        raise Refusal(400, f"Maximum range: {LONGEST_RANGE} days")
    return start, end


def parse_count(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Return a whole number from 1 to *most*."""
    text = query.get(name)
    if text is None:
        return default
    if not (
        text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most
    ):
        raise Refusal(400, f"{name} must be within 1..{most}")
    return int(text)


def parse_flag(query: Mapping[str, str], name: str) -> bool:
    """Return a boolean parameter, false when it was left out."""
    text = query.get(name, "false").lower()
    if text not in {"true", "false", "1", "0"}:
        raise Refusal(400, f"{name} must be true or false")
    return text in {"true", "1"}
