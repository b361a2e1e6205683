"""
Seconds that have passed, counted while the computer sleeps, and the same in every process of a machine.

`time.monotonic` stands still during sleep on Linux and macOS: a map of before the lid was closed
would count as seconds old.
"""

import time
from typing import Final


# Linux has a clock of its own that includes sleep; the one macOS calls monotonic does, unlike Python's.
_CLOCK: Final[int | None] = getattr(
    time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None)
)


def elapsed() -> float:
    """Seconds since some moment before this machine's processes began; never runs backwards."""
    # Windows has no such clock to ask for, and its monotonic one counts sleep.
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
