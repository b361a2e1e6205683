"""Gamma by strike: calls and puts from a common zero, with spot, flip and walls where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from gexfocus_mcp.analysis.levels import Levels
from gexfocus_mcp.analysis.reading import PositioningReading
from gexfocus_mcp.market.strikes import Bar
from gexfocus_mcp.render.numbers import pct, price, scaled, share
from gexfocus_mcp.render.pictures.axis import Axis, around
from gexfocus_mcp.render.pictures.drawing import FAINT, GRID, INK, Drawing
from gexfocus_mcp.render.pictures.panel import Label, draw_labels
from gexfocus_mcp.render.pictures.sheet import (
    CALLS,
    FLIP,
    PUTS,
    close_sheet,
    open_sheet,
    say_nothing_there,
)
from gexfocus_mcp.render.positioning_text import REGIMES


_WIDTH: Final = 760
_HEIGHT: Final = 900
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 570, 92, 816
_ENOUGH: Final = 0.9
"""Share of gross gamma that the picture is wide enough for, if that takes no more than _WIDEST of spot."""
_NARROWEST, _WIDEST = 0.02, 0.15
_ARROWS: Final = {True: "\u2191", False: "\u2193"}
_SEEN: Final = 5
"""Pixels that a bar needs for its net to be marked."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A level with its label."""

    at: float
    words: str
    colour: str
    dash: str = "none"
    bold: bool = False


def draw_strikes(reading: PositioningReading) -> Drawing:
    """The picture of the everyday read."""
    read = reading.positioning
    provenance = reading.provenance.noting(*read.notes)
    drawing = open_sheet(
        _WIDTH,
        _HEIGHT,
        f"{reading.ticker}  gamma by strike",
        provenance,
        "Map",
    )
    bars, spot = read.gamma.bars, read.gamma.spot
    if not any(bar.gross for bar in bars):
        say_nothing_there(drawing, "No gamma in this map")
        return drawing
    low, high = find_range(bars, spot, read.levels)
    shown = [bar for bar in bars if low <= bar.strike <= high]
    strikes = Axis(low, high, _BOTTOM, _TOP)
    sizes = _size_axis(shown)
    _draw_grid(drawing, strikes, sizes)
    _draw_bars(drawing, shown, strikes, sizes)
    _draw_marks(drawing, _marks(reading), strikes)
    _draw_legend(drawing)
    stance = (
        f"modelled {REGIMES[read.stance.regime]}, {read.stance.confidence} confidence"
    )
    drawing.text(_WIDTH - 18, 77, stance, size=12, anchor="end", bold=True)
    part = sum(bar.gross for bar in shown) / sum(bar.gross for bar in bars)
    close_sheet(
        drawing,
        f"net {scaled(read.stance.net)} of {scaled(read.stance.gross, sign=False)} gross; "
        f"{len(shown)} of {len(bars)} strikes shown, with {share(part)} of gross gamma.",
        "Model: open interest, dealers long calls and short puts; real books unseen.",
    )
    return drawing


def find_range(
    bars: Sequence[Bar], spot: float | None, levels: Levels
) -> tuple[float, float]:
    """The strikes worth showing: as wide as most of the gamma and every level near spot need."""
    held = [bar for bar in bars if bar.gross]
    if spot is None:
        low, high = held[0].strike, held[-1].strike
    else:
        total = sum(bar.gross for bar in held)
        inside, wide = 0.0, _NARROWEST
        for bar in sorted(held, key=lambda b: abs(b.strike - spot)):
            wide = max(wide, abs(bar.strike - spot) / spot)
            inside += bar.gross
            if inside >= _ENOUGH * total:
                break
        wide = min(wide, _WIDEST)
        near = [
            at
            for at in (*_strikes_of(levels), spot)
            if abs(at - spot) <= _WIDEST * spot
        ]
        low = min(spot * (1 - wide), *near)
        high = max(spot * (1 + wide), *near)
        # No emptier than the map is.
        low = max(low, min(held[0].strike, *near))
        high = min(high, max(held[-1].strike, *near))
    air = 0.02 * (high - low) or 0.01 * abs(high) or 1.0
    return low - air, high + air


def _strikes_of(levels: Levels) -> list[float]:
    walls = (levels.call_wall, levels.put_wall, levels.max_gamma)
    found = [level.strike for level in walls if level is not None]
    return [*found, levels.flip.value] if levels.flip else found


def _size_axis(bars: Sequence[Bar]) -> Axis:
    ends = [value for bar in bars for value in _spans(bar)[-1]] + [
        value for bar in bars for value in _spans(bar)[0]
    ]
    return around(ends, _LEFT, _RIGHT, zero=True)


def _spans(bar: Bar) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where calls and puts reach; of one sign, puts go on where calls end."""
    start = bar.calls if bar.calls * bar.puts > 0 else 0.0
    return (0.0, bar.calls), (start, start + bar.puts)


def _draw_grid(drawing: Drawing, strikes: Axis, sizes: Axis) -> None:
    for value in sizes.ticks(6):
        x = sizes(value)
        drawing.line((x, _TOP), (x, _BOTTOM), FAINT if value == 0 else GRID)
        drawing.text(
            x, _BOTTOM + 17, scaled(value), size=11, fill=FAINT, anchor="middle"
        )
    for value in strikes.ticks(18):
        drawing.text(
            _LEFT - 8,
            strikes(value) + 4,
            price(value),
            size=11,
            fill=FAINT,
            anchor="end",
        )
    drawing.text(
        (_LEFT + _RIGHT) / 2,
        _BOTTOM + 34,
        "$ delta per +1 % of spot, ASSUMED: the feed states no unit",
        size=10.5,
        fill=FAINT,
        anchor="middle",
    )


def _draw_bars(
    drawing: Drawing, bars: Sequence[Bar], strikes: Axis, sizes: Axis
) -> None:
    gaps = [b.strike - a.strike for a, b in pairwise(bars)]
    step = abs(strikes(median(gaps)) - strikes(0)) if gaps else 20.0
    thick = min(max(0.78 * step, 1.0), 18.0)
    for bar in bars:
        y = strikes(bar.strike) - thick / 2
        for (start, end), colour in zip(_spans(bar), (CALLS, PUTS), strict=True):
            left, right = sorted((sizes(start), sizes(end)))
            drawing.rect(left, y, right - left, thick, colour, opacity=0.85)
        if abs(sizes(bar.gross) - sizes(0)) >= _SEEN:
            drawing.rect(sizes(bar.total) - 1, y, 2, thick, INK)


def _marks(reading: PositioningReading) -> list[_Mark]:
    read = reading.positioning
    levels, spot = read.levels, read.gamma.spot
    marks = []
    if spot is not None:
        marks.append(_Mark(spot, f"spot {price(spot)}", INK, bold=True))
    if levels.flip is not None:
        value = levels.flip.value
        words = f"flip {price(value)}  {pct(levels.flip.distance_pct)}"
        marks.append(_Mark(value, words, FLIP, dash="7 4", bold=True))
    for name, level, colour in (
        ("call wall", levels.call_wall, CALLS),
        ("put wall", levels.put_wall, PUTS),
    ):
        if level is not None:
            away = "" if level.distance_pct is None else f"  {pct(level.distance_pct)}"
            marks.append(
                _Mark(
                    level.strike,
                    f"{name} {price(level.strike)}{away}",
                    colour,
                    dash="2 3",
                )
            )
    return marks


def _draw_marks(drawing: Drawing, marks: Sequence[_Mark], strikes: Axis) -> None:
    """Lines across, and labels beside that keep clear of each other."""
    inside = [mark for mark in marks if strikes.holds(mark.at)]
    for mark in inside:
        y = strikes(mark.at)
        wide = 1.8 if mark.bold else 1.3
        drawing.line((_LEFT, y), (_RIGHT, y), mark.colour, width=wide, dash=mark.dash)
    labels = []
    for mark in marks:
        y = min(max(strikes(mark.at), _TOP), _BOTTOM)
        beyond = "" if mark in inside else f" {_ARROWS[mark.at > strikes.high]}"
        labels.append(Label(y, mark.words + beyond, mark.colour, mark.bold))
    draw_labels(drawing, labels, _RIGHT, lowest=_BOTTOM)


def _draw_legend(drawing: Drawing) -> None:
    x = float(_LEFT)
    for words, colour in (("calls", CALLS), ("puts", PUTS)):
        drawing.rect(x, 67, 12, 11, colour, opacity=0.85)
        drawing.text(x + 17, 77, words, size=11.5)
        x += 72
    drawing.rect(x + 5, 66, 2, 13, INK)
    drawing.text(x + 14, 77, "net", size=11.5)
