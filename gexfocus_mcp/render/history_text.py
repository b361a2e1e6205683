"""`greeks_history` in words: net and its sign, what moved, the rank, then the path."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from gexfocus_mcp.analysis.history import HistoryReading
from gexfocus_mcp.analysis.migration import LevelPath, Migration, SignChange
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.same_hour import Ranking
from gexfocus_mcp.analysis.trimming import Trimmed
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.render.answer import dated, flagged, noted
from gexfocus_mcp.render.greeks import map_lines
from gexfocus_mcp.render.numbers import (
    Scale,
    clock_time,
    counted,
    pct,
    plain,
    price,
    scaled,
    share,
)
from gexfocus_mcp.render.turns import NONE_NEAR, turn_line


MOVES_SHOWN: Final = 12


def stamp(reading: HistoryReading, at: datetime) -> str:
    """The time of day, with the date where several sessions are told of."""
    return (
        clock_time(at)
        if reading.sessions == 1
        else f"{at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}"
    )


def _short(reading: HistoryReading, at: datetime) -> str:
    local = at.astimezone(NEW_YORK)
    return f"{local:%H%M}" if reading.sessions == 1 else f"{local:%m%d %H%M}"


def sign_word(*, positive: bool) -> str:
    return "positive" if positive else "negative"


def history_text(
    reading: HistoryReading,
    provenance: Provenance,
    shown: Sequence[StrikeMap],
    changes: Sequence[SignChange],
    cut: Trimmed | None,
) -> str:
    """Compose the answer; *shown* are the rows of the path, *changes* the newest sign changes."""
    lines = [
        flagged(provenance, _first_line(reading, provenance)),
        f"Net as the feed gave it, in {UNITS[reading.greek]} ASSUMED (feed states no unit); strikes and signs need none.",
        _net_line(reading),
        _sign_line(reading, changes),
        _migration_line(reading, "max |net|", reading.max_strike),
    ]
    if reading.levels is not None:
        lines += _level_lines(reading, reading.levels)
    if reading.ranking is not None:
        lines += _ranking_lines(reading.ranking)
    lines += _turn_lines(reading)
    if reading.levels is not None:
        lines += _level_table(reading, reading.levels)
    if reading.profile is not None and cut is not None:
        at = clock_time(reading.profile.strikes.as_of)
        lines += [
            f"map {at}; rows: strike,calls,puts",
            *map_lines(reading.profile, cut),
        ]
    lines += _series_lines(reading, shown)
    return "\n".join(lines + noted(list(provenance.notes) or None))


def _first_line(reading: HistoryReading, provenance: Provenance) -> str:
    newest = reading.maps[-1]
    spot = f" {price(newest.spot)}" if newest.spot else ""
    days = sorted({m.session for m in reading.maps})
    span = "" if len(days) == 1 else f" of {days[0]} to {days[-1]}"
    what = f"Asked {reading.asked}, as of" if reading.asked else "Last snapshot"
    count = counted(len(reading.maps), "snapshot")
    return f"{reading.ticker}{spot}: {reading.greek} history{span}, {count}. {dated(provenance, what)}"


def _net_line(reading: HistoryReading) -> str:
    known = [(m.stored_net, m.as_of) for m in reading.maps if m.stored_net is not None]
    if not known:
        return "net     unavailable in every snapshot"
    low, high = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
    return (
        f"net     {scaled(known[0][0])} -> {scaled(known[-1][0])}; low {scaled(low[0])} at {stamp(reading, low[1])}, "
        f"high {scaled(high[0])} at {stamp(reading, high[1])}"
    )


def _sign_line(reading: HistoryReading, changes: Sequence[SignChange]) -> str:
    signed = [m.stored_net for m in reading.maps if m.stored_net]
    if not signed:
        return "sign    unavailable"
    positive = sum(net > 0 for net in signed) / len(signed)
    if not changes:
        return f"sign    {sign_word(positive=positive > 0)} throughout, no change"
    told = [
        f"{stamp(reading, c.at)} to {'+' if c.to_positive else '-'}"
        + (f" at {price(c.spot)}" if c.spot else "")
        for c in changes
    ]
    earlier = len(reading.sign_changes) - len(changes)
    more = f"; {earlier} earlier" if earlier else ""
    return (
        f"sign    positive in {share(positive)} of snapshots, {counted(len(reading.sign_changes), 'change')} "
        f"(first snapshot with the new sign): {', '.join(told)}{more}"
    )


def _migration_line(reading: HistoryReading, name: str, moved: Migration | None) -> str:
    if moved is None:
        return f"{name} unavailable"
    words = f"{name}  {plain(moved.first)} -> {plain(moved.last)}"
    if moved.shift_pct is not None:
        words += f" ({pct(moved.shift_pct)} of spot"
        words += (
            f", {moved.strikes_moved:+d} strikes)"
            if moved.strikes_moved is not None
            else ")"
        )
    if moved.changes:
        told = [
            f"{stamp(reading, at)} {plain(to)}"
            for at, to in moved.changes[-MOVES_SHOWN:]
        ]
        more = len(moved.changes) - len(told)
        words += f"; {counted(len(moved.changes), 'move')}: {', '.join(told)}"
        words += f" ({more} earlier)" if more else ""
    else:
        words += "; no move"
    if moved.ignored:
        words += f"; {moved.ignored} brief or slight ones ignored"
    return f"{words}; longest at {plain(moved.mode)}, {share(moved.mode_share)} of the time"


def _level_lines(reading: HistoryReading, path: LevelPath) -> list[str]:
    flips = path.flips
    if flips:
        line = f"flip    {plain(flips[0][1], 4)} -> {plain(flips[-1][1], 4)}; repriced by one width for the whole book; a crossing in {len(flips)} of {len(path.points)} snapshots"
    else:
        line = (
            f"flip    no crossing within 15 % of spot in {len(path.points)} snapshots"
        )
    if path.flip_with_spot is not None:
        line += f"; correlation with spot {path.flip_with_spot:+.2f}"
    return [
        line,
        _migration_line(reading, "call wall", path.call_wall),
        _migration_line(reading, "put wall", path.put_wall),
    ]


def _level_table(reading: HistoryReading, path: LevelPath) -> list[str]:
    rows = [
        ",".join(
            (
                _short(reading, p.at),
                _cell(p.spot, price),
                _cell(p.flip, lambda flip: plain(flip, 4)),
                _cell(p.call_wall, price),
                _cell(p.put_wall, price),
            )
        )
        for p in path.points
    ]
    return [
        f"time,spot,flip,call wall,put wall; {counted(len(rows), 'full snapshot')}",
        *rows,
    ]


def _cell(value: float | None, told: Callable[[float], str]) -> str:
    return "n/a" if value is None else told(value)


def _ranking_lines(ranking: Ranking) -> list[str]:
    clock = f"{ranking.clock:%H:%M:%S}"
    absent = (
        f"; nothing stored by then on {', '.join(f'{d:%m-%d}' for d in ranking.absent)}"
        if ranking.absent
        else ""
    )
    if not ranking.earlier:
        return [f"rank    not ranked: no earlier session has a net at {clock}{absent}"]
    nets = [then.net for then in ranking.earlier]
    unit = Scale(nets)
    suffix = f", in {unit.suffix}" if unit.suffix else ""
    rows = " ".join(
        f"{then.at:%m-%d} {then.at:%H:%M:%S} {unit(then.net)};"
        for then in ranking.earlier
    )
    return [
        (
            f"rank    net {scaled(ranking.net)} at {clock} is {ranking.rank} of {len(nets) + 1} (1 = highest), above {ranking.percentile:.0f} % of "
            f"{len(nets)} earlier sessions at that time of day, which ran {scaled(min(nets))} to {scaled(max(nets))}{absent}"
        ),
        f"earlier{suffix}: {rows.rstrip(';')}",
    ]


def _series_lines(reading: HistoryReading, shown: Sequence[StrikeMap]) -> list[str]:
    unit = Scale([m.stored_net for m in shown if m.stored_net is not None])
    scale = f" {unit.suffix}" if unit.suffix else ""
    lines = [
        f"time,spot,net{scale},max strike; {len(shown)} of {len(reading.maps)} rows, extremes kept"
    ]
    for stored in shown:
        spot = _cell(stored.spot, price)
        top = _cell(stored.stored_max_strike, plain)
        lines.append(
            f"{_short(reading, stored.as_of)},{spot},{unit(stored.stored_net)},{top}"
        )
    return lines


def _turn_lines(reading: HistoryReading) -> list[str]:
    if reading.turns is None or reading.turns_at is None:
        return []
    when = f"as of {stamp(reading, reading.turns_at)}: "
    return [turn_line(reading.turns, NONE_NEAR, when)]
