"""The parts of `mapa_gamma`'s JSON, and how a reading fills them."""

from typing import Literal

from gexfocus_mcp.analysis.confluence import Confluence
from gexfocus_mcp.analysis.expiry import Column, Magnet
from gexfocus_mcp.analysis.regime import Regime
from gexfocus_mcp.analysis.roll_off import Peak, Remainder, Wall
from gexfocus_mcp.render.answer import Block, Payload
from gexfocus_mcp.render.numbers import Exposure, Pct, Price, Score, Share
from gexfocus_mcp.render.turns import TurnBlock


class ExpirationBlock(Block):
    date: str
    dte: int
    net: Exposure | None = None
    share: Share | None = None
    flip: Price | None = None
    max_strike: Price | None = None


class HeldBlock(Block):
    date: str
    share: Share


class WallBlock(Block):
    strike: Price
    value: Exposure
    by_expiry: list[HeldBlock]
    after_roll_off: Price | None = None
    after_roll_off_value: Exposure | None = None
    left_here: Exposure | None = None


class PeakBlock(Block):
    strike: Price
    value: Exposure


class AfterBlock(Block):
    through: str
    expirations: int
    net: Exposure | None = None
    share_left: Share
    flip: Price | None = None
    positive: PeakBlock | None = None
    negative: PeakBlock | None = None


class StandingsBlock(Block):
    share: list[Share]
    rank: list[int]
    hedge: list[Literal["buy", "sell"] | None] | None = None


class ConfluenceBlock(Block):
    strike: list[Price]
    gex: StandingsBlock | None = None
    vanna: StandingsBlock | None = None
    charm: StandingsBlock | None = None
    one_way: list[bool | None] | None = None
    unsigned: list[str] | None = None
    missing: list[str] | None = None


class WallsBlock(Block):
    positive: WallBlock | None = None
    negative: WallBlock | None = None


class MagnetBlock(Block):
    strike: Price
    value: Exposure
    share_of_today: Share
    distance_pct: Pct
    pin_score: Score
    pin_regime: str


class LeftOutBlock(Block):
    n: int
    net: Exposure


class MatrixPayload(Payload):
    greek: str
    unit: str
    convention: str
    spot: Price | None = None
    net: Exposure
    gross: Exposure
    expirations: list[ExpirationBlock]
    front: str | None = None
    front_share: Share | None = None
    zero_dte: Share | None = None
    roll_off_net: Exposure | None = None
    effective_expirations: Pct | None = None
    flip_widths: str | None = None
    after: AfterBlock | None = None
    walls: WallsBlock
    magnet: MagnetBlock | None = None
    confluence: ConfluenceBlock | None = None
    turns_over: list[TurnBlock] | None = None
    bars: dict[str, list[float | None]]
    rest_below: LeftOutBlock
    rest_above: LeftOutBlock
    rows_total: int
    rows_shown: int
    gross_share_shown: Share


def expiration_block(column: Column) -> ExpirationBlock:
    return ExpirationBlock(
        date=str(column.expiration),
        dte=column.dte,
        net=column.net,
        share=column.share,
        flip=column.flip,
        max_strike=column.max_strike,
    )


def wall_block(wall: Wall | None) -> WallBlock | None:
    if wall is None:
        return None
    then = wall.after_roll_off
    return WallBlock(
        strike=wall.strike,
        value=wall.value,
        by_expiry=[HeldBlock(date=str(d), share=s) for d, s in wall.by_expiry],
        after_roll_off=then.strike if then else None,
        after_roll_off_value=then.value if then else None,
        left_here=None if then and then.strike == wall.strike else wall.left,
    )


def _peak_block(peak: Peak | None) -> PeakBlock | None:
    return PeakBlock(strike=peak.strike, value=peak.value) if peak else None


def after_block(remainder: Remainder | None) -> AfterBlock | None:
    if remainder is None:
        return None
    return AfterBlock(
        through=str(remainder.through),
        expirations=remainder.expirations,
        net=remainder.net,
        share_left=remainder.share_left,
        flip=remainder.flip,
        positive=_peak_block(remainder.upper),
        negative=_peak_block(remainder.lower),
    )


def confluence_block(confluence: Confluence | None) -> ConfluenceBlock | None:
    if confluence is None:
        return None
    strikes = confluence.strikes
    ways = [gathering.one_way for gathering in strikes]
    return ConfluenceBlock(
        strike=[gathering.strike for gathering in strikes],
        **{
            greek: StandingsBlock(
                share=[g.standings[greek].share for g in strikes],
                rank=[g.standings[greek].rank for g in strikes],
                hedge=None
                if greek in confluence.unsigned
                else [g.standings[greek].hedge for g in strikes],
            )
            for greek in (strikes[0].standings if strikes else ())
        },
        one_way=ways if any(way is not None for way in ways) else None,
        unsigned=list(confluence.unsigned) or None,
        missing=list(confluence.missing) or None,
    )


def magnet_block(magnet: Magnet | None, regime: Regime) -> MagnetBlock | None:
    if magnet is None:
        return None
    return MagnetBlock(
        strike=magnet.strike,
        value=magnet.value,
        share_of_today=magnet.share,
        distance_pct=magnet.distance_pct,
        pin_score=magnet.pin_score(regime),
        pin_regime=regime,
    )
