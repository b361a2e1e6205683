"""Net exposure over a session, and where flip and walls stood meanwhile."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from gexfocus_mcp.analysis.history import HistoryReading
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.render.numbers import counted, price, scaled
from gexfocus_mcp.render.pictures.clock_axis import (
    ClockAxis,
    pieces,
    session_axis,
    to_pixels,
)
from gexfocus_mcp.render.pictures.drawing import FAINT, INK, Drawing, Point
from gexfocus_mcp.render.pictures.panel import Label, Panel, draw_labels
from gexfocus_mcp.render.pictures.sheet import (
    CALLS,
    FLIP,
    PUTS,
    close_sheet,
    open_sheet,
    say_nothing_there,
)


_WIDTH: Final = 900
_HEIGHT: Final = 760
_NET: Final = Panel(74, 730, 96, 306)
_LEVELS: Final = Panel(74, 730, 346, 676)
_LONGEST_STEP: Final = timedelta(minutes=35)
"""Full maps, from which levels are read, are asked for every quarter of an hour or so."""


def draw_history(reading: HistoryReading) -> Drawing:
    """The picture of one session's stored maps."""
    maps = [stored for stored in reading.maps if stored.stored_net is not None]
    drawing = open_sheet(
        _WIDTH,
        _HEIGHT,
        f"{reading.ticker}  net {reading.greek} over a session",
        reading.provenance,
        "Map",
    )
    if not maps:
        say_nothing_there(drawing, "No stored maps of this session")
        return drawing
    day = maps[-1].session
    maps = [stored for stored in maps if stored.session == day]
    across = session_axis(day, (m.as_of for m in maps), _NET.left, _NET.right)
    across.draw(drawing, _NET.top, _NET.bottom)
    across.draw(drawing, _LEVELS.top, _LEVELS.bottom)
    _draw_net(drawing, reading, maps, across)
    _draw_levels(drawing, reading, maps, across)
    changes = [change for change in reading.sign_changes if change.at >= maps[0].as_of]
    close_sheet(
        drawing,
        f"{counted(len(maps), 'snapshot')} of {day:%a %-d %b %Y}; net changed its sign {counted(len(changes), 'time')}.",
        "Model: open interest, dealers long calls and short puts; real books unseen. Units ASSUMED: the feed states none.",
    )
    return drawing


def _draw_net(
    drawing: Drawing,
    reading: HistoryReading,
    maps: Sequence[StrikeMap],
    across: ClockAxis,
) -> None:
    line = [(m.as_of, m.stored_net) for m in maps]
    up = _NET.axis([value for _, value in line if value is not None], zero=True)
    _NET.draw(drawing, f"net {reading.greek}, as the feed gave it", up, scaled)
    for run in pieces(line):
        points = to_pixels(run, across, up)
        for above, colour in ((True, CALLS), (False, PUTS)):
            half = [(x, min(y, up(0)) if above else max(y, up(0))) for x, y in points]
            ends: list[Point] = [(points[-1][0], up(0)), (points[0][0], up(0))]
            drawing.area([*half, *ends], colour, opacity=0.3)
        drawing.path(points, INK, width=1.5)
    for change in reading.sign_changes:
        if change.at >= maps[0].as_of:
            x = across(change.at)
            colour = CALLS if change.to_positive else PUTS
            drawing.line((x, _NET.top), (x, _NET.bottom), colour, dash="3 3")
    last = maps[-1].stored_net or 0.0
    words = f"net {scaled(last)}"
    draw_labels(
        drawing,
        [Label(up(last), words, INK, bold=True)],
        _NET.right,
        lowest=_NET.bottom,
    )


def _draw_levels(
    drawing: Drawing,
    reading: HistoryReading,
    maps: Sequence[StrikeMap],
    across: ClockAxis,
) -> None:
    points = reading.levels.points if reading.levels else ()
    points = tuple(p for p in points if p.at >= maps[0].as_of)
    lines: list[tuple[str, str, str, list[tuple[datetime, float | None]]]] = [
        ("call wall", CALLS, "2 3", [(p.at, p.call_wall) for p in points]),
        ("put wall", PUTS, "2 3", [(p.at, p.put_wall) for p in points]),
        ("flip", FLIP, "7 4", [(p.at, p.flip) for p in points]),
        ("spot", INK, "none", [(m.as_of, m.spot) for m in maps]),
    ]
    values = [v for *_, line in lines for _, v in line if v is not None]
    if not values:
        drawing.text(_LEVELS.left, _LEVELS.top + 20, "no levels", size=12, fill=FAINT)
        return
    up = _LEVELS.axis(values)
    _LEVELS.draw(
        drawing, "spot, walls, and the flip by one width for the whole book", up, price
    )
    labels = []
    for name, colour, dash, line in lines:
        runs = pieces(line, _LONGEST_STEP)
        for run in runs:
            width = 1.8 if name in {"spot", "flip"} else 1.4
            drawn = run if name in {"spot", "flip"} else _stepped(run)
            drawing.path(to_pixels(drawn, across, up), colour, width=width, dash=dash)
        if runs:
            last = runs[-1][-1][1]
            bold = name in {"spot", "flip"}
            labels.append(Label(up(last), f"{name} {price(last)}", colour, bold))
    draw_labels(drawing, labels, _LEVELS.right, lowest=_LEVELS.bottom)


def _stepped(run: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """A wall stays where it is until it is seen elsewhere; it does not glide."""
    steps = list(run[:1])
    for (_, before), (at, value) in itertools.pairwise(run):
        steps += [(at, before), (at, value)]
    return steps
