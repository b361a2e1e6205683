"""Long or short gamma, and how far the model's own tests agree about it."""

from dataclasses import dataclass
from math import inf
from typing import Final, Literal

from gexfocus_mcp.analysis.levels import Flip
from gexfocus_mcp.market.strikes import StrikeMap


Regime = Literal["long_gamma", "short_gamma", "neutral"]
Confidence = Literal["low", "moderate", "high"]

NEUTRAL_TILT: Final = 0.02
"""House rule: a net below this share of gross has no sign worth naming."""

CLOSE_PCT: Final = 0.5
"""A flip nearer than this makes any read of the sign unsure."""

_NEAR_PCT: Final = 2.0
_FAINT_TILT, _MODEST_TILT = 0.05, 0.20
# Between these the stored net and the bars speak of the same book.
_COVERED: Final = (0.5, 2.0)
_ALIKE: Final = (0.9, 1.1)
# Where the net is too small for a ratio, by how much of gross the two may differ.
_APART: Final = 0.05


@dataclass(frozen=True, slots=True)
class Stance:
    """
    The regime and what it rests on.

    Attributes:
        tilt: Sum of the bars over their gross, -1 to +1; None without bars. Unit-free, comparable across names.
        coverage: Sum of the bars over the net; None where the net is too small to divide by.
        reasons: Why the confidence is not higher, or that every test agrees; one phrase each.
    """

    regime: Regime
    confidence: Confidence
    net: float
    gross: float
    tilt: float | None
    coverage: float | None
    reasons: tuple[str, ...]


def read_tilt(strikes: StrikeMap) -> float | None:
    gross = strikes.gross
    return strikes.bars_net / gross if gross else None


def read_coverage(strikes: StrikeMap) -> float | None:
    """Sum of the bars / net; None when |net| is under 2 % of gross, where the ratio says nothing."""
    net = strikes.net
    small = abs(net) < NEUTRAL_TILT * strikes.gross
    return None if small or not net or not strikes.bars else strikes.bars_net / net


def read_regime(strikes: StrikeMap) -> Regime:
    """
    The sign of net gamma; neutral under 2 % of gross.

    Not the side of the flip, which is only a distance: where the two differ confidence says so.
    """
    return name_regime(strikes.net, strikes.gross)


def name_regime(net: float, gross: float) -> Regime:
    """The sign of *net*; neutral under 2 % of *gross*."""
    if not net or abs(net) < NEUTRAL_TILT * gross:
        return "neutral"
    return "long_gamma" if net > 0 else "short_gamma"


def read_stance(
    strikes: StrikeMap,
    flip: Flip | None,
    *,
    spot_now: float | None = None,
    stream_flip: float | None = None,
    doubts: tuple[str, ...] = (),
) -> Stance:
    """
    Read the regime of a dealer-signed gamma map.

    Confidence is the worst of the tests that can be made: |tilt| below 0.05 or the flip within 0.5 %
    of spot is low, below 0.20 or within 2 % is moderate.

    Args:
        spot_now: A newer price than the map's, which the flip is then measured from.
        stream_flip: The stream's own flip, whose side is held against net's too.
        doubts: Facts from outside the map (stale, partial) each of which makes confidence low.
    """
    tilt, coverage = read_tilt(strikes), read_coverage(strikes)
    distance = _distance(flip, spot_now)
    low = [
        *doubts,
        *_contradictions(strikes, flip, stream_flip, coverage),
        *_if(strikes.spot is None, "no spot: flip not reckoned"),
        *_if(
            _has_crossed(strikes.spot, flip, spot_now),
            "price has crossed the flip since the map",
        ),
        *_if(tilt is None, "no strike-level data"),
        *_if(tilt is not None and abs(tilt) < _FAINT_TILT, "|tilt| < 0.05"),
        *_if(distance < CLOSE_PCT, "flip < 0.5 % away"),
    ]
    moderate = [
        *_if(
            tilt is not None and _FAINT_TILT <= abs(tilt) < _MODEST_TILT,
            "|tilt| < 0.20",
        ),
        *_if(CLOSE_PCT <= distance < _NEAR_PCT, "flip < 2 % away"),
        *_if(
            coverage is not None and not _ALIKE[0] <= coverage <= _ALIKE[1],
            f"bars add up to {_as_percent(coverage or 0)} % of the stored net",
        ),
    ]
    confidence: Confidence = "low" if low else "moderate" if moderate else "high"
    return Stance(
        regime=read_regime(strikes),
        confidence=confidence,
        net=strikes.net,
        gross=strikes.gross,
        tilt=tilt,
        coverage=coverage,
        reasons=tuple(low + moderate or ["|tilt| >= 0.20", _distant(flip)]),
    )


def _as_percent(ratio: float) -> str:
    """Three digits, but never an exponent."""
    return f"{ratio * 100:.3g}" if abs(ratio) < 9.99 else f"{ratio * 100:.0f}"


def _if(holds: bool, reason: str) -> list[str]:
    return [reason] if holds else []


def _distance(flip: Flip | None, spot_now: float | None) -> float:
    """Percent between price and flip; infinite where there is no flip."""
    if flip is None:
        return inf
    if spot_now:
        return abs(flip.value - spot_now) / spot_now * 100
    return abs(flip.distance_pct)


def _distant(flip: Flip | None) -> str:
    return "no flip within 15 %" if flip is None else "flip over 2 % away"


def _has_crossed(spot: float | None, flip: Flip | None, spot_now: float | None) -> bool:
    if spot is None or flip is None or spot_now is None:
        return False
    return (spot > flip.value) != (spot_now > flip.value)


def _contradictions(
    strikes: StrikeMap,
    flip: Flip | None,
    stream_flip: float | None,
    coverage: float | None,
) -> list[str]:
    found = list[str]()
    if flip is not None and flip.side_agrees_with_net is False:
        found.append("flip is on the other side of spot than net says")
    if stream_flip and strikes.spot and strikes.net:
        above = strikes.spot > stream_flip
        if above != (strikes.net > 0):
            found.append("stream's flip is on the other side of spot than net says")
    apart = abs(strikes.bars_net - strikes.net)
    of_one_book = (
        apart <= _APART * strikes.gross
        if coverage is None
        else _COVERED[0] <= coverage <= _COVERED[1]
    )
    if strikes.bars and not of_one_book:
        found.append("bars and stored net are not of one book")
    return found
