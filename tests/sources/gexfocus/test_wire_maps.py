"""Strike maps: what is repaired is said, what cannot be repaired is refused."""

from collections.abc import Callable
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.errors import GexFocusError, UnreadableReply, WrongTicker
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.wire_maps import (
    LOADING,
    parse_greek_maps,
    parse_strike_map,
)


QQQ = Ticker("QQQ")
HEAD = {
    "ticker": "QQQ",
    "ts_iso": "2026-05-08T15:00:00-04:00",
    "session_date": "2026-05-08",
    "spot": 681.23,
}


def bar(strike: object, calls: object = 5.0, puts: object = -3.0) -> dict[str, object]:
    return {"strike": strike, "calls": calls, "puts": puts}


def read(*bars: object, **head: object) -> StrikeMap:
    return parse_strike_map({**HEAD, "bars": list(bars), **head}, QQQ, "gex")


def test_a_clean_map_has_no_notes() -> None:
    got = read(bar(670), bar(675.0), net_exposure=4.0, max_strike=670)

    assert got.bars == (Bar(670, 5, -3), Bar(675, 5, -3))
    assert (got.stored_net, got.stored_max_strike, got.spot) == (4.0, 670.0, 681.23)
    assert got.notes == ()


@pytest.mark.parametrize(
    "damaged",
    [
        bar(None),
        bar(0),
        bar(-5),
        bar(float("nan")),
        bar("x"),
        bar(680, None),
        bar(680, 1, None),
        bar(680, float("inf")),
        {"strike": 680},
        None,
        [680, 1, 2],
    ],
)
def test_a_bar_without_usable_numbers_is_dropped_and_counted(damaged: object) -> None:
    got = read(damaged, bar(675))

    assert [b.strike for b in got.bars] == [675]
    assert got.notes == ("1 bar without usable numbers dropped",)


def test_numbers_may_come_as_strings() -> None:
    got = read(bar("675", "1.5", "-2"))

    assert got.bars == (Bar(675, 1.5, -2),)
    assert got.notes == ("3 numbers came as text",)


def test_a_net_that_is_no_number_is_said_to_be_unavailable() -> None:
    got = read(bar(670), bar(675), net_exposure=float("nan"))

    assert got.stored_net is None
    assert got.notes == ("1 value not usable as a number: unavailable, not zero",)


def test_unsorted_strikes_are_sorted_and_duplicates_resolved() -> None:
    got = read(bar(680), bar(670), bar(680, 9.0))

    assert got.bars == (Bar(670, 5, -3), Bar(680, 9, -3))
    assert got.notes == (
        "strikes came unsorted: sorted",
        "1 duplicate strike: last kept",
    )


def test_a_stored_total_that_disagrees_is_noted_and_not_used() -> None:
    got = read({**bar(670), "total": 2.0}, {**bar(675), "total": 8.0})

    assert got.bars_net == 4.0
    assert got.notes == (
        "stored total disagrees with calls + puts at 1 strike; recomputed",
    )


def test_a_stored_total_may_be_null_or_rounded() -> None:
    assert read({**bar(670), "total": None}, {**bar(675), "total": 2.007}).notes == ()


@pytest.mark.parametrize("bars", [[], None])
def test_no_bars_is_a_map_without_strikes(bars: object) -> None:
    got = parse_strike_map({**HEAD, "bars": bars}, QQQ, "gex")

    assert got.bars == ()
    assert got.notes == ("no strike-level data in this snapshot",)


def test_bars_that_are_no_list_are_refused() -> None:
    with pytest.raises(UnreadableReply, match="'bars'"):
        parse_strike_map({**HEAD, "bars": {"670": 1}}, QQQ, "gex")


@pytest.mark.parametrize("spot", [None, 0, -1, float("nan"), "x"])
def test_a_spot_that_is_no_price_is_unavailable(spot: object) -> None:
    got = read(bar(670), spot=spot)

    assert got.spot is None
    assert got.notes[0] == "spot is unavailable in this snapshot"


def test_net_not_stored_is_the_sum_of_the_bars() -> None:
    assert read(bar(670), bar(675), net_exposure=None).net == 4.0


def test_a_summary_has_no_bars_and_that_is_no_news(
    recorded: Callable[[str], dict[str, Any]],
) -> None:
    row = recorded("history_greeks_summary")["data"][0]
    got = parse_strike_map(row, Ticker("SPX"), "gex", summary=True)

    assert (got.bars, got.notes) == ((), ())
    assert got.net == 87512.66


def test_greeks_that_are_null_or_absent_are_missing() -> None:
    gex = {**HEAD, "net_exposure": 5.0}
    got = parse_greek_maps({"ticker": "QQQ", "gex": gex, "delta": None}, QQQ)

    assert tuple(got.maps) == ("gex",)
    assert got.missing == ("delta", "vanna", "charm")


def test_a_map_that_cannot_be_read_sinks_none_of_the_others() -> None:
    gex = {**HEAD, "net_exposure": 5.0}
    loading = {**HEAD, "net_exposure": None, "bars": [{"strike": 1, "calls": None}]}
    got = parse_greek_maps(
        {
            "ticker": "QQQ",
            "gex": gex,
            "delta": "soon",
            "vanna": {"bars": []},
            "charm": loading,
        },
        QQQ,
    )

    assert tuple(got.maps) == ("gex",)
    assert [note.partition(":")[0] for note in got.notes] == [
        "delta could not be read",
        "open interest or greeks are still loading",
        "charm could not be read",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {"ticker": "QQQ"},
        {"ticker": "QQQ", "gex": None, "delta": None, "vanna": None, "charm": None},
        {"ticker": "QQQ", "gex": {**HEAD, "bars": []}},
        {
            "ticker": "QQQ",
            "gex": {"ts": None, "spot": None, "net_exposure": None, "bars": None},
        },
    ],
)
def test_a_reply_of_nothing_but_nulls_is_an_answer_that_says_so(
    payload: dict[str, Any],
) -> None:
    got = parse_greek_maps(payload, QQQ)

    assert got.maps == {}
    assert got.missing == ("gex", "delta", "vanna", "charm")
    assert got.notes == (LOADING,)


def test_a_map_inside_for_another_ticker_is_refused() -> None:
    with pytest.raises(WrongTicker):
        parse_greek_maps({"ticker": "QQQ", "vanna": {**HEAD, "ticker": "SPY"}}, QQQ)


def test_a_greek_that_is_neither_null_nor_a_map_is_refused() -> None:
    with pytest.raises(UnreadableReply, match="'gex'"):
        parse_greek_maps({"gex": [1]}, QQQ)


ANY = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["strike", "calls", "puts", "total"]), inner)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from([*HEAD, "ts", "bars", "net_exposure", "max_strike"])


@given(st.dictionaries(KEYS, ANY), st.lists(ANY, max_size=6))
def test_any_payload_is_read_or_refused(
    payload: dict[str, Any], bars: list[Any]
) -> None:
    try:
        got = parse_strike_map({**HEAD, "bars": bars, **payload}, QQQ, "gex")
    except GexFocusError:
        return

    strikes = [b.strike for b in got.bars]
    assert strikes == sorted(set(strikes))
    assert all(isfinite(n) for b in got.bars for n in (b.strike, b.calls, b.puts))
