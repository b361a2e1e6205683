"""
The eleven documented endpoints as a table: path, budget, size and how long an answer is good.

What the API's manners ask for is data here; the code that obeys is in `traffic`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.ticker import MAG7, Ticker


Bucket = Literal["last", "history", "stream"]

STREAM: Final = "stream"
"""Has no budget, but a handshake may be told to wait, and then every process does."""

DOCUMENTED: Final[dict[Bucket, int]] = {"last": 120, "history": 60}
"""What the API allows per rolling 60 s and key."""

# A slot counts from the moment its reply was here (`traffic.quota`), so jitter on the way needs no margin; what is
# taken off is for the programs that do not share the store, and for clocks that run a little fast.
LIMITS: Final[dict[str, tuple[int, float]]] = {
    "last": (118, 60.5),
    "history": (58, 60.5),
}
"""Slots and seconds of each budget as it is kept here; both belong to the key."""

WITHOUT_LIMIT: Final = (1_000_000, 1.0)

_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    One row of the table.

    Attributes:
        path: Below the base URL; the braces take checked names only.
        bucket: The budget a request counts against.
        cap: Most bytes of a reply, after decompression.
        row_cap: Most bytes of one of its rows, where a request limits their number; 0 where none does.
        lifetime: Seconds for which an answer about the present is good.
        mag7_lifetime: The same for the seven stocks, where the upstream refreshes them less often.
    """

    path: str
    bucket: Bucket
    cap: int
    lifetime: float
    mag7_lifetime: float | None = None
    row_cap: int = 0

    def cap_of(self, rows: int) -> int:
        """Most bytes of a reply of at most so many rows: what is larger is not what was asked for."""
        return (
            min(self.cap, _ENVELOPE + rows * self.row_cap) if self.row_cap else self.cap
        )

    def poured_cap(self, rows: int) -> int:
        """The same for a reply that is never held as a whole: more may come, but not without end."""
        return min(_POURED_CAP, _ENVELOPE + rows * self.row_cap)

    def url_path(self, ticker: Ticker | None = None, greek: Greek | None = None) -> str:
        return self.path.format(ticker=ticker, greek=greek)

    def lifetime_of(self, ticker: Ticker) -> float:
        if self.mag7_lifetime is not None and ticker in MAG7:
            return self.mag7_lifetime
        return self.lifetime


# What stands around the rows of a reply.
_ENVELOPE: Final = 256 * 1024
_POURED_CAP: Final = 256 * _MB

POURED_S: Final = 90.0
"""Seconds for such a reply: it is read and written down while it comes, at some 10 MB a second."""


def _last(path: str, mag7_lifetime: float | None = None) -> Endpoint:
    return Endpoint(path, "last", 4 * _MB, 30.0, mag7_lifetime)


def _history(path: str, lifetime: float, row_cap: int = 0) -> Endpoint:
    cap = 64 * _MB if row_cap else _MB
    return Endpoint(path, "history", cap, lifetime, row_cap=row_cap)


STRIKE_MAPS: Final[dict[Greek, Endpoint]] = {
    "gex": _last("/gex/last/{ticker}"),
    "delta": _last("/delta/last/{ticker}"),
    "vanna": _last("/vanna/last/{ticker}"),
    "charm": _last("/charm/last/{ticker}"),
}
GREEK_MAPS: Final = _last("/greeks/last/{ticker}")
EXPIRY_MAP: Final = _last("/mapa_gamma/last/{ticker}", mag7_lifetime=180.0)
FLOW_HISTORY: Final = _history("/history/ndf", 60.0, row_cap=2_000)
FLOW_SESSIONS: Final = _history("/history/ndf/sessions", 600.0)
MAP_HISTORY: Final = _history("/history/greeks/{greek}", 60.0, row_cap=300_000)
MAP_SUMMARIES: Final = _history("/history/greeks/{greek}", 60.0, row_cap=2_000)
MAP_SESSIONS: Final = _history("/history/greeks/{greek}/sessions", 600.0)
STREAM_PATH: Final = "/ws/ndf"
"""The stream counts against neither budget."""
