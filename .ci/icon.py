"""Draws `.mcpb/icon.png`: gamma by strike as a mark, calls to the right of zero and puts to the left."""

from pathlib import Path
from typing import Final

from gexfocus_mcp.render.pictures.drawing import INK, PAPER, Drawing
from gexfocus_mcp.render.pictures.raster import paint


ICON: Final = Path(__file__).parents[1] / ".mcpb" / "icon.png"

_SIDE: Final = 512
"""Pixels, as Claude Desktop recommends."""
_ZERO: Final = 236
# Lighter than in the charts, whose paper is white.
_CALLS, _PUTS = "#5b9bd8", "#e8864a"
_BARS: Final = (96, 208, 132, 56, -72, -168, -104)
"""Pixels from zero, the highest strike first."""
_THICK, _PITCH, _TOP = 38, 56, 69


def draw_icon() -> Drawing:
    """The mark; its ground reaches the edges, because hosts cut the corners themselves."""
    drawing = Drawing(_SIDE, _SIDE)
    drawing.rect(0, 0, _SIDE, _SIDE, INK)
    for row, length in enumerate(_BARS):
        left, colour = min(length, 0), _CALLS if length > 0 else _PUTS
        drawing.rect(
            _ZERO + left, _TOP + row * _PITCH, abs(length), _THICK, colour, radius=6
        )
    drawing.rect(_ZERO - 4, 40, 8, _SIDE - 80, PAPER, radius=4)
    return drawing


if __name__ == "__main__":
    ICON.write_bytes(paint(draw_icon()))
