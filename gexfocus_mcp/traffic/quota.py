"""
Rolling-window rate limiting, as arithmetic.

A true window, not a token bucket: a bucket of n that refills lets up to 2n through in one window.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class RollingQuota:
    """
    At most *limit* requests in any *window* seconds.

    Never sleeps and never reads a clock: the caller passes *now* and does the waiting. The
    upstream counts a request when it arrives, so a slot is taken before sending and is never
    given back.
    """

    limit: int
    window: float
    blocked_until: float = float("-inf")
    blocked_why: str = ""
    _taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until the next slot, without claiming it."""
        slot = max(now, self.blocked_until)
        if self._taken:
            # Slots are handed out in order: a later caller never overtakes one that sleeps.
            slot = max(slot, self._taken[-1])
        if len(self._taken) >= self.limit:
            slot = max(slot, self._taken[-self.limit] + self.window)
        return slot - now

    def take(self, now: float) -> float:
        """Claim the next slot. Returns how many seconds to wait before using it."""
        wait = self.wait(now)
        self._taken.append(now + wait)
        while len(self._taken) > self.limit:
            self._taken.popleft()
        return wait

    def block(self, until: float, why: str = "") -> None:
        """Give out no slot before *until*; a shorter block never ends a longer one."""
        if until > self.blocked_until:
            self.blocked_until = until
            self.blocked_why = why

    def used(self, now: float) -> int:
        """Slots claimed within the window that ends now, those still ahead included."""
        return sum(1 for slot in self._taken if slot > now - self.window)
