"""The state of one wait: what is watched, how far along the buffer, and whether it is over. It never waits itself."""

from collections.abc import Sequence
from datetime import timedelta
from math import inf
from typing import Final

from gexfocus_mcp.analysis.condition import MAP_LEVELS, Condition
from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.analysis.provenance import STREAM_CADENCE_S
from gexfocus_mcp.analysis.watch import Fired, Watch
from gexfocus_mcp.analysis.watched import Watched, read_watched
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.stream import judge_stream
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.sources.protocol import Heard, LiveTape
from gexfocus_mcp.traffic.elapsed import elapsed


PENDING: Final = "the strike map has not come"

# A closed market's stream says its last word within this of connecting, or not at all.
_LAST_WORD_S: Final = 5.0


class _Follower:
    """One watch, and how far along the buffer it has looked."""

    def __init__(self, watch: Watch, before: Sequence[Heard]) -> None:
        self._watch = watch
        self._last = before[-1] if before else None
        # What was said long before the newest message is no part of how things stand.
        since = self._last.at - STREAM_CADENCE_S if self._last else inf
        self.fired = watch.begin([h.tick for h in before if h.at >= since])
        self.fired_at = -inf

    def catch_up(self, heard: Sequence[Heard]) -> bool:
        """Look at every message that is new, one after the other, until one fires."""
        for each in _after(heard, self._last):
            if self.fired:
                break
            self._last, self.fired_at = each, each.at
            self.fired = self._watch.look(each.tick)
        return bool(self.fired)


def _after(heard: Sequence[Heard], last: Heard | None) -> list[Heard]:
    """What stands behind *last*; everything where it is no longer in the buffer."""
    fresh = list[Heard]()
    for each in reversed(heard):
        if each is last:
            break
        fresh.append(each)
    return fresh[::-1]


class Vigil:
    """
    One wait.

    Attributes:
        pending: The map has not been answered for yet.
        marks: The levels, once taken.
        fired: What was true at the first tick at which anything was.
    """

    def __init__(
        self,
        tape: LiveTape,
        clerk: Clerk,
        conditions: Sequence[Condition],
        limit: float,
        *,
        once: bool,
    ) -> None:
        """
        Args:
            limit: Seconds from now after which nothing is waited for.
            once: End as soon as everything was looked at.
        """
        self.tape = tape
        self._clerk = clerk
        self._conditions = conditions
        self._deadline = elapsed() + limit
        self._once = once
        self._before = tape.heard
        self._followers = list[_Follower]()
        self.fired: tuple[Fired, ...] = ()
        self.marks = Marks.unread(PENDING)
        has_sign = any(h.tick.gex_total for h in self._before)
        self._of_map = [
            c
            for c in conditions
            if c.kind in MAP_LEVELS or (c.kind == "net_sign" and not has_sign)
        ]
        self.pending = bool(self._of_map)
        self._follow([c for c in conditions if c not in self._of_map])

    def take(self, marks: Marks) -> None:
        """Watch the map's levels from the start on, whenever they come."""
        self.marks, self.pending = marks, False
        self._follow(self._of_map)

    def _follow(self, conditions: Sequence[Condition]) -> None:
        watch = Watch(conditions, self.marks)
        if watch.watched:
            self._followers.append(_Follower(watch, self._before))

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to watch, so far."""
        return not self._followers

    @property
    def newest(self) -> Tick | None:
        heard = self.tape.heard
        return heard[-1].tick if heard else None

    def read(self) -> tuple[Watched, ...]:
        heard = reversed(self.tape.heard)
        prices = (h.tick.price for h in heard if h.tick.price is not None)
        return read_watched(
            self._conditions, self.marks, self.newest, next(prices, None)
        )

    def step(self) -> bool:
        """Look at what is new; returns whether the wait is over."""
        heard = self.tape.heard
        hits = [f for f in self._followers if f.catch_up(heard)]
        if hits:
            first = min(f.fired_at for f in hits)
            self.fired = tuple(
                fired for f in hits if f.fired_at == first for fired in f.fired
            )
            return True
        if self.tape.state.phase == "refused":
            return True
        if self.pending:
            return False
        answered = self._once and bool(heard)
        return answered or self.is_idle or self._is_pointless()

    def _is_pointless(self) -> bool:
        """Whether no tick can come within the limit."""
        state, now = self.tape.state, elapsed()
        left = max(0.0, self._deadline - now)
        if (state.next_try_s or 0.0) > left:
            return True
        if now - state.since < _LAST_WORD_S:
            return False
        market = self._clerk.market()
        opens = market_clock(market.now + timedelta(seconds=left)).is_open
        return not opens and judge_stream(self.tape, market) == "market_closed"
