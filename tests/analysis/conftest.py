"""Small markets: maps, matrices and ticks, built from the numbers a test is about."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

import pytest

from gexfocus_mcp.analysis.basket import Standing, read_standing
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


FRIDAY = datetime(2026, 7, 10, 11, 30, tzinfo=NEW_YORK)


@pytest.fixture(scope="session")
def strike_map() -> Callable[..., StrikeMap]:
    """Return a function that builds a map from (strike, calls, puts) rows."""

    def build(
        rows: Iterable[tuple[float, float, float]],
        greek: Greek = "gex",
        *,
        spot: float | None = 100.0,
        net: float | None = None,
        max_strike: float | None = None,
    ) -> StrikeMap:
        return StrikeMap(
            ticker=parse_ticker("SPY"),
            greek=greek,
            as_of=FRIDAY,
            session=FRIDAY.date(),
            spot=spot,
            stored_net=net,
            stored_max_strike=max_strike,
            bars=tuple(Bar(*row) for row in rows),
        )

    return build


@pytest.fixture(scope="session")
def expiry_map() -> Callable[..., ExpiryMap]:
    """Return a function that builds a matrix from {strike: cells by expiration}."""

    def build(
        rows: dict[float, Sequence[float | None]],
        expirations: Sequence[date],
        *,
        greek: MatrixGreek = "gex",
        spot: float | None = 100.0,
        as_of: datetime = FRIDAY,
    ) -> ExpiryMap:
        return ExpiryMap(
            ticker=parse_ticker("SPY"),
            as_of=as_of,
            spot=spot,
            expirations=tuple(expirations),
            strikes=tuple(rows),
            matrices={greek: tuple(tuple(row) for row in rows.values())},
        )

    return build


@pytest.fixture(scope="session")
def tick() -> Callable[..., Tick]:
    """Return a function that builds a tick so many minutes after the open."""

    def build(minutes: float = 0, **fields: float | None) -> Tick:
        opened = FRIDAY.replace(hour=9, minute=30)
        return Tick(ts=opened + timedelta(minutes=minutes), **fields)

    return build


@pytest.fixture(scope="session")
def standing() -> Callable[..., Standing]:
    """Return a function that reads one name from (strike, calls, puts) rows."""

    def build(
        ticker: str,
        rows: Iterable[tuple[float, float, float]],
        *,
        spot: float | None = 100.0,
        net: float | None = None,
        late_s: float = 0,
    ) -> Standing:
        as_of = FRIDAY + timedelta(seconds=late_s)
        bars = tuple(Bar(*row) for row in rows)
        gamma = StrikeMap(
            parse_ticker(ticker), "gex", as_of, as_of.date(), spot, net, None, bars
        )
        return read_standing(gamma, read_levels(gamma)[0])

    return build
