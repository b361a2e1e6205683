"""The table against the API's own index of eleven endpoints."""

import pytest

from gexfocus_mcp.market.greek import GREEKS
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus import endpoints
from gexfocus_mcp.sources.gexfocus.endpoints import Endpoint


SPX = Ticker("SPX")
NVDA = Ticker("NVDA")


def test_the_table_holds_the_eleven_documented_paths() -> None:
    rows = [v for v in vars(endpoints).values() if isinstance(v, Endpoint)]
    paths = {row.path for row in [*rows, *endpoints.STRIKE_MAPS.values()]}

    assert paths | {endpoints.STREAM_PATH} == {
        "/ws/ndf",
        "/history/ndf",
        "/history/ndf/sessions",
        "/gex/last/{ticker}",
        "/delta/last/{ticker}",
        "/vanna/last/{ticker}",
        "/charm/last/{ticker}",
        "/mapa_gamma/last/{ticker}",
        "/history/greeks/{greek}",
        "/history/greeks/{greek}/sessions",
        "/greeks/last/{ticker}",
    }
    assert tuple(endpoints.STRIKE_MAPS) == GREEKS


def test_every_history_path_counts_as_history_and_every_other_as_last() -> None:
    rows = [v for v in vars(endpoints).values() if isinstance(v, Endpoint)]
    for row in [*rows, *endpoints.STRIKE_MAPS.values()]:
        expected = "history" if row.path.startswith("/history") else "last"
        assert row.bucket == expected


@pytest.mark.parametrize(
    ("endpoint", "ticker", "seconds"),
    [
        (endpoints.GREEK_MAPS, NVDA, 30),
        (endpoints.EXPIRY_MAP, SPX, 30),
        (endpoints.EXPIRY_MAP, NVDA, 180),
        (endpoints.FLOW_SESSIONS, SPX, 600),
        (endpoints.MAP_HISTORY, SPX, 60),
    ],
)
def test_lifetimes(endpoint: Endpoint, ticker: Ticker, seconds: float) -> None:
    assert endpoint.lifetime_of(ticker) == seconds


def test_paths_take_checked_names() -> None:
    assert endpoints.GREEK_MAPS.url_path(SPX) == "/greeks/last/SPX"
    assert endpoints.MAP_HISTORY.url_path(SPX, "gex") == "/history/greeks/gex"


def test_the_limits_keep_a_margin_to_the_documented_ones() -> None:
    assert endpoints.LIMITS == {"last": (118, 60.5), "history": (58, 60.5)}
