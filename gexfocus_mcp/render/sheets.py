"""
Everything of a reading as rows, for whoever computes with it: CSV under a few lines that begin with #.

Nothing is trimmed, summed up or scaled; a cell that is unavailable is empty.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from gexfocus_mcp.analysis.history import HistoryReading
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import (
    FlowPathReading,
    MatrixReading,
    SessionsReading,
    StrikesReading,
)
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.render.answer import dated, flagged
from gexfocus_mcp.render.numbers import counted, iso_instant, price


Cell = float | str | None

_ASSUMED: Final = "unit ASSUMED, the feed states none: {}"


def strikes_sheet(reading: StrikesReading) -> str:
    """Every strike of the first map of *reading*, with its calls and puts as the upstream signs them."""
    (greek, profile), *_ = reading.profiles.items()
    bars = profile.strikes.bars
    spot = "" if reading.spot is None else f" spot {price(reading.spot)},"
    return _sheet(
        reading.provenance.noting(*profile.notes),
        f"{reading.ticker} {greek} by strike,{spot} {counted(len(bars), 'strike')}.",
        "Map",
        ["strike", "calls", "puts"],
        ([bar.strike, bar.calls, bar.puts] for bar in bars),
        _ASSUMED.format(UNITS[greek]),
    )


def matrix_sheet(reading: MatrixReading) -> str:
    """Every cell of a matrix, a column an expiration; calls and puts are netted inside a cell."""
    expiries, greek = reading.expiries, reading.structure.greek
    spot = "" if expiries.spot is None else f" spot {price(expiries.spot)},"
    rows = zip(expiries.strikes, expiries.matrices[greek], strict=True)
    return _sheet(
        reading.provenance.noting(*expiries.notes),
        f"{reading.ticker} {greek} by strike and expiration,{spot} {counted(len(expiries.strikes), 'strike')}.",
        "Map",
        ["strike", *(f"{day:%Y-%m-%d}" for day in expiries.expirations)],
        ([strike, *cells] for strike, cells in rows),
        _ASSUMED.format(UNITS[greek]),
    )


def flow_sheet(reading: FlowPathReading) -> str:
    """Every row of a session's flow, in the columns that it has."""
    ticks = reading.history.ticks
    held = [
        name
        for name, column in zip(
            Tick._fields, zip(*ticks, strict=True), strict=bool(ticks)
        )
        if name != "ts" and any(value is not None for value in column)
    ]
    return _sheet(
        reading.provenance.noting(*reading.history.notes),
        f"{reading.ticker} flow of {reading.history.session:%Y-%m-%d}, {counted(len(ticks), 'row')}.",
        "Last row",
        ["ts", *held],
        ([iso_instant(t.ts), *(getattr(t, name) for name in held)] for t in ticks),
        "ndf: net delta flow since the open, unit unstated; sides of trades are the feed's estimates",
    )


def history_sheet(reading: HistoryReading) -> str:
    """Every stored snapshot's totals; bars at one moment are `greeks_history` with `at`."""
    return _sheet(
        reading.provenance,
        f"{reading.ticker} {reading.greek} history, {counted(len(reading.maps), 'snapshot')}.",
        "Last snapshot",
        ["ts", "spot", "net", "max_strike"],
        (
            [iso_instant(m.as_of), m.spot, m.stored_net, m.stored_max_strike]
            for m in reading.maps
        ),
        _ASSUMED.format(UNITS[reading.greek]),
    )


def sessions_sheet(reading: SessionsReading) -> str:
    """The stored sessions, newest first."""
    return _sheet(
        reading.provenance,
        f"{reading.ticker}: {counted(reading.total, f'stored {reading.series} session')}.",
        "List",
        ["date", "snapshots", "from", "to"],
        (
            [
                f"{stored.day:%Y-%m-%d}",
                stored.snapshots,
                iso_instant(stored.first) if stored.first else None,
                iso_instant(stored.last) if stored.last else None,
            ]
            for stored in reading.sessions
        ),
    )


def _sheet(
    provenance: Provenance,
    title: str,
    what: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *said: str,
) -> str:
    lines = [
        flagged(provenance, f"{title} {dated(provenance, what)}"),
        *said,
        *provenance.notes,
    ]
    # A note is a sentence of ours, and stays one line.
    head = [f"# {' '.join(line.split())}" for line in lines]
    body = [",".join(map(_cell, row)) for row in rows]
    return "\n".join([*head, ",".join(columns), *body]) + "\n"


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.10g}"
