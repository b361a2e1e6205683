"""The pin score: what raises it, what lowers it, and its two ends."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.pin import score_pin


def test_at_the_strike_at_the_bell_in_long_gamma_it_is_full() -> None:
    assert score_pin(0.3, 0, 0.01, 0, "long_gamma") == pytest.approx(100)
    assert score_pin(0.9, 0, 0.01, 0, "long_gamma") == pytest.approx(100)


def test_each_factor_counts_as_documented() -> None:
    full = score_pin(0.3, 0, 0.01, 0, "long_gamma")

    assert score_pin(0.15, 0, 0.01, 0, "long_gamma") == pytest.approx(full / 2)
    assert score_pin(0.3, 1, 0.01, 0, "long_gamma") == pytest.approx(full * exp(-0.5))
    assert score_pin(0.3, -1, 0.01, 0, "long_gamma") == pytest.approx(full * exp(-0.5))
    assert score_pin(0.3, 0, 0.01, 1.5, "long_gamma") == pytest.approx(full * 0.7)
    assert score_pin(0.3, 0, 0.01, 3, "long_gamma") == pytest.approx(full * 0.4)
    assert score_pin(0.3, 0, 0.01, 5, "long_gamma") == pytest.approx(full * 0.3)
    assert score_pin(0.3, 0, 0.01, 0, "short_gamma") == pytest.approx(full * 0.4)
    assert score_pin(0.3, 0, 0.01, 0, "neutral") == pytest.approx(full * 0.4)


@given(
    st.floats(0, 1),
    st.floats(-1, 1),
    st.floats(0.0025, 0.2),
    st.floats(0, 6.5),
)
def test_it_stays_between_0_and_100(
    share: float, distance: float, width: float, hours: float
) -> None:
    assert 0 <= score_pin(share, distance, width, hours, "long_gamma") <= 100 + 1e-9
