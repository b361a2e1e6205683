"""`ndf_history`: a session's net delta flow, its thresholds, price against FEP, and premium."""

from collections.abc import Sequence
from typing import Final, TypeVar

from gexfocus_mcp.analysis.flow import Premium
from gexfocus_mcp.analysis.flow_path import Crossing, Divergence, Track, thin
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
from gexfocus_mcp.render.flow_text import flow_lines, series_lines
from gexfocus_mcp.render.flow_words import (
    price_vs_fep,
)
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Share,
    clock_time,
    price,
)


_FEWEST_POINTS: Final = 2
_DEFAULT_TEXT: Final = 1_950
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
    ndf_z: Pct | None = None
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
        premium=_premium(path.premium),
        series=SeriesBlock(
            t=[clock_time(t.ts) for t in shown],
            price=[t.price for t in shown],
            ndf=[t.ndf for t in shown],
            fep=[t.fep for t in shown],
        ),
    )
    told = (
        price(path.last.price) if path.last.price is not None else "price unavailable"
    )
    lines = [
        flagged(
            reading.provenance,
            f"{reading.ticker} {told}, order flow. {dated(reading.provenance, 'Last row')}",
        ),
        "NDF = net delta flow since the open, + is calls bought or puts sold; unit unstated; trade sides are estimates.",
        *flow_lines(reading),
        *series_lines(shown, path.rows),
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
        ndf_z=read.ndf_z,
        correlation=read.correlation,
        unmatched_extreme=read.extreme,
    )


def _premium(premium: Premium) -> PremiumBlock:
    return PremiumBlock(
        net=premium.net,
        net_call=premium.net_call,
        net_put=premium.net_put,
        direction_net=premium.direction_net,
        net_0dte=premium.zero_dte_net,
        direction_net_0dte=premium.zero_dte_direction,
        missing=list(premium.missing) or None,
    )
