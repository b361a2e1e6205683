"""The server's own standing in both channels."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.status import Budget, StatusReading, StreamUse
from gexfocus_mcp.market.ticker import TICKERS
from gexfocus_mcp.render.answer import dense
from gexfocus_mcp.render.status import StatusPayload, status_answer
from gexfocus_mcp.server.schemas import output_schema


Sources = Callable[..., Provenance]


@pytest.fixture
def reading(provenance: Sources) -> Callable[..., StatusReading]:
    def build(source: str = "gexfocus", **changes: Any) -> StatusReading:
        known = replace(
            provenance(source=source),
            as_of=None,
            age_s=None,
            freshness="unknown",
            map_session=None,
            notes=("counted in this process alone",),
        )
        budgets = {"last": Budget(118, 7), "history": Budget(58, 0)}
        values: dict[str, Any] = {
            "provenance": known,
            "budgets": budgets,
            "entries": 4,
            "hits": 9,
            "loads": 5,
            "has_key": True,
            "host": "api.example",
            "shared": "a file of this user",
            "streams": (),
        }
        return StatusReading(**{**values, **changes})

    return build


def test_counts_stand_in_both_channels(reading: Callable[..., StatusReading]) -> None:
    answer = status_answer(reading(), "1.2.3")

    assert answer.json["buckets"] == {
        "last": {"limit": 118, "used": 7, "left": 111},
        "history": {"limit": 58, "used": 0, "left": 58},
    }
    assert answer.json["cooldown_s"] == 0
    assert answer.json["cache"] == {"entries": 4, "hits": 9, "loads": 5}
    assert answer.json["streams"] == []
    for words in (
        "7 of 118 used",
        "111 left",
        "cooldown: none",
        "9 hits",
        "none open",
        "host api.example, key set",
        "1.2.3",
        "11:30:22 ET Fri 10 Jul 2026",
        "counted in this process alone",
    ):
        assert words in answer.text
    assert not {"ticker", "as_of", "age_s", "map_session"} & set(answer.json)


def test_a_block_says_which_budget_and_how_long(
    reading: Callable[..., StatusReading],
) -> None:
    budgets = {
        "last": Budget(118, 2, 12.34, "rate_limited"),
        "history": Budget(58, 0, 97.0, "cooldown"),
    }
    answer = status_answer(reading(budgets=budgets), "1")

    assert answer.json["cooldown_s"] == 97
    assert answer.json["buckets"]["last"]["blocked_s"] == 12.3
    assert "BLOCKED for 12 s (rate_limited)" in answer.text
    assert "BLOCKED for 97 s (cooldown)" in answer.text
    assert "cooldown: 97 s to run" in answer.text


@pytest.mark.parametrize(
    ("host", "has_key", "said"),
    [
        ("api.example", False, "key missing: set GEXFOCUS_API_KEY"),
        (None, False, "in this process"),
    ],
)
def test_a_missing_key_is_said(
    reading: Callable[..., StatusReading],
    host: str | None,
    said: str,
    *,
    has_key: bool,
) -> None:
    answer = status_answer(reading(host=host, has_key=has_key), "1")

    assert answer.json["key"] == "missing"
    assert said in answer.text


def test_a_simulated_source_is_the_first_word(
    reading: Callable[..., StatusReading],
) -> None:
    assert status_answer(reading("simulated"), "1").text.startswith("SIMULATED ")


def test_eleven_streams_fit_and_keep_to_the_schema(
    reading: Callable[..., StatusReading],
) -> None:
    reason = "the connection was lost (3 so far, next try in 31 s)"
    streams = tuple(
        StreamUse(ticker, "cut", reason, 4000, 3.0 * i if i else None, 3, 2)
        for i, ticker in enumerate(TICKERS)
    )
    answer = status_answer(reading(streams=streams), "1")

    Draft202012Validator(output_schema(StatusPayload)).validate(answer.json)
    assert len(answer.text) <= 10_000
    assert len(dense(answer.json)) <= 10_000
    assert "age_s" not in answer.json["streams"][0]
    for stream in streams:
        assert f"stream {stream.ticker}: cut" in answer.text
