"""`mapa_gamma`: which expiration holds the exposure, and what is left when the next one rolls off."""

from collections.abc import Sequence
from typing import Final

from gexfocus_mcp.analysis.expiry import Column, Magnet, Wall
from gexfocus_mcp.analysis.reading import MatrixReading
from gexfocus_mcp.analysis.trimming import Trimmed, trim
from gexfocus_mcp.market.expiries import MatrixGreek
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.market.strikes import Bar
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
from gexfocus_mcp.render.conventions import CONVENTIONS
from gexfocus_mcp.render.matrix_text import (
    expiration_lines,
    row_lines,
    short_day,
    summary_lines,
)
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Share,
    plain,
    price,
    significant,
)


NAMES: Final[dict[MatrixGreek, str]] = {
    "gex": "gamma",
    "vanna": "vanna",
    "charm": "charm",
}


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


class WallsBlock(Block):
    positive: WallBlock | None = None
    negative: WallBlock | None = None


class MagnetBlock(Block):
    strike: Price
    value: Exposure
    share_of_today: Share
    distance_pct: Pct


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
    walls: WallsBlock
    magnet: MagnetBlock | None = None
    bars: dict[str, list[float | None]]
    rest_below: LeftOutBlock
    rest_above: LeftOutBlock
    rows_total: int
    rows_shown: int
    gross_share_shown: Share


def matrix_answer(
    reading: MatrixReading,
    *,
    max_strikes: int = 20,
    max_expirations: int = 6,
    strikes: Sequence[float] = (),
) -> Answer:
    """Render one matrix: the nearest expirations as columns, the others as one column `later`."""
    bars = _as_bars(reading)
    must = _must_show(reading)

    def compose(limit: int) -> Answer:
        cut = trim(bars, reading.expiries.spot, limit=limit, must=must, asked=strikes)
        return _compose(reading, cut, max_expirations)

    return largest_fitting(compose, max_strikes)


def _as_bars(reading: MatrixReading) -> list[Bar]:
    """
    Rows as bars, positive cells in `calls` and negative ones in `puts`, so that one rule trims both.

    Expired columns are left out, as they are of every total.
    """
    matrix = reading.expiries.matrices[reading.structure.greek]
    ended = reading.structure.ended
    ahead = [
        i for i, day in enumerate(reading.expiries.expirations) if day not in ended
    ]
    bars = list[Bar]()
    for strike, row in zip(reading.expiries.strikes, matrix, strict=True):
        cells = [v for i in ahead if (v := row[i]) is not None]
        if cells:
            above, below = (v for v in cells if v > 0), (v for v in cells if v < 0)
            bars.append(Bar(strike, sum(above), sum(below)))
    return bars


def _must_show(reading: MatrixReading) -> list[float]:
    structure = reading.structure
    marks = [structure.upper_wall, structure.lower_wall, structure.magnet]
    return [mark.strike for mark in marks if mark]


def _compose(reading: MatrixReading, cut: Trimmed, max_expirations: int) -> Answer:
    structure, spot = reading.structure, reading.expiries.spot
    absent = [f"no row at {plain(k)}" for k in cut.missing]
    ended = [
        f"{short_day(day)} has expired: shown, but counted in no total"
        for day in structure.ended
    ]
    null = [
        f"{short_day(day)} is unavailable (null upstream, not zero)"
        for day in structure.not_given
    ]
    provenance = reading.provenance.noting(
        *reading.expiries.notes, *null, *ended, *absent
    )
    columns = _columns(reading, [b.strike for b in cut.shown], max_expirations)
    payload = MatrixPayload(
        ticker=reading.ticker,
        **head(provenance),
        greek=structure.greek,
        unit=f"assumed {UNITS[structure.greek]}, calls and puts netted in each cell",
        convention=structure.convention,
        spot=spot,
        net=structure.net,
        gross=structure.gross,
        expirations=[_expiration_block(c) for c in structure.columns],
        front=str(structure.front.expiration) if structure.front else None,
        front_share=structure.front_share,
        zero_dte=structure.zero_dte,
        roll_off_net=structure.roll_off_net,
        walls=WallsBlock(
            positive=_wall_block(structure.upper_wall),
            negative=_wall_block(structure.lower_wall),
        ),
        magnet=_magnet_block(structure.magnet),
        bars={
            "strike": [b.strike for b in cut.shown],
            **{name: _rounded(cells) for name, cells in columns.items()},
        },
        rest_below=LeftOutBlock(
            n=cut.rest_below.n, net=cut.rest_below.calls + cut.rest_below.puts
        ),
        rest_above=LeftOutBlock(
            n=cut.rest_above.n, net=cut.rest_above.calls + cut.rest_above.puts
        ),
        rows_total=cut.total,
        rows_shown=len(cut.shown),
        gross_share_shown=cut.share,
    )
    told = price(spot) if spot else "spot unavailable,"
    title = (
        f"{reading.ticker} {told} {NAMES[structure.greek]} by strike and expiration."
    )
    lines = [
        flagged(provenance, f"{title} {dated(provenance)}"),
        f"Cells are net of calls and puts; nearest {len(structure.columns)} expirations only. Unit ASSUMED: {UNITS[structure.greek]}; {CONVENTIONS[structure.convention]}.",
        *summary_lines(structure),
        *expiration_lines(structure.columns),
        *row_lines(cut, columns),
    ]
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _columns(
    reading: MatrixReading, strikes: Sequence[float], most: int
) -> dict[str, list[float | None]]:
    expiries = reading.expiries
    matrix = expiries.matrices[reading.structure.greek]
    by_strike = dict(zip(expiries.strikes, matrix, strict=True))
    rows = [by_strike[k] for k in strikes]
    shown = {
        str(expiration): [row[i] for row in rows]
        for i, expiration in enumerate(expiries.expirations[:most])
    }
    if len(expiries.expirations) > most:
        shown["later"] = [_sum_known(row[most:]) for row in rows]
    return shown


def _sum_known(cells: Sequence[float | None]) -> float | None:
    """The sum of what was given; None where nothing was, which is not zero."""
    known = [v for v in cells if v is not None]
    return sum(known) if known else None


def _rounded(cells: Sequence[float | None]) -> list[float | None]:
    return [None if v is None else significant(v) for v in cells]


def _expiration_block(column: Column) -> ExpirationBlock:
    return ExpirationBlock(
        date=str(column.expiration),
        dte=column.dte,
        net=column.net,
        share=column.share,
        flip=column.flip,
        max_strike=column.max_strike,
    )


def _wall_block(wall: Wall | None) -> WallBlock | None:
    if wall is None:
        return None
    return WallBlock(
        strike=wall.strike,
        value=wall.value,
        by_expiry=[HeldBlock(date=str(d), share=s) for d, s in wall.by_expiry],
        after_roll_off=wall.after_roll_off,
    )


def _magnet_block(magnet: Magnet | None) -> MagnetBlock | None:
    if magnet is None:
        return None
    return MagnetBlock(
        strike=magnet.strike,
        value=magnet.value,
        share_of_today=magnet.share,
        distance_pct=magnet.distance_pct,
    )
