"""What every picture has: whose it is, of when, how far to trust it, and on what model it rests."""

from dataclasses import dataclass
from typing import Final

from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.render.answer import dated
from gexfocus_mcp.render.pictures.drawing import FAINT, PAPER, Drawing, text_width


CALLS: Final = "#2166ac"
"""Calls, and whatever is above zero; blue and orange are told apart by every kind of sight."""
PUTS: Final = "#c4581b"
"""Puts, and whatever is below zero."""
FLIP: Final = "#7b2d8e"

_WARNING: Final = "#b3261e"
_SIMULATED: Final = "#8a3ffc"
_QUIET: Final = "#5d6675"
_MARGIN: Final = 18


@dataclass(frozen=True, slots=True)
class Badge:
    words: str
    fill: str


def badges(provenance: Provenance) -> list[Badge]:
    """As loud as the first words of the text: what a reader must know before any number."""
    found = []
    if provenance.source == "simulated":
        found.append(Badge("SIMULATED", _SIMULATED))
    if provenance.is_stale:
        found.append(Badge("STALE", _WARNING))
    elif provenance.freshness in {"closed", "delayed", "unknown", "historical"}:
        found.append(Badge(provenance.freshness.upper(), _QUIET))
    return found


def open_sheet(
    width: int, height: int, title: str, provenance: Provenance, what: str
) -> Drawing:
    """
    A sheet with its head.

    Args:
        what: What the time in the second line is of, as in "Map 11:41:30 ET".
    """
    drawing = Drawing(width, height)
    drawing.text(_MARGIN, 31, title, size=17, bold=True)
    drawing.text(_MARGIN, 51, dated(provenance, what), size=12, fill=FAINT)
    right = float(width - _MARGIN)
    for badge in reversed(badges(provenance)):
        wide = text_width(badge.words, 12.5) + 20
        drawing.rect(right - wide, 14, wide, 23, badge.fill, radius=4)
        drawing.text(
            right - wide / 2,
            30,
            badge.words,
            size=12.5,
            fill=PAPER,
            anchor="middle",
            bold=True,
        )
        right -= wide + 8
    return drawing


def close_sheet(drawing: Drawing, *lines: str) -> None:
    """Write the small print under the picture, the last line lowest."""
    for number, words in enumerate(reversed(lines)):
        y = drawing.height - 14 - 15 * number
        drawing.text(_MARGIN, y, words, size=10.5, fill=FAINT)


def say_nothing_there(drawing: Drawing, words: str) -> None:
    """In the middle, where there would be something to see."""
    drawing.text(
        drawing.width / 2,
        drawing.height / 2,
        words,
        size=15,
        fill=FAINT,
        anchor="middle",
    )
