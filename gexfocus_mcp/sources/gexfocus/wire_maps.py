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
    number,
    positive,
    rows_of,
    unreadable,
)
from gexfocus_mcp.sources.gexfocus.wire_head import (
    check_ticker,
    parse_moment,
    parse_session,
    plural,
    settle,
)


_TOTAL_TOLERANCE: Final = 0.001


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
    check_ticker(payload, ticker)
    notes: list[str] = []
    as_of = parse_moment(payload, notes)
    session = parse_session(payload, as_of, notes)
    return StrikeMap(
        ticker=ticker,
        greek=greek,
        as_of=as_of,
        session=session,
        spot=parse_spot(payload, notes),
        stored_net=number(payload.get("net_exposure")),
        stored_max_strike=positive(payload.get("max_strike")),
        bars=() if summary else _parse_bars(rows_of(payload, "bars"), notes),
        notes=settle(notes),
    )


def parse_greek_maps(payload: dict[str, Any], ticker: Ticker) -> GreekMaps:
    """
    The maps that can be read; one that is null, or cannot be, is missing and sinks none of the others.

    Raises:
        WrongTicker: The reply, or a map inside it, is for another ticker.
        UnreadableReply: Maps came, and none of them can be read.
    """
    check_ticker(payload, ticker)
    maps: dict[Greek, StrikeMap] = {}
    failures: list[UnreadableReply] = []
    notes: list[str] = []
    for greek in GREEKS:
        inner = payload.get(greek)
        if inner is None:
            continue
        try:
            maps[greek] = _parse_inner(inner, ticker, greek)
        except WrongTicker:
            raise
        except UnreadableReply as failure:
            failures.append(failure)
            notes.append(f"{greek} could not be read: {failure.problem}")
    if failures and not maps:
        raise failures[0]
    missing = tuple(greek for greek in GREEKS if greek not in maps)
    return GreekMaps(ticker, maps, missing, tuple(notes))


def _parse_inner(inner: object, ticker: Ticker, greek: Greek) -> StrikeMap:
    if not isinstance(inner, dict):
        raise unreadable(f"'{greek}' in the reply is not an object")
    strikes = parse_strike_map(inner, ticker, greek)
    if not strikes.bars and strikes.stored_net is None:
        raise unreadable("every number of the map is null, it may still be loading")
    return strikes


def parse_spot(payload: dict[str, Any], notes: list[str]) -> float | None:
    spot = positive(payload.get("spot"))
    if spot is None:
        notes.append("spot is unavailable in this snapshot")
    return spot


def _parse_bars(rows: list[Any], notes: list[str]) -> tuple[Bar, ...]:
    if not rows:
        notes.append("no strike-level data in this snapshot")
        return ()
    bars: list[Bar] = []
    dropped = disagreeing = 0
    for row in rows:
        bar = _find_bar(row)
        if bar is None:
            dropped += 1
            continue
        bars.append(bar)
        disagreeing += _disagrees(bar, row.get("total"))
    if dropped:
        notes.append(f"{plural(dropped, 'bar')} without usable numbers dropped")
    if disagreeing:
        notes.append(
            f"stored total disagrees with calls + puts at {plural(disagreeing, 'strike')}; recomputed"
        )
    return _in_order(bars, notes)


def _find_bar(row: object) -> Bar | None:
    if not isinstance(row, dict):
        return None
    strike = positive(row.get("strike"))
    calls = number(row.get("calls"))
    puts = number(row.get("puts"))
    if strike is None or calls is None or puts is None:
        return None
    return Bar(strike, calls, puts)


def _disagrees(bar: Bar, stored: object) -> bool:
    total = number(stored)
    return total is not None and abs(total - bar.total) > _TOTAL_TOLERANCE * bar.gross


def _in_order(bars: list[Bar], notes: list[str]) -> tuple[Bar, ...]:
    strikes = [bar.strike for bar in bars]
    if strikes != sorted(strikes):
        notes.append("strikes came unsorted: sorted")
    by_strike = {bar.strike: bar for bar in bars}
    if len(by_strike) < len(bars):
        repeated = plural(len(bars) - len(by_strike), "duplicate strike")
        notes.append(f"{repeated}: last kept")
    return tuple(by_strike[strike] for strike in sorted(by_strike))
