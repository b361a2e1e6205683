"""`mapa_gamma` in words: what rolls off and what hangs on it, then expirations and rows."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from gexfocus_mcp.analysis.confluence import GREEKS, Confluence, Gathering
from gexfocus_mcp.analysis.expiry import Column, ExpiryStructure
from gexfocus_mcp.analysis.positioning import Turn
from gexfocus_mcp.analysis.regime import Regime
from gexfocus_mcp.analysis.roll_off import Peak, Remainder, Wall
from gexfocus_mcp.analysis.trimming import Trimmed
from gexfocus_mcp.market.expiries import MatrixGreek
from gexfocus_mcp.render.numbers import Scale, pct, plain, scaled, share
from gexfocus_mcp.render.turns import NONE_NEAR, turn_words


NAMES: Final[dict[MatrixGreek, str]] = {
    "gex": "gamma",
    "vanna": "vanna",
    "charm": "charm",
}
_REGIMES: Final[dict[Regime, str]] = {
    "long_gamma": "long gamma",
    "short_gamma": "short gamma",
    "neutral": "neutral",
}
_CAUSES: Final[dict[MatrixGreek, str]] = {
    "gex": "spot +1 %",
    "vanna": "IV +1 pt",
    "charm": "a day",
}


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
    if structure.spread is not None:
        lines[0] += f"; spread like {structure.spread:.1f} equal expirations"
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
            f"{share(magnet.share)} of today's; pin {magnet.pin_score(structure.regime):.0f} of 100 (house heuristic, with these expirations {_REGIMES[structure.regime]})"
        )
    return lines


def _wall_line(word: str, wall: Wall, front: Column | None) -> str:
    held = ", ".join(f"{share(s)} {short_day(d)}" for d, s in wall.by_expiry)
    line = f"{word} {plain(wall.strike)} {scaled(wall.value)}: {held}"
    if front is None:
        return line
    then, after = wall.after_roll_off, f"after {short_day(front.expiration)}"
    if then is not None and then.strike == wall.strike:
        return f"{line}; stays {after} at {scaled(then.value)}"
    return f"{line}; {after}: {_peak_words(then)} ({plain(wall.strike)} {scaled(wall.left)})"


def _peak_words(peak: Peak | None) -> str:
    return "none" if peak is None else f"{plain(peak.strike)} {scaled(peak.value)}"


def remainder_lines(remainder: Remainder | None, greek: MatrixGreek) -> list[str]:
    if remainder is None:
        return []
    through = short_day(remainder.through)
    if remainder.net is None:
        return [f"after {through}: nothing remains in this matrix"]
    flip = ""
    if greek == "gex":
        flip = (
            ", no flip within 15 %"
            if remainder.flip is None
            else f", flip {plain(remainder.flip, 4)}"
        )
    words = (
        f"after {through}: {remainder.expirations} expirations, {share(remainder.share_left)} of gross, net {scaled(remainder.net)}{flip}; "
        f"most positive {_peak_words(remainder.upper)}, most negative {_peak_words(remainder.lower)}"
    )
    return [words]


def confluence_lines(confluence: Confluence | None) -> list[str]:
    """The strikes at which the three greeks gather, one line each, and which side is not known."""
    if confluence is None:
        return ["gathering  not reckoned: fewer than two matrices given"]
    causes = ", ".join(_CAUSES[g] for g in GREEKS if g not in confluence.missing)
    names = "/".join(NAMES[g] for g in GREEKS if g not in confluence.missing)
    lines = [f"gathering  % of {names}, rank, modelled hedge on {causes}"]
    lines += [_gathering_line(gathering) for gathering in confluence.strikes]
    raw = [NAMES[g] for g in confluence.unsigned]
    if raw:
        lines[0] += (
            f"; {' and '.join(raw)} raw open interest or of no known side: no hedge said"
        )
    if confluence.missing:
        named = " and ".join(NAMES[g] for g in confluence.missing)
        lines[0] += f"; {named} unavailable"
    return lines


def _gathering_line(gathering: Gathering) -> str:
    told = ", ".join(
        f"{_bare(s.share)} #{s.rank}{f' {s.hedge}' if s.hedge else ''}"
        for s in gathering.standings.values()
    )
    way = {True: "; one way", False: "; conflict", None: ""}[gathering.one_way]
    return f"{plain(gathering.strike)}: {told}{way}"


def turn_lines(turns: Sequence[Turn], structure: ExpiryStructure) -> list[str]:
    if structure.greek != "gex":
        return []
    if structure.book is None:
        return ["turns over  not reckoned: no spot, or the matrix is not the dealer's"]
    if not turns:
        return [f"turns over  {NONE_NEAR} (these expirations alone)"]
    told = "; ".join(f"{turn_words(t)}" for t in turns)
    return [f"turns over  {told} (these expirations alone)"]


def expiration_lines(columns: Sequence[Column], widths: str | None) -> list[str]:
    how = f" (flip widths by {widths})" if widths else ""
    lines = [f"expiration,dte,% of gross,net,flip,max |net|{how}"]
    for c in columns:
        flip = "" if c.flip is None else plain(c.flip, 4)
        held = "n/a" if c.share is None else _bare(c.share)
        net = "n/a" if c.net is None else scaled(c.net, sign=False)
        top = "" if c.max_strike is None else plain(c.max_strike)
        lines.append(f"{short_day(c.expiration)},{c.dte},{held},{net},{flip},{top}")
    return lines


def _bare(part: float) -> str:
    """A share in percent, its sign left to the heading."""
    return share(part).removesuffix(" %")


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
