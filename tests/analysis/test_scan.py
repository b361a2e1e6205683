"""What a reader of many names is told beside the table."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from gexfocus_mcp.analysis.basket import Standing
from gexfocus_mcp.analysis.provenance import trace
from gexfocus_mcp.analysis.scan import Row, ScanReading, read_scan
from gexfocus_mcp.market.basket import parse_basket
from gexfocus_mcp.market.session import market_clock
from tests.analysis.conftest import FRIDAY


Build = Callable[..., Standing]
BARS = [(95, 10.0, -4.0), (105, 30.0, -1.0)]


def scanned(
    standings: Sequence[Standing], weights: Sequence[float] | None = None
) -> ScanReading:
    clock = market_clock(FRIDAY + timedelta(seconds=30))
    rows = [
        Row(
            s,
            "dealer_signed",
            trace(s.gamma.as_of, s.gamma.session, clock, source="gexfocus"),
        )
        for s in standings
    ]
    names = [s.ticker for s in standings]
    asked = [*names, "META"] if weights and len(weights) > len(names) else names
    return read_scan(parse_basket(asked, weights), "ticker", rows, [])


def test_names_in_order_with_nothing_to_remark(standing: Build) -> None:
    read = scanned([standing("TSLA", BARS), standing("AAPL", BARS)])
    assert [row.ticker for row in read.rows] == ["AAPL", "TSLA"]
    assert read.provenance.notes == ()
    assert read.pairs == ()
    assert read.dispersion is None


def test_a_name_of_an_earlier_session_is_counted_aloud(standing: Build) -> None:
    read = scanned([standing("TSLA", BARS), standing("AAPL", BARS, late_s=-24 * 3600)])
    notes = "; ".join(read.provenance.notes)
    assert (
        "of an earlier session, though counted in every aggregate: AAPL Thu 9 Jul"
        in notes
    )
    assert read.provenance.is_stale
    assert read.provenance.map_session == FRIDAY.date() - timedelta(days=1)


def test_a_map_from_the_future_is_named(standing: Build) -> None:
    read = scanned([standing("TSLA", BARS), standing("AAPL", BARS, late_s=200)])
    notes = "; ".join(read.provenance.notes)
    assert "ahead of this computer's clock: AAPL" in notes
    assert read.provenance.freshness == "live"


def test_a_book_that_lost_over_a_fifth_of_its_weight_says_so(standing: Build) -> None:
    names = [standing("TSLA", BARS), standing("AAPL", BARS)]
    lost = "; ".join(scanned(names, [3.0, 4.0, 2.0]).provenance.notes)
    assert "only 77.8 % of the original weight" in lost
    assert scanned(names, [4.0, 4.0, 2.0]).provenance.notes == ()


def test_names_of_another_scale_are_not_summed_in_silence(standing: Build) -> None:
    large = [(k, c * 2000, p * 2000) for k, c, p in BARS]
    read = scanned([standing("TSLA", BARS), standing("AAPL", large)])
    assert any("1,000 times" in note for note in read.provenance.notes)
