"""Many names in both channels."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gexfocus_mcp.analysis.scan import ScanReading
from gexfocus_mcp.render.answer import dense
from gexfocus_mcp.render.scan import scan_answer


Scans = Callable[..., ScanReading]

WEIGHTS = tuple(range(1, 12))


def test_every_fact_of_a_row_stands_in_the_table(scan_reading: Scans) -> None:
    answer = scan_answer(scan_reading(weights=WEIGHTS, flow=True))
    rows, parts = answer.json["rows"], answer.json["aggregate"]["signed_contribution"]
    lines = answer.text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("name,"))
    table = [line.split(",") for line in lines[head : head + 12]]
    assert len(table) == 12
    for i, cells in enumerate(table[1:]):
        told = dict(zip(table[0], cells, strict=True))
        assert told["name"] == rows["ticker"][i]
        assert rows["regime"][i].startswith(told["gamma"])
        assert told["confidence"] == rows["confidence"][i]
        assert float(told["tilt"]) == pytest.approx(rows["tilt"][i], abs=0.006)
        assert told["age"] == f"{rows['age_s'][i]:.0f} s"
        assert told["spot"] == f"{rows['spot'][i]:g}"
        assert float(told["call wall %"]) == pytest.approx(
            rows["call_wall_distance_pct"][i], abs=0.51
        )
        assert told["NDF of threshold (age)"] == "long 44 % (22 s)"
        assert float(told["contribution %"]) == pytest.approx(
            parts[told["name"]], rel=0.06
        )


def test_the_whole_stays_readable_with_everything_in_it(
    scan_reading: Scans,
) -> None:
    answer = scan_answer(scan_reading(weights=WEIGHTS, missing=2))
    read = answer.json
    for words in (
        "scan, 9 of 11 read",
        "missing SPX [upstream_down] GEXfocus answered 503; again after 30 s",
        f"(weight read {read['weight_coverage'] * 100:.0f} %)",
        f"opposite sign: {', '.join(read['dispersion']['opposite_sign']) or 'none'}",
    ):
        assert words in answer.text
    assert next(iter(read)) == "tickers"
    assert read["pairs"] == []
    assert all(turn["if"] in answer.text for turn in read["turns_over"])
    assert all(turn["ticker"] in answer.text for turn in read["turns_over"])
    tilt = f"tilt {read['dispersion']['mag7_tilt']:+.2f}"
    assert tilt in answer.text


def test_pairs_are_told_with_ratio_gap_and_levels(scan_reading: Scans) -> None:
    answer = scan_answer(scan_reading(4))
    first, second = answer.json["pairs"]
    assert (first["index"], first["etf"]) == ("SPX", "SPY")
    assert (second["index"], second["etf"]) == ("NDX", "QQQ")
    for pair in (first, second):
        line = next(
            line
            for line in answer.text.splitlines()
            if line.startswith(f"pair {pair['index']}-{pair['etf']}")
        )
        assert f"{pair['etf']} x {pair['ratio']:g}, maps 0 s apart" in line
        assert ("same regime" in line) is pair["regime_agrees"]
        for name in ("call_wall", "put_wall"):
            level = pair[name]
            assert f"{level['index']:.0f} and {level['etf_in_points']:.0f}" in line


def test_the_order_is_said(scan_reading: Scans) -> None:
    for sort, words in (
        ("tilt", "most short first"),
        ("distance", "nearest first"),
        ("ticker", "by name"),
    ):
        answer = scan_answer(scan_reading(3, sort=sort))
        assert words in answer.text
        assert answer.json["sort"] == sort


def test_no_spot_and_no_book_are_unavailable_and_not_zero(
    scan_reading: Scans,
) -> None:
    gex = [(95, 10.0, -4.0), (105, 30.0, -1.0)]
    answer = scan_answer(
        scan_reading(3, missing=1, weights=[1, 0, 0], gex=gex, spot=None)
    )
    assert answer.json["rows"]["spot"] == [None, None]
    assert answer.json["rows"]["flip_distance_pct"] == [None, None]
    assert "n/a" in answer.text
    assert answer.json["weight_coverage"] == 0
    assert "book_net" not in answer.json["aggregate"]
    assert "no book to read" in answer.text
    assert answer.json["turns_over"] == []
    assert "no name has a flip" in answer.text


def test_a_session_of_its_own_has_a_column(scan_reading: Scans) -> None:
    reading = scan_reading(2)
    row = reading.rows[0]
    day = row.standing.gamma.session.replace(day=9)
    older = replace(
        row,
        standing=replace(row.standing, gamma=replace(row.standing.gamma, session=day)),
    )
    answer = scan_answer(replace(reading, rows=(older, reading.rows[1])))
    assert answer.json["rows"]["session"] == ["2026-07-09 Thu", "2026-07-10 Fri"]
    assert "2026-07-09 Thu" in answer.text


def test_eleven_names_with_weights_keep_to_a_thousand_tokens(
    scan_reading: Scans,
) -> None:
    bpe = pytest.importorskip(
        "rs_bpe.bpe", reason="no offline tokenizer for this Python"
    )
    encoding = bpe.openai.o200k_base()
    answer = scan_answer(scan_reading(weights=WEIGHTS))
    assert len(encoding.encode(answer.text)) <= 1_000
    assert len(dense(answer.json)) <= 10_000
