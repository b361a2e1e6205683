"""
One ticker's live conversation without the connection: what was heard, who listens, what is next.

Time is an argument. Silence is not judged here: at night it is no failure.
"""

from collections import deque
from collections.abc import Callable
from random import random
from typing import Final

from gexfocus_mcp.errors import (
    Forbidden,
    GexFocusError,
    Unreachable,
    UnreadableReply,
)
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.decoding import decode_object
from gexfocus_mcp.sources.gexfocus.tick_buffer import CAPACITY, KEPT_FOR, TickBuffer
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_tick
from gexfocus_mcp.sources.protocol import Heard, StreamPhase, StreamState
from gexfocus_mcp.traffic.backoff import delays


LINGER: Final = 60.0

# A server that cuts after every third tick must read as cut, not as open with interruptions.
_PROOF_WITH_DATA: Final = 10.0
# A connection that stays up in silence has proved itself too: after hours no data comes.
_PROOF_IN_SILENCE: Final = 60.0

SILENCE: Final = 120.0
"""Seconds without a word after which a connection that has spoken is taken for dead; ticks come every 19 s."""

_BAD_FRAMES_IN_A_ROW: Final = 20
_MOST_NOTES: Final = 4
UNREADABLE: Final = 2
"""Connections with nothing but unreadable messages after which no more is opened."""

BROKEN: Final = 3
"""The same for connections that broke the protocol."""


_CUT: Final = Unreachable(
    "the stream was cut; it reconnects by itself",
    "Use what was heard before, or a tool that does not need the stream.",
)
_GARBLED: Final = UnreadableReply(
    "the stream sends messages that cannot be read, so it is no longer listened to",
    "Use dealer_positioning or ndf_history, which do not need the stream.",
)
_UNOPENED: Final = Unreachable(
    "no connection to GEXfocus's stream",
    "Ask the user to check network, VPN and proxy; dealer_positioning and ndf_history do not need the stream.",
    retry_after=30,
)


class Feed:
    """
    The buffer of one ticker and the state of its connection.

    Attributes:
        readers: How many listen now.
    """

    def __init__(
        self,
        ticker: Ticker,
        now: float,
        *,
        capacity: int = CAPACITY,
        kept_for: float = KEPT_FOR,
        linger: float = LINGER,
        draw: Callable[[], float] = random,
    ) -> None:
        """
        Args:
            now: Monotonic seconds, here and below.
            capacity: Most ticks kept.
            kept_for: Seconds for which one is kept at most.
            linger: Seconds for which the buffer outlives its last reader.
            draw: Uniform in [0, 1), for the jitter of reconnects.
        """
        self.ticker = ticker
        self.readers = 0
        self._buffer = TickBuffer(capacity, kept_for)
        self._linger = linger
        self._unread_since = now
        self._phase: StreamPhase = "opening"
        self._since = now
        self._connected_at: float | None = None
        self._last_word_at = now
        self._ever_open = False
        self._first_tick_at: float | None = None
        self._retry_at: float | None = None
        self._draw = draw
        self._delays = delays(draw)
        self._garbled = 0
        self._reopened = False
        self._cuts = 0
        self._problem: GexFocusError | None = None
        self._bad_frames = 0
        self._bad_in_a_row = 0
        self._notes: dict[str, None] = {}

    @property
    def heard(self) -> deque[Heard]:
        """Oldest first; in number and age bounded."""
        return self._buffer.heard

    def join(self) -> None:
        self.readers += 1

    def leave(self, now: float) -> None:
        self.readers -= 1
        self._unread_since = now

    def closes_in(self, now: float) -> float | None:
        """Seconds until the unread buffer is to be dropped; None while somebody reads it."""
        # A refusal is final: it is remembered, so that nobody knocks again with the same key.
        if self.readers or self._phase == "refused":
            return None
        return self._unread_since + self._linger - now

    def opened(self, now: float) -> None:
        """The handshake is done."""
        self._connected_at = now
        self._ever_open = True
        self._first_tick_at = None
        self._retry_at = None
        self._bad_in_a_row = 0
        self._last_word_at = now
        if self._phase == "opening":
            self._enter("open", now)

    def received(self, message: str | bytes, now: float) -> bool:
        """Take a message in. Returns whether it added a tick."""
        notes: list[str] = []
        try:
            tick = parse_tick(decode_object(message), self.ticker, notes)
        except UnreadableReply:
            self._bad_frames += 1
            self._bad_in_a_row += 1
            return False
        is_repeat = self._buffer.is_repeat(tick, self._connected_at)
        if not is_repeat and self._buffer.is_outdated(tick):
            self._bad_frames += 1
            return False
        self._bad_in_a_row = 0
        self._last_word_at = now
        self._note(notes)
        if self._first_tick_at is None:
            self._first_tick_at = now
        if is_repeat:
            return False
        self._reopened = False
        self._buffer.add(tick, now)
        return True

    def lost(
        self,
        now: float,
        retry_after: float | None = None,
        problem: GexFocusError | None = None,
    ) -> float:
        """
        The connection is gone, or could not be made. Returns seconds until the next attempt.

        Args:
            retry_after: Seconds the upstream wants to be left alone, at least.
            problem: Why, where more is known than that it broke.
        """
        self._settle(now)
        if self._connected_at is not None:
            self._cuts += 1
            self._connected_at = None
        self._buffer.interrupted()
        if self._phase != "cut":
            self._enter("cut", now)
        self._problem = problem or (_CUT if self._ever_open else _UNOPENED)
        delay = max(next(self._delays), retry_after or 0.0)
        self._retry_at = now + delay
        return delay

    def garbled(self, now: float, most: int) -> float | None:
        """
        The connection brings nothing but what cannot be read. Returns seconds until the next attempt.

        None for the *most*-th such connection in a row: then it stays closed until the buffer is opened anew.
        """
        self._settle(now)
        self._garbled += 1
        delay = self.lost(now, problem=_GARBLED)
        if self._garbled < most:
            return delay
        self._retry_at = None
        return None

    @property
    def is_garbled(self) -> bool:
        """Whether this connection has said nothing readable for too long a row of messages."""
        return self._bad_in_a_row > _BAD_FRAMES_IN_A_ROW

    def silence_left(self, now: float) -> float | None:
        """
        Seconds until the connection is to be opened anew for its silence; None where it may be silent.

        Once only, until something new is heard: at night silence is no failure, and a connection may be dead
        without knowing it, as after the computer slept.
        """
        if self._connected_at is None or self._reopened:
            return None
        return self._last_word_at + SILENCE - now

    def reopening(self, now: float) -> float:
        """The connection is closed for its silence. Returns seconds until the next attempt."""
        self._settle(now)
        self._reopened = True
        self._connected_at = None
        self._buffer.interrupted()
        delay = next(self._delays)
        self._retry_at = now + delay
        return delay

    def refused(self, now: float, problem: GexFocusError | None = None) -> None:
        """The upstream will not serve this key or ticker, which is final."""
        self._settle(now)
        self._connected_at = self._retry_at = None
        self._enter("refused", now)
        self._problem = problem or Forbidden(
            "GEXfocus refused the stream: the key is not accepted, or has no stream for this ticker",
            "Check GEXFOCUS_API_KEY in the client's settings; dealer_positioning and latest_greeks do not need the stream.",
        )

    def state(self, now: float) -> StreamState:
        self._settle(now)
        next_try = None if self._retry_at is None else max(0.0, self._retry_at - now)
        return StreamState(
            phase=self._phase,
            since=self._since,
            cuts=self._cuts,
            next_try_s=next_try,
            problem=self._problem,
            bad_frames=self._bad_frames,
            gaps=tuple(self._buffer.gaps),
            ever_open=self._ever_open,
            notes=tuple(self._notes),
        )

    def settles_in(self, now: float) -> float | None:
        """Seconds until a reconnected stream counts as open, if it lasts; None where that is not pending."""
        at = self._proved_at()
        return None if at is None else max(0.0, at - now)

    def _proved_at(self) -> float | None:
        if self._phase != "cut" or self._connected_at is None:
            return None
        at = self._connected_at + _PROOF_IN_SILENCE
        if self._first_tick_at is not None:
            at = min(at, self._first_tick_at + _PROOF_WITH_DATA)
        return at

    def _settle(self, now: float) -> None:
        """Believe in the connection once it has lasted; evaluated whenever the state is looked at or changes."""
        at = self._proved_at()
        if at is not None and now >= at:
            self._enter("open", at)
            self._problem = None
        if self._phase == "open" and self._has_lasted(now):
            self._delays = delays(self._draw)
            self._garbled = 0

    def _has_lasted(self, now: float) -> bool:
        if self._first_tick_at is None or self._connected_at is None:
            return False
        return now >= self._first_tick_at + _PROOF_WITH_DATA

    def _enter(self, phase: StreamPhase, now: float) -> None:
        self._phase = phase
        self._since = now

    def _note(self, notes: list[str]) -> None:
        """Keep what was said of a message, each sentence once and a handful of them."""
        for note in notes:
            if len(self._notes) < _MOST_NOTES:
                self._notes[note] = None
