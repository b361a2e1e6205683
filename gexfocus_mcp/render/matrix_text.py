"""`mapa_gamma` in words: what rolls off and what hangs on it, then expirations and rows."""

from collections.abc import Sequence
from datetime import date

from gexfocus_mcp.analysis.expiry import Column, ExpiryStructure, Wall
from gexfocus_mcp.analysis.trimming import Trimmed
from gexfocus_mcp.render.numbers import Scale, pct, plain, scaled, share


def short_day(day: date) -> str:
    return f"{day:%-d %b}"


def summary_lines(structure: ExpiryStructure) -> list[str]:
    lines = [
        f"net {scaled(structure.net)} of {scaled(structure.gross, sign=False)} gross-of-cells"
    ]
    if structure.front is not None:
        today = (
            "0DTE, ends at today's close"
            if structure.zero_dte is not None
            else "next to expire"
        )
        lines[0] += f"; {short_day(structure.front.expiration)} ({today}) "
        lines[0] += (
            "is unavailable"
            if structure.front.share is None or structure.roll_off_net is None
            else f"holds {share(structure.front.share)}, after it net is {scaled(structure.roll_off_net)}"
        )
    for word, wall in (
        ("most positive", structure.upper_wall),
        ("most negative", structure.lower_wall),
    ):
        if wall is not None:
            lines.append(_wall_line(word, wall, structure.front))
    magnet = structure.magnet
    if magnet is not None:
        lines.append(
            f"magnet {plain(magnet.strike)} ({pct(magnet.distance_pct)}): largest positive gamma expiring today, "
            f"{share(magnet.share)} of today's"
        )
    return lines


def _wall_line(word: str, wall: Wall, front: Column | None) -> str:
    held = ", ".join(f"{share(s)} {short_day(d)}" for d, s in wall.by_expiry)
    line = f"{word} {plain(wall.strike)} {scaled(wall.value)}: {held}"
    if front is None:
        return line
    if wall.after_roll_off == wall.strike:
        return f"{line}; stays after {short_day(front.expiration)}"
    then = "none" if wall.after_roll_off is None else plain(wall.after_roll_off)
    return f"{line}; after {short_day(front.expiration)}: {then}"


def expiration_lines(columns: Sequence[Column]) -> list[str]:
    lines = ["expiration,dte,share,net,flip,max |net|"]
    for c in columns:
        flip = "" if c.flip is None else plain(c.flip, 4)
        held = "n/a" if c.share is None else share(c.share)
        net = "n/a" if c.net is None else scaled(c.net)
        top = "" if c.max_strike is None else plain(c.max_strike)
        lines.append(f"{short_day(c.expiration)},{c.dte},{held},{net},{flip},{top}")
    return lines


def row_lines(cut: Trimmed, columns: dict[str, list[float | None]]) -> list[str]:
    unit = Scale([v for column in columns.values() for v in column if v is not None])
    names = ",".join(
        name if name == "later" else short_day(date.fromisoformat(name))
        for name in columns
    )
    scale = f", in {unit.suffix}" if unit.suffix else ""
    lines = [
        f"strike,{names}{scale}; {len(cut.shown)} of {cut.total} strikes = {share(cut.share)} of gross"
    ]
    for i, bar in enumerate(cut.shown):
        cells = ",".join(unit(column[i]) for column in columns.values())
        lines.append(f"{plain(bar.strike)},{cells}")
    for side, left in (("below spot", cut.rest_below), ("above", cut.rest_above)):
        if left.n:
            lines.append(
                f"rest {side}: {left.n} strikes, net {scaled(left.calls + left.puts)}"
            )
    return lines
