"""What one ticker's stream has said: in order of arrival, nothing twice, and where something is missing."""

from collections import deque
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.sources.protocol import Heard


CAPACITY: Final = 4000
KEPT_FOR: Final = 300.0
"""Seconds; nobody looks back further than a minute, and eleven tickers at a tick a second add up."""

_TOO_LATE: Final = timedelta(seconds=60)
_MOST_LATE: Final = 5
_MOST_GAPS: Final = 64


class TickBuffer:
    """
    The ticks of the last minutes.

    Attributes:
        heard: Oldest first; in number and age bounded.
        gaps: Instants between which connections were down, the latest of them.
    """

    def __init__(self, capacity: int, kept_for: float) -> None:
        """
        Args:
            capacity: Most ticks kept.
            kept_for: Seconds for which one is kept at most.
        """
        self.heard: deque[Heard] = deque(maxlen=capacity)
        self.gaps: deque[tuple[datetime, datetime]] = deque(maxlen=_MOST_GAPS)
        self._kept_for = kept_for
        self._newest: datetime | None = None
        self._late_in_a_row = 0
        self._gap_from: datetime | None = None

    def add(self, tick: Tick, now: float) -> None:
        """Keep a *tick* that arrives *now* (elapsed seconds)."""
        if self._gap_from is not None and tick.ts > self._gap_from:
            self.gaps.append((self._gap_from, tick.ts))
            self._gap_from = None
        self._newest = tick.ts if self._newest is None else max(self._newest, tick.ts)
        self.heard.append(Heard(now, tick))
        while self.heard[0].at < now - self._kept_for:
            self.heard.popleft()

    def interrupted(self) -> None:
        """What comes next comes after a gap."""
        if self._gap_from is None:
            self._gap_from = self._newest

    def is_repeat(self, tick: Tick, since: float | None) -> bool:
        """
        Whether the very same message came before *since*, when this connection was made.

        Servers say their last word again after a reconnect; said twice on one connection, it was delivered twice.
        """
        if since is None or self._newest is None or tick.ts > self._newest:
            return False
        before = takewhile(lambda old: old.at < since, self.heard)
        return any(old.tick == tick for old in before)

    def is_outdated(self, tick: Tick) -> bool:
        """Whether it would be taken for the latest word, and is not; several in a row are right and the newest wrong."""
        if self._newest is None or self._newest - tick.ts <= _TOO_LATE:
            self._late_in_a_row = 0
            return False
        self._late_in_a_row += 1
        if self._late_in_a_row > _MOST_LATE:
            self._newest = None
            return False
        return True
