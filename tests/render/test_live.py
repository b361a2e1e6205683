"""The stream now, and what it did not send."""

from collections.abc import Callable

from gexfocus_mcp.analysis.reading import (
    LiveReading,
)
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.live import live_answer


Lives = Callable[..., LiveReading]
Ticks = Callable[..., Tick]
Sessions = Callable[..., list[Tick]]


def test_events_that_are_left_out_are_counted_in_both_channels(
    live_reading: Lives, session_ticks: Sessions
) -> None:
    answer = live_answer(live_reading(session_ticks(300)))

    assert len(answer.json["events"]) == 20
    assert answer.json["events_total"] > 20
    assert answer.text.count("\nevent ") == 20
    assert str(answer.json["events_total"]) in answer.text


def test_a_live_tick_says_what_it_lacks(live_reading: Lives, tick: Ticks) -> None:
    answer = live_answer(live_reading([tick(fep=None)]))

    assert "fep" in answer.json["unavailable"]
    assert "fep" not in answer.json["latest"]
    assert "unavailable (null upstream, not zero)" in answer.text
    assert "FEP unavailable" in answer.text
