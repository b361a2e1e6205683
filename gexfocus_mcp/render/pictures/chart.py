"""A picture and its numbers as text: the words of the tool that answers the same question."""

from dataclasses import dataclass

from gexfocus_mcp.analysis.history import HistoryReading
from gexfocus_mcp.analysis.reading import (
    FlowPathReading,
    MatrixReading,
    PositioningReading,
)
from gexfocus_mcp.render.flow import flow_answer
from gexfocus_mcp.render.history import history_answer
from gexfocus_mcp.render.matrix import matrix_answer
from gexfocus_mcp.render.pictures.drawing import Drawing
from gexfocus_mcp.render.pictures.flow import draw_flow
from gexfocus_mcp.render.pictures.heatmap import draw_heatmap
from gexfocus_mcp.render.pictures.history import draw_history
from gexfocus_mcp.render.pictures.strikes import draw_strikes
from gexfocus_mcp.render.positioning import positioning_answer


_FEW = 10
"""Rows of a series that a picture shows in full."""


@dataclass(frozen=True, slots=True)
class Chart:
    drawing: Drawing
    text: str


def of_strikes(reading: PositioningReading) -> Chart:
    seen = "calls blue, puts orange, net dark; spot solid, flip dashed, walls dotted"
    text = positioning_answer(reading).text
    return Chart(draw_strikes(reading), _with(text, f"gamma by strike: {seen}"))


def of_matrix(reading: MatrixReading) -> Chart:
    seen = "blue above zero, orange below, by square root; framed the largest shown of each expiration"
    text = matrix_answer(reading, max_strikes=_FEW).text
    return Chart(
        draw_heatmap(reading), _with(text, f"gamma by strike and expiration: {seen}")
    )


def of_flow(reading: FlowPathReading) -> Chart:
    seen = "NDF between its thresholds above, price and FEP below"
    text = flow_answer(reading, points=_FEW).text
    return Chart(draw_flow(reading), _with(text, seen))


def of_history(reading: HistoryReading) -> Chart:
    seen = "net gamma above; spot, flip and walls below"
    text = history_answer(reading, points=_FEW).text
    return Chart(draw_history(reading), _with(text, seen))


def _with(text: str, seen: str) -> str:
    return f"{text}\npicture  {seen}"
