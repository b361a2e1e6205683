"""
The multi-expiration matrices as the upstream spells them, to a market value.

The documented sample has one row for three strikes (row 6 of the API's defects): missing rows
are unavailable, but columns that cannot be matched to dates are refused, not guessed.
"""

from datetime import date
from typing import Any, Final

from gexfocus_mcp.errors import UnreadableReply
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.decoding import (
    Numbers,
    counted,
    rows_of,
    unreadable,
)
from gexfocus_mcp.sources.gexfocus.wire_head import (
    check_ticker,
    find_date,
    parse_moment,
    settle,
)
from gexfocus_mcp.sources.gexfocus.wire_maps import parse_spot


_KEYS: Final[dict[MatrixGreek, str]] = {
    "gex": "matrix",
    "vanna": "vanna_matrix",
    "charm": "charm_matrix",
}

_Rows = list[list[float | None]]


def parse_expiry_map(payload: dict[str, Any], ticker: Ticker) -> ExpiryMap:
    """
    Raises:
        WrongTicker: It is for another ticker.
        UnreadableReply: No usable time, an expiration that is no date, or a matrix of another shape.
    """
    notes: list[str] = []
    check_ticker(payload, ticker, notes)
    as_of = parse_moment(payload, notes)
    expirations = [_parse_expiration(v) for v in rows_of(payload, "expirations")]
    numbers = Numbers()
    strikes = [numbers.positive(v) for v in rows_of(payload, "strikes")]
    if not expirations or not strikes:
        notes.append("no strikes or no expirations in this snapshot")
    spot = parse_spot(payload, numbers, notes)
    rows = _strike_order(strikes, notes)
    columns = _expiration_order(expirations, notes)
    matrices: dict[MatrixGreek, Matrix] = {}
    for greek, key in _KEYS.items():
        if payload.get(key) is None:
            continue
        try:
            shape = (len(strikes), len(expirations))
            cells = _read_cells(payload, key, shape, numbers, notes)
        except UnreadableReply as failure:
            if greek == "gex":
                raise
            notes.append(f"{key} could not be read: {failure.problem}")
            continue
        matrices[greek] = tuple(tuple(cells[r][c] for c in columns) for r in rows)
    return ExpiryMap(
        ticker=ticker,
        as_of=as_of,
        spot=spot,
        expirations=tuple(expirations[c] for c in columns),
        strikes=tuple(k for k in (strikes[r] for r in rows) if k is not None),
        matrices=matrices,
        notes=settle([*notes, *numbers.notes()]),
    )


def _parse_expiration(value: object) -> date:
    day = find_date(value)
    if day is None:
        raise unreadable("an expiration in the reply is not a date")
    return day


def _strike_order(strikes: list[float | None], notes: list[str]) -> list[int]:
    """Which rows to show, ascending by strike; rows whose strike is no number cannot be named."""
    found = {strike: row for row, strike in enumerate(strikes) if strike is not None}
    known = [strike for strike in strikes if strike is not None]
    if len(known) < len(strikes):
        lost = counted(len(strikes) - len(known), "row")
        notes.append(f"{lost} without a usable strike dropped")
    if len(found) < len(known):
        repeated = counted(len(known) - len(found), "duplicate strike")
        notes.append(f"{repeated}: last kept")
    if known != sorted(known):
        notes.append("strikes came unsorted: sorted")
    return [found[strike] for strike in sorted(found)]


def _expiration_order(days: list[date], notes: list[str]) -> list[int]:
    found = {day: column for column, day in enumerate(days)}
    if len(found) < len(days):
        repeated = counted(len(days) - len(found), "duplicate expiration")
        notes.append(f"{repeated}: last kept")
    if days != sorted(days):
        notes.append("expirations came unsorted: sorted")
    return [found[day] for day in sorted(found)]


def _read_cells(
    payload: dict[str, Any],
    key: str,
    shape: tuple[int, int],
    numbers: Numbers,
    notes: list[str],
) -> _Rows:
    """The matrix in *shape*, rows by cells, with what is missing at the ends as None."""
    height, width = shape
    rows = rows_of(payload, key)
    if _is_transposed(rows, height, width):
        notes.append(f"{key} came with expirations as rows: transposed")
        rows = [list(column) for column in zip(*rows, strict=True)]
    if len(rows) > height:
        raise unreadable(f"{key} has {len(rows)} rows for {height} strikes")
    if len(rows) < height:
        verb = "the other cells are unavailable"
        notes.append(
            f"{key} has {counted(len(rows), 'row')} for {height} strikes: {verb}"
        )
    cells: _Rows = []
    short = 0
    for row in rows:
        if row is not None and not isinstance(row, list):
            raise unreadable(f"a row of {key} is not a list")
        given = row or []
        if len(given) > width:
            raise unreadable(
                f"a row of {key} has more cells than there are expirations"
            )
        short += row is not None and len(given) < width
        read = numbers.read_all(given)
        cells.append([*read, *[None] * (width - len(given))])
    if short:
        notes.append(
            f"{counted(short, 'row')} of {key} with fewer cells than expirations: the others are unavailable"
        )
    cells.extend([None] * width for _ in range(height - len(cells)))
    return cells


def _is_transposed(rows: list[Any], height: int, width: int) -> bool:
    return (
        height != width
        and len(rows) == width
        and all(isinstance(row, list) and len(row) == height for row in rows)
    )
