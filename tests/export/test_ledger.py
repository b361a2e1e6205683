"""What is remembered of a file, and what is not believed."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gexfocus_mcp.export.ledger import Entry, Ledger, Terms, find_ledger, write_ledger
from gexfocus_mcp.market.ticker import parse_ticker


FIRST, SECOND = date(2026, 7, 6), date(2026, 7, 7)
LEDGER = Ledger(
    Terms("gex", parse_ticker("SPY"), FIRST, SECOND),
    "gexfocus",
    ("ts", "source"),
    sessions=(
        Entry(FIRST, 362, 900, 1, complete=True, end=1000),
        Entry(SECOND, 83, 200, 2, complete=False, end=1400),
    ),
)


@pytest.mark.parametrize("ledger", [LEDGER, replace(LEDGER, final=True, sessions=())])
def test_a_ledger_reads_back_as_it_was_written(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "x.ledger.json"
    write_ledger(path, ledger)
    assert find_ledger(path) == ledger
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '"x"',
        "null",
        "\xff",
        '{"gexfocus_mcp_export": 2}',
        '{"gexfocus_mcp_export": 1}',
        '{"gexfocus_mcp_export": 1, "first": "2026-07-06", "last": 3}',
    ],
)
def test_anything_else_is_no_ledger(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.ledger.json"
    path.write_text(text, "latin-1")
    assert find_ledger(path) is None
    assert find_ledger(tmp_path / "none") is None


def test_one_that_lacks_a_field_of_a_session_is_none_either(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger.json"
    write_ledger(path, LEDGER)
    said = json.loads(path.read_text("ascii"))
    del said["sessions"][0]["end"]
    path.write_text(json.dumps(said), "ascii")
    assert find_ledger(path) is None


def test_a_session_under_way_is_not_whole_nor_is_what_follows_it() -> None:
    assert LEDGER.complete == LEDGER.sessions[:1]
    assert replace(LEDGER, sessions=LEDGER.sessions[1:]).complete == ()


def test_a_file_that_is_shorter_holds_fewer_sessions() -> None:
    final = replace(LEDGER, final=True)
    assert final.within(1400) == final
    assert final.within(1399) == replace(LEDGER, sessions=LEDGER.sessions[:1])
    assert final.within(10).sessions == ()


def test_terms_are_told_as_a_person_says_them() -> None:
    assert str(LEDGER.terms) == "gex of SPY, 2026-07-06 to 2026-07-07"
    assert str(replace(LEDGER.terms, last=FIRST)) == "gex of SPY, 2026-07-06"
