"""The eleven names the feed covers, and the one way to obtain a checked one."""

from difflib import get_close_matches
from typing import Final, NewType

from gexfocus_mcp.errors import UnknownTicker


Ticker = NewType("Ticker", str)
"""An upper-case name of the feed; only `parse_ticker` makes one from text."""

INDICES_AND_ETFS: Final = tuple(map(Ticker, ("SPX", "NDX", "SPY", "QQQ")))
MAG7: Final = tuple(
    map(Ticker, ("AAPL", "MSFT", "AMZN", "GOOGL", "META", "NVDA", "TSLA"))
)
TICKERS: Final = INDICES_AND_ETFS + MAG7

# Spellings that mean one of the eleven and nothing else.
_ALIASES: Final = {"GOOG": "GOOGL", "SPXW": "SPX", "NDXP": "NDX", "FB": "META"}


def parse_ticker(text: object) -> Ticker:
    """
    Read `spy`, `$SPX` or `^NDX` as the feed's name.

    Raises:
        UnknownTicker: Naming the nearest covered ticker, where one is near.
    """
    name = text.strip().lstrip("$^.").strip() if isinstance(text, str) else ""
    # Other alphabets have letters whose upper case is a Latin one.
    name = name.upper() if name.isascii() else name
    name = _ALIASES.get(name, name)
    if name in TICKERS:
        return Ticker(name)
    near = get_close_matches(name, TICKERS, n=1, cutoff=0.5) if name.isascii() else []
    shown = f"'{name[:12]}'" if name.isascii() and name.isalnum() else "that ticker"
    raise UnknownTicker(
        f"GEXfocus does not cover {shown}",
        (f"Nearest: {near[0]}. " if near else "") + f"Covered: {', '.join(TICKERS)}.",
    )
