"""
`scan_tickers`: one row a name, and what the names amount to together.

Rows are rounded as everywhere. The aggregate's numbers keep 12 digits: they are for reckoning on with,
and a contribution that was rounded would no longer add up to 100.
"""

from collections.abc import Mapping
from typing import Annotated, TypedDict

from pydantic import PlainSerializer

from gexfocus_mcp.analysis.basket import Aggregate, Breadth, Dispersion
from gexfocus_mcp.analysis.pairs import Pair
from gexfocus_mcp.analysis.scan import Row, ScanReading
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.render.answer import Answer, Block, CommonPayload, head
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Seconds,
    Share,
    iso_day,
    significant,
)
from gexfocus_mcp.render.scan_text import flip_distance, scan_text
from gexfocus_mcp.render.turns import TurnBlock, turn_block


def _full(value: float) -> float:
    return significant(value, 12)


Full = Annotated[float, PlainSerializer(_full)]
"""As reckoned, to 12 significant digits."""


class RowsBlock(Block):
    ticker: list[str]
    regime: list[str]
    confidence: list[str]
    tilt: list[Share]
    net: list[Exposure]
    flip_distance_pct: list[Pct | None]
    call_wall_distance_pct: list[Pct | None]
    put_wall_distance_pct: list[Pct | None]
    spot: list[Price | None]
    age_s: list[Seconds | None]
    freshness: list[str] | None = None
    session: list[str] | None = None
    ndf_state: list[str | None] | None = None
    ndf_threshold_used: list[Share | None] | None = None
    ndf_age_s: list[Seconds | None] | None = None


class UnreadBlock(Block):
    ticker: str
    code: str
    problem: str
    retry_after_s: Seconds | None = None


class AggregateBlock(Block):
    sum_net: Full
    unit: str
    tilt: Full
    mean_tilt: Full
    book_net: Full | None = None
    weighted_tilt: Full | None = None
    contribution: dict[str, Full] | None = None
    signed_contribution: dict[str, Full] | None = None


class BreadthBlock(Block):
    long: int
    short: int
    neutral: int
    negative_share: Full
    negative_weight: Full | None = None


class DispersionBlock(Block):
    mag7_sleeve: list[str]
    mag7_tilt: Share
    by_weight: bool
    tilt_minus_mag7: dict[str, Share]
    opposite_sign: list[str]


class SharedLevelBlock(Block):
    index: Price
    etf_in_points: Price
    apart_pct: Pct


class PairBlock(Block):
    index: str
    etf: str
    regime_agrees: bool
    ratio: float | None = None
    gap_s: Seconds
    flip: SharedLevelBlock | None = None
    call_wall: SharedLevelBlock | None = None
    put_wall: SharedLevelBlock | None = None


class NamedTurnBlock(TurnBlock):
    ticker: str


class _OfTickers(Block):
    tickers: list[str]


# As in `Payload`: the fields of the last base come first.
class ScanPayload(CommonPayload, _OfTickers):
    spread_s: Seconds
    sort: str
    flip_method: str
    rows: RowsBlock
    missing: list[UnreadBlock]
    weight_coverage: Full | None = None
    aggregate: AggregateBlock
    breadth: BreadthBlock
    dispersion: DispersionBlock | None = None
    pairs: list[PairBlock]
    turns_over: list[NamedTurnBlock]


def scan_answer(reading: ScanReading) -> Answer:
    """Render the scan; names are few, so nothing is trimmed."""
    book = reading.aggregate.book
    payload = ScanPayload(
        tickers=list(reading.basket.tickers),
        **head(reading.provenance),
        spread_s=reading.spread_s,
        sort=reading.sort,
        # A scan asks for no matrix: one request a name.
        flip_method="kernel",
        rows=_rows(reading),
        missing=[
            UnreadBlock(
                ticker=m.ticker,
                code=m.code,
                problem=m.problem,
                retry_after_s=m.retry_after,
            )
            for m in reading.missing
        ],
        weight_coverage=book.coverage if book else None,
        aggregate=_aggregate(reading.aggregate),
        breadth=_breadth(reading.breadth, reading.aggregate),
        dispersion=_dispersion(reading.dispersion),
        pairs=[_pair(pair) for pair in reading.pairs],
        turns_over=[
            NamedTurnBlock(ticker=s.ticker, **dict(turn_block(s.turn)))
            for s in reading.nearest
            if s.turn
        ],
    )
    return Answer(scan_text(reading), payload)


def _rows(reading: ScanReading) -> RowsBlock:
    rows = reading.rows
    levels = [row.standing.levels for row in rows]
    one_age = len({row.provenance.freshness for row in rows}) == 1
    one_day = len({row.standing.gamma.session for row in rows}) == 1
    return RowsBlock(
        ticker=[row.ticker for row in rows],
        regime=[row.standing.regime for row in rows],
        confidence=[row.standing.stance.confidence for row in rows],
        tilt=[row.standing.tilt for row in rows],
        net=[row.standing.net for row in rows],
        flip_distance_pct=[flip_distance(row.standing) for row in rows],
        call_wall_distance_pct=[
            w.distance_pct if (w := lv.call_wall) else None for lv in levels
        ],
        put_wall_distance_pct=[
            w.distance_pct if (w := lv.put_wall) else None for lv in levels
        ],
        spot=[row.standing.gamma.spot for row in rows],
        age_s=[row.provenance.age_s for row in rows],
        freshness=None if one_age else [row.provenance.freshness for row in rows],
        session=None
        if one_day
        else [iso_day(row.standing.gamma.session) for row in rows],
        **_flow_columns(rows),
    )


class _FlowColumns(TypedDict, total=False):
    ndf_state: list[str | None]
    ndf_threshold_used: list[float | None]
    ndf_age_s: list[float | None]


def _flow_columns(rows: tuple[Row, ...]) -> _FlowColumns:
    """Only where a stream was open anyway."""
    if not any(row.flow for row in rows):
        return {}
    used = [row.flow.utilisation if row.flow else None for row in rows]
    return {
        "ndf_state": [u.state if u else None for u in used],
        "ndf_threshold_used": [u.share if u else None for u in used],
        "ndf_age_s": [row.flow.provenance.age_s if row.flow else None for row in rows],
    }


def _aggregate(aggregate: Aggregate) -> AggregateBlock:
    book = aggregate.book
    return AggregateBlock(
        sum_net=aggregate.sum_net,
        unit=f"assumed {UNITS['gex']}, of every name; the feed states none",
        tilt=aggregate.tilt,
        mean_tilt=aggregate.mean_tilt,
        book_net=book.net if book else None,
        weighted_tilt=book.tilt if book else None,
        contribution=_named(book.contribution) if book else None,
        signed_contribution=_named(book.signed) if book else None,
    )


def _named(values: Mapping[Ticker, float]) -> dict[str, float] | None:
    return {str(ticker): value for ticker, value in values.items()} or None


def _breadth(breadth: Breadth, aggregate: Aggregate) -> BreadthBlock:
    return BreadthBlock(
        long=breadth.long,
        short=breadth.short,
        neutral=breadth.neutral,
        negative_share=breadth.negative_share,
        negative_weight=aggregate.book.short_share if aggregate.book else None,
    )


def _dispersion(read: Dispersion | None) -> DispersionBlock | None:
    if read is None:
        return None
    return DispersionBlock(
        mag7_sleeve=list(read.sleeve),
        mag7_tilt=read.sleeve_tilt,
        by_weight=read.weighted,
        tilt_minus_mag7=_named(read.gaps) or {},
        opposite_sign=list(read.opposed),
    )


def _pair(pair: Pair) -> PairBlock:
    levels = {
        name: SharedLevelBlock(
            index=level.index, etf_in_points=level.etf, apart_pct=level.apart_pct
        )
        for name, level in pair.levels.items()
    }
    return PairBlock(
        index=pair.index.ticker,
        etf=pair.etf.ticker,
        regime_agrees=pair.agree,
        ratio=significant(pair.ratio, 6) if pair.ratio else None,
        gap_s=pair.gap_s,
        **levels,
    )
