"""What one map says by itself, and the strikes an answer about it must show."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]
ROWS = [(90, 0, -30), (95, 5, -20), (100, 40, -20), (105, 50, 0)]


def test_a_profile_recomputes_what_the_feed_stores(strike_map: Maps) -> None:
    read = read_profile(strike_map(ROWS, net=50.0))

    assert read.tilt == pytest.approx(25 / 165)
    assert read.coverage == pytest.approx(0.5)
    assert read.max_strike == 105
    assert read.convention == "dealer_signed"
    assert read.notes == ()


def test_it_shows_the_extremes_and_the_strikes_round_the_flip(strike_map: Maps) -> None:
    read = read_profile(strike_map([*ROWS, (140, 0, 0)], max_strike=90.0))

    assert read.must_show[0] == 105
    assert {105, 90, 100, 95} <= set(read.must_show)
    assert 140 not in read.must_show


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (105.0, []),
        (
            100.0,
            [
                "gex: the feed's max_strike 100 is the largest |calls|+|puts|; largest |net| is 105"
            ],
        ),
        (95.0, ["gex: the feed's max_strike 95 is not the largest bar (105)"]),
    ],
)
def test_a_stored_max_strike_that_disagrees_is_told(
    strike_map: Maps, stored: float, said: list[str]
) -> None:
    assert list(read_profile(strike_map(ROWS, max_strike=stored)).notes) == said


def test_an_empty_map_has_nothing_to_show(strike_map: Maps) -> None:
    read = read_profile(strike_map([], net=3.0))

    assert (read.tilt, read.coverage, read.max_strike, read.must_show) == (
        None,
        None,
        None,
        (),
    )


def test_bars_are_never_turned_here(strike_map: Maps) -> None:
    raw = strike_map([(95, 2, 8), (100, 5, 4)])

    assert read_profile(raw).strikes is raw
    assert read_profile(raw).convention == "raw_oi"
