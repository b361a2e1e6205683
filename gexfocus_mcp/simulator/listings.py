"""
The eleven underlyings and what is typical of each.

Levels are those of 2026; an index and its fund share a *family*, that is one price path up to scale,
so that SPX and SPY cannot drift apart.
"""

from dataclasses import dataclass
from typing import Literal


ExpiryStyle = Literal["daily", "three_a_week", "weekly"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One underlying. Volatility is annual, open interest in contracts over all expirations."""

    ticker: str
    family: str
    price: float
    fine: float
    """Strike step near the money; *coarse* is the step beyond *fine_width* (a fraction of the price)."""
    coarse: float
    fine_width: float
    reach: tuple[float, float]
    """How far strikes go below and above the price in distant expirations, as fractions of it."""
    vol: float
    skew: float
    """Change of volatility, as a share of it, per standard deviation of log-moneyness."""
    open_interest: int
    lean: float
    """Above zero there are more calls than puts; the ratio is exp(2 lean)."""
    expiries: ExpiryStyle
    common: float
    """Correlation of the path with the whole market's."""
    print_size: float
    """Mean contracts of one trade."""
    matrix_every: int = 1
    """The multi-expiration matrix is made at every n-th map; single names are refreshed less often."""
    crowding: float = 1.0
    """How much open interest prefers round strikes; 0 not at all, 1 as an index does."""


_INDEX = (0.45, 0.25)
_NAME = (0.60, 0.80)


def _name(
    ticker: str,
    price: float,
    *,
    step: float = 2.5,
    vol: float,
    interest: int,
    lean: float,
    expiries: ExpiryStyle = "three_a_week",
) -> Listing:
    return Listing(
        ticker,
        ticker,
        price,
        step,
        2 * step,
        0.25,
        _NAME,
        vol,
        -0.05,
        interest,
        lean,
        expiries,
        common=0.6,
        print_size=30.0,
        matrix_every=3,
        crowding=0.45,
    )


LISTINGS = {
    listing.ticker: listing
    for listing in (
        Listing(
            "SPX",
            "S&P",
            7400.0,
            5.0,
            25.0,
            0.10,
            _INDEX,
            0.125,
            -0.16,
            20_000_000,
            0.18,
            "daily",
            0.98,
            14.0,
        ),
        Listing(
            "NDX",
            "Nasdaq",
            28_500.0,
            10.0,
            50.0,
            0.05,
            (0.30, 0.20),
            0.17,
            -0.13,
            150_000,
            0.10,
            "daily",
            0.93,
            2.0,
        ),
        Listing(
            "SPY",
            "S&P",
            740.0,
            1.0,
            5.0,
            0.13,
            _INDEX,
            0.125,
            -0.16,
            19_000_000,
            0.04,
            "daily",
            0.98,
            60.0,
            crowding=0.8,
        ),
        Listing(
            "QQQ",
            "Nasdaq",
            694.0,
            1.0,
            5.0,
            0.13,
            _INDEX,
            0.17,
            -0.13,
            9_000_000,
            -0.04,
            "daily",
            0.93,
            55.0,
            crowding=0.6,
        ),
        _name("AAPL", 298.0, vol=0.25, interest=4_800_000, lean=0.30),
        _name(
            "MSFT", 428.0, vol=0.24, interest=2_600_000, lean=0.10, expiries="weekly"
        ),
        _name("AMZN", 262.0, vol=0.31, interest=4_200_000, lean=0.18),
        _name(
            "GOOGL", 385.0, vol=0.29, interest=3_900_000, lean=0.06, expiries="weekly"
        ),
        _name("META", 612.0, step=5.0, vol=0.32, interest=1_700_000, lean=0.32),
        _name("NVDA", 212.0, vol=0.38, interest=13_000_000, lean=0.20),
        _name("TSLA", 431.0, vol=0.48, interest=4_900_000, lean=-0.10),
    )
}

TICKERS = frozenset(LISTINGS)
