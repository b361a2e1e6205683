"""A session along the bottom of a picture, in New York time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gexfocus_mcp.market.calendar import NEW_YORK, session_close, session_open
from gexfocus_mcp.render.numbers import minute
from gexfocus_mcp.render.pictures.axis import Axis
from gexfocus_mcp.render.pictures.drawing import FAINT, GRID, Drawing, Point


LONGEST_STEP: Final = timedelta(minutes=10)
"""Between two points of a line; what lies further apart was not seen, and no line is drawn there."""


@dataclass(frozen=True, slots=True)
class ClockAxis:
    """From a session's open to its close, wider where something lies outside."""

    axis: Axis

    def __call__(self, instant: datetime) -> float:
        return self.axis(instant.timestamp())

    def draw(self, drawing: Drawing, top: float, bottom: float) -> None:
        """Mark the full hours, labelled under *bottom*."""
        first = datetime.fromtimestamp(self.axis.low, NEW_YORK)
        hour = first.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        while hour.timestamp() <= self.axis.high:
            x = self(hour)
            drawing.line((x, top), (x, bottom), GRID)
            drawing.text(
                x, bottom + 16, minute(hour), size=11, fill=FAINT, anchor="middle"
            )
            hour += timedelta(hours=1)


def session_axis(
    day: date, instants: Iterable[datetime], start: float, end: float
) -> ClockAxis:
    seen = [instant.timestamp() for instant in instants]
    low = min([session_open(day).timestamp(), *seen])
    high = max([session_close(day).timestamp(), *seen])
    return ClockAxis(Axis(low, high, start, end))


def pieces(
    points: Sequence[tuple[datetime, float | None]], longest: timedelta = LONGEST_STEP
) -> list[list[tuple[datetime, float]]]:
    """The runs without a gap: where a value is unavailable, or nothing was seen for long, a line ends."""
    runs: list[list[tuple[datetime, float]]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
            continue
        if runs[-1] and at - runs[-1][-1][0] > longest:
            runs.append([])
        runs[-1].append((at, value))
    return [run for run in runs if run]


def to_pixels(
    run: Sequence[tuple[datetime, float]], across: ClockAxis, up: Axis
) -> list[Point]:
    return [(across(at), up(value)) for at, value in run]
