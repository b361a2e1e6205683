"""A rectangle of a picture with values up its side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gexfocus_mcp.render.pictures.axis import Axis, around
from gexfocus_mcp.render.pictures.drawing import FAINT, GRID, Anchor, Drawing


_LINE = 15
"""Pixels from one label to the next."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Pixels; *top* is the smaller one."""

    left: float
    right: float
    top: float
    bottom: float

    def axis(self, values: Sequence[float], *, zero: bool = False) -> Axis:
        return around(values, self.bottom, self.top, zero=zero)

    def draw(
        self,
        drawing: Drawing,
        title: str,
        up: Axis,
        label: Callable[[float], str],
    ) -> None:
        """The panel's title, its lines and their values."""
        drawing.text(self.left, self.top - 8, title, size=12, bold=True)
        for value in up.ticks(6):
            y = up(value)
            drawing.line((self.left, y), (self.right, y), FAINT if value == 0 else GRID)
            drawing.text(
                self.left - 7, y + 4, label(value), size=11, fill=FAINT, anchor="end"
            )


@dataclass(frozen=True, slots=True)
class Label:
    """Words that belong to the pixel *y*."""

    y: float
    words: str
    colour: str
    bold: bool = False


def draw_labels(
    drawing: Drawing,
    labels: Sequence[Label],
    x: float,
    *,
    lowest: float,
    anchor: Anchor = "start",
) -> None:
    """Labels at *x*, each joined to its place and clear of the others, none below *lowest*."""
    ordered = sorted(labels, key=lambda label: label.y)
    places = spread([label.y for label in ordered], lowest)
    for label, place in zip(ordered, places, strict=True):
        drawing.line((x, label.y), (x + 14, place), label.colour)
        drawing.text(
            x + 18,
            place + 4,
            label.words,
            size=11.5,
            fill=label.colour,
            bold=label.bold,
            anchor=anchor,
        )


def spread(wanted: Sequence[float], lowest: float, least: float = _LINE) -> list[float]:
    """Places near those *wanted*, ascending and *least* apart; pushed down by their neighbours, and up again by *lowest*."""
    places: list[float] = []
    for y in wanted:
        places.append(max(y, places[-1] + least) if places else y)
    limit = lowest
    for number in reversed(range(len(places))):
        places[number] = min(places[number], limit)
        limit = places[number] - least
    return places
