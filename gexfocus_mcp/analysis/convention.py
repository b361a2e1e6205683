"""
Which side the bars are signed for, told from the bars alone.

The feed says "dealer" but its own samples look partly like raw open interest, so the
convention is detected on every map and never assumed.
"""

from dataclasses import replace
from typing import Final, Literal

from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import Bar, StrikeMap


Convention = Literal["dealer_signed", "raw_oi", "mixed", "unknown"]
"""`dealer_signed`: dealers long calls and short puts. `raw_oi`: every contract counted long."""

# On 28 real chains the share was at least 0.993 or at most 0.007; anything between is neither.
_CLEAR: Final = 0.9


def _agreement(bars: tuple[Bar, ...]) -> float | None:
    """Share, weighted by the smaller leg, of strikes whose calls and puts have one sign; None without a pair."""
    same = pairs = 0.0
    for bar in bars:
        weight = min(abs(bar.calls), abs(bar.puts))
        pairs += weight
        if bar.calls * bar.puts > 0:
            same += weight
    return same / pairs if pairs > 0 else None


def _from_puts_alone(greek: Greek, bars: tuple[Bar, ...]) -> Convention:
    """Long gamma is positive and long-put delta negative whoever holds them, so puts alone can tell two of the four."""
    puts = sum(bar.puts for bar in bars)
    if puts == 0 or greek in {"vanna", "charm"}:
        return "unknown"
    long_sign = 1 if greek == "gex" else -1
    return "raw_oi" if puts * long_sign > 0 else "dealer_signed"


def detect_convention(strikes: StrikeMap) -> Convention:
    """
    Tell a dealer-signed map from raw open interest.

    A call and a put of one strike have the same gamma, vanna and (nearly) charm, so equal
    signs of the two columns mean that nobody's side was applied; delta differs in sign
    between call and put, so there equal signs mean that the puts were turned.
    """
    agreement = _agreement(strikes.bars)
    if agreement is None:
        return _from_puts_alone(strikes.greek, strikes.bars)
    if strikes.greek == "delta":
        agreement = 1 - agreement
    if agreement >= _CLEAR:
        return "raw_oi"
    return "dealer_signed" if agreement <= 1 - _CLEAR else "mixed"


def to_dealer(strikes: StrikeMap) -> StrikeMap:
    """
    The same map for the dealer's book (long calls, short puts).

    A raw map's puts change sign and its stored net, which no longer applies, is dropped; any other
    map is returned as it is.
    """
    if detect_convention(strikes) != "raw_oi":
        return strikes
    return replace(
        strikes,
        stored_net=None,
        stored_max_strike=None,
        bars=tuple(Bar(bar.strike, bar.calls, -bar.puts) for bar in strikes.bars),
    )
