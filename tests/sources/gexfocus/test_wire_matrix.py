"""The matrices: rows may be missing, columns may not be guessed."""

from datetime import date
from typing import Any

import pytest

from gexfocus_mcp.errors import UnreadableReply
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.wire_matrix import parse_expiry_map


SPX = Ticker("SPX")
HEAD: dict[str, Any] = {
    "ticker": "SPX",
    "ts": 1779016521,
    "spot": 7408.5,
    "expirations": ["2026-05-18", "2026-05-19"],
    "strikes": [7400.0, 7405.0, 7410.0],
    "matrix": [[1, 2], [3, 4], [5, 6]],
}


def read(**changed: object) -> ExpiryMap:
    return parse_expiry_map({**HEAD, **changed}, SPX)


def test_a_clean_matrix() -> None:
    got = read(vanna_matrix=[[1, None], [float("nan"), "4"], None])

    assert got.expirations == (date(2026, 5, 18), date(2026, 5, 19))
    assert got.strikes == (7400, 7405, 7410)
    assert got.matrices == {
        "gex": ((1, 2), (3, 4), (5, 6)),
        "vanna": ((1, None), (None, 4), (None, None)),
    }
    assert got.notes == (
        "1 value not usable as a number: unavailable, not zero",
        "1 number came as text",
    )


def test_cells_that_are_missing_at_the_end_of_a_row_are_unavailable() -> None:
    got = read(matrix=[[1, 2], [3], [5, 6]])

    assert got.matrices["gex"] == ((1, 2), (3, None), (5, 6))
    assert got.notes == (
        "1 row of matrix with fewer cells than expirations: the others are unavailable",
    )


def test_missing_rows_are_unavailable_and_noted() -> None:
    got = read(matrix=[[1, 2]])

    assert got.matrices["gex"] == ((1, 2), (None, None), (None, None))
    assert got.notes == (
        "matrix has 1 row for 3 strikes: the other cells are unavailable",
    )


def test_a_transposed_matrix_is_turned() -> None:
    got = read(matrix=[[1, 3, 5], [2, 4, 6]])

    assert got.matrices["gex"] == ((1, 2), (3, 4), (5, 6))
    assert got.notes == ("matrix came with expirations as rows: transposed",)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 2], [3, 4, 5], [5, 6]],
        [[1, 2], "34", [5, 6]],
        [[1, 2], [3, 4], [5, 6], [7, 8]],
        [[1, 3, 5]],
        {"0": [1, 2]},
    ],
)
def test_columns_that_cannot_be_matched_to_dates_are_refused(matrix: object) -> None:
    with pytest.raises(UnreadableReply):
        read(matrix=matrix)


@pytest.mark.parametrize("value", ["soon", None, 20260518, "2026-02-30"])
def test_an_expiration_that_is_no_date_is_refused(value: object) -> None:
    with pytest.raises(UnreadableReply, match="not a date"):
        read(expirations=["2026-05-18", value])


def test_disorder_is_sorted_with_the_cells() -> None:
    got = read(expirations=["2026-05-19", "2026-05-18"], strikes=[7410, 7400, 7405])

    assert got.expirations == (date(2026, 5, 18), date(2026, 5, 19))
    assert got.strikes == (7400, 7405, 7410)
    assert got.matrices["gex"] == ((4, 3), (6, 5), (2, 1))
    assert got.notes == (
        "strikes came unsorted: sorted",
        "expirations came unsorted: sorted",
    )


def test_of_duplicates_the_last_is_kept() -> None:
    got = read(expirations=["2026-05-18", "2026-05-18"], strikes=[7400, 7400, 7410])

    assert got.matrices["gex"] == ((4,), (6,))
    assert got.notes == (
        "1 duplicate strike: last kept",
        "1 duplicate expiration: last kept",
    )


def test_a_row_whose_strike_is_no_number_is_dropped() -> None:
    got = read(strikes=[7400, None, 7410])

    assert got.strikes == (7400, 7410)
    assert got.matrices["gex"] == ((1, 2), (5, 6))
    assert got.notes == ("1 row without a usable strike dropped",)


def test_a_matrix_that_is_null_or_absent_is_not_there() -> None:
    assert read(matrix=None).matrices == {}
    assert read(vanna_matrix=None, charm_matrix=[[1, 2]] * 3).matrices.keys() == {
        "gex",
        "charm",
    }


def test_nothing_stored_is_an_empty_map() -> None:
    got = read(expirations=[], strikes=None, matrix=[], spot=0)

    assert (got.strikes, got.expirations) == ((), ())
    assert got.notes == (
        "no strikes or no expirations in this snapshot",
        "spot is unavailable in this snapshot",
        "1 value not usable as a number: unavailable, not zero",
    )
