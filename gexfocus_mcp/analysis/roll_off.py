"""
What hangs on an expiration: which of them hold a wall, and what is left once some are gone.

Walls here are of the matrix: totals of cells in which calls and puts are already netted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gexfocus_mcp.analysis.book import MatrixBook
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest positive, or most negative, total over some expirations."""

    strike: float
    value: float


@dataclass(frozen=True, slots=True)
class Wall:
    """
    A strike that stands out in the matrix, where its exposure expires, and what follows it.

    Attributes:
        strike: Largest positive (upper) or most negative (lower) total over all expirations.
        by_expiry: The (expiration, share) pairs that hold most of its gross-of-cells, largest first.
        after_roll_off: What holds this place without the next expiration; None if nothing does.
        left: The total at its own strike without the next expiration.
    """

    strike: float
    value: float
    by_expiry: tuple[tuple[date, float], ...]
    after_roll_off: Peak | None
    left: float


@dataclass(frozen=True, slots=True)
class Remainder:
    """
    The matrix without every expiration up to and including one.

    Attributes:
        through: The last expiration dropped.
        net: Sum of the cells that remain; None where no cell was given.
        share_left: Their part of the gross of all expirations that have not ended, 0 to 1.
        flip: Where their net gamma alone crosses zero nearest to spot; None for other greeks, or no crossing.
    """

    through: date
    expirations: int
    net: float | None
    share_left: float
    flip: float | None
    upper: Peak | None
    lower: Peak | None


def row_totals(matrix: Matrix, columns: Sequence[int]) -> list[float]:
    """Sum of each row over *columns*; cells that were not given count nothing."""
    return [sum(v for i in columns if (v := row[i]) is not None) for row in matrix]


def find_peak(
    expiries: ExpiryMap, matrix: Matrix, columns: Sequence[int], *, sign: int
) -> Peak | None:
    """The strike whose total over *columns* is the largest of that sign; None where there is none."""
    totals = row_totals(matrix, columns)
    best = max(range(len(totals)), key=lambda i: sign * totals[i], default=None)
    if best is None or sign * totals[best] <= 0:
        return None
    return Peak(expiries.strikes[best], totals[best])


def read_wall(
    expiries: ExpiryMap, matrix: Matrix, ahead: Sequence[int], *, sign: int
) -> Wall | None:
    now = find_peak(expiries, matrix, ahead, sign=sign)
    if now is None:
        return None
    row = matrix[expiries.strikes.index(now.strike)]
    cells = {expiries.expirations[i]: v for i in ahead if (v := row[i])}
    size = sum(abs(v) for v in cells.values())
    held = sorted(
        ((day, abs(v) / size) for day, v in cells.items()), key=lambda pair: -pair[1]
    )
    staying = ahead[1:]
    return Wall(
        strike=now.strike,
        value=now.value,
        by_expiry=tuple(held[:3]),
        after_roll_off=find_peak(expiries, matrix, staying, sign=sign),
        left=sum(v for i in staying if (v := row[i])),
    )


def read_remainder(
    expiries: ExpiryMap,
    matrix: Matrix,
    ahead: Sequence[int],
    through: date,
    book: MatrixBook | None,
) -> Remainder:
    """
    Drop every expiration up to and including *through*.

    Args:
        ahead: The columns that have not ended.
        book: The gamma matrix with its widths, for the flip; None for another greek.
    """
    staying = [i for i in ahead if expiries.expirations[i] > through]
    cells = [v for row in matrix for i in staying if (v := row[i]) is not None]
    gross = sum(abs(v) for row in matrix for i in ahead if (v := row[i]))
    return Remainder(
        through=through,
        expirations=len(staying),
        net=sum(cells) if cells else None,
        share_left=sum(map(abs, cells)) / gross if gross else 0.0,
        flip=book.kernel(staying).flip() if book else None,
        upper=find_peak(expiries, matrix, staying, sign=1),
        lower=find_peak(expiries, matrix, staying, sign=-1),
    )
