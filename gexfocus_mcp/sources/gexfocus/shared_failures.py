"""
Failures as one word, for other processes that would meet the same: no sentence travels, so none can be forged.
"""

from typing import Final

from gexfocus_mcp.errors import (
    Forbidden,
    GexFocusError,
    NoData,
    RequestRejected,
    SourceFailure,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from gexfocus_mcp.sources.gexfocus import breakage, statuses


_REFUSED_FOR: Final = 60.0
# An outage is asked about again soon, but not once for every turn of an impatient agent.
_DOWN_FOR: Final = 5.0

_TIMEOUT: Final = "timeout"
_UNREACHABLE: Final = "unreachable"


def remember_for(failure: Exception) -> float:
    """Seconds for which *failure* answers the same question without asking again; 0 where it may be gone at once."""
    if isinstance(failure, Unauthorized | Forbidden | RequestRejected | NoData):
        return _REFUSED_FOR
    return _DOWN_FOR if isinstance(failure, Unavailable) else 0.0


def to_word(failure: GexFocusError) -> str:
    """The word for *failure*; empty where it is this process's own affair."""
    if isinstance(failure, SourceFailure) and failure.status is not None:
        return str(failure.status) if remember_for(failure) else ""
    if isinstance(failure, TimedOut):
        return _TIMEOUT
    return _UNREACHABLE if isinstance(failure, Unreachable) else ""


def find_failure(word: str) -> GexFocusError | None:
    """The failure of a word; None for one that nobody of this version wrote."""
    if word == _TIMEOUT:
        return breakage.timed_out()
    if word == _UNREACHABLE:
        return breakage.no_connection()
    if not (word.isascii() and word.isdigit() and len(word) == 3):
        return None
    failure = statuses.to_failure(int(word))
    return failure if to_word(failure) == word else None
