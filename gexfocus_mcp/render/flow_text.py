"""`ndf_history` in words: what the session's flow did, then its path."""

from collections.abc import Sequence

from gexfocus_mcp.analysis.flow import Premium
from gexfocus_mcp.analysis.flow_path import Divergence, FlowPath
from gexfocus_mcp.analysis.reading import FlowPathReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.flow_words import fep_words, premium_words, utilisation_words
from gexfocus_mcp.render.numbers import Scale, minute, pct, price, scaled, share


def flow_lines(reading: FlowPathReading) -> list[str]:
    path = reading.path
    lines = list[str]()
    if path.ndf is None:
        lines.append("ndf unavailable")
    else:
        low, high = path.ndf.low, path.ndf.high
        lines.append(
            f"ndf     {scaled(path.ndf.last)}, {utilisation_words(path.last)}; "
            f"low {scaled(low)} at {minute(path.ndf.low_at)}, high {scaled(high)} at {minute(path.ndf.high_at)}"
            + (
                ""
                if path.beyond_share is None
                else f"; beyond a threshold in {share(path.beyond_share)} of rows"
            )
        )
    lines.append(f"{_threshold_words(path.last)}; {_crossing_words(path)}")
    if path.price is not None:
        change = (path.price.last / path.price.first - 1) * 100
        lines.append(
            f"price   {price(path.price.first)} -> {price(path.price.last)} ({change:+.2f} %), "
            f"low {price(path.price.low)} at {minute(path.price.low_at)}, high {price(path.price.high)} at {minute(path.price.high_at)}; "
            f"{fep_words(path.last)}"
        )
    if path.fep is not None:
        lines.append(
            f"fep     {price(path.fep.first)} -> {price(path.fep.last)}, low {price(path.fep.low)} at {minute(path.fep.low_at)}, "
            f"high {price(path.fep.high)} at {minute(path.fep.high_at)}"
        )
    lines.append(f"with price  {_divergence_words(path.divergence)}")
    lines.append(_premium_line(path.premium))
    return lines


def _threshold_words(tick: Tick) -> str:
    told = [
        f"{name} {scaled(value)}"
        for name, value in (
            ("long", tick.threshold_long),
            ("short", tick.threshold_short),
        )
        if value is not None
    ]
    return f"thresholds {', '.join(told) or 'unavailable'}"


def _crossing_words(path: FlowPath) -> str:
    crossings = path.crossings
    if path.beyond_share is None:
        return "crossings not tellable: NDF or thresholds unavailable"
    if not crossings:
        return "crossings none of either threshold"
    told = [
        f"{minute(c.at)} {'beyond' if c.beyond else 'back inside'} {c.threshold}"
        for c in crossings[-4:]
    ]
    more = len(crossings) - len(told)
    return f"crossings {', '.join(told)}" + (f" ({more} earlier)" if more else "")


def _divergence_words(read: Divergence | None) -> str:
    if read is None:
        return "divergence not tellable: too few rows with price and NDF"
    words = {
        "diverge": "flow DIVERGES from price",
        "agree": "flow and price agree",
        "inconclusive": "inconclusive",
    }[read.state]
    line = f"{words} over {read.window_min} min: price {pct(read.price_change_pct, 2)}, NDF {scaled(read.ndf_change)}"
    if read.ndf_z is not None:
        line += f" ({read.ndf_z:+.1f} sd of its own moves)"
    if read.correlation is not None:
        line += f"; correlation of 1-min changes {read.correlation:+.2f}"
    if read.extreme is not None:
        beyond = "below" if read.extreme == "high" else "above"
        line += f"; session {read.extreme} in price with NDF {beyond} its level at the {read.extreme} before"
    return line


def _premium_line(premium: Premium) -> str:
    told = [premium_words(premium)]
    if premium.direction_net is not None:
        told.append(f"calls less puts {scaled(premium.direction_net)}")
    if premium.zero_dte_net is not None:
        told.append(f"0DTE net {scaled(premium.zero_dte_net)}")
    if premium.zero_dte_direction is not None:
        told.append(f"0DTE calls less puts {scaled(premium.zero_dte_direction)}")
    return f"premium {'; '.join(told)} (net premium is not a direction: bought puts count +)"


def series_lines(shown: Sequence[Tick], rows: int) -> list[str]:
    unit = Scale([t.ndf for t in shown if t.ndf is not None])
    scale = f" {unit.suffix}" if unit.suffix else ""
    lines = [f"time,price,ndf{scale},fep; {len(shown)} of {rows} rows, extremes kept"]
    for tick in shown:
        paid, fair = ("n/a" if v is None else price(v) for v in (tick.price, tick.fep))
        lines.append(f"{tick.ts:%H%M},{paid},{unit(tick.ndf)},{fair}")
    return lines
