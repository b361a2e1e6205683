"""A session's net delta flow between its thresholds, over price and its flow equilibrium."""

from typing import Final

from gexfocus_mcp.analysis.reading import FlowPathReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.numbers import counted, price, scaled
from gexfocus_mcp.render.pictures.axis import Axis
from gexfocus_mcp.render.pictures.clock_axis import (
    ClockAxis,
    pieces,
    session_axis,
    to_pixels,
)
from gexfocus_mcp.render.pictures.drawing import FAINT, INK, Drawing
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
_HEIGHT: Final = 700
_FLOW: Final = Panel(74, 716, 96, 376)
_PRICE: Final = Panel(74, 716, 416, 618)


def draw_flow(reading: FlowPathReading) -> Drawing:
    """The picture of one session's flow."""
    history = reading.history
    drawing = open_sheet(
        _WIDTH,
        _HEIGHT,
        f"{reading.ticker}  net delta flow of {history.session:%a %-d %b %Y}",
        reading.provenance.noting(*history.notes),
        "Flow",
    )
    ticks = history.ticks
    if not any(tick.ndf is not None for tick in ticks):
        say_nothing_there(drawing, "No flow in this session")
        return drawing
    across = session_axis(
        history.session, (t.ts for t in ticks), _FLOW.left, _FLOW.right
    )
    across.draw(drawing, _FLOW.top, _FLOW.bottom)
    across.draw(drawing, _PRICE.top, _PRICE.bottom)
    _draw_flow(drawing, reading, across)
    _draw_price(drawing, ticks, across)
    crossed = counted(len(reading.path.crossings), "threshold crossing")
    close_sheet(
        drawing,
        f"{counted(reading.path.rows, 'row')} read, {crossed}. No line is drawn where nothing was seen for ten minutes.",
        "Sides of trades are estimates of the feed, and NDF has no stated unit. Thresholds are its own.",
    )
    return drawing


def _draw_flow(drawing: Drawing, reading: FlowPathReading, across: ClockAxis) -> None:
    ticks = reading.history.ticks
    values = [
        value
        for t in ticks
        for value in (t.ndf, t.threshold_long, t.threshold_short)
        if value is not None
    ]
    up = _FLOW.axis(values, zero=True)
    _FLOW.draw(drawing, "net delta flow since the open", up, scaled)
    labels = []
    for name, colour, line in (
        ("long threshold", CALLS, [(t.ts, t.threshold_long) for t in ticks]),
        ("short threshold", PUTS, [(t.ts, t.threshold_short) for t in ticks]),
        ("NDF", INK, [(t.ts, t.ndf) for t in ticks]),
    ):
        runs = pieces(line)
        for run in runs:
            dash = "none" if name == "NDF" else "5 4"
            width = 1.8 if name == "NDF" else 1.3
            drawing.path(to_pixels(run, across, up), colour, width=width, dash=dash)
        if runs:
            last = runs[-1][-1][1]
            words = f"{name} {scaled(last)}"
            labels.append(Label(up(last), words, colour, bold=name == "NDF"))
    for crossing in reading.path.crossings:
        colour = CALLS if crossing.threshold == "long" else PUTS
        drawing.dot((across(crossing.at), up(crossing.ndf)), colour, 3.6)
    draw_labels(drawing, labels, _FLOW.right, lowest=_FLOW.bottom)


def _draw_price(drawing: Drawing, ticks: tuple[Tick, ...], across: ClockAxis) -> None:
    lines = {
        "FEP": (FLIP, [(t.ts, t.fep) for t in ticks]),
        "price": (INK, [(t.ts, t.price) for t in ticks]),
    }
    values = [v for _, line in lines.values() for _, v in line if v is not None]
    title = "price and FEP, the price at which flow was balanced since the open"
    if not values:
        drawing.text(_PRICE.left, _PRICE.top + 20, "no price", size=12, fill=FAINT)
        return
    up: Axis = _PRICE.axis(values)
    _PRICE.draw(drawing, title, up, price)
    labels = []
    for name, (colour, line) in lines.items():
        runs = pieces(line)
        for run in runs:
            drawing.path(to_pixels(run, across, up), colour, width=1.6)
        if runs:
            last = runs[-1][-1][1]
            labels.append(
                Label(up(last), f"{name} {price(last)}", colour, bold=name == "price")
            )
    draw_labels(drawing, labels, _PRICE.right, lowest=_PRICE.bottom)
