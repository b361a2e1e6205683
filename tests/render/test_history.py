"""`greeks_history`'s two channels: their budgets at the largest inputs, and one fact in both."""

import json
import math
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from gexfocus_mcp.analysis.history import HistoryReading, read_turns
from gexfocus_mcp.analysis.migration import (
    find_sign_changes,
    max_strike_places,
    read_level_path,
    read_migration,
)
from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.analysis.provenance import trace
from gexfocus_mcp.analysis.same_hour import Ranking, Then
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.render.history import history_answer


SPX = parse_ticker("SPX")
DAYS = [date(2026, 6, d) for d in (8, 9, 10, 11, 12)]
NOW = datetime(2026, 6, 12, 16, 30, tzinfo=NEW_YORK)
STRIKES = [5000.0 + 8 * n for n in range(600)]


def stored(day: date, row: int, *, full: bool = False) -> StrikeMap:
    at = datetime.combine(day, time(9, 29), NEW_YORK) + timedelta(seconds=65 * row)
    spot = 7400.12 + 40 * math.sin(row / 31)
    bars = tuple(
        Bar(
            k,
            7.123456e9 * math.exp(-(((k - 7500) / 300) ** 2)),
            -6.54321e9 * math.exp(-(((k - 7300) / 300) ** 2)),
        )
        for k in STRIKES
    )
    net = 3.21e9 * math.sin(row / 2) * (1 + row / 999)
    return StrikeMap(
        SPX,
        "gex",
        at,
        day,
        spot,
        net,
        7400.0 + 8 * (row // 9 % 5),
        bars if full else (),
    )


def reading(days: int, **changes: Any) -> HistoryReading:
    maps = tuple(stored(day, row) for day in DAYS[-days:] for row in range(362))
    values: dict[str, Any] = {
        "ticker": SPX,
        "greek": "gex",
        "provenance": trace(
            maps[-1].as_of, maps[-1].session, market_clock(NOW), source="simulated"
        ),
        "maps": maps,
        "sign_changes": find_sign_changes(maps),
        "max_strike": read_migration(max_strike_places(maps), 7400.0),
    }
    return HistoryReading(**{**values, **changes})


def everything() -> HistoryReading:
    full = [stored(DAYS[n // 6], 60 * (n % 6), full=True) for n in range(30)]
    earlier = tuple(
        Then(
            datetime.combine(date(2026, 5, n + 1), time(15, 58, 59), NEW_YORK),
            -1.2345e9 * n,
        )
        for n in range(20)
    )
    return reading(
        5,
        asked="2026-06-12 15:59",
        profile=read_profile(full[-1]),
        levels=read_level_path(full),
        ranking=Ranking(time(15, 59), 4.2e9, earlier, (date(2026, 5, 25),)),
        turns=read_turns(full[-1]),
        turns_at=full[-1].as_of,
    )


@pytest.mark.parametrize("points", [None, 10, 300])
def test_both_channels_keep_their_size_at_the_largest_inputs(
    points: int | None,
) -> None:
    answer = history_answer(everything(), points=points)

    assert len(answer.text) <= 10_000
    assert len(json.dumps(answer.json, separators=(",", ":"))) <= 10_000
    assert len(answer.json["series"]["t"]) >= 2
    assert len(answer.json["levels"]["path"]["t"]) == 30


@pytest.mark.parametrize("days", [1, 5])
def test_the_plain_answer_keeps_its_token_budget(days: int) -> None:
    bpe = pytest.importorskip(
        "rs_bpe.bpe", reason="no offline tokenizer for this Python"
    )

    answer = history_answer(reading(days))

    assert len(bpe.openai.o200k_base().encode(answer.text)) <= 1_000


def test_the_text_states_what_the_json_has() -> None:
    read = everything()
    answer = history_answer(read, points=20)
    said, told = answer.json, answer.text

    for change in said["sign_changes"][-12:]:
        assert f"{change['t']} to {'+' if change['to'] == 'positive' else '-'}" in told
        assert {change["from"], change["to"]} == {"positive", "negative"}
    assert said["sign_changes_total"] == len(read.sign_changes)
    assert f"{len(read.sign_changes)} changes" in told
    for name in ("call_wall", "put_wall"):
        assert f"{said['levels'][name]['last']:g}" in told
    assert f"is {said['ranking']['rank']} of {said['ranking']['of']}" in told
    assert "05-25" in told
    assert said["ranking"]["absent"] == ["2026-05-25"]
    for turn in said["turns_over"]:
        assert turn["if"] in told
    shown = said["map"]["bars_shown"]
    assert f"{shown} of {said['map']['bars_total']} bars" in told


def test_what_the_history_amounts_to_stands_before_its_tables() -> None:
    lines = history_answer(everything(), points=20).text.splitlines()

    starts = ["net", "sign", "max |net|", "flip", "call wall", "put wall", "rank"]
    starts += ["turns over", "time,spot,flip", "map ", "time,spot,net"]
    at = [next(i for i, line in enumerate(lines) if line.startswith(s)) for s in starts]

    assert at == sorted(at)


def test_times_of_several_days_carry_their_date() -> None:
    several = history_answer(reading(5), points=20).json
    one = history_answer(reading(1), points=20).json

    assert all(t.startswith("2026-06-") for t in several["series"]["t"])
    assert one["series"]["t"][0] == "09:29:00"


def test_without_bars_the_convention_of_the_other_greeks_is_said_to_be_unknown() -> (
    None
):
    answer = history_answer(reading(1, greek="vanna"))

    assert "sign convention of vanna is unknown" in answer.text
    assert any("unknown" in note for note in answer.json["notes"])


def test_a_raw_map_of_the_moment_is_told_as_such() -> None:
    raw = StrikeMap(
        SPX, "gex", NOW, DAYS[-1], 7400.0, 12.0, None, (Bar(7400, 7.0, 5.0),)
    )

    answer = history_answer(reading(1, profile=read_profile(raw), asked="15:59"))

    assert "raw open interest" in " ".join(answer.json["notes"])
