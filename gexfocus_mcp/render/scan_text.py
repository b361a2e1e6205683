"""The scan in words: a compact table, then what the names amount to, then what would change it."""

from collections.abc import Callable
from typing import Final

from gexfocus_mcp.analysis.basket import Dispersion, Standing
from gexfocus_mcp.analysis.pairs import Pair, SharedLevel
from gexfocus_mcp.analysis.regime import Regime
from gexfocus_mcp.analysis.scan import Row, ScanReading, Unread
from gexfocus_mcp.market.basket import Sort
from gexfocus_mcp.market.ticker import MAG7
from gexfocus_mcp.render.answer import dated, flagged, noted
from gexfocus_mcp.render.numbers import (
    duration,
    iso_day,
    pct,
    plain,
    scaled,
    share,
)
from gexfocus_mcp.render.turns import turn_words


_WORDS: Final[dict[Regime, str]] = {
    "long_gamma": "long",
    "short_gamma": "short",
    "neutral": "neutral",
}
_SORTED: Final[dict[Sort, str]] = {
    "tilt": "by tilt, most short first",
    "distance": "by distance to the flip, nearest first",
    "ticker": "by name",
}
_MODEL: Final = (
    "Model: open interest, dealers long calls and short puts; real books unseen. "
    "Net = $ delta per +1 % spot, ASSUMED; tilt (net/gross) and % need no unit and compare across names."
)


def scan_text(reading: ScanReading) -> str:
    """Compose the scan, one line a name and one a subject."""
    lines = [
        _first_line(reading),
        _MODEL,
        *_table(reading),
        *(_missing_line(unread) for unread in reading.missing),
        *_aggregate_lines(reading),
        _breadth_line(reading),
        *_dispersion_line(reading.dispersion),
        *(_pair_line(pair) for pair in reading.pairs),
        _turn_line(reading.nearest),
        *noted(list(reading.provenance.notes)),
    ]
    return "\n".join(lines)


def flip_distance(standing: Standing) -> float | None:
    """(flip - spot) / spot x 100; whole percents where only "far" is meant."""
    flip = standing.levels.flip
    if flip is None:
        return None
    return round(flip.distance_pct) if flip.far else flip.distance_pct


def _first_line(reading: ScanReading) -> str:
    breadth = reading.breadth
    sides = [
        _count(reading, "short_gamma", f"{breadth.short} SHORT gamma"),
        _count(reading, "long_gamma", f"{breadth.long} LONG"),
        _count(reading, "neutral", f"{breadth.neutral} NEUTRAL"),
    ]
    read, asked = len(reading.rows), len(reading.basket.tickers)
    said = f"scan of {read} names" if read == asked else f"scan, {read} of {asked} read"
    words = f"{said}: dealers modelled {', '.join(filter(None, sides))}."
    spread = f"Maps {duration(reading.spread_s)} apart."
    return flagged(
        reading.provenance,
        f"{words} {dated(reading.provenance, 'Oldest map')} {spread}",
    )


def _count(reading: ScanReading, regime: Regime, words: str) -> str:
    """`2 SHORT gamma (NVDA, TSLA)`; the names only where they are few."""
    names = [r.ticker for r in reading.rows if r.standing.regime == regime]
    if not names:
        return ""
    return f"{words} ({', '.join(names)})" if len(names) <= 4 else words


Cell = Callable[[Row], str]


def _table(reading: ScanReading) -> list[str]:
    rows, book = reading.rows, reading.aggregate.book
    columns: dict[str, Cell] = {
        "name": lambda r: r.ticker,
        "gamma": lambda r: _WORDS[r.standing.regime],
        "confidence": lambda r: r.standing.stance.confidence,
        "tilt": lambda r: f"{r.standing.tilt:+.2f}",
        "net": lambda r: scaled(r.standing.net),
        "flip %": lambda r: _pct(flip_distance(r.standing)),
        "call wall %": lambda r: _wall(r, "call"),
        "put wall %": lambda r: _wall(r, "put"),
        "spot": _spot,
        "age": _age,
    }
    if len({r.standing.gamma.session for r in rows}) > 1:
        columns["session"] = lambda r: iso_day(r.standing.gamma.session)
    if any(r.flow for r in rows):
        columns["NDF of threshold (age)"] = _flow
    if book and book.signed:
        signed = book.signed
        columns["contribution %"] = lambda r: _part(signed[r.ticker])
    return [
        f"{_SORTED[reading.sort]}; % = from spot, flips repriced by one width",
        ",".join(columns),
        *(",".join(cell(row) for cell in columns.values()) for row in rows),
    ]


def _pct(value: float | None) -> str:
    return "n/a" if value is None else pct(value).removesuffix(" %")


def _wall(row: Row, side: str) -> str:
    levels = row.standing.levels
    wall = levels.call_wall if side == "call" else levels.put_wall
    return _pct(wall.distance_pct if wall else None)


def _spot(row: Row) -> str:
    spot = row.standing.gamma.spot
    return "n/a" if spot is None else plain(spot, 5)


def _part(percent: float) -> str:
    return f"{'+' if percent > 0 else ''}{plain(percent, 2)}"


def _age(row: Row) -> str:
    age = row.provenance.age_s
    words = "unknown" if age is None else duration(age)
    freshness = row.provenance.freshness
    return f"{words} {freshness}" if freshness in {"delayed", "stale"} else words


def _flow(row: Row) -> str:
    if row.flow is None:
        return "n/a"
    used, age = row.flow.utilisation, row.flow.provenance.age_s
    words = (
        f"{used.state.replace('_', ' ')} {share(used.share)}" if used else "unavailable"
    )
    return words if age is None else f"{words} ({duration(age)})"


def _missing_line(unread: Unread) -> str:
    wait = (
        ""
        if unread.retry_after is None
        else f"; again after {duration(unread.retry_after)}"
    )
    return f"missing {unread.ticker} [{unread.code}] {unread.problem}{wait}"


def _aggregate_lines(reading: ScanReading) -> list[str]:
    aggregate = reading.aggregate
    book = aggregate.book
    total = scaled(aggregate.sum_net)
    tilts = f"{aggregate.tilt:+.2f} by size, {aggregate.mean_tilt:+.2f} name by name"
    lines = [
        f"together  sum of nets {total} if every name moves 1 % and all are in one unit (assumed); tilt {tilts}"
    ]
    if book is None:
        return lines
    covered = f"weight read {share(book.coverage)}"
    if book.net is None or book.tilt is None:
        return [*lines, f"book  {covered}: no book to read"]
    words = f"book  weights renormalised over the names read ({covered}): net {scaled(book.net)}, tilt {book.tilt:+.2f}"
    top = next(iter(book.contribution), None)
    if top is not None:
        words += (
            f"; largest part {top} {book.contribution[top]:.0f} % of all |weight x net|"
        )
    return [*lines, words]


def _breadth_line(reading: ScanReading) -> str:
    book = reading.aggregate.book
    words = (
        f"breadth  net below zero in {share(reading.breadth.negative_share)} of names"
    )
    if book and book.short_share is not None:
        words += f", {share(book.short_share)} of the weight read"
    return words


def _dispersion_line(read: Dispersion | None) -> list[str]:
    if read is None:
        return []
    names = "7 names" if read.sleeve == MAG7 else ", ".join(read.sleeve)
    mean = "mean by weight" if read.weighted else "plain mean"
    gaps = ", ".join(f"{t} {gap:+.2f}" for t, gap in read.gaps.items())
    opposed = ", ".join(read.opposed) or "none"
    sleeve = f"Mag7 sleeve ({names}, {mean}; part of SPX and NDX, not either) tilt {read.sleeve_tilt:+.2f}"
    return [
        f"dispersion  {sleeve}; tilt minus sleeve: {gaps}; opposite sign: {opposed}"
    ]


def _pair_line(pair: Pair) -> str:
    names = f"{pair.index.ticker}-{pair.etf.ticker}"
    sides = [_WORDS[half.regime] for half in (pair.index, pair.etf)]
    agree = "same regime" if pair.agree else f"regimes DIFFER ({', '.join(sides)})"
    tilts = f"tilt {pair.index.tilt:+.2f} and {pair.etf.tilt:+.2f}"
    if pair.ratio is None:
        return f"pair {names}  {agree}, {tilts}; levels not compared, spot unavailable"
    levels = [
        _shared(name.replace("_", " "), level) for name, level in pair.levels.items()
    ]
    ratio = (
        f"{pair.etf.ticker} x {plain(pair.ratio, 6)}, maps {duration(pair.gap_s)} apart"
    )
    return f"pair {names}  {agree}, {tilts}; {ratio}: {', '.join(levels) or 'no shared level'}"


def _shared(name: str, level: SharedLevel) -> str:
    return f"{name} {plain(level.index, 4)} and {plain(level.etf, 4)} ({pct(level.apart_pct)})"


def _turn_line(nearest: tuple[Standing, ...]) -> str:
    words = [
        f"{s.ticker} {turn_words(turn)}"
        for s in nearest
        if (turn := s.turn) is not None
    ]
    return f"turns over  {'. '.join(words) or 'no name has a flip within 15 %'}"
