"""Matrix and strike map as one book, held to a repricing of every contract."""

from dataclasses import replace
from datetime import timedelta
from math import isclose

import pytest

from gexfocus_mcp.analysis.book import Apart, MatrixBook, combine, read_matrix_book
from gexfocus_mcp.analysis.kernel import Kernel, read_kernel
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from tests.analysis.chains import NEAR, Chain


SEEDS = [1, 2, 4, 5, 6, 8]


def book_of(expiries: ExpiryMap) -> MatrixBook:
    book = read_matrix_book(expiries)
    assert book is not None
    return book


def whole_of(strikes: StrikeMap, expiries: ExpiryMap) -> Kernel:
    whole = combine(strikes, book_of(expiries))
    assert isinstance(whole, Kernel)
    return whole


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_flip_is_where_a_repricing_of_every_contract_has_it(
    seed: int, raw: bool
) -> None:
    chain = Chain(seed)
    true = chain.zero()
    flip = whole_of(chain.strikes(), chain.expiries(raw=raw)).flip()
    single = read_kernel(chain.strikes(), chain.spot).flip()

    assert flip is not None
    assert single is not None
    assert abs(flip - true) < 0.0015 * chain.spot
    assert abs(flip - true) < abs(single - true)


def test_the_matrix_alone_is_repriced_too() -> None:
    chain = Chain(seed=2)
    today, later = NEAR[0], NEAR[1:]
    for days, moves in (((today,), (-0.4, 0.4)), (later, (-3, -1, 1, 3))):
        chain.contracts = [c for c in Chain(seed=2).contracts if c.expiration in days]
        ended = tuple(day for day in NEAR if day not in days)
        book = read_matrix_book(chain.expiries(), ended)
        assert book is not None
        gross = chain.strikes().gross
        for pct in moves:
            spot = chain.spot * (1 + pct / 100)
            ours, true = book.kernel().net_at(spot), chain.net_at(spot)
            assert abs(ours - true) < 0.01 * gross


@pytest.mark.parametrize("expiries", [{}, {"raw": True}, {"vanna": None}])
def test_at_the_maps_own_spot_the_book_is_the_sum_of_its_bars(
    expiries: dict[str, bool | None],
) -> None:
    chain = Chain(seed=3)
    strikes = chain.strikes()
    for spot in (6000.0, 6012.0):
        whole = whole_of(strikes, chain.expiries(spot, **expiries))  # type: ignore[arg-type]  # a union over the cases
        assert isclose(
            whole.net_at(6000.0), strikes.bars_net, abs_tol=1e-9 * strikes.gross
        )


def test_a_matrix_of_a_somewhat_other_price_is_moved_to_the_maps() -> None:
    chain = Chain(seed=5)
    strikes = chain.strikes()
    together = whole_of(strikes, chain.expiries()).flip()
    apart = whole_of(strikes, chain.expiries(6012.0)).flip()

    assert together is not None
    assert apart is not None
    assert abs(together - apart) < 0.0003 * chain.spot


def test_without_a_smile_each_expiration_keeps_one_width() -> None:
    book = book_of(Chain(seed=2).expiries(vanna=None))

    assert book.widths == "expiration"
    widths = [{term.width for term in column} for column in book.columns]
    assert [len(w) for w in widths] == [1] * len(NEAR)


def test_what_belongs_to_other_times_prices_or_scales_is_not_combined() -> None:
    chain = Chain(seed=2)
    strikes, expiries = chain.strikes(), chain.expiries()
    late = replace(expiries, as_of=expiries.as_of + timedelta(minutes=11))
    bigger = replace(
        strikes,
        bars=tuple(Bar(b.strike, b.calls / 50, b.puts / 50) for b in strikes.bars),
    )
    smaller = replace(
        strikes,
        bars=tuple(Bar(b.strike, b.calls * 50, b.puts * 50) for b in strikes.bars),
    )
    cases = {
        "another time": (strikes, late),
        "another price": (strikes, chain.expiries(6060.0)),
        "one scale": (bigger, expiries),
        "not on one scale": (smaller, expiries),
        "no spot": (replace(strikes, spot=None), expiries),
    }
    for reason, (seen, matrix) in cases.items():
        found = combine(seen, book_of(matrix))
        assert isinstance(found, Apart)
        assert reason in found.reason


@pytest.mark.parametrize(("reach", "whole"), [(400, True), (20, False)])
def test_a_matrix_of_few_of_the_maps_strikes_is_not_combined(
    reach: float, whole: bool
) -> None:
    chain = Chain(seed=2)
    strikes, expiries = chain.strikes(), chain.expiries()
    kept = [i for i, k in enumerate(expiries.strikes) if abs(k - 6000) <= reach]
    cut = replace(
        expiries,
        strikes=tuple(expiries.strikes[i] for i in kept),
        matrices={g: tuple(m[i] for i in kept) for g, m in expiries.matrices.items()},
    )
    found = combine(strikes, book_of(cut))

    assert isinstance(found, Kernel) is whole
    assert whole or (isinstance(found, Apart) and "too few" in found.reason)


def test_ended_expirations_count_in_nothing() -> None:
    book = read_matrix_book(Chain(seed=2).expiries(), NEAR[:1])

    assert book is not None
    assert [bool(column) for column in book.columns] == [False, True, True, True]


def test_a_matrix_that_is_not_the_dealers_makes_no_book() -> None:
    expiries = Chain(seed=2).expiries()
    raw = tuple(tuple(v and abs(v) for v in row) for row in expiries.matrices["gex"])

    assert read_matrix_book(replace(expiries, matrices={"gex": raw})) is None
    assert read_matrix_book(replace(expiries, matrices={})) is None
    assert read_matrix_book(replace(expiries, spot=None)) is None


def test_levels_take_the_sharper_flip_and_show_the_single_width_beside_it() -> None:
    chain = Chain(seed=2)
    strikes = chain.strikes()
    whole = whole_of(strikes, chain.expiries())
    levels, used = read_levels(strikes, stream_flip=5990.0, book=whole)

    assert used is whole
    assert levels.flip is not None
    assert levels.flip.method == "matrix"
    assert levels.flip.value == whole.flip()
    assert levels.flip.alternatives["kernel"] == read_kernel(strikes, 6000.0).flip()
    assert set(levels.flip.alternatives) == {"stream", "kernel", "cumulative_strike"}
