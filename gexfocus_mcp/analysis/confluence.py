"""
Strikes at which gamma, vanna and charm gather, and whether hedging them pulls one way.

The hedges are those of +1 % of spot, +1 volatility point and one day passing: minus the exposure each.
Which way they go is said only of matrices signed for the dealer; size needs no side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from gexfocus_mcp.analysis.convention import detect_matrix_convention
from gexfocus_mcp.analysis.roll_off import row_totals
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek


GREEKS: Final[tuple[MatrixGreek, ...]] = get_args(MatrixGreek)

_SHOWN: Final = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One greek at one strike.

    Attributes:
        share: Of the sum of all strikes' absolute totals, 0 to 1.
        rank: 1 for the largest.
        hedge: What dealers do for its cause; None where no side is known or there is nothing to hedge.
    """

    share: float
    rank: int
    hedge: Literal["buy", "sell"] | None


@dataclass(frozen=True, slots=True)
class Gathering:
    """
    One strike.

    Attributes:
        one_way: The three hedges go the same way; None where one of them is not known.
    """

    strike: float
    standings: Mapping[MatrixGreek, Standing]

    @property
    def one_way(self) -> bool | None:
        hedges = [s.hedge for s in self.standings.values()]
        if len(hedges) < len(GREEKS) or None in hedges:
            return None
        return len(set(hedges)) == 1


@dataclass(frozen=True, slots=True)
class Confluence:
    """
    The strikes with the largest sum of shares, largest first.

    Attributes:
        missing: Greeks without a matrix.
        unsigned: Greeks whose matrix is not signed for the dealer.
    """

    strikes: tuple[Gathering, ...]
    missing: tuple[MatrixGreek, ...]
    unsigned: tuple[MatrixGreek, ...]


def read_confluence(expiries: ExpiryMap, ahead: Sequence[int]) -> Confluence | None:
    """
    Rank the strikes over the expirations of the indices *ahead*.

    None where fewer than two greeks have a matrix: there is nothing to compare.
    """
    totals = {
        greek: row_totals(expiries.matrices[greek], ahead)
        for greek in GREEKS
        if greek in expiries.matrices
    }
    totals = {greek: rows for greek, rows in totals.items() if any(rows)}
    if len(totals) < 2:
        return None
    signed = {
        g for g in totals if detect_matrix_convention(expiries, g) == "dealer_signed"
    }
    by_greek = {g: _standings(rows, signed=g in signed) for g, rows in totals.items()}
    together = [
        sum(by_greek[g][i].share for g in by_greek)
        for i in range(len(expiries.strikes))
    ]
    order = sorted(range(len(together)), key=lambda i: -together[i])
    return Confluence(
        strikes=tuple(
            Gathering(expiries.strikes[i], {g: by_greek[g][i] for g in by_greek})
            for i in order[:_SHOWN]
            if together[i] > 0
        ),
        missing=tuple(g for g in GREEKS if g not in totals),
        unsigned=tuple(g for g in totals if g not in signed),
    )


def _standings(totals: Sequence[float], *, signed: bool) -> list[Standing]:
    size = sum(map(abs, totals))
    order = sorted(range(len(totals)), key=lambda i: -abs(totals[i]))
    rank = {i: place for place, i in enumerate(order, start=1)}
    return [
        Standing(
            abs(total) / size,
            rank[i],
            ("sell" if total > 0 else "buy") if signed and total else None,
        )
        for i, total in enumerate(totals)
    ]
