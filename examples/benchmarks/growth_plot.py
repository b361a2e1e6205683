"""The picture of what `growth.py` measures."""

from collections.abc import Sequence
from itertools import product
from math import ceil, floor, log10

from growth_series import MOST, Series

from gexfocus_mcp.render.pictures.axis import Axis
from gexfocus_mcp.render.pictures.drawing import FAINT, GRID, Drawing
from gexfocus_mcp.render.pictures.sheet import CALLS, PUTS


RED = "#b3261e"


def picture(measured: Sequence[Series]) -> Drawing:
    """A panel for each kind of work, both ways logarithmic: where cost grows as work does, it runs along the dashes."""
    positioning, greeks, flow, scan, clients = measured
    drawing = Drawing(1_080, 845)
    title = "How the cost of an answer grows with the work"
    drawing.text(18, 31, title, size=17, bold=True)
    legend = (
        "Milliseconds of processor time against work, both logarithmic. Dashed: twice the work, twice the cost. "
        f"Red: over {MOST} times the cost."
    )
    drawing.text(18, 51, legend, size=12, fill=FAINT)
    draw_panel(drawing, 70, 95, "Bars of a map", [positioning, greeks])
    draw_panel(drawing, 600, 95, "Rows of flow", [flow])
    draw_panel(drawing, 70, 475, "Tickers of a scan", [scan])
    over_http = f"Clients over HTTP, {clients.each} remembered answers each"
    draw_panel(drawing, 600, 475, over_http, [clients], wall=True)
    return drawing


def draw_panel(
    drawing: Drawing,
    left: float,
    top: float,
    title: str,
    shown: Sequence[Series],
    *,
    wall: bool = False,
) -> None:
    """One panel of 460 by 300 pixels; with *wall* the time that passed stands beside the cost."""
    work = [step.work for step in shown[0].steps]
    curves = [(each.name, [step.cost for step in each.steps]) for each in shown]
    if wall:
        passed = [step.wall for step in shown[0].steps]
        curves = [("processor time of the service", curves[0][1])]
        curves.append(("until all are answered", passed))
    every = [log10(cost) for _, costs in curves for cost in costs]
    across = Axis(log10(work[0]), log10(work[-1]), left + 20, left + 440)
    up = Axis(min(every) - 0.1, max(every) + 0.25, top + 300, top)
    drawing.text(left, top - 10, title, size=12.5, bold=True)
    draw_grid(drawing, left, across, up, work)
    unit = shown[0].work
    drawing.text(left + 230, top + 335, unit, size=10.5, anchor="middle")
    # From the last step of the first curve back: what is constant weighs least there.
    last = log10(curves[0][1][-1])
    span = min(across.high - across.low, last - up.low)
    start = (across(across.high - span), up(last - span))
    drawing.line(start, (across.end, up(last)), FAINT, dash="5 4")
    for number, (words, costs) in reversed(list(enumerate(curves))):
        colour = (CALLS, PUTS)[number]
        points = [
            (across(log10(w)), up(log10(c))) for w, c in zip(work, costs, strict=True)
        ]
        drawing.path(points, colour, width=2)
        over = [False] * len(points)
        if number < len(shown):
            over[1:] = [growth.is_over for growth in shown[number].growth]
        for point, marked in zip(points, over, strict=True):
            drawing.dot(point, RED if marked else colour, 4)
        y = top + 20 + 18 * number
        drawing.line((left + 12, y - 4), (left + 34, y - 4), colour, width=2)
        drawing.text(left + 40, y, words, size=11.5)


def draw_grid(
    drawing: Drawing, left: float, across: Axis, up: Axis, work: Sequence[int]
) -> None:
    """Round times up the side, and every step below that has room for its number."""
    bottom = up.start
    for decade, digit in product(range(floor(up.low), ceil(up.high)), (1, 2, 5)):
        height = decade + log10(digit)
        if up.holds(height):
            y = up(height)
            drawing.line((left, y), (left + 460, y), GRID)
            words = f"{digit * 10**decade:,g} ms"
            drawing.text(left - 6, y + 4, words, size=10, fill=FAINT, anchor="end")
    free = left + 999
    for each in reversed(work):
        x = across(log10(each))
        drawing.line((x, bottom), (x, bottom + 5), FAINT)
        if free - x > 40:
            words = f"{each:,}"
            drawing.text(x, bottom + 18, words, size=10, fill=FAINT, anchor="middle")
            free = x
