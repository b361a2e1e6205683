"""Exposure by strike and expiration as colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final

from gexfocus_mcp.analysis.expiry import Column
from gexfocus_mcp.analysis.reading import MatrixReading
from gexfocus_mcp.render.matrix_text import NAMES
from gexfocus_mcp.render.numbers import price, scaled, share
from gexfocus_mcp.render.pictures.drawing import FAINT, INK, PAPER, Drawing
from gexfocus_mcp.render.pictures.sheet import (
    CALLS,
    FLIP,
    PUTS,
    close_sheet,
    open_sheet,
    say_nothing_there,
)


_WIDTH: Final = 820
_HEIGHT: Final = 900
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 742, 134, 836
_MOST_ROWS: Final = 110
_MOST_COLUMNS: Final = 12
_ENOUGH: Final = 0.95
_TALLEST: Final = 30.0
_NOT_GIVEN: Final = "#dde0e5"


@dataclass(frozen=True, slots=True)
class _Grid:
    """The chosen part of a matrix and where it lies; rows run upwards in strike."""

    strikes: tuple[float, ...]
    columns: tuple[Column, ...]
    cells: tuple[tuple[float | None, ...], ...]
    row: float
    column: float

    def y_of(self, strike: float) -> float | None:
        """The pixel of a price between the rows' middles; None beyond them."""
        for number, (low, high) in enumerate(
            zip(self.strikes, self.strikes[1:], strict=False)
        ):
            if low <= strike <= high:
                part = number + (strike - low) / (high - low)
                return self.middle(part)
        return self.middle(0) if self.strikes == (strike,) else None

    def middle(self, number: float) -> float:
        return _TOP + (len(self.strikes) - 0.5 - number) * self.row

    def left(self, number: int) -> float:
        return _LEFT + number * self.column


def draw_heatmap(reading: MatrixReading) -> Drawing:
    """The picture of one matrix: the nearest expirations, and the strikes around spot that hold most of it."""
    structure = reading.structure
    provenance = reading.provenance.noting(*reading.expiries.notes)
    drawing = open_sheet(
        _WIDTH,
        _HEIGHT,
        f"{reading.ticker}  {NAMES[structure.greek]} by strike and expiration",
        provenance,
        "Map",
    )
    grid, part = _choose(reading)
    if not grid.cells:
        say_nothing_there(drawing, "No exposure in this matrix")
        return drawing
    largest = max(abs(v) for row in grid.cells for v in row if v is not None)
    _draw_legend(drawing, largest)
    _draw_heads(drawing, grid)
    _draw_cells(drawing, grid, largest)
    _draw_levels(drawing, grid, reading.expiries.spot)
    hidden = len([c for c in structure.columns if c.dte >= 0]) - len(grid.columns)
    later = f"; {hidden} later expirations not shown" if hidden > 0 else ""
    close_sheet(
        drawing,
        f"{len(grid.strikes)} of {len(reading.expiries.strikes)} strikes, with {share(part)} of the matrix{later}. "
        "Calls and puts are netted inside a cell.",
        "Framed: the largest shown of each expiration. Purple: where an expiration alone would turn. "
        "Units ASSUMED: the feed states none.",
    )
    return drawing


def _choose(reading: MatrixReading) -> tuple[_Grid, float]:
    """The part to show, and its share of the gross that is not yet expired."""
    expiries, structure = reading.expiries, reading.structure
    matrix = expiries.matrices[structure.greek]
    places = {day: number for number, day in enumerate(expiries.expirations)}
    ahead = [c for c in structure.columns if c.dte >= 0 and c.expiration in places]
    columns = tuple(ahead[:_MOST_COLUMNS])
    shown = [places[c.expiration] for c in columns]
    every = [places[c.expiration] for c in ahead]
    sizes = [sum(abs(row[i] or 0.0) for i in every) for row in matrix]
    low, high = find_rows(expiries.strikes, sizes, expiries.spot)
    total = sum(sizes)
    if not total or not columns:
        return _Grid((), (), (), 0, 0), 0.0
    cells = tuple(tuple(matrix[n][i] for i in shown) for n in range(low, high))
    part = sum(abs(v or 0.0) for row in cells for v in row) / total
    count = high - low
    return (
        _Grid(
            strikes=expiries.strikes[low:high],
            columns=columns,
            cells=cells,
            row=min((_BOTTOM - _TOP) / count, _TALLEST),
            column=(_RIGHT - _LEFT) / len(columns),
        ),
        part,
    )


def find_rows(
    strikes: Sequence[float], sizes: Sequence[float], spot: float | None
) -> tuple[int, int]:
    """The rows around *spot*, none left out between, that hold most of the exposure; as a half-open range."""
    if not strikes:
        return 0, 0
    if spot is None:
        start = max(range(len(sizes)), key=lambda n: sizes[n])
    else:
        start = min(range(len(strikes)), key=lambda n: abs(strikes[n] - spot))
    low, high = start, start + 1
    inside, enough = sizes[start], _ENOUGH * sum(sizes)
    while inside < enough and high - low < _MOST_ROWS:
        # The nearer neighbour in price comes next, so that the range stays around spot.
        below = strikes[start] - strikes[low - 1] if low > 0 else None
        above = strikes[high] - strikes[start] if high < len(strikes) else None
        if above is None and below is None:
            break
        if above is None or (below is not None and below <= above):
            low -= 1
            inside += sizes[low]
        else:
            inside += sizes[high]
            high += 1
    return low, high


def shade(value: float, largest: float) -> str:
    """White at zero, blue above and orange below; by the root, so that small cells are seen beside the largest."""
    strength = sqrt(abs(value) / largest) if largest else 0.0
    full, none = _rgb(CALLS if value > 0 else PUTS), _rgb(PAPER)
    mixed = (round(n + (f - n) * strength) for f, n in zip(full, none, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _draw_legend(drawing: Drawing, largest: float) -> None:
    steps, wide, left, top = 40, 7.0, 66.0, 64.0
    for number in range(steps):
        value = (number + 0.5) / steps * 2 - 1
        # Even steps of colour: the value is the square of where it stands.
        shown = shade(value * abs(value), 1.0)
        drawing.rect(left + number * wide, top, wide + 0.5, 11, shown)
    for x, value, anchor in (
        (left, -largest, "start"),
        (left + steps * wide / 2, 0.0, "middle"),
        (left + steps * wide, largest, "end"),
    ):
        drawing.text(
            x,
            top + 24,
            scaled(value),
            size=10.5,
            fill=FAINT,
            anchor="start"
            if anchor == "start"
            else "end"
            if anchor == "end"
            else "middle",
        )
    drawing.rect(left + steps * wide + 26, top, 12, 11, _NOT_GIVEN)
    drawing.text(left + steps * wide + 43, top + 10, "not given", size=10.5, fill=FAINT)


def _draw_heads(drawing: Drawing, grid: _Grid) -> None:
    size = 11 if grid.column >= 54 else 9.5
    for number, column in enumerate(grid.columns):
        x = grid.left(number) + grid.column / 2
        drawing.text(
            x,
            _TOP - 24,
            f"{column.expiration:%-d %b}",
            size=size,
            anchor="middle",
            bold=True,
        )
        held = "not given" if column.share is None else share(column.share)
        drawing.text(
            x,
            _TOP - 9,
            f"{column.dte}d  {held}",
            size=size - 1,
            fill=FAINT,
            anchor="middle",
        )


def _draw_cells(drawing: Drawing, grid: _Grid, largest: float) -> None:
    every = ceil(13 / grid.row)
    for number, (strike, row) in enumerate(zip(grid.strikes, grid.cells, strict=True)):
        y = grid.middle(number) - grid.row / 2
        if number % every == 0:
            drawing.text(
                _LEFT - 8,
                y + grid.row / 2 + 4,
                price(strike),
                size=11,
                fill=FAINT,
                anchor="end",
            )
        for place, value in enumerate(row):
            fill = _NOT_GIVEN if value is None else shade(value, largest)
            drawing.rect(
                grid.left(place), y, grid.column - 1, max(grid.row - 1, 1), fill
            )
    for place in range(len(grid.columns)):
        cells = [(abs(row[place] or 0.0), n) for n, row in enumerate(grid.cells)]
        size, number = max(cells)
        if size:
            drawing.rect(
                grid.left(place),
                grid.middle(number) - grid.row / 2,
                grid.column - 1,
                max(grid.row - 1, 2),
                "none",
                stroke=INK,
            )


def _draw_levels(drawing: Drawing, grid: _Grid, spot: float | None) -> None:
    for place, column in enumerate(grid.columns):
        y = None if column.flip is None else grid.y_of(column.flip)
        if y is not None:
            left = grid.left(place)
            drawing.line((left, y), (left + grid.column - 1, y), FLIP, width=2.4)
    y = None if spot is None else grid.y_of(spot)
    if spot is not None and y is not None:
        drawing.line((_LEFT, y), (_RIGHT + 6, y), INK, width=1.8)
        drawing.text(_RIGHT + 9, y - 3, "spot", size=11, bold=True)
        drawing.text(_RIGHT + 9, y + 11, price(spot), size=11, bold=True)
