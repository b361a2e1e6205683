"""
Strike maps as the upstream spells them, to market values.

`total` and `gross` are never used: they are recomputed from calls and puts, and a stored total
that disagrees is a note (rows 7 and 8 of the API's defects).
"""

from typing import Any, Final

from gexfocus_mcp.errors import UnreadableReply, WrongTicker
from gexfocus_mcp.market.greek import GREEKS, Greek
from gexfocus_mcp.market.strikes import Bar, GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.decoding import (
    Numbers,
    counted,
    rows_of,
    unreadable,
)
from gexfocus_mcp.sources.gexfocus.wire_head import (
    check_ticker,
    parse_moment,
    parse_session,
    settle,
)


_TOTAL_TOLERANCE: Final = 0.001

LOADING: Final = "open interest or greeks are still loading: null means unavailable, not zero; ask again after 60 s"


def parse_strike_map(
    payload: dict[str, Any], ticker: Ticker, greek: Greek, *, summary: bool = False
) -> StrikeMap:
    """
    Args:
        summary: The bars were not asked for, so their absence is no news.

    Raises:
        WrongTicker: It is for another ticker.
        UnreadableReply: It has no usable time, or bars that are no list.
    """
    notes: list[str] = []
    check_ticker(payload, ticker, notes)
    as_of = parse_moment(payload, notes)
    session = parse_session(payload, as_of, notes)
    numbers = Numbers()
    spot = parse_spot(payload, numbers, notes)
    stored_net = numbers.read(payload.get("net_exposure"))
    max_strike = numbers.positive(payload.get("max_strike"))
    bars = () if summary else _parse_bars(rows_of(payload, "bars"), notes)
    return StrikeMap(
        ticker=ticker,
        greek=greek,
        as_of=as_of,
        session=session,
        spot=spot,
        stored_net=stored_net,
        stored_max_strike=max_strike,
        bars=bars,
        notes=settle([*notes, *numbers.notes()]),
    )


def parse_greek_maps(payload: dict[str, Any], ticker: Ticker) -> GreekMaps:
    """
    The maps that can be read; one that is null, or cannot be, is missing and sinks none of the others.

    Raises:
        WrongTicker: The reply, or a map inside it, is for another ticker.
        UnreadableReply: Maps came, and none of them can be read.
    """
    notes: list[str] = []
    check_ticker(payload, ticker, notes)
    maps: dict[Greek, StrikeMap] = {}
    failures: list[UnreadableReply] = []
    for greek in GREEKS:
        inner = payload.get(greek)
        if inner is None:
            continue
        try:
            strikes = _parse_inner(inner, ticker, greek)
        except WrongTicker:
            raise
        except UnreadableReply as failure:
            failures.append(failure)
            notes.append(f"{greek} could not be read: {failure.problem}")
            continue
        if strikes is None:
            notes.append(LOADING)
        else:
            maps[greek] = strikes
    if failures and not maps:
        raise failures[0]
    missing = tuple(greek for greek in GREEKS if greek not in maps)
    if not maps:
        notes.append(LOADING)
    return GreekMaps(ticker, maps, missing, settle(notes))


def _parse_inner(inner: object, ticker: Ticker, greek: Greek) -> StrikeMap | None:
    """The map; None where there is nothing in it yet."""
    if not isinstance(inner, dict):
        raise unreadable(f"'{greek}' in the reply is not an object")
    check_ticker(inner, ticker)
    if inner.get("net_exposure") is None and inner.get("bars") in (None, []):
        return None
    strikes = parse_strike_map(inner, ticker, greek)
    if not strikes.bars and strikes.stored_net is None:
        raise unreadable("the map holds no usable number")
    return strikes


def parse_spot(
    payload: dict[str, Any], numbers: Numbers, notes: list[str]
) -> float | None:
    spot = numbers.positive(payload.get("spot"))
    if spot is None:
        notes.append("spot is unavailable in this snapshot")
    return spot


def _parse_bars(rows: list[Any], notes: list[str]) -> tuple[Bar, ...]:
    if not rows:
        notes.append("no strike-level data in this snapshot")
        return ()
    bars: list[Bar] = []
    dropped = disagreeing = 0
    numbers, stored = Numbers(), Numbers()
    given = [row for row in rows if isinstance(row, dict)]
    dropped = len(rows) - len(given)
    columns = (
        numbers.read_prices(row.get("strike") for row in given),
        numbers.read_all(row.get("calls") for row in given),
        numbers.read_all(row.get("puts") for row in given),
        stored.read_all(row.get("total") for row in given),
    )
    for strike, calls, puts, said in zip(*columns, strict=True):
        if strike is None or calls is None or puts is None:
            dropped += 1
            continue
        bars.append(Bar(strike, calls, puts))
        if said is not None:
            off = abs(said - calls - puts)
            disagreeing += off > _TOTAL_TOLERANCE * (abs(calls) + abs(puts))
    notes += numbers.as_text()
    notes += stored.notes()
    if dropped:
        notes.append(f"{counted(dropped, 'bar')} without usable numbers dropped")
    if disagreeing:
        notes.append(
            f"stored total disagrees with calls + puts at {counted(disagreeing, 'strike')}; recomputed"
        )
    return _in_order(bars, notes)


def _in_order(bars: list[Bar], notes: list[str]) -> tuple[Bar, ...]:
    strikes = [bar.strike for bar in bars]
    if strikes != sorted(strikes):
        notes.append("strikes came unsorted: sorted")
    by_strike = {bar.strike: bar for bar in bars}
    if len(by_strike) < len(bars):
        repeated = counted(len(bars) - len(by_strike), "duplicate strike")
        notes.append(f"{repeated}: last kept")
    return tuple(by_strike[strike] for strike in sorted(by_strike))
