"""How gamma is spread over the strikes: concentrated or wide, lopsided or even, and how clear each wall is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gexfocus_mcp.analysis.levels import Level, read_level
from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.market.strikes import Bar, StrikeMap


Leg = Literal["calls", "puts"]

_NEAR: Final = 0.01
_TOP: Final = 5
_WEAK_GAP: Final = 0.15
_ZONE: Final = 0.5


@dataclass(frozen=True, slots=True)
class WallShape:
    """
    How clearly a wall stands out.

    Attributes:
        zone: Lowest and highest strike of the run of neighbours with more than half of the wall's gross each;
            twice the wall's own strike where it stands alone.
        runner_up: Strike of the second largest exposure of the same leg; None without one.
        gap: 1 - second / first, 0 to 1.
        on_usual_side: The wall of the usual side of spot (calls at or above, puts at or below) where the
            plain one is on the other; else None.
    """

    zone: tuple[float, float]
    runner_up: float | None
    gap: float
    on_usual_side: Level | None

    @property
    def weak(self) -> bool:
        """Another strike holds nearly as much: the wall can move there on little."""
        return self.gap < _WEAK_GAP


@dataclass(frozen=True, slots=True)
class Shape:
    """
    The spread of a dealer-signed gamma map over its strikes.

    Attributes:
        effective_strikes: 1 / sum of squared gross shares (inverse Herfindahl index): how many equal strikes
            would be as concentrated; 20 to 47 on real indices and ETFs.
        top_share: Share of gross on the five largest strikes.
        near_net: Net of the strikes within 1 % of spot over all gross; None without a spot.
        call_wall, put_wall: None where there is no such wall.
    """

    effective_strikes: float
    top_share: float
    near_net: float | None
    call_wall: WallShape | None
    put_wall: WallShape | None


@remembered()
def read_shape(strikes: StrikeMap) -> Shape | None:
    """Read a dealer-signed gamma map; None for one without exposure."""
    gross = strikes.gross
    if not gross:
        return None
    shares = sorted((bar.gross / gross for bar in strikes.bars), reverse=True)
    spot = strikes.spot
    return Shape(
        effective_strikes=1 / sum(share * share for share in shares),
        top_share=sum(shares[:_TOP]),
        near_net=None
        if spot is None
        else sum(b.total for b in strikes.bars if abs(b.strike - spot) <= _NEAR * spot)
        / gross,
        call_wall=read_wall_shape(strikes, "calls"),
        put_wall=read_wall_shape(strikes, "puts"),
    )


def read_wall_shape(strikes: StrikeMap, leg: Leg) -> WallShape | None:
    """Read how clear the wall of one leg is; None where no bar of the leg has the dealer's usual sign."""
    sign = 1 if leg == "calls" else -1

    def size(bar: Bar) -> float:
        return sign * (bar.calls if leg == "calls" else bar.puts)

    # The first of equals, as where the wall itself is read.
    order = sorted(strikes.bars, key=size, reverse=True)
    if not order or size(order[0]) <= 0:
        return None
    wall = order[0]
    second = order[1] if len(order) > 1 and size(order[1]) > 0 else None
    return WallShape(
        zone=_zone(strikes.bars, wall),
        runner_up=second.strike if second else None,
        gap=1 - size(second) / size(wall) if second else 1.0,
        on_usual_side=_on_usual_side(strikes, order, sign, leg),
    )


def _zone(bars: Sequence[Bar], wall: Bar) -> tuple[float, float]:
    at = next(i for i, bar in enumerate(bars) if bar.strike == wall.strike)
    low = high = at
    while low > 0 and bars[low - 1].gross > _ZONE * wall.gross:
        low -= 1
    while high < len(bars) - 1 and bars[high + 1].gross > _ZONE * wall.gross:
        high += 1
    return bars[low].strike, bars[high].strike


def _on_usual_side(
    strikes: StrikeMap, order: Sequence[Bar], sign: int, leg: Leg
) -> Level | None:
    spot = strikes.spot
    if spot is None or sign * (order[0].strike - spot) >= 0:
        return None
    for bar in order:
        value = bar.calls if leg == "calls" else bar.puts
        if sign * value <= 0:
            return None
        if sign * (bar.strike - spot) >= 0:
            return read_level(bar, value, strikes.gross, spot)
    return None
