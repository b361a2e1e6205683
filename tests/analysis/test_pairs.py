"""An index and its ETF, held against each other in index points."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.basket import Standing
from gexfocus_mcp.analysis.pairs import read_pairs


Build = Callable[..., Standing]

INDEX = [(4900, 1.0, -10.0), (5000, 4.0, -2.0), (5100, 30.0, -1.0)]
ETF = [(490, 2.0, -9.0), (500, 4.0, -5.0), (512, 20.0, -2.0)]


def test_the_etf_s_levels_become_index_points_by_the_ratio_of_spots(
    standing: Build,
) -> None:
    index = standing("SPX", INDEX, spot=5010.0)
    etf = standing("SPY", ETF, spot=500.0, late_s=42)
    (pair,) = read_pairs([etf, index])
    assert (pair.index.ticker, pair.etf.ticker) == ("SPX", "SPY")
    assert pair.ratio == 10.02
    assert pair.gap_s == 42
    assert pair.agree
    wall = pair.levels["call_wall"]
    assert wall.index == 5100
    assert wall.etf == pytest.approx(5130.24)
    assert wall.apart_pct == pytest.approx(30.24 / 5010 * 100)
    assert pair.levels["put_wall"].etf == pytest.approx(4909.8)
    assert index.levels.flip is not None
    assert etf.levels.flip is not None
    assert pair.levels["flip"].index == index.levels.flip.value
    assert pair.levels["flip"].etf == pytest.approx(etf.levels.flip.value * 10.02)


def test_a_pair_that_differs_is_told_and_not_merged(standing: Build) -> None:
    index = standing("NDX", INDEX, spot=5010.0)
    etf = standing("QQQ", [(490, 0.0, -30.0), (510, 2.0, 0.0)], spot=500.0)
    (pair,) = read_pairs([index, etf])
    assert not pair.agree
    assert (pair.index.net, pair.etf.net) == (22, -28)


def test_a_level_that_one_of_them_lacks_is_not_compared(standing: Build) -> None:
    index = standing("SPX", INDEX, spot=5010.0)
    etf = standing("SPY", [(490, 3.0, 0.0), (510, 5.0, 0.0)], spot=500.0)
    (pair,) = read_pairs([index, etf])
    assert set(pair.levels) == {"call_wall"}


@pytest.mark.parametrize("lost", ["SPX", "SPY"])
def test_without_a_spot_no_level_is_converted(standing: Build, lost: str) -> None:
    index = standing("SPX", INDEX, spot=None if lost == "SPX" else 5010.0)
    etf = standing("SPY", ETF, spot=None if lost == "SPY" else 500.0)
    (pair,) = read_pairs([index, etf])
    assert pair.ratio is None
    assert pair.levels == {}
    assert pair.agree


def test_half_a_pair_is_none(standing: Build) -> None:
    assert read_pairs([standing("SPX", INDEX), standing("QQQ", ETF)]) == ()
