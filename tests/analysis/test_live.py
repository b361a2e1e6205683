"""A window of the stream: what changed, what happened, what was not sent."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.live import read_window
from gexfocus_mcp.market.flow import Tick


Ticks = Callable[..., Tick]


def told(ticks: list[Tick]) -> list[str]:
    return [event.what for event in read_window(ticks).events]


def test_an_empty_window_is_a_reading_too() -> None:
    window = read_window([])

    assert (window.ticks, window.latest, window.change, window.events) == (
        0,
        None,
        {},
        (),
    )


def test_one_tick_has_no_change(tick: Ticks) -> None:
    window = read_window([tick(price=100.0)])

    assert (window.ticks, window.seconds, window.change) == (1, 0, {})
    assert "ndf" in window.unavailable
    assert "price" not in window.unavailable


def test_change_is_last_minus_first_where_both_are_known(tick: Ticks) -> None:
    window = read_window(
        [
            tick(0, price=100.0, ndf=5.0),
            tick(1, price=None, ndf=7.0),
            tick(2, price=101.5, ndf=None),
        ]
    )

    assert window.change == {"price": 1.5}
    assert window.seconds == 120


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("gamma_flip", "flip"),
        ("call_wall_gamma", "call wall"),
        ("put_wall_gamma", "put wall"),
        ("fep", "fep"),
    ],
)
def test_price_passing_a_level_is_an_event(tick: Ticks, level: str, name: str) -> None:
    rows = [
        tick(i, price=p, **{level: 100.0})
        for i, p in enumerate((99.0, 101.0, 102.0, 98.0))
    ]

    window = read_window(rows)

    assert [e.what for e in window.events] == [
        f"price above {name}",
        f"price below {name}",
    ]
    assert [e.at for e in window.events] == [rows[1].ts, rows[3].ts]
    assert [e.price for e in window.events] == [101.0, 98.0]


def test_ndf_passing_its_thresholds_is_an_event(tick: Ticks) -> None:
    rows = [
        tick(i, ndf=v, threshold_long=100.0, threshold_short=-50.0)
        for i, v in enumerate((90.0, 110.0, 95.0, -60.0))
    ]

    assert told(rows) == [
        "NDF beyond its long threshold",
        "NDF back inside its long threshold",
        "NDF beyond its short threshold",
    ]


def test_net_gamma_changing_sign_is_an_event(tick: Ticks) -> None:
    assert told([tick(0, gex_total=-5.0), tick(1, gex_total=3.0)]) == [
        "net gamma turned positive"
    ]
    assert told([tick(0, gex_total=5.0), tick(1, gex_total=-3.0)]) == [
        "net gamma turned negative"
    ]
    assert told([tick(0, gex_total=None), tick(1, gex_total=-3.0)]) == []


def test_a_threshold_that_becomes_unavailable_is_not_a_return_inside_it(
    tick: Ticks,
) -> None:
    rows = [
        tick(0, ndf=110.0, threshold_long=100.0),
        tick(1, ndf=111.0, threshold_long=None),
    ]

    assert told(rows) == []


def test_a_threshold_that_becomes_available_is_not_a_break_of_it(tick: Ticks) -> None:
    rows = [
        tick(0, ndf=110.0, threshold_long=None),
        tick(1, ndf=111.0, threshold_long=100.0),
    ]

    assert told(rows) == []


def test_a_passing_is_seen_across_a_tick_that_lacks_the_field(tick: Ticks) -> None:
    rows = [
        tick(0, price=99.0, gamma_flip=100.0, gex_total=-5.0),
        tick(1, price=None, gamma_flip=100.0, gex_total=None),
        tick(2, price=101.0, gamma_flip=100.0, gex_total=5.0),
    ]

    assert told(rows) == ["price above flip", "net gamma turned positive"]
