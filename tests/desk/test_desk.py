"""What the desk makes of answers that are old, partial, or failures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.errors import NoData, Unreachable, UpstreamDown
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.stored import StoredSession, StoredSessions
from gexfocus_mcp.market.strikes import GreekMaps
from gexfocus_mcp.sources.protocol import Heard
from tests.desk.conftest import NOON, SPY, FakeFeed, gamma_map


pytestmark = pytest.mark.anyio

DOWN = UpstreamDown("GEXfocus answered 503", "Ask again later.", retry_after=30)
Maps = Callable[..., GreekMaps]
Ticks = Callable[..., Heard]


async def test_an_older_answer_is_stale_and_says_why(
    desk: Desk, feed: FakeFeed
) -> None:
    feed.failure = DOWN
    reading = await desk.positioning(SPY)
    assert reading.provenance.freshness == "stale"
    assert reading.provenance.cached
    assert "503" in reading.provenance.notes[0]
    assert reading.positioning.stance.confidence == "low"


async def test_the_read_stands_when_the_matrix_fails(
    desk: Desk, feed: FakeFeed
) -> None:
    feed.says["matrix"] = DOWN
    reading = await desk.positioning(SPY)
    assert reading.expiry is None
    assert reading.expiry_problem == "GEXfocus answered 503"


async def test_the_matrix_alone_is_no_read(desk: Desk, feed: FakeFeed) -> None:
    feed.says["maps"] = DOWN
    with pytest.raises(UpstreamDown):
        await desk.positioning(SPY)


async def test_a_null_gamma_map_is_a_refusal_that_says_so(
    desk: Desk, feed: FakeFeed
) -> None:
    feed.says["maps"] = GreekMaps(SPY, {}, ("gex", "delta", "vanna", "charm"))
    with pytest.raises(NoData, match="gamma map"):
        await desk.positioning(SPY)
    read = await desk.strikes(SPY, ("gex",))
    assert read.profiles == {}
    assert read.missing == ("gex",)
    assert (read.provenance.as_of, read.provenance.freshness) == (None, "unknown")


async def test_a_price_newer_than_the_map_is_told_with_the_side_it_is_on(
    desk: Desk, feed: FakeFeed, maps: Maps, tick: Ticks
) -> None:
    feed.says["maps"] = maps(NOON - timedelta(seconds=90))
    feed.open, feed.phase = (SPY,), "open"
    flip = (await desk.positioning(SPY)).positioning.levels.flip
    assert flip is not None
    other_side = flip.value - 0.5 if flip.value < 100 else flip.value + 0.5
    feed.heard = (tick(5, price=other_side),)
    reading = await desk.positioning(SPY)
    assert reading.spot_live == other_side
    assert reading.crossed_since_map


async def test_an_older_tick_than_the_map_is_no_newer_price(
    desk: Desk, feed: FakeFeed, tick: Ticks
) -> None:
    feed.heard, feed.phase = (tick(30, price=90.0),), "open"
    reading = await desk.positioning(SPY)
    assert reading.flow is not None
    assert reading.spot_live is None
    assert not reading.crossed_since_map


async def test_a_matrix_on_another_scale_is_not_compared(
    desk: Desk, feed: FakeFeed, matrix: ExpiryMap
) -> None:
    feed.says["matrix"] = ExpiryMap(
        SPY,
        matrix.as_of,
        100.0,
        matrix.expirations,
        matrix.strikes,
        {"gex": ((-3e6, -2e6), (1e6, 1e6), (5e6, 3e6))},
    )
    reading = await desk.positioning(SPY)
    assert reading.expiry is not None
    assert "not on one scale" in reading.expiry.notes[0]


async def test_the_matrix_sharpens_the_flip(desk: Desk, feed: FakeFeed) -> None:
    sharp = (await desk.positioning(SPY)).positioning.levels.flip
    feed.says["matrix"] = DOWN
    single = (await desk.positioning(SPY)).positioning.levels.flip

    assert sharp is not None
    assert single is not None
    assert (sharp.method, single.method) == ("matrix", "kernel")
    assert sharp.alternatives["kernel"] == single.value
    assert "kernel" not in single.alternatives


async def test_a_matrix_of_another_time_leaves_the_flip_to_the_map(
    desk: Desk, feed: FakeFeed, matrix: ExpiryMap
) -> None:
    feed.says["matrix"] = replace(matrix, as_of=matrix.as_of - timedelta(minutes=15))
    reading = await desk.positioning(SPY)

    assert reading.positioning.levels.flip is not None
    assert reading.positioning.levels.flip.method == "kernel"
    assert reading.expiry is not None
    assert any("flip by one width" in note for note in reading.expiry.notes)


async def test_a_map_full_of_expired_contracts_leaves_the_flip_to_itself(
    feed: FakeFeed,
) -> None:
    evening = Desk(feed, feed, lambda: NOON.replace(hour=18))
    levels = (await evening.positioning(SPY)).positioning.levels

    assert levels.flip is not None
    assert levels.flip.method == "kernel"


async def test_maps_of_different_instants_are_said_to_be(
    desk: Desk, feed: FakeFeed
) -> None:
    older = gamma_map(NOON - timedelta(minutes=5), greek="delta")
    feed.says["maps"] = GreekMaps(SPY, {"gex": gamma_map(), "delta": older}, ())
    reading = await desk.strikes(SPY, ("gex", "delta"))
    assert reading.provenance.as_of == older.as_of
    assert reading.provenance.notes == (
        "the maps are not of one instant: delta is 5 min older",
    )


async def test_an_expired_column_counts_in_nothing_after_the_close(
    feed: FakeFeed, matrix: ExpiryMap
) -> None:
    evening = Desk(feed, feed, lambda: NOON.replace(hour=18))
    during = Desk(feed, feed, lambda: NOON)
    then = (await evening.matrix(SPY)).structure
    now = (await during.matrix(SPY)).structure
    assert (now.zero_dte, then.zero_dte) == (now.front_share, None)
    assert now.roll_off_net == then.net == 2
    assert then.ended == (NOON.date(),)


async def test_a_matrix_of_an_earlier_session_is_read_as_it_stood(
    feed: FakeFeed, matrix: ExpiryMap
) -> None:
    a_week_later = Desk(feed, feed, lambda: NOON + timedelta(days=7))
    reading = await a_week_later.matrix(SPY)
    assert reading.structure.zero_dte is not None
    assert reading.provenance.freshness == "stale"


async def test_yesterday_s_tick_is_not_passed_off_as_flow(
    desk: Desk, feed: FakeFeed, tick: Ticks
) -> None:
    feed.heard = (tick(20 * 3600, price=100.0, ndf=1.0, gamma_flip=50.0),)
    feed.open, feed.phase = (SPY,), "open"
    reading = await desk.positioning(SPY)
    assert reading.flow is None
    assert reading.flow_problem == "the stream's newest tick is of Tue 7 Jul 16:00 ET"
    flip = reading.positioning.levels.flip
    assert flip is not None
    assert "stream" not in flip.alternatives


async def test_a_null_column_is_unavailable_and_not_an_expiry_without_exposure(
    desk: Desk, feed: FakeFeed, matrix: ExpiryMap
) -> None:
    feed.says["matrix"] = ExpiryMap(
        SPY,
        matrix.as_of,
        100.0,
        matrix.expirations,
        matrix.strikes,
        {"gex": ((None, -2.0), (None, 1.0), (None, 3.0))},
    )
    reading = await desk.positioning(SPY)
    assert reading.expiry is not None
    structure = reading.expiry.structure
    assert (structure.front_share, structure.zero_dte, structure.roll_off_net) == (
        None,
        None,
        None,
    )
    assert "8 Jul is unavailable" in reading.expiry.notes[0]


async def test_a_matrix_of_nulls_is_no_matrix(
    desk: Desk, feed: FakeFeed, matrix: ExpiryMap
) -> None:
    feed.says["matrix"] = ExpiryMap(
        SPY,
        matrix.as_of,
        100.0,
        matrix.expirations,
        matrix.strikes,
        {"gex": ((None, None),) * 3},
    )
    assert (await desk.positioning(SPY)).expiry is None
    with pytest.raises(NoData, match="gex matrix"):
        await desk.matrix(SPY)


async def test_expired_contracts_in_the_map_make_the_read_unsure(
    feed: FakeFeed,
) -> None:
    evening = Desk(feed, feed, lambda: NOON.replace(hour=18))
    reading = await evening.positioning(SPY)
    assert reading.provenance.freshness == "closed"
    assert reading.positioning.stance.confidence == "low"
    assert "expired contracts" in reading.positioning.stance.reasons[0]


async def test_charm_runs_to_today_s_close_only_while_there_is_one(
    feed: FakeFeed, maps: Maps
) -> None:
    gamma = gamma_map()
    charm = gamma_map(greek="charm")
    feed.says["maps"] = GreekMaps(SPY, {"gex": gamma, "charm": charm}, ())
    for hour, expected in ((12, True), (18, False)):
        desk = Desk(feed, feed, lambda hour=hour: NOON.replace(hour=hour))  # type: ignore[misc]
        read = (await desk.positioning(SPY)).positioning.charm
        assert read is not None
        assert (read.hedge is not None) is expected


async def test_sessions_are_listed_newest_first_and_counted(
    desk: Desk, feed: FakeFeed
) -> None:
    days = [NOON.date() - timedelta(days=d) for d in (2, 0, 1)]
    listed = tuple(StoredSession(day, 1, None, None) for day in days)
    feed.says["sessions"] = StoredSessions(SPY, listed)
    reading = await desk.sessions(SPY, "ndf", 2)
    assert [s.day for s in reading.sessions] == sorted(days, reverse=True)[:2]
    assert reading.total == 3


@pytest.mark.parametrize(
    ("phase", "ages", "verdict"),
    [
        ("refused", (), "refused"),
        ("cut", (1, 0), "cut"),
        ("opening", (), "opening"),
        ("open", (), "silent"),
        ("open", (5,), "live"),
        ("open", (3600,), "silent"),
        ("open", (3601, 3600), "silent"),
    ],
)
async def test_the_stream_s_state_and_its_ticks_decide_what_it_is(
    desk: Desk,
    feed: FakeFeed,
    tick: Ticks,
    phase: str,
    ages: tuple[float, ...],
    verdict: str,
) -> None:
    feed.phase = phase  # type: ignore[assignment]  # the parameters are phases
    feed.heard = tuple(tick(age, at=monotonic(), price=100.0) for age in ages)
    reading = await desk.live(SPY, 0)
    assert reading.verdict == verdict


async def test_old_ticks_that_keep_arriving_are_live(
    desk: Desk, feed: FakeFeed, tick: Ticks
) -> None:
    """A server whose clock is off still streams; the age says the rest."""
    now = monotonic()
    feed.phase = "open"
    feed.heard = tuple(tick(3600, at=now - s, price=100.0) for s in (3, 2, 1))
    reading = await desk.live(SPY, 0)
    assert reading.verdict == "live"
    assert reading.provenance.freshness == "stale"


async def test_an_open_stream_without_ticks_is_not_silent_when_the_market_is_closed(
    feed: FakeFeed,
) -> None:
    feed.phase = "open"
    sunday = Desk(feed, feed, lambda: NOON + timedelta(days=4))
    assert (await sunday.live(SPY, 0)).verdict == "market_closed"


async def test_a_clock_that_is_off_is_said_beside_the_stream_too(
    desk: Desk, feed: FakeFeed, tick: Ticks
) -> None:
    feed.remark = "this computer's clock is 9 min behind the upstream's"
    feed.heard, feed.phase = (tick(5, at=monotonic(), price=100.0),), "open"
    assert feed.remark in (await desk.live(SPY, 0)).provenance.notes
    assert feed.remark in (await desk.strikes(SPY, ("gex",))).provenance.notes


async def test_a_problem_told_to_many_does_not_grow(desk: Desk, feed: FakeFeed) -> None:
    feed.never_opened = Unreachable("no stream", "Wait.")

    async def depth() -> int:
        with pytest.raises(Unreachable) as raised:
            await desk.live(SPY, 0)
        return len(raised.traceback)

    assert await depth() == await depth() == await depth()


async def test_only_what_a_buffer_lacks_is_waited_for(
    desk: Desk, feed: FakeFeed, tick: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = list[float]()

    async def listen(_tape: object, seconds: float, _progress: object) -> None:
        waited.append(seconds)

    monkeypatch.setattr("gexfocus_mcp.desk.desk.listen", listen)
    now = monotonic()
    feed.phase = "open"
    feed.heard = tuple(tick(1, at=now - s, price=100.0) for s in (5, 3, 1))
    assert (await desk.live(SPY, 8)).window.ticks == 3
    assert (await desk.live(SPY, 4)).window.ticks == 2
    feed.heard = ()
    await desk.live(SPY, 8)
    assert waited == [pytest.approx(3, abs=0.5), 8]
