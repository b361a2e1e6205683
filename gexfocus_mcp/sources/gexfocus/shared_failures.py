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
    Unauthorized,
    Unavailable,
)
from gexfocus_mcp.sources.gexfocus import statuses


_REFUSED_FOR: Final = 60.0
# An outage is asked about again soon, but not once for every turn of an impatient agent.
_DOWN_FOR: Final = 5.0

OWN: Final = "own"
"""A failure of the process that asked: its network, its proxy, its budget. The others ask for themselves."""

OWN_FOR: Final = 1.0
"""Seconds for which they know that; long enough for all who waited."""

_PROXY: Final = 407


def remember_for(failure: Exception) -> float:
    """Seconds for which *failure* answers the same question without asking again; 0 where it may be gone at once."""
    if isinstance(failure, Unauthorized | Forbidden | RequestRejected | NoData):
        return _REFUSED_FOR
    return _DOWN_FOR if isinstance(failure, Unavailable) else 0.0


def to_word(failure: GexFocusError) -> str:
    """The word for *failure*: its HTTP status where the upstream itself said so."""
    status = failure.status if isinstance(failure, SourceFailure) else None
    if status is None or status == _PROXY or not remember_for(failure):
        return OWN
    return str(status)


def find_failure(word: str) -> GexFocusError | None:
    """The failure of a word; None for another process's own, and for one that nobody of this version wrote."""
    if not (word.isascii() and word.isdigit() and len(word) == 3):
        return None
    failure = statuses.to_failure(int(word))
    return failure if to_word(failure) == word else None
