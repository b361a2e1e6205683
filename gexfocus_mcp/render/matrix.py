"""`mapa_gamma`: which expiration holds the exposure, and what is left when the next one rolls off."""

from collections.abc import Sequence
from typing import Final

from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import MatrixReading
from gexfocus_mcp.analysis.trimming import Cutter, Trimmed
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.market.strikes import Bar
from gexfocus_mcp.render.answer import (
    CHANNEL_LIMIT,
    Answer,
    dated,
    flagged,
    head,
    largest_fitting,
    noted,
)
from gexfocus_mcp.render.conventions import CONVENTIONS
from gexfocus_mcp.render.matrix_blocks import (
    LeftOutBlock,
    MatrixPayload,
    WallsBlock,
    after_block,
    confluence_block,
    expiration_block,
    magnet_block,
    wall_block,
)
from gexfocus_mcp.render.matrix_text import (
    NAMES,
    confluence_lines,
    expiration_lines,
    remainder_lines,
    row_lines,
    short_day,
    summary_lines,
    turn_lines,
)
from gexfocus_mcp.render.numbers import plain, price, significant
from gexfocus_mcp.render.turns import turn_blocks


USUAL_STRIKES: Final = 20
USUAL_EXPIRATIONS: Final = 6
Columns = dict[str, list[float | None]]
"""Cells by expiration, or `later`, in the order of the shown strikes."""

# Columns of numbers run to a token every two characters: within 1,000 tokens unless more was asked for.
_USUAL_TEXT: Final = 2_000


def matrix_answer(
    reading: MatrixReading,
    *,
    max_strikes: int = USUAL_STRIKES,
    max_expirations: int = USUAL_EXPIRATIONS,
    strikes: Sequence[float] = (),
) -> Answer:
    """Render one matrix: the nearest expirations as columns, the others as one column `later`."""
    bars = _as_bars(reading)
    must = _must_show(reading)
    cutter = Cutter(bars, reading.expiries.spot, must=must, asked=strikes)

    def compose(limit: int) -> Answer:
        return _compose(reading, cutter.cut(limit), max_expirations)

    usual = max_strikes <= USUAL_STRIKES and max_expirations <= USUAL_EXPIRATIONS
    return largest_fitting(
        compose, max_strikes, text=_USUAL_TEXT if usual else CHANNEL_LIMIT
    )


def _as_bars(reading: MatrixReading) -> list[Bar]:
    """
    Rows as bars, positive cells in `calls` and negative ones in `puts`, so that one rule trims both.

    Expired columns are left out, as they are of every total.
    """
    matrix = reading.expiries.matrices[reading.structure.greek]
    ahead = _ahead(reading)
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
    provenance = reading.provenance.noting(*_notes(reading, cut))
    columns = _columns(reading, [b.strike for b in cut.shown], max_expirations)
    payload = _payload(reading, cut, columns, provenance)
    lines = _lines(reading, cut, columns, provenance)
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _notes(reading: MatrixReading, cut: Trimmed) -> list[str]:
    structure = reading.structure
    return [
        *reading.expiries.notes,
        *(
            f"{short_day(day)} is unavailable (null upstream, not zero)"
            for day in structure.not_given
        ),
        *(
            f"{short_day(day)} has expired: counted in nothing"
            for day in structure.ended
        ),
        *(f"no row at {plain(k)}" for k in cut.missing),
    ]


def _payload(
    reading: MatrixReading, cut: Trimmed, columns: Columns, provenance: Provenance
) -> MatrixPayload:
    structure = reading.structure
    return MatrixPayload(
        ticker=reading.ticker,
        **head(provenance),
        greek=structure.greek,
        unit=f"assumed {UNITS[structure.greek]}, calls and puts netted in each cell",
        convention=structure.convention,
        spot=reading.expiries.spot,
        net=structure.net,
        gross=structure.gross,
        expirations=[expiration_block(c) for c in structure.columns],
        front=str(structure.front.expiration) if structure.front else None,
        front_share=structure.front_share,
        zero_dte=structure.zero_dte,
        roll_off_net=structure.roll_off_net,
        effective_expirations=structure.spread,
        flip_widths=_widths(reading),
        after=after_block(reading.remainder),
        walls=WallsBlock(
            positive=wall_block(structure.upper_wall),
            negative=wall_block(structure.lower_wall),
        ),
        magnet=magnet_block(structure.magnet, structure.regime),
        confluence=confluence_block(reading.confluence),
        turns_over=turn_blocks(reading.turns_over) if structure.book else None,
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


def _lines(
    reading: MatrixReading, cut: Trimmed, columns: Columns, provenance: Provenance
) -> list[str]:
    structure, spot = reading.structure, reading.expiries.spot
    told = price(spot) if spot else "spot unavailable,"
    title = (
        f"{reading.ticker} {told} {NAMES[structure.greek]} by strike and expiration."
    )
    return [
        flagged(provenance, f"{title} {dated(provenance)}"),
        f"Cells net calls and puts; nearest {len(structure.columns)} expirations only. Unit ASSUMED: {UNITS[structure.greek]}; {CONVENTIONS[structure.convention]}.",
        *summary_lines(structure),
        *remainder_lines(reading.remainder, structure.greek),
        *expiration_lines(structure.columns, _widths(reading)),
        *confluence_lines(reading.confluence),
        *row_lines(cut, columns),
        *turn_lines(reading.turns_over, structure),
    ]


def _columns(reading: MatrixReading, strikes: Sequence[float], most: int) -> Columns:
    expiries = reading.expiries
    matrix = expiries.matrices[reading.structure.greek]
    by_strike = dict(zip(expiries.strikes, matrix, strict=True))
    rows = [by_strike[k] for k in strikes]
    ahead = _ahead(reading)
    shown = {
        str(expiries.expirations[i]): [row[i] for row in rows] for i in ahead[:most]
    }
    if len(ahead) > most:
        shown["later"] = [_sum_known([row[i] for i in ahead[most:]]) for row in rows]
    return shown


def _ahead(reading: MatrixReading) -> list[int]:
    """The columns that have not ended."""
    ended = reading.structure.ended
    return [i for i, day in enumerate(reading.expiries.expirations) if day not in ended]


def _widths(reading: MatrixReading) -> str | None:
    book = reading.structure.book
    return book.widths if book else None


def _sum_known(cells: Sequence[float | None]) -> float | None:
    """The sum of what was given; None where nothing was, which is not zero."""
    known = [v for v in cells if v is not None]
    return sum(known) if known else None


def _rounded(cells: Sequence[float | None]) -> list[float | None]:
    return [None if v is None else significant(v) for v in cells]
