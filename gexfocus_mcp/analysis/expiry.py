"""
Which expiration holds the exposure, and what is left when the next one rolls off.

Cells are net of calls and puts, so every share here is net-of-cell, and the matrix covers
only the nearest expirations: both are said wherever these numbers are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import distance_pct
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from gexfocus_mcp.market.session import expires_today, has_ended


@dataclass(frozen=True, slots=True)
class Column:
    """
    One expiration of the matrix.

    Attributes:
        dte: Calendar days from the snapshot's date.
        net: Sum of its cells, in the upstream's unit.
        gross: Sum of its cells' absolute values.
        share: Of the whole matrix's gross, 0 to 1.
        flip: Where this expiration's net gamma alone would cross zero; None for other greeks, or no crossing.
        max_strike: Strike of its largest absolute cell; None for an empty column.
    """

    expiration: date
    dte: int
    net: float
    gross: float
    share: float
    flip: float | None
    max_strike: float | None


@dataclass(frozen=True, slots=True)
class Wall:
    """
    A strike that stands out in the matrix, where its exposure expires, and what follows it.

    Attributes:
        strike: Largest positive (upper) or most negative (lower) total over all expirations.
        by_expiry: The (expiration, share) pairs that hold most of its gross-of-cells, largest first.
        after_roll_off: The strike that holds this place without the next expiration; None if none does.
    """

    strike: float
    value: float
    by_expiry: tuple[tuple[date, float], ...]
    after_roll_off: float | None


@dataclass(frozen=True, slots=True)
class Magnet:
    """The largest positive total expiring today within 1 % of spot: hedging there leans towards the strike."""

    strike: float
    value: float
    share: float
    distance_pct: float


@dataclass(frozen=True, slots=True)
class ExpiryStructure:
    """
    The reading of one matrix.

    Attributes:
        front: The next expiration that has not ended; None when all have.
        front_share: Its share of the matrix's gross.
        zero_dte: The same share where it expires today and the session has not closed; else None.
        net: Sum of all cells.
        roll_off_net: The same without the front expiration.
        largest: The expiration with the largest share.
    """

    greek: MatrixGreek
    columns: tuple[Column, ...]
    front: Column | None
    zero_dte: float | None
    net: float
    gross: float
    roll_off_net: float
    upper_wall: Wall | None
    lower_wall: Wall | None
    magnet: Magnet | None

    @property
    def front_share(self) -> float | None:
        return self.front.share if self.front else None

    @property
    def largest(self) -> Column | None:
        return max(self.columns, key=lambda c: c.share, default=None)


def row_totals(matrix: Matrix, columns: Sequence[int] | None = None) -> list[float]:
    """Sum of each row, over *columns* only where given; cells that were not given count nothing."""
    if columns is None:
        return [sum(v for v in row if v is not None) for row in matrix]
    return [sum(v for i in columns if (v := row[i]) is not None) for row in matrix]


def read_structure(
    expiries: ExpiryMap, greek: MatrixGreek = "gex", *, flips: int = 0
) -> ExpiryStructure:
    """
    Read the expiry structure of one matrix.

    Args:
        flips: For how many of the nearest expirations a flip is looked for (each costs a repricing).

    Raises:
        KeyError: The matrix of *greek* is not in the map.
    """
    matrix = expiries.matrices[greek]
    gross = sum(abs(v) for row in matrix for v in row if v is not None)
    columns = tuple(
        _read_column(expiries, matrix, i, gross, find_flip=greek == "gex" and i < flips)
        for i in range(len(expiries.expirations))
    )
    ahead = [c for c in columns if not has_ended(c.expiration, expiries.as_of)]
    front = ahead[0] if ahead else None
    staying = [
        i
        for i, c in enumerate(columns)
        if front is None or c.expiration != front.expiration
    ]
    net = sum(c.net for c in columns)
    return ExpiryStructure(
        greek=greek,
        columns=columns,
        front=front,
        zero_dte=front.share
        if front and expires_today(front.expiration, expiries.as_of)
        else None,
        net=net,
        gross=gross,
        roll_off_net=sum(columns[i].net for i in staying),
        upper_wall=_read_wall(expiries, matrix, staying, sign=1),
        lower_wall=_read_wall(expiries, matrix, staying, sign=-1),
        magnet=_read_magnet(expiries, matrix, front) if greek == "gex" else None,
    )


def _read_column(
    expiries: ExpiryMap, matrix: Matrix, index: int, gross: float, *, find_flip: bool
) -> Column:
    cells = [
        (k, v)
        for k, row in zip(expiries.strikes, matrix, strict=True)
        if (v := row[index]) is not None and v != 0
    ]
    own = sum(abs(v) for _, v in cells)
    expiration = expiries.expirations[index]
    flip = None
    if find_flip and cells and expiries.spot:
        values = [v for _, v in cells]
        flip = Kernel(
            expiries.spot, [k for k, _ in cells], values, [abs(v) for v in values]
        ).flip()
    return Column(
        expiration=expiration,
        dte=(expiration - expiries.as_of.date()).days,
        net=sum(v for _, v in cells),
        gross=own,
        share=own / gross if gross else 0.0,
        flip=flip,
        max_strike=max(cells, key=lambda c: abs(c[1]))[0] if cells else None,
    )


def _read_wall(
    expiries: ExpiryMap, matrix: Matrix, staying: Sequence[int], *, sign: int
) -> Wall | None:
    now = _extreme(expiries.strikes, row_totals(matrix), sign)
    if now is None:
        return None
    row = matrix[now]
    size = sum(abs(v) for v in row if v is not None)
    held = sorted(
        (
            (expiries.expirations[i], abs(v) / size)
            for i, v in enumerate(row)
            if v is not None and v != 0
        ),
        key=lambda pair: -pair[1],
    )
    then = _extreme(expiries.strikes, row_totals(matrix, staying), sign)
    return Wall(
        strike=expiries.strikes[now],
        value=sum(v for v in row if v is not None),
        by_expiry=tuple(held[:3]),
        after_roll_off=None if then is None else expiries.strikes[then],
    )


def _extreme(
    strikes: Sequence[float], totals: Sequence[float], sign: int
) -> int | None:
    best = max(range(len(strikes)), key=lambda i: sign * totals[i], default=None)
    return best if best is not None and sign * totals[best] > 0 else None


def _read_magnet(
    expiries: ExpiryMap, matrix: Matrix, front: Column | None
) -> Magnet | None:
    spot = expiries.spot
    if front is None or not spot or not expires_today(front.expiration, expiries.as_of):
        return None
    index = expiries.expirations.index(front.expiration)
    near = [
        (v, k)
        for k, row in zip(expiries.strikes, matrix, strict=True)
        if (v := row[index]) is not None and v > 0 and abs(k - spot) <= 0.01 * spot
    ]
    if not near:
        return None
    value, strike = max(near)
    return Magnet(strike, value, value / front.gross, distance_pct(strike, spot) or 0.0)
