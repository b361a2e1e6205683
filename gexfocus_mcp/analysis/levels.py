"""
Walls, strikes of largest gamma, and the flip beside what others call one.

Definitions differ between platforms; each is stated where it is computed. Everything here
works on the full, dealer-signed map.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from gexfocus_mcp.analysis.kernel import Kernel, cumulative_flip, read_kernel
from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.market.strikes import Bar, StrikeMap


FAR_PCT: Final = 8.0
"""Beyond this distance only "far" is meant: the flip's error grows with its distance."""


@dataclass(frozen=True, slots=True)
class Level:
    """
    A strike that stands out.

    Attributes:
        value: The exposure it stands out by, in the map's unit.
        share: Share of all gross gamma that sits at the strike, 0 to 1.
        distance_pct: (strike - spot) / spot x 100; None without a spot.
    """

    strike: float
    value: float
    share: float
    distance_pct: float | None


@dataclass(frozen=True, slots=True)
class Flip:
    """
    The spot at which modelled dealer gamma would be zero.

    Attributes:
        method: `matrix` where each expiration was repriced by itself (`book`), `kernel` where the strike map
            was with one width.
        side_agrees_with_net: Spot above it with positive net, or below with negative; None when net is zero.
        alternatives: The same idea by other methods, by name, for recognition and not for use.
    """

    value: float
    method: str
    distance_pct: float
    side_agrees_with_net: bool | None
    alternatives: dict[str, float] = field(default_factory=dict)

    @property
    def far(self) -> bool:
        return abs(self.distance_pct) > FAR_PCT


@dataclass(frozen=True, slots=True)
class Levels:
    """Each level is None where no bar qualifies, the flip where nothing crosses within 15 % of spot."""

    flip: Flip | None
    call_wall: Level | None
    put_wall: Level | None
    max_gamma: Level | None
    max_gross: Level | None

    @property
    def same_strike(self) -> bool:
        """Both walls on one strike: usual shortly before an expiry, and no range between them."""
        return (
            self.call_wall is not None
            and self.put_wall is not None
            and self.call_wall.strike == self.put_wall.strike
        )


def distance_pct(level: float, spot: float | None) -> float | None:
    """(level - spot) / spot x 100."""
    return None if spot is None else (level - spot) / spot * 100


def read_level(bar: Bar, value: float, gross: float, spot: float | None) -> Level:
    share = bar.gross / gross if gross else 0.0
    return Level(bar.strike, value, share, distance_pct(bar.strike, spot))


def read_levels(
    strikes: StrikeMap,
    *,
    stream_flip: float | None = None,
    book: Kernel | None = None,
) -> tuple[Levels, Kernel | None]:
    """
    Read every level of a dealer-signed gamma map, and the kernel they were read with.

    *book* is the same book by expiration, from `book.combine`: the sharper kernel, used where it is given.

    Call wall: the largest `calls`. Put wall: the most negative `puts`. Neither is restricted to its
    usual side of spot (the plain call wall was below spot in 10 of 28 real chains), and the total is
    never used for the put wall, which it misses in 22 of 28. Max gamma: largest |total|, the
    upstream's `max_strike`. Max gross: largest |calls| + |puts|, elsewhere "absolute gamma strike".
    """
    levels, kernel = _read_still(strikes, book)
    if levels.flip is None or stream_flip is None:
        return levels, kernel
    alternatives = {"stream": stream_flip, **levels.flip.alternatives}
    return (
        replace(levels, flip=replace(levels.flip, alternatives=alternatives)),
        kernel,
    )


@remembered()
def _read_still(
    strikes: StrikeMap, book: Kernel | None
) -> tuple[Levels, Kernel | None]:
    """Everything but the stream's own flip."""
    bars, spot = strikes.bars, strikes.spot
    gross = strikes.gross
    calls = max(bars, key=lambda b: b.calls, default=None)
    puts = min(bars, key=lambda b: b.puts, default=None)
    top = max(bars, key=lambda b: abs(b.total), default=None)
    widest = max(bars, key=lambda b: b.gross, default=None)
    kernel = read_kernel(strikes, spot) if spot and gross else None
    levels = Levels(
        flip=_read_flip(strikes, kernel, book),
        call_wall=read_level(calls, calls.calls, gross, spot)
        if calls and calls.calls > 0
        else None,
        put_wall=read_level(puts, puts.puts, gross, spot)
        if puts and puts.puts < 0
        else None,
        max_gamma=read_level(top, top.total, gross, spot)
        if top and top.total
        else None,
        max_gross=read_level(widest, widest.gross, gross, spot)
        if widest and widest.gross
        else None,
    )
    return levels, book or kernel


def _read_flip(
    strikes: StrikeMap, kernel: Kernel | None, book: Kernel | None
) -> Flip | None:
    used = book or kernel
    value = used.flip() if used else None
    if kernel is None or value is None:
        return None
    alternatives = dict[str, float]()
    single = kernel.flip() if book else None
    if single is not None:
        alternatives["kernel"] = single
    running = cumulative_flip(strikes, kernel.spot)
    if running is not None:
        alternatives["cumulative_strike"] = running
    return Flip(
        value=value,
        method="matrix" if book else "kernel",
        distance_pct=(value - kernel.spot) / kernel.spot * 100,
        side_agrees_with_net=None
        if strikes.net == 0
        else (kernel.spot > value) == (strikes.net > 0),
        alternatives=alternatives,
    )
