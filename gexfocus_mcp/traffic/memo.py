"""
Remember answers for a while, and turn concurrent identical questions into one.

A load runs as a task of its own: a caller that is cancelled neither stops it nor takes the
other callers down with it.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

import anyio
from anyio.abc import TaskGroup

from gexfocus_mcp.errors import Closing, TimedOut


V = TypeVar("V")

_MOST_FAILURES = 256


@dataclass(frozen=True, slots=True)
class Remembered(Generic[V]):
    """
    A value and where it came from.

    Attributes:
        cached: It was at hand; nothing was loaded for this caller or for one it joined.
        age: Seconds since it was loaded.
    """

    value: V
    cached: bool
    age: float


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    loaded: float
    fresh_until: float
    weight: int


@dataclass(slots=True)
class _Failure:
    error: Exception
    until: float


@dataclass(slots=True)
class _Flight(Generic[V]):
    """One load under way and the callers who wait for it."""

    landed: anyio.Event = field(default_factory=anyio.Event)
    value: V | None = None
    error: Exception | None = None


def _place(error: Exception) -> str:
    """The innermost line of an error, for whoever has to find it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


def _weigh_one(_value: object) -> int:
    return 1


def _forget(_error: Exception) -> float:
    return 0.0


class Memo(Generic[V]):
    """
    Values by key, each fresh for its own time and kept a while longer for when loading fails.

    Bounded: the least recently used go first. A value heavier than the whole capacity is kept
    alone.
    """

    def __init__(
        self,
        tasks: TaskGroup,
        clock: Callable[[], float],
        *,
        capacity: int = 256,
        weigh: Callable[[V], int] = _weigh_one,
        keep: float = 3600.0,
        deadline: float = 30.0,
        remember_failure: Callable[[Exception], float] = _forget,
    ) -> None:
        """
        Args:
            tasks: Where loads run; when it is cancelled, waiting callers fail.
            clock: Monotonic seconds.
            capacity: Most weight held at once.
            keep: Seconds since loading for which a value that is no longer fresh may stand in.
            deadline: Seconds a load may take, whoever still waits for it.
            remember_failure: Seconds for which a failure answers instead of a new load.
        """
        self._tasks = tasks
        self._clock = clock
        self._capacity = capacity
        self._weigh = weigh
        self._keep = keep
        self._deadline = deadline
        self._remember_failure = remember_failure
        self._entries: OrderedDict[Hashable, _Entry[V]] = OrderedDict()
        self._failures: OrderedDict[Hashable, _Failure] = OrderedDict()
        self._flights: dict[Hashable, _Flight[V]] = {}
        self._weight = 0
        self.hits = 0
        self.loads = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def get(
        self,
        key: Hashable,
        lifetime: Callable[[V], float],
        load: Callable[[], Awaitable[V]],
    ) -> Remembered[V]:
        """
        The value of *key*, loaded unless it is fresh or being loaded.

        Args:
            lifetime: Seconds for which a loaded value stays fresh.

        Raises:
            Exception: Whatever the load raised, now or within the time it is remembered.
            TimedOut: The load took longer than the deadline.
        """
        known = self.fresh(key)
        if known is not None:
            self.hits += 1
            return known
        failure = self._failures.get(key)
        if failure is not None and self._clock() < failure.until:
            raise failure.error.with_traceback(None)
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight()
            # First: once the group is closed this raises, and nobody may wait for such a flight.
            self._tasks.start_soon(self._fly, key, flight, lifetime, load)
            self._flights[key] = flight
            self.loads += 1
        await flight.landed.wait()
        if flight.error is not None:
            raise flight.error.with_traceback(None)
        # A flight that landed without an error has its value, and None may be that value.
        return Remembered(cast("V", flight.value), cached=False, age=0.0)

    def fresh(self, key: Hashable) -> Remembered[V] | None:
        """The value of *key* if it is here and fresh; nothing is loaded, and no hit is counted."""
        entry = self._entries.get(key)
        now = self._clock()
        if entry is None or now >= entry.fresh_until:
            return None
        self._entries.move_to_end(key)
        return Remembered(entry.value, cached=True, age=now - entry.loaded)

    def older(self, key: Hashable) -> Remembered[V] | None:
        """What was last loaded for *key*, fresh or not, if it is young enough to stand in."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        age = self._clock() - entry.loaded
        return (
            Remembered(entry.value, cached=True, age=age) if age <= self._keep else None
        )

    async def _fly(
        self,
        key: Hashable,
        flight: _Flight[V],
        lifetime: Callable[[V], float],
        load: Callable[[], Awaitable[V]],
    ) -> None:
        # Stands until the load ends: it is what callers hear when the task group is cancelled.
        flight.error = Closing()
        try:
            async with anyio.create_task_group() as beside:
                beside.start_soon(self._release, key, flight)
                await self._try(key, flight, lifetime, load)
                beside.cancel_scope.cancel()
        finally:
            self._land(key, flight)

    async def _release(self, key: Hashable, flight: _Flight[V]) -> None:
        """Release the callers as soon as this is cancelled, whatever the load has still to put in order."""
        try:
            await anyio.sleep_forever()
        finally:
            self._land(key, flight)

    def _land(self, key: Hashable, flight: _Flight[V]) -> None:
        # A caller that was released may have started the next one already.
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.landed.set()

    async def _try(
        self,
        key: Hashable,
        flight: _Flight[V],
        lifetime: Callable[[V], float],
        load: Callable[[], Awaitable[V]],
    ) -> None:
        try:
            with anyio.move_on_after(self._deadline) as limit:
                value = await load()
                flight.value, flight.error = value, None
                self._store(key, value, lifetime(value))
            if limit.cancelled_caught:
                flight.error = TimedOut(
                    "no complete answer came in time",
                    "Use what you have, or ask again later.",
                    retry_after=15,
                )
        # Whatever went wrong belongs to the callers; here it would end every other load.
        except Exception as error:  # noqa: BLE001
            # Where it happened goes into a note: frames would keep the reply's body alive for as long as
            # the failure is remembered.
            error.add_note(_place(error))
            flight.error = error.with_traceback(None)
            self._note_failure(key, error)

    def _store(self, key: Hashable, value: V, fresh_for: float) -> None:
        self._failures.pop(key, None)
        replaced = self._entries.pop(key, None)
        if replaced is not None:
            self._weight -= replaced.weight
        now = self._clock()
        weight = self._weigh(value)
        self._entries[key] = _Entry(value, now, now + fresh_for, weight)
        self._weight += weight
        while self._weight > self._capacity and len(self._entries) > 1:
            self._weight -= self._entries.popitem(last=False)[1].weight

    def _note_failure(self, key: Hashable, error: Exception) -> None:
        seconds = self._remember_failure(error)
        if seconds > 0:
            self._failures[key] = _Failure(error, self._clock() + seconds)
            self._failures.move_to_end(key)
        while len(self._failures) > _MOST_FAILURES:
            self._failures.popitem(last=False)
