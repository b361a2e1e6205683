"""Greeks, chain and maps: the identities that a client may rely on."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime
from statistics import fmean

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.chain import YEAR
from gexfocus_mcp.simulator.exposure import gamma_flip, strike_maps
from gexfocus_mcp.simulator.greeks import GREEKS, dollar_greeks
from gexfocus_mcp.simulator.listings import LISTINGS
from gexfocus_mcp.simulator.world import MATRIX_GREEKS, Moment, World


DAYS = ("2026-07-10", "2026-06-18", "2026-03-05")


def moment(world: World, ticker: str, text: str = "2026-07-10T11:30") -> Moment:
    return world.latest(ticker, datetime.fromisoformat(text).replace(tzinfo=NEW_YORK))


@pytest.mark.parametrize("ticker", ["SPX", "NVDA"])
def test_gamma_is_the_slope_of_delta(world: World, ticker: str) -> None:
    now = moment(world, ticker)
    at, spot = now.at.timestamp(), now.spot
    bump = spot * 1e-5
    for part in world.chain(ticker, now.day).alive(at)[1:8:3]:
        up, down = (
            dollar_greeks(part, spot + step, at, ("delta",))["delta"]
            for step in (bump, -bump)
        )
        gamma = dollar_greeks(part, spot, at, ("gex",))["gex"]
        for side in (0, 1):
            slopes = [
                (high / (spot + bump) - low / (spot - bump))
                / (2 * bump)
                * spot
                * spot
                * 0.01
                for high, low in zip(up[side], down[side], strict=True)
            ]
            assert slopes == pytest.approx(gamma[side], rel=1e-4, abs=1e-3)


def test_vanna_and_charm_are_the_slopes_of_delta_in_volatility_and_time(
    world: World,
) -> None:
    now = moment(world, "SPY")
    at, spot = now.at.timestamp(), now.spot
    part = world.chain("SPY", now.day).alive(at)[9]
    greeks = dollar_greeks(part, spot, at, GREEKS)
    higher, lower = (
        dollar_greeks(
            replace(part, vols=tuple(vol + step for vol in part.vols)),
            spot,
            at,
            ("delta",),
        )["delta"]
        for step in (1e-4, -1e-4)
    )
    later, sooner = (
        dollar_greeks(part, spot, at + step, ("delta",))["delta"] for step in (60, -60)
    )
    for side in (0, 1):
        vanna = [
            (a - b) / 2e-4 * 0.01
            for a, b in zip(higher[side], lower[side], strict=True)
        ]
        charm = [
            (a - b) / (120 / YEAR) / 365
            for a, b in zip(later[side], sooner[side], strict=True)
        ]
        assert vanna == pytest.approx(greeks["vanna"][side], rel=1e-3, abs=1e-2)
        assert charm == pytest.approx(greeks["charm"][side], rel=1e-3, abs=1e-2)


def test_gamma_of_a_contract_is_never_negative_and_is_shared_by_call_and_put(
    world: World,
) -> None:
    now = moment(world, "NVDA")
    for part in world.chain("NVDA", now.day).alive(now.at.timestamp()):
        calls, puts = dollar_greeks(part, now.spot, now.at.timestamp(), ("gex",))["gex"]
        assert calls == puts
        assert min(calls) >= 0.0
        assert max(calls) > 0.0


@pytest.mark.parametrize("ticker", LISTINGS)
def test_totals_are_sums_of_rounded_legs_and_the_net_is_the_sum_of_totals(
    world: World, ticker: str
) -> None:
    for found in world.maps(moment(world, ticker)).values():
        pairs = zip(found.calls, found.puts, strict=True)
        assert found.totals == tuple(round(call + put, 2) for call, put in pairs)
        assert found.net == round(math.fsum(found.totals), 2)
        assert abs(found.totals[found.strikes.index(found.max_strike)]) == max(
            map(abs, found.totals)
        )


def test_the_dealer_book_is_long_calls_and_short_puts(world: World) -> None:
    maps = world.maps(moment(world, "SPY"))
    assert min(maps["gex"].calls) >= 0.0 >= max(maps["gex"].puts)
    assert min(maps["delta"].calls) >= 0.0
    assert min(maps["delta"].puts) >= 0.0
    vanna = maps["vanna"]
    assert all(
        call * put <= 0 for call, put in zip(vanna.calls, vanna.puts, strict=True)
    )


def test_the_raw_convention_turns_the_puts_of_all_but_gamma(world: World) -> None:
    now = moment(world, "QQQ")
    raw = World(seed=7, convention="raw").maps(now)
    dealer = world.maps(now)
    assert raw["gex"] == dealer["gex"]
    for greek in ("delta", "vanna", "charm"):
        assert raw[greek].calls == dealer[greek].calls
        assert raw[greek].puts == tuple(-put for put in dealer[greek].puts)


def test_raw_matrices_follow_the_raw_maps() -> None:
    world = World(seed=7, convention="raw")
    check_matrix(world, moment(world, "NVDA"))


@pytest.mark.parametrize("ticker", ["SPX", "QQQ", "TSLA"])
def test_matrix_rows_sum_to_the_bars_of_the_covered_expirations(
    world: World, ticker: str
) -> None:
    check_matrix(world, moment(world, ticker))


def check_matrix(world: World, now: Moment) -> None:
    found = world.matrix(now)
    chain, at = world.chain(now.ticker, now.day), now.at.timestamp()
    covered = [part for part in chain.alive(at) if part.expiry in found.expirations]
    assert len(covered) == len(found.expirations) == 12
    maps = strike_maps(
        chain, covered, now.spot, at, MATRIX_GREEKS, convention=world.convention
    )
    for greek in MATRIX_GREEKS:
        totals = dict(zip(maps[greek].strikes, maps[greek].totals, strict=True))
        for strike, row in zip(found.strikes, found.cells[greek], strict=True):
            assert math.fsum(row) == pytest.approx(totals[strike], abs=0.1)


def test_the_flip_is_where_the_repriced_chain_is_neutral(world: World) -> None:
    for ticker in ("SPX", "NVDA", "TSLA"):
        now = moment(world, ticker)
        chain, at = world.chain(ticker, now.day), now.at.timestamp()
        parts = chain.alive(at)
        flip = gamma_flip(parts, now.spot, at)
        assert flip is not None
        below, above = (
            strike_maps(chain, parts, flip * step, at, ("gex",), convention="dealer")[
                "gex"
            ].net
            for step in (0.999, 1.001)
        )
        assert below * above < 0


def test_an_expiration_is_gone_once_it_has_settled(world: World) -> None:
    chain = world.chain("SPX", date(2026, 7, 10))
    close = datetime(2026, 7, 10, 16, tzinfo=NEW_YORK).timestamp()
    assert chain.alive(close - 1)[0].expiry == date(2026, 7, 10)
    assert chain.alive(close)[0].expiry == date(2026, 7, 13)


def test_time_to_settlement_never_falls_below_a_minute(world: World) -> None:
    part = world.chain("SPX", date(2026, 7, 10)).expirations[0]
    at_one, later = (
        dollar_greeks(part, 7400.0, part.settles - left, GREEKS) for left in (60, 1)
    )
    assert at_one == later


def test_the_market_looks_like_real_ones(world: World) -> None:
    tilts, vannas, charms = [], [], []
    for day in DAYS:
        for ticker in LISTINGS:
            maps = world.maps(moment(world, ticker, f"{day}T11:30"))
            gex = maps["gex"]
            gross = math.fsum(map(abs, gex.calls)) + math.fsum(map(abs, gex.puts))
            tilts.append(gex.net / gross)
            vannas.append(maps["vanna"].net > 0)
            charms.append(maps["charm"].net < 0)
    assert min(tilts) > -0.4
    assert max(tilts) < 0.7
    assert min(tilts) < 0 < fmean(tilts)
    assert fmean(vannas) > 0.95
    assert fmean(charms) > 0.9


def test_open_interest_and_strike_counts_have_the_right_size(world: World) -> None:
    for ticker, listing in LISTINGS.items():
        chain = world.chain(ticker, date(2026, 7, 10))
        held = sum(
            sum(part.call_interest) + sum(part.put_interest)
            for part in chain.expirations
        )
        assert held == pytest.approx(listing.open_interest, rel=0.02)
    assert 400 <= len(world.chain("SPX", date(2026, 7, 10)).strikes) <= 600
