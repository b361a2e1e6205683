"""What every answer has in common: two channels, and the keys that say how far to trust them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from gexfocus_mcp.analysis.provenance import Freshness, Provenance
from gexfocus_mcp.market.session import Phase
from gexfocus_mcp.render.numbers import (
    Seconds,
    clock_time,
    day,
    duration,
    iso_day,
    iso_instant,
)


CHANNEL_LIMIT: Final = 10_000
"""Characters of either channel, whatever the arguments."""


class Block(BaseModel):
    """A part of an answer's JSON: closed, and silent about what is absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SessionBlock(Block):
    date: str
    weekday: str
    phase: Phase


class CommonPayload(Block):
    """The keys that every answer's JSON has, whatever it is about."""

    as_of: str | None = None
    age_s: Seconds | None = None
    freshness: Freshness
    map_session: str | None = None
    session: SessionBlock
    source: str
    cached: bool | None = None
    notes: list[str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Compact: nothing that is unavailable, nothing empty where a key is optional."""
        dumped = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {key: _whole(value) for key, value in dumped.items()}


class _OfTicker(Block):
    ticker: str


# The fields of the last base come first: an answer's JSON begins with what it is about.
class Payload(CommonPayload, _OfTicker):
    """The keys of an answer about one ticker."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Both channels of one reading, each enough by itself."""

    text: str
    payload: CommonPayload

    @property
    def json(self) -> dict[str, Any]:
        return self.payload.to_json()

    def fullness(self, text: int = CHANNEL_LIMIT, data: int = CHANNEL_LIMIT) -> float:
        """
        How much of its allowance the fuller channel takes: above 1 it does not fit.

        The limit of a channel also holds for JSON as Python's `json` spaces it by default.
        """
        read = self.json
        return max(
            len(self.text) / text,
            len(dense(read)) / data,
            len(json.dumps(read, ensure_ascii=False)) / CHANNEL_LIMIT,
        )


def _whole(value: Any) -> Any:
    """Floats that are whole as integers, all the way down: 430, not 430.0."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def dense(value: object) -> str:
    """JSON as it goes over the wire, without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def head(provenance: Provenance) -> dict[str, Any]:
    """The common keys of *provenance*, for a payload's constructor."""
    now = provenance.market.now
    return {
        "as_of": iso_instant(provenance.as_of) if provenance.as_of else None,
        "age_s": provenance.age_s,
        "freshness": provenance.freshness,
        "map_session": iso_day(provenance.map_session)
        if provenance.map_session
        else None,
        "session": SessionBlock(
            date=f"{now:%Y-%m-%d}",
            weekday=f"{now:%a}",
            phase=provenance.market.phase,
        ),
        "source": provenance.source,
        "cached": provenance.cached or None,
        "notes": list(provenance.notes) or None,
    }


def flagged(provenance: Provenance, line: str) -> str:
    """*line* with SIMULATED and STALE as its first words where it is so."""
    flags = [
        word
        for word, holds in (
            ("SIMULATED", provenance.source == "simulated"),
            ("STALE", provenance.is_stale),
        )
        if holds
    ]
    return " ".join((*flags, line))


_PHASES: Final = {
    "pre": "before the open",
    "open": "market open",
    "early_close": "market open, early close 13:00",
    "post": "after the close",
    "closed": "market closed",
    "holiday": "market closed, holiday",
}


def dated(provenance: Provenance, what: str = "Map") -> str:
    """`Map 11:41:30 ET Mon 5 Jun, 22 s old, market open.`"""
    market = provenance.market
    if provenance.as_of is None:
        return f"{_PHASES[market.phase].capitalize()}."
    at = f"{what} {clock_time(provenance.as_of)} ET {day(provenance.as_of.date(), market.now.date())}"
    if provenance.age_s is None:
        unknown = provenance.freshness == "unknown"
        return f"{at}, {'age unknown' if unknown else provenance.freshness}."
    words = [at, f"{duration(provenance.age_s)} old", _PHASES[market.phase]]
    if provenance.freshness in {"delayed", "unknown"}:
        words.append(provenance.freshness)
    if provenance.cached:
        words.append("cached")
    return f"{', '.join(words)}."


def noted(notes: list[str] | None) -> list[str]:
    """The notes as one last line, or nothing."""
    return [f"notes  {'; '.join(notes)}"] if notes else []


def largest_fitting(
    compose: Callable[[int], Answer],
    most: int,
    *,
    least: int = 1,
    text: int = CHANNEL_LIMIT,
    data: int = CHANNEL_LIMIT,
) -> Answer:
    """
    The fullest answer within the budget.

    Args:
        compose: Builds the answer with so many rows; more rows never make it shorter.
        most: Rows wanted.
        least: Rows shown even where the budget is already spent.
    """
    answer = compose(most)
    high, over = most, answer.fullness(text, data)
    if over <= 1:
        return answer
    low, under, fitting = least, 0.0, answer if most == least else None
    for step in count():
        if high - low <= 1:
            break
        # Rows are of about one length, so most of the way is known; the middle, now and then, bounds the search.
        share = (1 - under) / (over - under) if step % 3 < 2 else 0.5
        rows = min(max(low + int((high - low) * share), low + 1), high - 1)
        answer = compose(rows)
        full = answer.fullness(text, data)
        if full <= 1:
            low, under, fitting = rows, full, answer
        else:
            high, over = rows, full
    return fitting or compose(low)
