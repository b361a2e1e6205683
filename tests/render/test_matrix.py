"""The matrix in both channels: cells that were not given stay null."""

from collections.abc import Callable
from datetime import date, datetime
from math import fsum

import pytest

from gexfocus_mcp.analysis.expiry import read_structure
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import MatrixReading
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.render.matrix import matrix_answer


Matrices = Callable[..., MatrixReading]


MATRIX_TEXT = """\
SPY 100 gamma by strike and expiration. Map 11:30:00 ET Fri 10 Jul, 22 s old, market open.
Cells net calls and puts; nearest 3 expirations only. Unit ASSUMED: $ delta per +1% spot; dealer-signed.
net +10M of 28M gross-of-cells; 10 Jul (0DTE, ends at today's close) holds 29 %, after it net is +6M; spread like 2.3 equal expirations
most positive 100 +9M: 56 % 10 Jul, 33 % 13 Jul, 11 % 17 Jul; after 10 Jul: 105 +8M (100 +4M)
most negative 95 -8M: 75 % 17 Jul, 25 % 10 Jul; stays after 10 Jul at -6M
magnet 100 (0 %): largest positive gamma expiring today, 62 % of today's; pin 30 of 100 (house heuristic, with these expirations long gamma)
expiration,dte,% of gross,net,flip,max |net| (flip widths by expiration)
10 Jul,0,29,4M,98.92,100
13 Jul,3,14,2M,100.5,100
17 Jul,7,57,4M,98.17,105
gathering  not reckoned: fewer than two matrices given
strike,10 Jul,13 Jul,17 Jul, in K; 3 of 3 strikes = 100 % of gross
95,-2000,n/a,-6000
100,5000,3000,1000
105,1000,-1000,9000
turns over  spot < 98.46 (-1.5 %): short gamma (these expirations alone)"""


def test_matrix_columns_and_later_make_up_each_row(matrix_reading: Matrices) -> None:
    reading = matrix_reading(large=True)
    answer = matrix_answer(reading, max_strikes=15, max_expirations=3)

    bars = answer.json["bars"]
    rows = dict(
        zip(reading.expiries.strikes, reading.expiries.matrices["gex"], strict=True)
    )
    assert next(iter(bars)) == "strike"
    assert list(bars)[-1] == "later"
    assert len(bars) == 5
    for i, strike in enumerate(bars["strike"]):
        row = rows[strike]
        assert [bars[c][i] for c in list(bars)[1:4]] == pytest.approx(row[:3], rel=1e-3)
        assert bars["later"][i] == pytest.approx(
            fsum(c or 0 for c in row[3:]), rel=1e-3
        )


def test_matrix_strikes_keep_their_cents(matrix_reading: Matrices) -> None:
    cells = {
        17_772.5: [1.0, 1.0, 1.0],
        17_775.0: [2.0, 1.0, 1.0],
        17_780.0: [3.0, 1.0, 1.0],
    }
    answer = matrix_answer(matrix_reading(cells=cells))

    assert answer.json["bars"]["strike"] == [17_772.5, 17_775, 17_780]


def test_a_missing_cell_is_null_and_never_zero(matrix_reading: Matrices) -> None:
    cells = {95.0: [-5e6, None, None], 100.0: [None, 3e6, 1e6]}
    answer = matrix_answer(matrix_reading(cells=cells), max_expirations=1)

    bars = answer.json["bars"]
    assert bars["2026-07-10"] == [-5_000_000, None]
    # Nothing was given for any later expiration of 95.
    assert bars["later"] == [None, 4_000_000]
    assert "95,-5000,n/a" in answer.text


def test_the_matrix_of_three_strikes_in_full(matrix_reading: Matrices) -> None:
    assert matrix_answer(matrix_reading()).text == MATRIX_TEXT


def test_what_remains_after_an_expiration_is_told_in_both_channels(
    matrix_reading: Matrices,
) -> None:
    answer = matrix_answer(matrix_reading(through=date(2026, 7, 13)))

    after = answer.json["after"]
    assert after["through"] == "2026-07-13"
    assert (after["expirations"], after["net"]) == (1, 4_000_000)
    assert after["share_left"] == pytest.approx(16 / 28, abs=1e-3)
    assert after["positive"] == {"strike": 105, "value": 9_000_000}
    assert after["negative"] == {"strike": 95, "value": -6_000_000}
    assert "after 13 Jul: 1 expirations, 57 % of gross, net +4M" in answer.text
    assert "most positive 105 +9M, most negative 95 -6M" in answer.text

    nothing = matrix_answer(matrix_reading(through=date(2026, 7, 17)))
    assert nothing.json["after"]["expirations"] == 0
    assert "net" not in nothing.json["after"]
    assert "after 17 Jul: nothing remains in this matrix" in nothing.text


def test_many_asked_strikes_are_shown_beyond_the_rows_asked_for(
    matrix_reading: Matrices,
) -> None:
    reading = matrix_reading(large=True)
    asked = [reading.expiries.strikes[i] for i in (0, 1, 2, 3, 596, 597, 598)]

    answer = matrix_answer(reading, max_strikes=5, strikes=[*asked, 4321.5])

    assert set(asked) <= set(answer.json["bars"]["strike"])
    assert "no row at 4321.5" in answer.text


def test_expired_columns_are_no_columns_and_the_others_add_up(
    matrix_reading: Matrices, provenance: Callable[..., Provenance]
) -> None:
    reading = matrix_reading()
    later = read_structure(
        reading.expiries, "gex", at=datetime(2026, 7, 10, 17, tzinfo=NEW_YORK)
    )
    answer = matrix_answer(
        MatrixReading(reading.ticker, provenance(), reading.expiries, later),
        max_expirations=1,
    )

    assert answer.json["bars"] == {
        "strike": [95, 100, 105],
        "2026-07-13": [None, 3_000_000, -1_000_000],
        "later": [-6_000_000, 1_000_000, 9_000_000],
    }
    assert answer.json["net"] == 6_000_000
    assert "10 Jul has expired: counted in nothing" in answer.text
