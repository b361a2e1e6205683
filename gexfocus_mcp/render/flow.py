"""`ndf_history`: a session's net delta flow, its thresholds, price against FEP, and premium."""

from collections.abc import Sequence
from typing import Final, TypeVar

from gexfocus_mcp.analysis.flow import Premium, read_utilisation
from gexfocus_mcp.analysis.flow_path import Crossing, Divergence, FlowPath, Track, thin
from gexfocus_mcp.analysis.reading import FlowPathReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.answer import (
    Answer,
    Block,
    Payload,
    dated,
    flagged,
    head,
    largest_fitting,
    noted,
)
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Scale,
    Share,
    clock_time,
    minute,
    pct,
    plain,
    scaled,
    share,
)


_FEWEST_POINTS: Final = 2
_DEFAULT_TEXT: Final = 2_050
_CROSSINGS_SHOWN: Final = 12


class ExposureTrack(Block):
    first: Exposure
    last: Exposure
    min: Exposure
    min_at: str
    max: Exposure
    max_at: str


class PriceTrack(Block):
    first: Price
    last: Price
    min: Price
    min_at: str
    max: Price
    max_at: str


AnyTrack = TypeVar("AnyTrack", ExposureTrack, PriceTrack)


class CrossingBlock(Block):
    t: str
    threshold: str
    beyond: bool
    ndf: Exposure
    price: Price | None = None


class DivergenceBlock(Block):
    state: str
    window_min: int
    price_change_pct: Pct
    ndf_change: Exposure
    correlation: Share | None = None
    unmatched_extreme: str | None = None


class PremiumBlock(Block):
    net: Exposure | None = None
    net_call: Exposure | None = None
    net_put: Exposure | None = None
    direction_net: Exposure | None = None
    net_0dte: Exposure | None = None
    direction_net_0dte: Exposure | None = None
    missing: list[str] | None = None


class SeriesBlock(Block):
    t: list[str]
    price: list[Price | None]
    ndf: list[Exposure | None]
    fep: list[Price | None]


class FlowPayload(Payload):
    rows: int
    rows_upstream: int | None = None
    ndf: ExposureTrack | None = None
    threshold_long: Exposure | None = None
    threshold_short: Exposure | None = None
    threshold_used: Share | None = None
    state: str | None = None
    beyond_share: Share | None = None
    crossings: list[CrossingBlock] | None = None
    crossings_total: int | None = None
    price: PriceTrack | None = None
    fep: PriceTrack | None = None
    price_vs_fep_pct: Pct | None = None
    divergence: DivergenceBlock | None = None
    premium: PremiumBlock
    series: SeriesBlock


def flow_answer(reading: FlowPathReading, *, points: int | None = None) -> Answer:
    """
    Render the session; the path is thinned last, everything else was read from all rows.

    Args:
        points: Rows of the path; None is 60, fewer where the text's default budget asks for it.
    """

    def compose(limit: int) -> Answer:
        return _compose(reading, thin(reading.history.ticks, limit))

    if points is None:
        return largest_fitting(compose, 60, least=_FEWEST_POINTS, text=_DEFAULT_TEXT)
    return largest_fitting(compose, points, least=_FEWEST_POINTS)


def _compose(reading: FlowPathReading, shown: Sequence[Tick]) -> Answer:
    path, history = reading.path, reading.history
    payload = FlowPayload(
        ticker=reading.ticker,
        **head(reading.provenance),
        rows=path.rows,
        rows_upstream=history.count if history.truncated else None,
        ndf=_track(ExposureTrack, path.ndf),
        threshold_long=path.last.threshold_long,
        threshold_short=path.last.threshold_short,
        threshold_used=path.utilisation.share if path.utilisation else None,
        state=path.utilisation.state if path.utilisation else None,
        beyond_share=path.beyond_share,
        crossings=None
        if path.beyond_share is None
        else [_crossing(c) for c in path.crossings[-_CROSSINGS_SHOWN:]],
        crossings_total=None if path.beyond_share is None else len(path.crossings),
        price=_track(PriceTrack, path.price),
        fep=_track(PriceTrack, path.fep),
        price_vs_fep_pct=price_vs_fep(path.last),
        divergence=_divergence(path.divergence),
        premium=premium_block(path.premium),
        series=SeriesBlock(
            t=[clock_time(t.ts) for t in shown],
            price=[t.price for t in shown],
            ndf=[t.ndf for t in shown],
            fep=[t.fep for t in shown],
        ),
    )
    price = (
        plain(path.last.price) if path.last.price is not None else "price unavailable"
    )
    lines = [
        flagged(
            reading.provenance,
            f"{reading.ticker} {price}, order flow. {dated(reading.provenance, 'Last row')}",
        ),
        "NDF = net delta flow since the open, + is calls bought or puts sold; unit unstated; trade sides are estimates.",
        *_reading_lines(reading),
        *_series_lines(shown, path.rows),
    ]
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _track(kind: type[AnyTrack], track: Track | None) -> AnyTrack | None:
    if track is None:
        return None
    values = {
        "first": track.first,
        "last": track.last,
        "min": track.low,
        "min_at": clock_time(track.low_at),
        "max": track.high,
        "max_at": clock_time(track.high_at),
    }
    return kind.model_validate(values)


def _crossing(crossing: Crossing) -> CrossingBlock:
    return CrossingBlock(
        t=clock_time(crossing.at),
        threshold=crossing.threshold,
        beyond=crossing.beyond,
        ndf=crossing.ndf,
        price=crossing.price,
    )


def _divergence(read: Divergence | None) -> DivergenceBlock | None:
    if read is None:
        return None
    return DivergenceBlock(
        state=read.state,
        window_min=read.window_min,
        price_change_pct=read.price_change_pct,
        ndf_change=read.ndf_change,
        correlation=read.correlation,
        unmatched_extreme=read.extreme,
    )


def premium_block(premium: Premium) -> PremiumBlock:
    return PremiumBlock(
        net=premium.net,
        net_call=premium.net_call,
        net_put=premium.net_put,
        direction_net=premium.direction_net,
        net_0dte=premium.zero_dte_net,
        direction_net_0dte=premium.zero_dte_direction,
        missing=list(premium.missing) or None,
    )


def price_vs_fep(tick: Tick) -> float | None:
    """(price - FEP) / FEP x 100."""
    if tick.price is None or not tick.fep:
        return None
    return (tick.price - tick.fep) / tick.fep * 100


def utilisation_words(tick: Tick) -> str:
    """`44 % of its long threshold`, or that it cannot be told."""
    read = read_utilisation(tick)
    if read is None:
        return "threshold unavailable"
    if read.share >= 1:
        return f"beyond its {read.threshold} threshold ({read.share:.2f} of it)"
    return f"{share(read.share)} of its {read.threshold} threshold"


def premium_words(premium: Premium) -> str:
    """Who paid, in words that do not call it a direction."""
    parts = [
        f"{leg} {_net_words(value)}"
        for leg, value in (("calls", premium.net_call), ("puts", premium.net_put))
        if value is not None
    ]
    return ", ".join(parts) or "calls and puts unavailable"


def _net_words(value: float) -> str:
    if value == 0:
        return "bought as much as sold"
    return f"net {'bought' if value > 0 else 'sold'} {scaled(abs(value), sign=False)}"


def fep_words(tick: Tick) -> str:
    apart = price_vs_fep(tick)
    if apart is None:
        return "FEP unavailable"
    return f"price {plain(abs(apart), 2)} % {'above' if apart >= 0 else 'below'} FEP {plain(tick.fep or 0)}"


def _reading_lines(reading: FlowPathReading) -> list[str]:
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
            f"price   {plain(path.price.first)} -> {plain(path.price.last)} ({change:+.2f} %), "
            f"low {plain(path.price.low)} at {minute(path.price.low_at)}, high {plain(path.price.high)} at {minute(path.price.high_at)}; "
            f"{fep_words(path.last)}"
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
        return "crossings not tellable: thresholds unavailable"
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


def _series_lines(shown: Sequence[Tick], rows: int) -> list[str]:
    unit = Scale([t.ndf for t in shown if t.ndf is not None])
    scale = f" {unit.suffix}" if unit.suffix else ""
    lines = [f"time,price,ndf{scale}; {len(shown)} of {rows} rows, extremes kept"]
    for tick in shown:
        price = "n/a" if tick.price is None else plain(tick.price)
        lines.append(f"{tick.ts:%H%M},{price},{unit(tick.ndf)}")
    return lines
