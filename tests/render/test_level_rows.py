from collections.abc import Callable
from dataclasses import replace

from gexfocus_mcp.analysis.levels import Level
from gexfocus_mcp.analysis.reading import PositioningReading
from gexfocus_mcp.analysis.shape import WallShape
from gexfocus_mcp.render.level_rows import level_lines


Everyday = Callable[..., PositioningReading]


def call_wall_row(reading: PositioningReading, shape: WallShape) -> str:
    """The row of a call wall at 98, 2 % below spot."""
    read = reading.positioning
    assert read.shape is not None
    wall = Level(strike=98, value=4e7, share=0.4, distance_pct=-2.0)
    changed = replace(
        read,
        levels=replace(read.levels, call_wall=wall),
        shape=replace(read.shape, call_wall=shape),
    )
    lines = level_lines(replace(reading, positioning=changed))
    return next(line for line in lines if line.startswith("call wall"))


def usual(strike: float) -> Level:
    return Level(strike=strike, value=3.9e7, share=0.3, distance_pct=strike - 100)


def test_one_strike_that_is_both_runner_up_and_on_the_usual_side_is_named_once(
    positioning_reading: Everyday,
) -> None:
    shape = WallShape((98, 98), runner_up=105, gap=0.02, on_usual_side=usual(105))

    row = call_wall_row(positioning_reading(), shape)

    assert "below spot; largest above 105, only 2 % smaller" in row


def test_a_runner_up_elsewhere_is_named_beside_the_usual_side(
    positioning_reading: Everyday,
) -> None:
    shape = WallShape((98, 98), runner_up=97, gap=0.02, on_usual_side=usual(105))

    row = call_wall_row(positioning_reading(), shape)

    assert "largest above 105; 97 only 2 % smaller" in row


def test_a_clear_wall_names_no_runner_up(positioning_reading: Everyday) -> None:
    shape = WallShape((98, 98), runner_up=105, gap=0.4, on_usual_side=usual(105))

    assert "smaller" not in call_wall_row(positioning_reading(), shape)
