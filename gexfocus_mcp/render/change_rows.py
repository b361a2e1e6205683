"""The tables of `compare_positioning`: levels at both moments, then the strikes that made the change."""

from typing import Final

from gexfocus_mcp.analysis.attribution import (
    Attribution,
    ChangeRest,
    Contribution,
    LargestChanges,
)
from gexfocus_mcp.analysis.change import Book, Change
from gexfocus_mcp.analysis.rolls import LevelName, Roll
from gexfocus_mcp.render.numbers import Scale, pct, plain, scaled, share


_NAMES: Final[dict[LevelName, str]] = {
    "flip": "flip",
    "call_wall": "call wall",
    "put_wall": "put wall",
    "max_gamma": "max |net|",
}


def arrow(before: str | None, after: str | None) -> str:
    return f"{before or 'n/a'} -> {after or 'n/a'}"


def standing_levels(book: Book) -> str:
    levels = book.levels
    flip = "none found" if levels.flip is None else plain(levels.flip.value, 4)
    told = [f"flip {flip} (one width for the whole book)"]
    for name, level in (
        ("call wall", levels.call_wall),
        ("put wall", levels.put_wall),
        ("max |net|", levels.max_gamma),
    ):
        if level is not None:
            told.append(f"{name} {plain(level.strike)} ({scaled(level.value)})")
    return f"levels  {', '.join(told)}"


def level_lines(change: Change) -> list[str]:
    if not change.rolls:
        return []
    lines = [
        "level: from -> to, shift in % of spot, strikes passed, size; flips repriced by one width for the whole book"
    ]
    for found in change.rolls:
        digits = 4 if found.name == "flip" else 6
        at = arrow(
            *(
                None if v is None else plain(v, digits)
                for v in (found.before, found.after)
            )
        )
        lines.append(
            f"{_NAMES[found.name]}  {at}{_shift_words(found)}{_sizes(found, change)}"
        )
    return lines


def _shift_words(found: Roll) -> str:
    if found.before is None or found.after is None:
        return ", none found at one of them"
    if not found.moved:
        return ", stays"
    shift = "n/a" if found.shift_pct is None else pct(found.shift_pct, 2)
    passed = f"{found.strikes:+d}" if found.strikes else "0"
    return f", {shift}, {passed}"


def _sizes(found: Roll, change: Change) -> str:
    levels = {
        "call_wall": (change.before.levels.call_wall, change.after.levels.call_wall),
        "put_wall": (change.before.levels.put_wall, change.after.levels.put_wall),
        "max_gamma": (change.before.levels.max_gamma, change.after.levels.max_gamma),
    }.get(found.name)
    if levels is None:
        return ""
    words = f", {arrow(*(scaled(v.value) if v else None for v in levels))}"
    if found.old_now is not None and found.before is not None:
        words += (
            f"; {plain(found.before)} holds {scaled(found.old_now)} at the later moment"
        )
    return f"{words}: MARGINAL, under 5 % apart" if found.marginal else words


def strike_lines(found: Attribution, cut: LargestChanges) -> list[str]:
    if not cut.shown:
        return ["by strike  no strike changed"]
    told = [v for c in cut.shown for v in (c.before, c.change, c.spot_alone) if v]
    unit = Scale(told)
    scale = f" in {unit.suffix}" if unit.suffix else ""
    parted = found.spot_alone is not None
    columns = f"strike,from,change,share{',spot alone' if parted else ''}{scale}"
    made = f"{len(cut.shown)} of {len(found.by_strike)} strikes made {share(cut.share)} of all |change|"
    lines = [f"{columns}; {made}, {scaled(found.turnover, sign=False)}"]
    if any(c.before is None for c in cut.shown):
        lines[0] += "; from n/a: no such strike then"
    lines += [_row(c, found, unit) for c in cut.shown]
    for side, rest in (("below spot", cut.rest_below), ("above", cut.rest_above)):
        if rest.n:
            lines.append(f"rest {side}: {_rest_words(rest)}")
    if found.not_by_strike:
        lines.append(
            f"not by strike: {scaled(found.not_by_strike)}, the stored nets cover more than the bars"
        )
    return lines


def _row(one: Contribution, found: Attribution, unit: Scale) -> str:
    cells = [
        plain(one.strike),
        unit(one.before),
        unit(one.change),
        share(abs(one.change) / found.turnover),
    ]
    if found.spot_alone is not None:
        cells.append(unit(one.spot_alone))
    return ",".join(cells)


def _rest_words(rest: ChangeRest) -> str:
    words = f"{rest.n} strikes, {scaled(rest.change)}"
    if rest.spot_alone is not None:
        words += f" (spot alone {scaled(rest.spot_alone, 2)})"
    return words
