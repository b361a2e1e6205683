"""Steps as fine as the narrowest exposure that counts."""

from itertools import pairwise

import pytest

from gexfocus_mcp.analysis.steps import CLOSEST, closest_step, distances


@pytest.mark.parametrize(
    ("terms", "step"),
    [
        ([(1.0, 0.003)], 0.001),
        ([(1.0, 0.02)], 0.0025),
        ([(1.0, 0.2)], 0.005),
        ([(1.0, 0.2), (0.5, 0.003)], 0.001),
        # A hundredth of the exposure turns nothing.
        ([(1.0, 0.2), (0.005, 0.003)], 0.005),
        ([], 0.005),
    ],
)
def test_narrow_terms_are_stepped_over_by_no_more_than_a_fifth_of_their_width(
    terms: list[tuple[float, float]], step: float
) -> None:
    assert closest_step(terms) == pytest.approx(step)


@pytest.mark.parametrize("step", [CLOSEST, 0.0025, 0.005])
def test_the_way_out_widens_by_an_eighth_and_ends_at_fifteen_percent(
    step: float,
) -> None:
    way = (0.0, *distances(step))
    assert way[-1] == pytest.approx(0.15)
    for near, far in pairwise(way):
        assert 0 < far - near <= max(step, near / 8) + 1e-12
