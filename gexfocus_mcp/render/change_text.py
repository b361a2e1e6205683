"""`compare_positioning` in words: the two moments and the answer first, then levels, spot's part and the strikes."""

from datetime import date
from typing import Final

from gexfocus_mcp.analysis.attribution import (
    Attribution,
    ChangeRest,
    Contribution,
    LargestChanges,
)
from gexfocus_mcp.analysis.change import Book, Change
from gexfocus_mcp.analysis.rolls import LevelName, Roll
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.render.answer import dated, flagged, noted
from gexfocus_mcp.render.numbers import (
    Scale,
    clock_time,
    day,
    pct,
    plain,
    price,
    scaled,
    share,
)
from gexfocus_mcp.render.positioning_text import REGIMES, turn_condition


_MODEL: Final = (
    "Model: open interest, dealers long calls and short puts; real books unseen. "
    "Net and sizes = $ delta per +1 % spot, ASSUMED (feed states no unit); %, tilt, shares and strikes need none."
)
_NAMES: Final[dict[LevelName, str]] = {
    "flip": "flip",
    "call_wall": "call wall",
    "put_wall": "put wall",
    "max_gamma": "max |net|",
}


def change_text(
    reading: ChangeReading, provenance: Provenance, cut: LargestChanges | None
) -> str:
    """Compose the comparison, one line a subject."""
    change = reading.change
    lines = [_first_line(reading, provenance), _MODEL, *_state_lines(change)]
    if change.same_snapshot:
        lines.append(_standing_levels(change.after))
    else:
        lines += _level_lines(change)
    if change.attribution is not None and cut is not None:
        lines.append(_spot_line(change, change.attribution))
        lines += _strike_lines(change.attribution, cut)
    elif not change.same_snapshot:
        why = change.incomparable or "one of the maps has no bars"
        lines.append(f"by strike  not told: {why}")
    lines.append(_turn_line(change))
    return "\n".join(lines + noted(list(provenance.notes)))


def _first_line(reading: ChangeReading, provenance: Provenance) -> str:
    change = reading.change
    today = provenance.market.now.date()
    since = _moment_words(reading.since, change.before, today)
    until = _moment_words(reading.until, change.after, today)
    line = f"{reading.ticker} since {since} until {until}: {_answer(change)}. {dated(provenance)}"
    return flagged(provenance, line)


def _moment_words(moment: Moment, book: Book, today: date) -> str:
    """`the open (09:30:20 ET Thu 19 Nov)`: what was asked for, and the snapshot that stands for it."""
    as_of = book.gamma.as_of
    asked = {
        "now": "now",
        "open": "the open",
        "until": moment.said,
        "last": f"the last map of {moment.said}",
    }[moment.kind]
    return f"{asked} ({clock_time(as_of)} ET {day(as_of.date(), today)})"


def _answer(change: Change) -> str:
    one, other = change.before.stance, change.after.stance
    if change.same_snapshot:
        return (
            f"nothing changed, both moments are ONE snapshot: dealers modelled {REGIMES[other.regime]}, "
            f"net {scaled(other.net)}"
        )
    if change.net is None:
        return f"amounts NOT comparable, {change.incomparable}; dealers modelled {_regimes(change)}"
    return (
        f"dealers modelled {_regimes(change)}; net gamma {scaled(change.net)}, "
        f"from {scaled(one.net)} to {scaled(other.net)}"
    )


def _regimes(change: Change) -> str:
    one, other = change.before.stance.regime, change.after.stance.regime
    if one == other:
        return f"{REGIMES[one]} at both"
    return f"{REGIMES[one]} then, {REGIMES[other]} at the later moment"


def _state_lines(change: Change) -> list[str]:
    one, other = change.before.stance, change.after.stance
    crossed = "net crossed zero" if change.net_crossed_zero else "net kept its sign"
    if not one.net or not other.net:
        crossed = "net is zero at one of them"
    lines = [
        f"regime  {one.regime} ({one.confidence}) -> {other.regime} ({other.confidence}); {crossed}",
        f"        confidence then: {' and '.join(one.reasons)}; later: {' and '.join(other.reasons)}",
    ]
    tilts = _arrow(
        *(None if s.tilt is None else f"{s.tilt:+.2f}" for s in (one, other))
    )
    grosses = _arrow(
        *(
            scaled(b.stance.gross, sign=False) if b.gamma.bars else None
            for b in (change.before, change.after)
        )
    )
    lines.append(f"gross   {grosses}; tilt {tilts} (range -1..+1)")
    return [*lines, f"spot    {_spot_words(change)}"]


def _arrow(before: str | None, after: str | None) -> str:
    return f"{before or 'n/a'} -> {after or 'n/a'}"


def _spot_words(change: Change) -> str:
    spots = (change.before.gamma.spot, change.after.gamma.spot)
    words = _arrow(*(None if s is None else price(s) for s in spots))
    if change.spot_pct is not None:
        words += f" ({pct(change.spot_pct, 2)})"
    flip, spot = change.after.levels.flip, spots[1]
    if flip is None or spot is None:
        return words
    side = "above" if spot > flip.value else "below"
    if change.flip_came_to_spot:
        return f"{words}; now {side} the flip, because the flip moved through it"
    if change.spot_crossed_flip:
        return f"{words}; CROSSED the flip, now {side} it"
    return (
        f"{words}; {side} the flip{' both times' if change.before.levels.flip else ''}"
    )


def _standing_levels(book: Book) -> str:
    levels = book.levels
    flip = "none found" if levels.flip is None else plain(levels.flip.value, 4)
    told = [f"flip {flip}"]
    for name, level in (
        ("call wall", levels.call_wall),
        ("put wall", levels.put_wall),
        ("max |net|", levels.max_gamma),
    ):
        if level is not None:
            told.append(f"{name} {plain(level.strike)} ({scaled(level.value)})")
    return f"levels  {', '.join(told)}"


def _level_lines(change: Change) -> list[str]:
    lines = ["level: from -> to, shift in % of spot, strikes passed, size"]
    for found in change.rolls:
        digits = 4 if found.name == "flip" else 6
        at = _arrow(
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
    return f", {shift}, {found.strikes or 0:+d}"


def _sizes(found: Roll, change: Change) -> str:
    levels = {
        "call_wall": (change.before.levels.call_wall, change.after.levels.call_wall),
        "put_wall": (change.before.levels.put_wall, change.after.levels.put_wall),
        "max_gamma": (change.before.levels.max_gamma, change.after.levels.max_gamma),
    }.get(found.name)
    if levels is None:
        return ""
    words = f", {_arrow(*(scaled(v.value) if v else None for v in levels))}"
    if found.old_now is not None and found.before is not None:
        words += (
            f"; {plain(found.before)} holds {scaled(found.old_now)} at the later moment"
        )
    return f"{words}: MARGINAL, under 5 % apart" if found.marginal else words


def _spot_line(change: Change, found: Attribution) -> str:
    if found.spot_alone is None or found.rest is None:
        return f"spot alone  not set apart: {found.spot_unread}"
    spot = change.after.gamma.spot or 0.0
    overnight = (
        "" if change.same_session else ", and new open interest and expirations,"
    )
    return (
        f"spot alone  about {scaled(found.spot_alone, 2)}: the earlier book repriced at {price(spot)}, time and volatility held "
        f"(kernel estimate: direction dependable, size rough); rest {scaled(found.rest, 2)}: "
        f"positions, time and volatility{overnight} not separable further"
    )


def _strike_lines(found: Attribution, cut: LargestChanges) -> list[str]:
    told = [v for c in cut.shown for v in (c.before, c.change, c.spot_alone) if v]
    unit = Scale(told)
    scale = f" in {unit.suffix}" if unit.suffix else ""
    parted = found.spot_alone is not None
    columns = f"strike,from,change,share{',spot alone' if parted else ''}{scale}"
    made = f"{len(cut.shown)} of {len(found.by_strike)} strikes made {share(cut.share)} of all |change|"
    lines = [f"{columns}; {made}, {scaled(found.turnover, sign=False)}"]
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


def _turn_line(change: Change) -> str:
    words = [
        f"{turn_condition(t)} ({pct(t.distance_pct)}): {t.then}"
        for t in change.turns_over
    ]
    return f"turns over  {'. '.join(words) or 'no level within 15 % of spot'}"
