"""The document's own samples, served as they are printed: one-row matrices, mismatched clocks, nulls."""

import pytest

from tests.journeys.asking import Connect, PlainUpstream, Recorded


pytestmark = pytest.mark.anyio


async def test_the_combined_greeks_sample_answers(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, era: str
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live(era) as assistant:
        heard = await assistant.ask("latest_greeks", ticker="QQQ")
    assert not heard.refused
    assert heard.json["missing"] == ["vanna"]
    assert heard.json["as_of"] == "2026-06-11T10:30:00-04:00"
    assert heard.json["freshness"] == "stale"
    assert heard.text.startswith("STALE QQQ 480.5")
    assert "ts and ts_iso differ" in heard.text
    gamma = heard.json["maps"]["gex"]
    assert gamma["net"] == 1_235_000_000
    assert gamma["gross"] == 222_200
    assert gamma["coverage"] == pytest.approx(24_691 / 1_234_567_890, abs=1e-3)


async def test_the_everyday_read_doubts_bars_that_do_not_add_up_to_the_net(
    live: Connect, upstream: PlainUpstream, recorded: Recorded
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live() as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="QQQ")
    assert heard.json["regime"] == "long_gamma"
    assert heard.json["confidence"] == "low"
    assert any("bars add up to" in reason for reason in heard.json["reasons"])
    assert "not_read" in heard.json["expiry"]


async def test_the_matrix_sample_with_one_row_answers_for_that_row(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, era: str
) -> None:
    upstream.say("/mapa_gamma/last/SPX", recorded("mapa_gamma"))
    async with live(era) as assistant:
        heard = await assistant.ask("mapa_gamma", ticker="SPX")
    assert not heard.refused
    assert heard.json["bars"]["strike"] == [7400]
    assert heard.json["bars"]["2026-05-18"] == [-358_500_000]
    assert heard.json["rows_total"] == 1
    assert heard.json["map_session"] == "2026-05-17 Sun"
    assert any("row" in note for note in heard.json["notes"])


@pytest.mark.parametrize("greek", ["vanna", "charm"])
async def test_the_other_matrices_of_the_sample_answer(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, greek: str
) -> None:
    upstream.say("/mapa_gamma/last/SPX", recorded("mapa_gamma"))
    async with live() as assistant:
        heard = await assistant.ask("mapa_gamma", ticker="SPX", greek=greek)
    assert heard.json["greek"] == greek
    assert heard.json["rows_shown"] == 1


async def test_the_flow_sample_says_that_it_is_one_row_of_many(
    live: Connect, upstream: PlainUpstream, recorded: Recorded
) -> None:
    upstream.say("/history/ndf", recorded("history_ndf"))
    async with live() as assistant:
        heard = await assistant.ask("ndf_history", ticker="QQQ")
    assert heard.json["rows"] == 1
    assert heard.json["rows_upstream"] == 1200
    assert heard.json["premium"]["net_0dte"] == 100_000
    assert "not complete" in heard.text
    assert "divergence" not in heard.json


@pytest.mark.parametrize(
    ("series", "name"),
    [("ndf", "history_ndf_sessions"), ("gex", "history_greeks_sessions")],
)
async def test_the_session_samples_are_listed(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, series: str, name: str
) -> None:
    ticker = recorded(name)["ticker"]
    path = (
        "/history/ndf/sessions" if series == "ndf" else "/history/greeks/gex/sessions"
    )
    upstream.say(path, recorded(name))
    async with live() as assistant:
        heard = await assistant.ask("list_sessions", ticker=ticker, series=series)
    assert heard.json["total"] == 1
    assert heard.json["sessions"][0]["date"] in heard.text
