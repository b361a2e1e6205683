"""The everyday read: every part of it reckoned from one pair of maps and whatever flow is at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gexfocus_mcp.analysis.convention import Convention, detect_convention, to_dealer
from gexfocus_mcp.analysis.hedge import (
    Hedge,
    hedge_for_volatility,
    hedge_to_close,
    read_hedge,
)
from gexfocus_mcp.analysis.kernel import Crossings, Kernel
from gexfocus_mcp.analysis.levels import Levels, read_levels
from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.analysis.regime import CLOSE_PCT, Stance, read_stance
from gexfocus_mcp.analysis.shape import Shape, read_shape
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """
    Net vanna or charm of the dealer's book and the hedge that follows from it.

    Attributes:
        hedge: Delta dealers trade (+ = buy) for +1 volatility point, or by the close through time alone;
            None for charm while no session is under way.
        against_gamma: |hedge| over the linear hedge of a 1 % move: whether it matters beside gamma.
        near_share: Share of the map's gross within 2 % of spot, where a move meets it first; None without a spot.
    """

    greek: Greek
    net: float
    convention: Convention
    hedge: float | None
    against_gamma: float | None
    near_share: float | None

    @property
    def adds_to_falls(self) -> bool:
        """
        Of vanna: hedging adds to a fall in which volatility rises.

        Positive vanna (the usual sign of the dealer's book) gains delta as volatility rises, so dealers sell.
        """
        return self.net > 0


@dataclass(frozen=True, slots=True)
class Turn:
    """
    A spot level beyond which the read no longer holds.

    Attributes:
        below: It turns over below *level*; else above it.
        distance_pct: (level - spot) / spot x 100.
    """

    level: float
    below: bool
    distance_pct: float
    then: str


@dataclass(frozen=True, slots=True)
class Positioning:
    """
    What one set of maps says about dealers.

    Attributes:
        gamma: The gamma map, dealer-signed, that everything was read from.
        hedges: One per asked move, in the order asked, up before down.
        shape: How the gamma is spread; None without exposure.
        missing: Greeks that the upstream had no map for.
    """

    gamma: StrikeMap
    gamma_convention: Convention
    stance: Stance
    levels: Levels
    hedges: tuple[Hedge, ...]
    vanna: Sensitivity | None
    charm: Sensitivity | None
    shape: Shape | None
    turns_over: tuple[Turn, ...]
    missing: tuple[Greek, ...]
    notes: tuple[str, ...]


def read_positioning(
    maps: GreekMaps,
    raw: StrikeMap,
    moves: Sequence[float],
    *,
    hours_left: float | None,
    stream_flip: float | None = None,
    spot_now: float | None = None,
    doubts: tuple[str, ...] = (),
    book: Kernel | None = None,
) -> Positioning:
    """
    Read dealer positioning.

    Args:
        raw: The gamma map as the upstream gave it, without which there is no read.
        moves: Percentages of spot, positive; each is reckoned up and down.
        hours_left: To the close of the session that is under way; None when none is, or the map is of another.
        stream_flip: The stream's own flip, shown beside ours.
        spot_now: A price newer than the map's.
        doubts: Facts that make confidence low, such as a stale map.
        book: The same map by expiration (`book.combine`), where the matrix was at hand.
    """
    gamma = to_dealer(raw)
    levels, kernel = read_levels(gamma, stream_flip=stream_flip, book=book)
    stance = read_stance(
        gamma,
        levels.flip,
        spot_now=spot_now,
        stream_flip=stream_flip,
        doubts=doubts,
    )
    hedges = (
        tuple(
            read_hedge(kernel, gamma.net, levels.flip, sign * move)
            # 1 % is always reckoned: it is what reads are compared by.
            for move in dict.fromkeys((1.0, *moves))
            for sign in (1, -1)
        )
        if kernel
        else ()
    )
    vanna = _read_sensitivity(maps, "vanna", gamma.net, hours_left)
    charm = _read_sensitivity(maps, "charm", gamma.net, hours_left)
    return Positioning(
        gamma=gamma,
        gamma_convention=detect_convention(raw),
        stance=stance,
        levels=levels,
        hedges=hedges,
        vanna=vanna,
        charm=charm,
        shape=read_shape(gamma),
        turns_over=find_turns(stance, levels, spot_now or gamma.spot, kernel),
        missing=maps.missing,
        notes=(
            *_map_notes(maps),
            *_convention_notes(maps),
            *_lone_flip(levels, stream_flip),
        ),
    )


def _read_sensitivity(
    maps: GreekMaps, greek: Greek, net_gamma: float, hours_left: float | None
) -> Sensitivity | None:
    raw = maps.maps.get(greek)
    if raw is None or not raw.bars:
        return None
    dealer = to_dealer(raw)
    net = dealer.net
    hedge = hedge_for_volatility(net) if greek == "vanna" else None
    if greek == "charm" and hours_left is not None:
        hedge = hedge_to_close(net, hours_left)
    return Sensitivity(
        greek=greek,
        net=net,
        convention=detect_convention(raw),
        hedge=hedge,
        against_gamma=abs(hedge / net_gamma)
        if net_gamma and hedge is not None
        else None,
        near_share=_near_share(dealer),
    )


@remembered()
def _near_share(strikes: StrikeMap) -> float | None:
    spot, gross = strikes.spot, strikes.gross
    if spot is None or not gross:
        return None
    near = (b.gross for b in strikes.bars if abs(b.strike - spot) <= _NEAR * spot)
    return sum(near) / gross


def _map_notes(maps: GreekMaps) -> list[str]:
    """What had to be repaired in the maps that were read."""
    return [
        note
        for greek in ("gex", "vanna", "charm")
        if (strikes := maps.maps.get(greek)) is not None
        for note in strikes.notes
    ]


def _lone_flip(levels: Levels, stream_flip: float | None) -> list[str]:
    if levels.flip is not None or stream_flip is None:
        return []
    return [
        f"the stream's own flip is {stream_flip:.6g}, where repricing finds no crossing"
    ]


def _convention_notes(maps: GreekMaps) -> list[str]:
    notes = list[str]()
    for greek in ("gex", "vanna", "charm"):
        strikes = maps.maps.get(greek)
        if strikes is None:
            continue
        found = detect_convention(strikes)
        if found == "raw_oi":
            notes.append(
                f"{greek} map is raw open interest; read here for the dealer book (calls - puts)"
            )
        elif found == "mixed":
            notes.append(
                f"{greek} map follows no known sign convention: its net is as the feed gave it"
            )
    return notes


_NEAR: Final = 0.02
_OTHER: Final = {"long_gamma": "short gamma", "short_gamma": "long gamma"}


def find_turns(
    stance: Stance,
    levels: Levels,
    spot: float | None,
    kernel: Kernel | None = None,
) -> tuple[Turn, ...]:
    """Where the read turns over, and last where the flip comes so near that confidence drops."""
    turns = find_crossings(stance, levels, spot, kernel)
    if not turns or not spot or abs(turns[0].distance_pct) <= CLOSE_PCT:
        return turns
    flip, below = turns[0].level, turns[0].below
    near = CLOSE_PCT / 100
    edge = flip / (1 - near if below else 1 + near)
    less_sure = "low confidence, flip near"
    return (*turns, Turn(edge, below, (edge - spot) / spot * 100, less_sure))


def find_crossings(
    stance: Stance, levels: Levels, spot: float | None, kernel: Kernel | None
) -> tuple[Turn, ...]:
    """
    Where net gamma changes its sign: at the flip, then on the other side of spot.

    Args:
        kernel: The book that the flip was found in; without it the other side is not looked at.
    """
    flip = levels.flip
    if flip is None or not spot:
        return ()
    below = flip.value < spot
    expected = stance.regime == ("long_gamma" if below else "short_gamma")
    then = _OTHER[stance.regime] if expected else "repriced net changes sign"
    both = kernel.crossings() if kernel else Crossings(None, None)
    others = [
        level
        for level in (both.below, both.above)
        if level is not None and (level < spot) != below
    ]
    return tuple(
        Turn(level, level < spot, (level - spot) / spot * 100, then)
        for level in (flip.value, *others)
    )
