"""Full jitter under a doubling ceiling."""

from itertools import islice

from gexfocus_mcp.traffic.backoff import delays


def test_the_ceiling_doubles_from_one_second_to_a_minute() -> None:
    assert list(islice(delays(lambda: 1.0), 8)) == [1, 2, 4, 8, 16, 32, 60, 60]


def test_each_delay_is_drawn_from_the_whole_range() -> None:
    draws = iter([0.5, 0.0, 0.25])

    assert list(islice(delays(lambda: next(draws)), 3)) == [0.5, 0.0, 1.0]


def test_the_default_draw_stays_inside() -> None:
    assert all(0 <= delay < 60 for delay in islice(delays(), 200))
