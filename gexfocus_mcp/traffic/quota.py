"""
Rolling-window rate limiting, as arithmetic.

A true window, not a token bucket: a bucket of n that refills lets up to 2n through in one window.

The upstream counts a request when it arrives, at some moment between its sending and its reply.
So a slot is *open* until the reply is here and counts as late as it can have arrived; then it is
settled at that moment. Two requests a window apart here are then at least a window apart there,
however long each was on its way.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final


OVERDUE: Final = 25.0
"""Seconds after which an open slot counts as arrived although nobody settled it: its process has died."""


def counted_at(at: float, now: float, *, is_open: bool) -> float:
    """The latest moment at which the request of a slot claimed for *at* can have been counted."""
    return max(at, min(now, at + OVERDUE)) if is_open else at


def next_slot(
    counted: Sequence[float],
    now: float,
    *,
    limit: int,
    window: float,
    blocked_until: float,
) -> float:
    """
    The first moment from *now* on at which one more request keeps the limit.

    Args:
        counted: When the earlier ones count, ascending, those still ahead included.
    """
    slot = max(now, blocked_until)
    if counted:
        # Slots are handed out in order: a later caller never overtakes one that sleeps.
        slot = max(slot, counted[-1])
    if len(counted) >= limit:
        slot = max(slot, counted[-limit] + window)
    return slot


_numbers: Final[Iterator[int]] = count()


@dataclass(frozen=True, slots=True)
class Slot:
    """A request's place: the moment *at* which it may be sent, and a number that no other slot of the process has."""

    at: float
    number: int = field(default_factory=lambda: next(_numbers))


@dataclass(frozen=True, slots=True)
class Held:
    """
    Requests as another count takes them over, each as seconds since it was settled, or since its slot.

    A slot that lies ahead has a negative age.
    """

    settled: tuple[float, ...] = ()
    open: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.settled or self.open)


@dataclass(slots=True)
class RollingQuota:
    """
    At most *limit* requests in any *window* seconds.

    Never sleeps and never reads a clock: the caller passes *now* and does the waiting. A slot is
    taken before sending and is never given back. One that lies further ahead than *window* less
    `OVERDUE` must not be taken: requests that are under way now may still move it.
    """

    limit: int
    window: float
    blocked_until: float = float("-inf")
    blocked_why: str = ""
    _open: dict[int, Slot] = field(default_factory=dict)
    _settled: list[float] = field(default_factory=list)

    def wait(self, now: float) -> float:
        """Seconds until the next slot, without claiming it."""
        slot = next_slot(
            self._counted(now),
            now,
            limit=self.limit,
            window=self.window,
            blocked_until=self.blocked_until,
        )
        return slot - now

    def take(self, now: float) -> Slot:
        """Claim the next slot; it is to be settled."""
        return self.hold(now + self.wait(now), now)

    def hold(self, at: float, now: float) -> Slot:
        """Count a slot at *at* that was granted elsewhere; it is to be settled."""
        self._forget(now)
        slot = Slot(at)
        self._open[slot.number] = slot
        return slot

    def settle(self, slot: Slot, now: float) -> None:
        """The request of *slot* has been answered, or has failed: it was counted by *now*."""
        if self._open.pop(slot.number, None) is not None:
            insort(self._settled, max(now, slot.at))

    def block(self, until: float, why: str = "") -> None:
        """Give out no slot before *until*; a shorter block never ends a longer one."""
        if until >= self.blocked_until:
            self.blocked_until = until
            self.blocked_why = why

    def used(self, now: float) -> int:
        """Slots claimed within the window that ends now, those still ahead included."""
        counted = self._counted(now)
        return len(counted) - bisect_right(counted, now - self.window)

    def held(self, now: float) -> "Held":
        """Everything that still counts, for another count to take over."""
        self._forget(now)
        return Held(
            tuple(now - at for at in self._settled),
            tuple(now - slot.at for slot in self._open.values()),
        )

    def merge(self, other: "RollingQuota") -> None:
        """Count the slots of *other* too; it is not used any more."""
        self._open |= other._open  # noqa: SLF001 - of this class
        self._settled = sorted([*self._settled, *other._settled])  # noqa: SLF001 - of this class

    def _counted(self, now: float) -> list[float]:
        under_way = (
            counted_at(slot.at, now, is_open=True) for slot in self._open.values()
        )
        return sorted([*self._settled, *under_way])

    def _forget(self, now: float) -> None:
        gone = now - self.window
        del self._settled[: bisect_right(self._settled, gone)]
        self._open = {n: s for n, s in self._open.items() if s.at + OVERDUE > gone}
