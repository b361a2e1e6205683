"""An SVG picture under construction: shapes and words at pixels, nothing that knows a market."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, Literal


Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

PAPER: Final = "#fbfbf9"
INK: Final = "#1d2430"
FAINT: Final = "#5d6675"
GRID: Final = "#e2e5ea"

_WIDE: Final = 0.62
"""Width of an average character of DejaVu Sans, in ems."""


class Drawing:
    """Shapes in the order drawn, on opaque paper: a host's theme, light or dark, does not shine through."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._shapes: list[str] = []
        self.rect(0.5, 0.5, width - 1, height - 1, PAPER, stroke="#c9ced6")

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        opacity: float = 1,
        stroke: str = "none",
        radius: float = 0,
    ) -> None:
        self._shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
            f' rx="{radius:g}" fill="{fill}" fill-opacity="{opacity:g}" stroke="{stroke}"/>'
        )

    def line(
        self,
        start: Point,
        end: Point,
        stroke: str,
        *,
        width: float = 1,
        dash: str = "none",
    ) -> None:
        self.path([start, end], stroke, width=width, dash=dash)

    def path(
        self,
        points: Sequence[Point],
        stroke: str,
        *,
        width: float = 1.5,
        dash: str = "none",
    ) -> None:
        """A line through *points*; one point alone becomes a dot."""
        if len(points) == 1:
            self.dot(points[0], stroke, max(width, 1.5))
            return
        self._shapes.append(
            f'<polyline points="{_pairs(points)}" fill="none" stroke="{stroke}" stroke-width="{width:g}"'
            f' stroke-dasharray="{dash}" stroke-linejoin="round"/>'
        )

    def area(self, points: Sequence[Point], fill: str, *, opacity: float = 0.2) -> None:
        self._shapes.append(
            f'<polygon points="{_pairs(points)}" fill="{fill}" fill-opacity="{opacity:g}"/>'
        )

    def dot(self, at: Point, fill: str, radius: float = 3) -> None:
        self._shapes.append(
            f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:g}" fill="{fill}" stroke="{PAPER}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        fill: str = INK,
        anchor: Anchor = "start",
        bold: bool = False,
    ) -> None:
        """*words* on the baseline *y*."""
        weight = "bold" if bold else "normal"
        self._shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-family="DejaVu Sans" font-size="{size:g}" font-weight="{weight}"'
            f' fill="{fill}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def svg(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}"'
            f' viewBox="0 0 {self.width} {self.height}">{"".join(self._shapes)}</svg>'
        )


def text_width(words: str, size: float) -> float:
    """About how wide *words* are, in pixels."""
    return _WIDE * size * len(words)


def _pairs(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
