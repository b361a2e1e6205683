"""Strike maps in both channels: the same numbers, none lost."""

from collections.abc import Callable
from math import fsum

import pytest

from gexfocus_mcp.analysis.reading import (
    StrikesReading,
)
from gexfocus_mcp.render.greeks import greeks_answer


Strikes = Callable[..., StrikesReading]


GREEKS_TEXT = """\
SPY 100 by strike. Map 11:30:00 ET Fri 10 Jul, 22 s old, market open.
Rows: strike,calls,puts (net = calls + puts). Units ASSUMED, the feed states none: gex $ delta per +1% spot.
gex net +54M of 90M gross, tilt +0.60, dealer-signed, max |net| 100; 3 of 3 bars = 100 % of gross, in K
95,2000,-9000
100,40000,-8000
105,30000,-1000"""


def test_strike_maps_say_the_same_in_both_channels(strikes_reading: Strikes) -> None:
    answer = greeks_answer(
        strikes_reading(large=True), max_bars=20, strikes=[5002.75, 6000.25]
    )

    lines = answer.text.splitlines()
    for greek, block in answer.json["maps"].items():
        (head,) = (line for line in lines if line.startswith(f"{greek} net "))
        assert f"{block['bars_shown']} of {block['bars_total']} bars" in head
        assert f"tilt {block['tilt']:+.2f}" in head
        start = lines.index(head) + 1
        rows = [line.split(",") for line in lines[start : start + block["bars_shown"]]]
        assert [float(r[0]) for r in rows] == block["bars"]["strike"]
        assert {5002.75, 6000.25} <= set(block["bars"]["strike"])
        unit = {"K": 1e3, "M": 1e6, "B": 1e9}[head[-1]]
        for column, name in ((1, "calls"), (2, "puts")):
            said = [float(r[column]) * unit for r in rows]
            assert said == pytest.approx(block["bars"][name], rel=1e-3, abs=unit)
        gone = block["rest_below"]["n"] + block["rest_above"]["n"]
        assert block["bars_shown"] + gone == block["bars_total"]


def test_strike_maps_add_up_but_for_rounding(strikes_reading: Strikes) -> None:
    for block in greeks_answer(strikes_reading(large=True)).json["maps"].values():
        total = fsum(
            fsum(block["bars"][leg])
            + block["rest_below"][leg]
            + block["rest_above"][leg]
            for leg in ("calls", "puts")
        )
        assert total == pytest.approx(block["net"], abs=2e-3 * block["gross"])


def test_a_missing_map_is_unavailable_in_both_channels(
    strikes_reading: Strikes,
) -> None:
    answer = greeks_answer(strikes_reading("gex", "delta", missing=("vanna", "charm")))

    assert answer.json["missing"] == ["vanna", "charm"]
    assert set(answer.json["maps"]) == {"gex", "delta"}
    assert "unavailable now (null upstream, not zero): vanna, charm" in answer.text


def test_an_asked_strike_without_a_bar_is_named(strikes_reading: Strikes) -> None:
    answer = greeks_answer(strikes_reading("gex"), strikes=[96.5])

    assert answer.json["notes"] == ["no bar at 96.5"]
    assert "no bar at 96.5" in answer.text


def test_the_strike_map_of_three_strikes_in_full(strikes_reading: Strikes) -> None:
    assert greeks_answer(strikes_reading("gex")).text == GREEKS_TEXT


def test_how_much_lies_inside_a_window_is_said_in_both_channels(
    strikes_reading: Callable[..., StrikesReading],
) -> None:
    answer = greeks_answer(strikes_reading("gex"), window_pct=1)

    # Of 90M gross, 48M sits at 100, the only strike within 1 % of spot.
    assert answer.json["maps"]["gex"]["gross_share_in_window"] == 0.533
    assert "53 % of gross inside the window" in answer.text
    assert "inside the window" not in greeks_answer(strikes_reading("gex")).text
