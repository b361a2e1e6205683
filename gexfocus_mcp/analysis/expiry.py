"""
Which expiration holds the exposure, and what is left when the next one rolls off.

Cells are net of calls and puts, so every share here is net-of-cell, and the matrix covers
only the nearest expirations: both are said wherever these numbers are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from gexfocus_mcp.analysis.book import MatrixBook, read_matrix_book
from gexfocus_mcp.analysis.convention import Convention, detect_matrix_convention
from gexfocus_mcp.analysis.kernel import measure_width
from gexfocus_mcp.analysis.levels import distance_pct
from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.analysis.pin import score_pin
from gexfocus_mcp.analysis.regime import Regime, name_regime
from gexfocus_mcp.analysis.roll_off import Wall, read_wall
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from gexfocus_mcp.market.session import expires_today, has_ended, hours_to_close


@dataclass(frozen=True, slots=True)
class Column:
    """
    One expiration of the matrix.

    Attributes:
        dte: Calendar days from the day on which it is read; below zero once it has ended.
        net: Sum of its cells, in the upstream's unit; None, like its share, where no cell was given.
        gross: Sum of its cells' absolute values.
        share: Of the gross of all expirations that have not ended, 0 to 1; 0 for one that has.
        flip: Where this expiration's net gamma alone would cross zero; None for other greeks, or no crossing.
        max_strike: Strike of its largest absolute cell; None for an empty column.
    """

    expiration: date
    dte: int
    net: float | None
    gross: float
    share: float | None
    flip: float | None
    max_strike: float | None


@dataclass(frozen=True, slots=True)
class Magnet:
    """
    The largest positive total expiring today within 1 % of spot: hedging there leans towards the strike.

    Attributes:
        share: Of the gross that expires today, 0 to 1.
        width: Volatility x sqrt(time) of what expires today, from how far its gamma lies from spot.
        hours_left: To today's close.
    """

    strike: float
    value: float
    share: float
    distance_pct: float
    width: float
    hours_left: float

    def pin_score(self, regime: Regime) -> float:
        """How much speaks for a close near the strike, 0 to 100: the house heuristic of `pin.score_pin`."""
        return score_pin(
            self.share, self.distance_pct, self.width, self.hours_left, regime
        )


@dataclass(frozen=True, slots=True)
class ExpiryStructure:
    """
    The reading of one matrix.

    Attributes:
        front: The next expiration that has not ended; None when all have.
        front_share: Its share of the matrix's gross.
        zero_dte: The same share where it expires today and the session has not closed; else None.
        net, gross: Sums over the expirations that have not ended.
        roll_off_net: The net without the front expiration; None where that was not given.
        ended: Expirations whose contracts are gone.
        ended_share: Their part of the whole matrix's gross, which a strike map of that time still holds.
        book: The gamma matrix with its widths; None for another greek, and where it is not the dealer's.
    """

    greek: MatrixGreek
    convention: Convention
    columns: tuple[Column, ...]
    front: Column | None
    zero_dte: float | None
    net: float
    gross: float
    roll_off_net: float | None
    upper_wall: Wall | None
    lower_wall: Wall | None
    magnet: Magnet | None
    ended: tuple[date, ...] = ()
    ended_share: float = 0.0
    book: MatrixBook | None = None

    @property
    def regime(self) -> Regime:
        """The sign of these expirations' net, neutral under 2 % of their gross: not the whole book's."""
        return name_regime(self.net, self.gross)

    @property
    def front_share(self) -> float | None:
        return self.front.share if self.front else None

    @property
    def spread(self) -> float | None:
        """How many expirations of equal size would be as concentrated: 1 / sum of squared shares; None without exposure."""
        squares = sum((c.share or 0.0) ** 2 for c in self.columns)
        return 1 / squares if squares else None

    @property
    def largest(self) -> Column | None:
        return max(self.columns, key=lambda c: c.share or 0.0, default=None)

    @property
    def not_given(self) -> tuple[date, ...]:
        """Expirations without a single cell: loading or dropped upstream, which is not zero."""
        return tuple(c.expiration for c in self.columns if c.net is None)


def read_structure(
    expiries: ExpiryMap,
    greek: MatrixGreek = "gex",
    *,
    at: datetime | None = None,
    flips: int = 0,
) -> ExpiryStructure:
    """
    Read the expiry structure of one matrix.

    Expirations that have ended are listed, but counted in nothing: their contracts are gone.

    Args:
        at: The instant at which expirations are judged ended; the snapshot's own where left out.
        flips: For how many of the nearest expirations a flip is looked for (each costs a repricing).

    Raises:
        KeyError: The matrix of *greek* is not in the map.
    """
    at = at or expiries.as_of
    ended = tuple(day for day in expiries.expirations if has_ended(day, at))
    still = _read_still(
        expiries, greek, at.astimezone(NEW_YORK).date().isoformat(), ended, flips
    )
    front = still.front
    if front is None or not expires_today(front.expiration, at):
        return still
    return replace(
        still,
        zero_dte=front.share,
        magnet=_read_magnet(expiries, expiries.matrices[greek], front, at)
        if greek == "gex"
        else None,
    )


@remembered(most=16)
def _read_still(
    expiries: ExpiryMap,
    greek: MatrixGreek,
    day: str,
    ended: tuple[date, ...],
    flips: int,
) -> ExpiryStructure:
    """What holds for the rest of the day, or until the next expiration ends: no magnet, no zero_dte."""
    matrix = expiries.matrices[greek]
    today = date.fromisoformat(day)
    ahead = [i for i, d in enumerate(expiries.expirations) if d not in ended]
    gross = sum(abs(v) for row in matrix for i in ahead if (v := row[i]) is not None)
    book = read_matrix_book(expiries, ended) if greek == "gex" else None
    columns = tuple(
        _read_column(
            expiries,
            matrix,
            i,
            gross if i in ahead else 0.0,
            today,
            book if i in ahead[:flips] else None,
        )
        for i in range(len(expiries.expirations))
    )
    front = columns[ahead[0]] if ahead else None
    staying = ahead[1:]
    return ExpiryStructure(
        greek=greek,
        convention=detect_matrix_convention(expiries, greek),
        columns=columns,
        front=front,
        zero_dte=None,
        net=sum(columns[i].net or 0.0 for i in ahead),
        gross=gross,
        roll_off_net=None
        if front is not None and front.net is None
        else sum(columns[i].net or 0.0 for i in staying),
        upper_wall=read_wall(expiries, matrix, ahead, sign=1),
        lower_wall=read_wall(expiries, matrix, ahead, sign=-1),
        magnet=None,
        ended=ended,
        ended_share=_ended_share(columns, ahead, gross),
        book=book,
    )


def _ended_share(
    columns: Sequence[Column], ahead: Sequence[int], gross: float
) -> float:
    gone = sum(c.gross for i, c in enumerate(columns) if i not in ahead)
    return gone / (gone + gross) if gone else 0.0


def _read_column(
    expiries: ExpiryMap,
    matrix: Matrix,
    index: int,
    gross: float,
    today: date,
    book: MatrixBook | None,
) -> Column:
    given = [
        (k, v)
        for k, row in zip(expiries.strikes, matrix, strict=True)
        if (v := row[index]) is not None
    ]
    cells = [(k, v) for k, v in given if v != 0]
    own = sum(abs(v) for _, v in cells)
    expiration = expiries.expirations[index]
    return Column(
        expiration=expiration,
        dte=(expiration - today).days,
        net=sum(v for _, v in cells) if given else None,
        gross=own,
        share=(own / gross if gross else 0.0) if given else None,
        flip=book.kernel([index]).flip() if book else None,
        max_strike=max(cells, key=lambda c: abs(c[1]))[0] if cells else None,
    )


def _read_magnet(
    expiries: ExpiryMap, matrix: Matrix, front: Column, at: datetime
) -> Magnet | None:
    spot = expiries.spot
    if not spot:
        return None
    index = expiries.expirations.index(front.expiration)
    cells = [
        (v, k)
        for k, row in zip(expiries.strikes, matrix, strict=True)
        if (v := row[index])
    ]
    near = [(v, k) for v, k in cells if v > 0 and abs(k - spot) <= 0.01 * spot]
    if not near:
        return None
    value, strike = max(near)
    return Magnet(
        strike=strike,
        value=value,
        share=value / front.gross,
        distance_pct=distance_pct(strike, spot) or 0.0,
        width=measure_width(spot, [k for _, k in cells], [abs(v) for v, _ in cells]),
        hours_left=hours_to_close(at),
    )
