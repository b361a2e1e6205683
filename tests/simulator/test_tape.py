from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.chain import build_chain
from gexfocus_mcp.simulator.listings import LISTINGS
from gexfocus_mcp.simulator.tape import Record, Tape
from gexfocus_mcp.simulator.timetable import map_instants, tick_times


FULL = date(2026, 7, 10)
HALF = date(2026, 11, 27)


def tape(ticker: str, day: date = FULL, seed: int = 7) -> Tape:
    return Tape(seed, LISTINGS[ticker], build_chain(seed, LISTINGS[ticker], day))


@pytest.fixture(scope="module")
def record() -> Record:
    return tape("SPY").record()


def test_a_session_has_about_362_maps_from_0929_to_1559() -> None:
    instants = map_instants(7, "SPY", FULL)
    assert 355 <= len(instants) <= 370
    assert instants[0].isoformat() == "2026-07-10T09:29:00-04:00"
    assert instants[-1].isoformat() == "2026-07-10T15:59:00-04:00"
    assert list(instants) == sorted(set(instants))


def test_a_half_day_ends_its_maps_at_1259_and_its_ticks_at_one() -> None:
    assert map_instants(7, "SPY", HALF)[-1].isoformat() == "2026-11-27T12:59:00-05:00"
    assert 12_600 < tick_times(7, "SPY", HALF).offsets[-1] < 12_603


def test_a_session_stores_about_1200_ticks_about_19_seconds_apart(
    record: Record,
) -> None:
    steps = [
        after - before
        for before, after in zip(record.offsets, record.offsets[1:], strict=False)
    ]
    assert 1_150 <= len(record.offsets) <= 1_250
    assert 2 < record.offsets[0] < 3
    assert 23_400 < record.offsets[-1] < 23_403
    assert 17 < sorted(steps)[len(steps) // 2] < 21
    assert min(steps) > 0
    assert 40 < max(steps) < 150


def test_the_equilibrium_price_lies_within_the_prices_since_the_open(
    record: Record,
) -> None:
    low = high = record.tick(0).price
    for row in range(len(record.offsets)):
        tick = record.tick(row)
        low, high = min(low, tick.price), max(high, tick.price)
        assert low <= tick.fep <= high


def test_the_equilibrium_price_of_the_stream_lies_within_its_prices() -> None:
    played = tape("NVDA")
    prices = []
    for index in range(1_500):
        tick = played.tick(index)
        prices.append(tick.price)
        assert min(prices) <= tick.fep <= max(prices)


def test_thresholds_straddle_zero_and_are_not_mirror_images(record: Record) -> None:
    ticks = [record.tick(row) for row in range(len(record.offsets))]
    assert all(tick.threshold_long > 0 > tick.threshold_short for tick in ticks)
    assert any(tick.threshold_long != -tick.threshold_short for tick in ticks)
    assert len({tick.threshold_long for tick in ticks}) > 100


def test_premium_legs_only_grow_and_hold_their_0dte_part(record: Record) -> None:
    before: tuple[int, ...] = (0,) * 8
    for row in range(len(record.offsets)):
        legs = record.tick(row).legs
        assert all(now >= then for now, then in zip(legs, before, strict=True))
        assert all(
            today <= all_ for today, all_ in zip(legs[4:], legs[:4], strict=True)
        )
        before = legs
    assert min(before) > 0


def test_without_an_expiration_today_there_is_no_0dte_premium() -> None:
    tuesday = tape("NVDA", date(2026, 7, 14))
    assert tuesday.tick(2_000).legs[4:] == (0, 0, 0, 0)


def test_the_stored_ticks_are_ticks_of_the_stream(record: Record) -> None:
    played = tape("SPY")
    for row in (0, 1, 50, 600, len(record.offsets) - 1):
        assert record.tick(row) == played.tick(played.times.stored[row])


def test_it_does_not_matter_how_far_a_tape_was_played_before() -> None:
    played, fresh = tape("AAPL"), tape("AAPL")
    for index in (10, 3, 500):
        played.tick(index)
    assert played.tick(700) == fresh.tick(700)


def test_a_map_shows_the_last_price_at_its_instant() -> None:
    played = tape("AAPL")
    instants = map_instants(7, "AAPL", FULL)
    at = instants[40]
    before = max(index for index in range(5_000) if played.tick(index).at <= at)
    assert played.map_spot(40) == played.tick(before).price
    assert played.map_spot(0) == pytest.approx(played.tick(0).price, rel=0.002)


def test_an_index_and_its_fund_move_together() -> None:
    index, fund = tape("SPX"), tape("SPY")
    for place in (0, 3_000, 12_000, 23_399):
        assert index.tick(place).price == pytest.approx(
            10 * fund.tick(place).price, rel=0.004
        )


def test_sessions_join_up_overnight() -> None:
    friday, monday = tape("MSFT"), tape("MSFT", date(2026, 7, 13))
    last = friday.tick(len(friday.times.offsets) - 1)
    assert monday.tick(0).price == pytest.approx(last.price, rel=0.03)
    assert last.at < datetime(2026, 7, 10, 16, tzinfo=NEW_YORK) + timedelta(seconds=3)


def test_another_seed_is_another_market() -> None:
    assert tape("META").tick(100) != tape("META", seed=8).tick(100)
