"""Where three greeks gather, and when no direction may be said."""

from dataclasses import replace

import pytest

from gexfocus_mcp.analysis.confluence import read_confluence
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from tests.analysis.chains import NEAR, Chain


ALL = range(len(NEAR))


def totals(matrix: Matrix) -> list[float]:
    return [sum(v or 0.0 for v in row) for row in matrix]


@pytest.fixture(scope="module")
def expiries() -> ExpiryMap:
    return Chain(seed=1).expiries()


def test_shares_ranks_and_hedges_are_those_of_the_rows(expiries: ExpiryMap) -> None:
    found = read_confluence(expiries, ALL)

    assert found is not None
    assert (found.missing, found.unsigned) == ((), ())
    for gathering in found.strikes:
        row = expiries.strikes.index(gathering.strike)
        hedges = set()
        for greek, standing in gathering.standings.items():
            rows = totals(expiries.matrices[greek])
            sizes = sorted((abs(v) for v in rows), reverse=True)
            assert standing.share == pytest.approx(abs(rows[row]) / sum(sizes))
            assert standing.rank == sizes.index(abs(rows[row])) + 1
            # Long exposure is hedged by selling what its cause adds.
            assert standing.hedge == ("sell" if rows[row] > 0 else "buy")
            hedges.add(standing.hedge)
        assert gathering.one_way == (len(hedges) == 1)


def test_the_strikes_named_have_the_largest_sum_of_shares(expiries: ExpiryMap) -> None:
    sums = [0.0] * len(expiries.strikes)
    for matrix in expiries.matrices.values():
        rows = totals(matrix)
        size = sum(map(abs, rows))
        sums = [s + abs(v) / size for s, v in zip(sums, rows, strict=True)]
    order = sorted(range(len(sums)), key=lambda i: -sums[i])

    found = read_confluence(expiries, ALL)

    assert found is not None
    names = [gathering.strike for gathering in found.strikes]
    assert names == [expiries.strikes[i] for i in order[: len(names)]]


def test_of_raw_open_interest_no_direction_is_said() -> None:
    found = read_confluence(Chain(seed=1).expiries(raw=True), ALL)

    assert found is not None
    assert found.unsigned == ("vanna", "charm")
    for gathering in found.strikes:
        assert gathering.standings["vanna"].hedge is None
        assert gathering.standings["gex"].hedge is not None
        assert gathering.one_way is None


def test_a_missing_matrix_is_named_and_two_are_too_few(expiries: ExpiryMap) -> None:
    own = expiries.matrices
    without: dict[MatrixGreek, Matrix] = {"gex": own["gex"], "vanna": own["vanna"]}
    found = read_confluence(replace(expiries, matrices=without), ALL)

    assert found is not None
    assert found.missing == ("charm",)
    assert found.strikes[0].one_way is None
    alone = replace(expiries, matrices={"gex": expiries.matrices["gex"]})
    assert read_confluence(alone, ALL) is None
    assert read_confluence(expiries, []) is None
