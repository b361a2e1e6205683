"""Long or short gamma, and how far the model's own tests agree about it."""

from dataclasses import dataclass
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
    net = strikes.net
    if not net or abs(net) < NEUTRAL_TILT * strikes.gross:
        return "neutral"
    return "long_gamma" if net > 0 else "short_gamma"


def read_stance(
    strikes: StrikeMap,
    flip: Flip | None,
    *,
    spot_now: float | None = None,
    doubts: tuple[str, ...] = (),
) -> Stance:
    """
    Read the regime of a dealer-signed gamma map.

    Confidence is the worst of the tests that can be made: |tilt| below 0.05 or the flip within 0.5 %
    of spot is low, below 0.20 or within 2 % is moderate.

    Args:
        spot_now: A newer price than the map's, which the flip is then measured from.
        doubts: Facts from outside the map (stale, partial) each of which makes confidence low.
    """
    tilt, coverage = read_tilt(strikes), read_coverage(strikes)
    low = [*doubts, *_contradictions(strikes, flip, coverage)]
    moderate = list[str]()
    if tilt is None:
        low.append("no strike-level data")
    elif abs(tilt) < _FAINT_TILT:
        low.append("|tilt| < 0.05")
    elif abs(tilt) < _MODEST_TILT:
        moderate.append("|tilt| < 0.20")
    if flip is not None:
        distance = abs(flip.distance_pct)
        if spot_now:
            distance = abs(flip.value - spot_now) / spot_now * 100
        if distance < CLOSE_PCT:
            low.append("flip < 0.5 % away")
        elif distance < _NEAR_PCT:
            moderate.append("flip < 2 % away")
    confidence: Confidence = "low" if low else "moderate" if moderate else "high"
    reasons = low + moderate or ["|tilt| >= 0.20", _distant(flip)]
    return Stance(
        regime=read_regime(strikes),
        confidence=confidence,
        net=strikes.net,
        gross=strikes.gross,
        tilt=tilt,
        coverage=coverage,
        reasons=tuple(reasons),
    )


def _distant(flip: Flip | None) -> str:
    return "no flip within 15 %" if flip is None else "flip over 2 % away"


def _contradictions(
    strikes: StrikeMap, flip: Flip | None, coverage: float | None
) -> list[str]:
    found = list[str]()
    if flip is not None and flip.side_agrees_with_net is False:
        found.append("flip is on the other side of spot than net says")
    if flip is not None and strikes.spot and strikes.net:
        stream = flip.alternatives.get("stream")
        if stream and (strikes.spot > stream) != (strikes.net > 0):
            found.append("stream's flip is on the other side of spot than net says")
    if coverage is not None and not _COVERED[0] <= coverage <= _COVERED[1]:
        found.append(f"bars add up to {coverage * 100:.3f} % of the stored net")
    return found
