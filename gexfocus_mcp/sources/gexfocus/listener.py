"""
The live side as a `LiveSource`: one shared connection a ticker, and the only loop that keeps it.

Opened by the first reader, closed a while after the last, reopened when cut. Everything that is
decided is decided in `Feed`; this module waits.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from random import random
from types import TracebackType
from typing import Final, Self

import anyio

from gexfocus_mcp.errors import GexFocusError
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.connection import Dial, StreamLost, StreamRefused
from gexfocus_mcp.sources.gexfocus.endpoints import STREAM, Bucket
from gexfocus_mcp.sources.gexfocus.feed import (
    BROKEN,
    LINGER,
    UNREADABLE,
    Feed,
)
from gexfocus_mcp.sources.gexfocus.throttling import WHOLE_KEY, Throttle, to_failure
from gexfocus_mcp.sources.gexfocus.tick_buffer import CAPACITY, KEPT_FOR
from gexfocus_mcp.sources.protocol import Heard, LiveTape, OpenStream, StreamState
from gexfocus_mcp.traffic.elapsed import elapsed
from gexfocus_mcp.traffic.pace import Pace


_log = logging.getLogger(__name__)

_LOOK_S: Final = 15.0


class _Stream:
    """A feed and the two events its tasks and readers wait for."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.changed = anyio.Event()
        self.unread = anyio.Event()
        self.talk = anyio.CancelScope()

    def announce(self) -> None:
        """Wake every reader; the next wait is for the next change."""
        self.changed.set()
        self.changed = anyio.Event()


class _Tape:
    """One reader's `LiveTape`."""

    def __init__(self, stream: _Stream, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self.warm = bool(stream.feed.heard)

    @property
    def state(self) -> StreamState:
        return self._stream.feed.state(self._clock())

    @property
    def heard(self) -> tuple[Heard, ...]:
        return tuple(self._stream.feed.heard)

    async def changed(self) -> None:
        changed = self._stream.changed
        settles = self._stream.feed.settles_in(self._clock())
        with anyio.move_on_after(settles):
            await changed.wait()


class Listener:
    """Entered once; leaving it closes every connection."""

    def __init__(
        self,
        dial: Dial,
        *,
        paces: Mapping[Bucket, Pace] | None = None,
        linger: float = LINGER,
        capacity: int = CAPACITY,
        kept_for: float = KEPT_FOR,
        clock: Callable[[], float] = elapsed,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
        draw: Callable[[], float] = random,
    ) -> None:
        """
        Args:
            paces: The key's budgets: a lock of the whole key stops the stream too, and is told to them
                when the stream meets it.
            linger: Seconds a connection outlives its last reader.
            capacity: Most ticks kept a ticker.
            kept_for: Seconds for which one is kept at most.
            clock: Elapsed seconds.
            draw: Uniform in [0, 1), for the jitter of reconnects.
        """
        self._dial = dial
        self._paces = paces or {}
        self._linger = linger
        self._capacity = capacity
        self._kept_for = kept_for
        self._clock = clock
        self._sleep = sleep
        self._draw = draw
        self._streams: dict[Ticker, _Stream] = {}
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._tasks = await self._exit.enter_async_context(anyio.create_task_group())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        self._tasks.cancel_scope.cancel()
        self._streams.clear()
        return await self._exit.__aexit__(kind, error, trace)

    def open_tickers(self) -> tuple[Ticker, ...]:
        return tuple(self._streams)

    def streams(self) -> tuple[OpenStream, ...]:
        now = self._clock()
        feeds = [stream.feed for stream in self._streams.values()]
        return tuple(
            OpenStream(f.ticker, f.state(now), tuple(f.heard), f.readers) for f in feeds
        )

    @asynccontextmanager
    async def tape(self, ticker: Ticker) -> AsyncIterator[LiveTape]:
        stream = self._streams.get(ticker)
        if stream is None:
            stream = self._open(ticker)
        stream.feed.join()
        try:
            yield _Tape(stream, self._clock)
        finally:
            stream.feed.leave(self._clock())
            if not stream.feed.readers:
                stream.unread.set()
                stream.unread = anyio.Event()

    def _open(self, ticker: Ticker) -> _Stream:
        feed = Feed(
            ticker,
            self._clock(),
            capacity=self._capacity,
            kept_for=self._kept_for,
            linger=self._linger,
            draw=self._draw,
        )
        stream = self._streams[ticker] = _Stream(feed)
        self._tasks.start_soon(self._keep, stream)
        return stream

    async def _keep(self, stream: _Stream) -> None:
        """Hold the stream open until it has been unread for long enough."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._listen, stream)
                tasks.start_soon(self._watch_silence, stream)
                await self._wait_until_unread(stream)
                # Before the socket closes: a reader who comes meanwhile opens a stream of its own.
                self._streams.pop(stream.feed.ticker)
                tasks.cancel_scope.cancel()
        finally:
            stream.announce()

    async def _wait_until_unread(self, stream: _Stream) -> None:
        while True:
            left = stream.feed.closes_in(self._clock())
            if left is None:
                await stream.unread.wait()
            elif left > 0:
                await self._sleep(left)
            else:
                return

    async def _watch_silence(self, stream: _Stream) -> None:
        """End a conversation that has fallen silent; looked at often, because a computer that sleeps skips the wait."""
        while True:
            left = stream.feed.silence_left(self._clock())
            if left is not None and left <= 0:
                stream.talk.cancel()
            await self._sleep(
                _LOOK_S if left is None or left <= 0 else min(left, _LOOK_S)
            )

    async def _listen(self, stream: _Stream) -> None:
        """Connect, listen, and connect again, until the upstream refuses for good."""
        while True:
            delay = await self._converse(stream)
            stream.announce()
            if delay is None:
                return
            await self._sleep(delay)

    async def _converse(self, stream: _Stream) -> float | None:
        """One connection from dialling to its end. Returns seconds until the next; None for never."""
        feed = stream.feed
        try:
            with anyio.CancelScope() as stream.talk:
                await self._talk(stream)
        except StreamRefused as refusal:
            feed.refused(self._clock(), refusal.problem)
            return None
        except StreamLost as loss:
            if loss.garbled:
                return feed.garbled(self._clock(), BROKEN)
            return feed.lost(self._clock(), loss.retry_after, _problem(loss))
        # One ticker's surprise must not end the others'; its text could hold the URL.
        except Exception as error:  # noqa: BLE001
            _log.error("stream failed unexpectedly: %s", type(error).__name__)
            return feed.lost(self._clock())
        now = self._clock()
        silent = stream.talk.cancelled_caught
        return feed.reopening(now) if silent else feed.garbled(now, UNREADABLE)

    async def _talk(self, stream: _Stream) -> None:
        """Dial and listen, until nothing readable comes any more."""
        feed = stream.feed
        locked = await self._find_lock()
        if locked is not None:
            raise StreamLost(locked.seconds, locked.why)
        try:
            async with self._dial(feed.ticker) as connection:
                feed.opened(self._clock())
                stream.announce()
                while not feed.is_garbled:
                    message = await connection.receive()
                    if feed.received(message, self._clock()):
                        stream.announce()
        except StreamLost as loss:
            await self._share(loss)
            raise

    async def _find_lock(self) -> Throttle | None:
        """What keeps streams from being opened at the moment, the longest first; None normally."""
        usages = {name: await pace.usage() for name, pace in self._paces.items()}
        locks = [
            Throttle(usage.why, usage.blocked_s)
            for name, usage in usages.items()
            if usage.blocked_s > 0 and (name == STREAM or usage.why in WHOLE_KEY)
        ]
        return max(locks, key=lambda lock: lock.seconds, default=None)

    async def _share(self, loss: StreamLost) -> None:
        """Tell the other processes how long they, too, must leave the upstream alone."""
        if loss.retry_after is None or not loss.why:
            return
        for name, pace in self._paces.items():
            if name == STREAM or loss.why in WHOLE_KEY:
                await pace.block(loss.retry_after, loss.why)


def _problem(loss: StreamLost) -> GexFocusError | None:
    if loss.retry_after is None or not loss.why:
        return None
    return to_failure(Throttle(loss.why, loss.retry_after))
