"""Painting an SVG as PNG."""

from importlib.resources import files

from gexfocus_mcp.render.pictures.drawing import Drawing


_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def paint(drawing: Drawing) -> bytes:
    """The PNG of *drawing*, with the fonts of this package and none of the machine's."""
    # A wheel of 1.4 MB, loaded by the first picture.
    import resvg_py

    painted: bytes = resvg_py.svg_to_bytes(
        svg_string=drawing.svg(), font_files=_font_files(), skip_system_fonts=True
    )
    return bytes(painted)


def _font_files() -> list[str]:
    folder = files(__package__) / "fonts"
    return [str(folder / name) for name in _FONTS]
