"""
Which side the bars are signed for, told from the bars alone.

The feed says "dealer" but its own samples look partly like raw open interest, so the
convention is detected on every map and never assumed.
"""

from dataclasses import replace
from typing import Final, Literal

from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import Bar, StrikeMap


Convention = Literal["dealer_signed", "raw_oi", "mixed", "unknown"]
"""`dealer_signed`: dealers long calls and short puts. `raw_oi`: every contract counted long."""

# On 28 real chains the share was at least 0.993 or at most 0.007; anything between is neither.
_CLEAR: Final = 0.9
# Carry turns a few cells near the money, so that not quite all of a raw matrix follows.
_ALL_LONG: Final = 0.95
# Gamma nothing turns: a dealer's matrix can be nine tenths positive, a raw one has no negative cell.
_ALL_LONG_GAMMA: Final = 0.9999


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


@remembered()
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
        # Gamma of a long option is positive: one that is negative throughout was turned by somebody.
        turned = strikes.greek == "gex" and sum(bar.puts for bar in strikes.bars) < 0
        return "mixed" if turned else "raw_oi"
    return "dealer_signed" if agreement <= 1 - _CLEAR else "mixed"


@remembered(most=16)
def detect_matrix_convention(expiries: ExpiryMap, greek: MatrixGreek) -> Convention:
    """
    Tell a dealer-signed matrix from raw open interest by the signs of its cells alone.

    A long option's gamma is positive everywhere; its vanna is negative below spot and positive above, its
    charm the other way round, for calls and puts alike. Cells that all follow that were never turned.
    """
    spot = expiries.spot
    if greek != "gex" and spot is None:
        return "unknown"
    turn = -1.0 if greek == "charm" else 1.0
    long = weight = 0.0
    for strike, row in zip(expiries.strikes, expiries.matrices[greek], strict=True):
        side = 1.0 if greek == "gex" or spot is None else strike - spot
        for cell in row:
            if cell:
                weight += abs(cell)
                long += abs(cell) if cell * side * turn > 0 else 0.0
    if not weight:
        return "unknown"
    clear = _ALL_LONG_GAMMA if greek == "gex" else _ALL_LONG
    return "raw_oi" if long >= clear * weight else "dealer_signed"


@remembered()
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
