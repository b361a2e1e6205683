"""Names read side by side out of a source that serves old maps, fails, or streams some of them."""

from datetime import timedelta
from typing import Any

import pytest

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.errors import GexFocusError, NoKey, UpstreamDown
from gexfocus_mcp.market.basket import parse_basket
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import Ticker, parse_ticker
from gexfocus_mcp.sources.protocol import Fetched, Heard, OpenStream, StreamState
from tests.desk.conftest import NOON, FakeFeed, gamma_map


pytestmark = pytest.mark.anyio

DOWN = UpstreamDown("GEXfocus answered 503", "Ask again later.", retry_after=30)


class Names(FakeFeed):
    """A source of gamma maps by name."""

    def __init__(self, **maps: Fetched[StrikeMap] | GexFocusError) -> None:
        super().__init__()
        self.maps = maps
        self.streaming: tuple[OpenStream, ...] = ()

    async def strike_map(
        self, ticker: Ticker, greek: Greek, **_: Any
    ) -> Fetched[StrikeMap]:
        assert greek == "gex"
        said = self.maps[ticker]
        if isinstance(said, GexFocusError):
            raise said
        return said

    def streams(self) -> tuple[OpenStream, ...]:
        return self.streaming


def fetched(
    ticker: str,
    age_s: float = 10,
    failure: GexFocusError | None = None,
    **changes: Any,
) -> Fetched[StrikeMap]:
    gamma = gamma_map(
        NOON - timedelta(seconds=age_s), ticker=parse_ticker(ticker), **changes
    )
    return Fetched(gamma, cached=failure is not None, failure=failure)


def desk_of(**maps: Fetched[StrikeMap] | GexFocusError) -> Desk:
    feed = Names(**maps)
    return Desk(feed, feed, lambda: NOON)


async def test_the_answer_is_as_old_as_its_oldest_map() -> None:
    desk = desk_of(
        SPX=fetched("SPX", 5), SPY=fetched("SPY", 95), QQQ=fetched("QQQ", 40)
    )
    read = await desk.scan(parse_basket(["SPX", "SPY", "QQQ"]))
    assert read.provenance.as_of == NOON - timedelta(seconds=95)
    assert read.provenance.age_s == 95
    assert read.spread_s == 90
    assert read.provenance.freshness == "live"
    assert read.provenance.notes == ()


@pytest.mark.parametrize(("apart", "said"), [(300, False), (301, True)])
async def test_maps_more_than_five_minutes_apart_are_not_of_one_instant(
    apart: float, *, said: bool
) -> None:
    desk = desk_of(SPX=fetched("SPX", 0), SPY=fetched("SPY", apart))
    notes = (await desk.scan(parse_basket(["SPX", "SPY"]))).provenance.notes
    assert any("not of one instant: SPY" in note for note in notes) is said


async def test_an_older_answer_served_for_one_name_is_stale_and_says_why() -> None:
    desk = desk_of(SPX=fetched("SPX"), SPY=fetched("SPY", 60, DOWN))
    read = await desk.scan(parse_basket(["SPX", "SPY"]))
    assert read.provenance.is_stale
    assert read.provenance.cached
    notes = "; ".join(read.provenance.notes)
    assert "stale: SPY" in notes
    assert "older map served for SPY: GEXfocus answered 503" in notes
    by_name = {row.ticker: row for row in read.rows}
    assert by_name[parse_ticker("SPY")].standing.stance.reasons[0] == "the map is stale"
    assert not by_name[parse_ticker("SPX")].provenance.is_stale


async def test_raw_open_interest_is_read_for_the_dealer_and_named() -> None:
    raw = (Bar(95, 1.0, 6.0), Bar(100, 4.0, 2.0), Bar(105, 9.0, 1.0))
    desk = desk_of(SPX=fetched("SPX"), SPY=fetched("SPY", bars=raw, stored_net=23.0))
    read = await desk.scan(parse_basket(["SPX", "SPY"]))
    assert [row.standing.net for row in read.rows] == [5, 5]
    assert any(
        "raw open interest" in note and note.endswith("(SPY)")
        for note in read.provenance.notes
    )


async def test_remarks_on_maps_are_said_once_with_their_names_and_counted_beyond_six() -> (
    None
):
    names = ("SPX", "SPY", "QQQ")
    maps = {
        t: fetched(t, notes=("bars were unsorted", *(f"{t} {i}" for i in range(3))))
        for t in names
    }
    notes = (await desk_of(**maps).scan(parse_basket(names))).provenance.notes
    assert notes[0] == "bars were unsorted (SPX, SPY, QQQ)"
    assert notes[-1] == "4 more remarks on maps: latest_greeks has them"
    assert len(notes) == 7


async def test_a_basket_without_a_single_map_is_refused() -> None:
    keyless = NoKey("no key", "Set one.")
    with pytest.raises(NoKey):
        await desk_of(SPX=DOWN, SPY=keyless, QQQ=keyless).scan(
            parse_basket(["SPX", "SPY", "QQQ"])
        )


@pytest.mark.parametrize(("age", "told"), [(5, True), (3600, False)])
async def test_flow_is_that_of_streams_open_anyway_and_not_old(
    age: float, *, told: bool
) -> None:
    feed = Names(SPX=fetched("SPX"), SPY=fetched("SPY"))
    tick = Tick(ts=NOON - timedelta(seconds=age), ndf=40.0, threshold_long=100.0)
    state = StreamState("open", 0.0)
    feed.streaming = (
        OpenStream(parse_ticker("SPY"), state, (Heard(0.0, tick),), 0),
        OpenStream(parse_ticker("SPX"), state, (), 0),
    )
    read = await Desk(feed, feed, lambda: NOON).scan(parse_basket(["SPX", "SPY"]))
    flows = {row.ticker: row.flow for row in read.rows}
    assert flows[parse_ticker("SPX")] is None
    flow = flows[parse_ticker("SPY")]
    assert (flow is not None) is told
    if flow is not None and flow.utilisation is not None:
        assert flow.utilisation.share == 0.4
