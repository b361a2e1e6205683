"""Exposure by strike and expiration at one instant, as a source said it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from gexfocus_mcp.market.ticker import Ticker


MatrixGreek = Literal["gex", "vanna", "charm"]

Matrix = tuple[tuple[float | None, ...], ...]
"""Rows by strike, columns by expiration; None is a cell the upstream did not give."""


@dataclass(frozen=True, slots=True)
class ExpiryMap:
    """
    The multi-expiration matrices of one ticker: net exposure per strike and expiration.

    Calls and puts are already netted inside a cell, so shares taken from it are net-of-cell.

    Attributes:
        as_of: Instant of the snapshot, aware.
        spot: Underlying's price then; None where the upstream had none.
        expirations: Ascending; the columns.
        strikes: Ascending, each once; the rows.
        matrices: By greek; a greek whose matrix was null or absent is not in it.
        notes: What had to be repaired to read it, one sentence each.
    """

    ticker: Ticker
    as_of: datetime
    spot: float | None
    expirations: tuple[date, ...]
    strikes: tuple[float, ...]
    matrices: dict[MatrixGreek, Matrix]
    notes: tuple[str, ...] = ()
