"""The everyday read: one reading, told twice."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.reading import (
    PositioningReading,
)
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.positioning import positioning_answer


Everyday = Callable[..., PositioningReading]
Ticks = Callable[..., Tick]


def test_the_everyday_read_says_the_same_in_both_channels(
    positioning_reading: Everyday, tick: Ticks
) -> None:
    answer = positioning_answer(positioning_reading(tick=tick(gamma_flip=97.0)))
    data, text = answer.json, answer.text

    assert "LONG gamma" in text.splitlines()[0]
    assert (data["regime"], data["net"], data["gross"]) == (
        "long_gamma",
        54_000_000,
        90_000_000,
    )
    assert "net +54M of 90M gross, tilt +0.60" in text
    assert f"{data['confidence']} confidence" in text
    assert f"flip {data['levels']['flip']['value']:.4g}" in text
    assert "stream 97" in text
    assert data["levels"]["flip"]["alternatives"]["stream"] == 97
    assert data["levels"]["call_wall"] == {
        "strike": 100,
        "value": 40_000_000,
        "share": 0.533,
        "distance_pct": 0,
        "zone": [100, 105],
    }
    assert "call wall 100 0 % +40M 53.3 calls only; zone 100-105" in text
    assert data["shape"]["top5_share"] == 1
    assert f"spread as over {data['shape']['effective_strikes']:.0f} equal ones" in text
    assert data["levels"]["put_wall"]["strike"] == 95
    assert data["vanna"]["hedge"] == -11_000_000
    assert "IV +1 pt: sell 11M" in text
    assert data["vanna"]["if_iv_rises_in_a_fall"] == "adds to"
    assert "adds to a fall with rising IV" in text
    assert data["charm"]["hedge"] == 2_250_000
    assert data["expiry"]["zero_dte"] == pytest.approx(8 / 28, abs=0.001)
    assert "0DTE 29 % of exposure" in text
    assert data["levels"]["magnet"]["pin_score"] == 30
    assert "pin 30 of 100 (house heuristic)" in text
    assert data["flow"]["threshold_used"] == 0.44
    assert "44 % of its long threshold" in text
    assert data["flow"]["hedging"] == "damped"
    assert "modelled hedging damps its push" in text
    assert all(turn["if"] in text for turn in data["turns_over"])


def test_a_part_that_could_not_be_read_says_so_in_its_place(
    positioning_reading: Everyday,
) -> None:
    answer = positioning_answer(positioning_reading(alone=True))

    assert answer.json["expiry"] == {"not_read": "the upstream has no matrix"}
    assert answer.json["flow"] == {"not_read": "the stream is silent"}
    assert answer.json["missing"] == ["vanna", "charm"]
    assert "vanna" not in answer.json
    assert "expiry  not read: the upstream has no matrix" in answer.text
    assert "vanna unavailable" in answer.text
    assert "charm unavailable" in answer.text


def test_moves_other_than_one_percent_are_named(positioning_reading: Everyday) -> None:
    hedge = positioning_answer(positioning_reading(moves=[1, 2.5])).json["hedge"]

    assert set(hedge) == {"up_1pct", "down_1pct", "moves"}
    assert [h["move_pct"] for h in hedge["moves"]] == [2.5, -2.5]


def test_a_vanna_far_larger_than_gamma_has_no_exponent(
    positioning_reading: Everyday,
) -> None:
    answer = positioning_answer(
        positioning_reading(gex=[(95, 0, -50e6), (105, 50.05e6, 0)])
    )

    assert answer.json["vanna"]["vs_1pct_gamma_hedge"] == pytest.approx(220)
    assert "e+0" not in answer.text
