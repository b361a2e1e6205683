"""A session's flow: what was not sent is never a zero."""

import re
from collections.abc import Callable

from gexfocus_mcp.analysis.reading import (
    FlowPathReading,
)
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.flow import flow_answer


Flows = Callable[..., FlowPathReading]
Ticks = Callable[..., Tick]
Sessions = Callable[..., list[Tick]]


def test_nothing_paid_is_not_unavailable(flow_reading: Flows, tick: Ticks) -> None:
    quiet = tick(net_call_premium=0.0, net_put_premium=0.0)

    assert "premium unavailable" not in flow_answer(flow_reading([quiet])).text


def test_no_threshold_is_not_no_crossing(flow_reading: Flows, tick: Ticks) -> None:
    unknown = tick(threshold_long=None, threshold_short=None)

    answer = flow_answer(flow_reading([unknown]))

    assert "threshold unavailable" in answer.text
    assert "crossings none" not in answer.text


def test_flow_says_the_same_in_both_channels(
    flow_reading: Flows, session_ticks: Sessions
) -> None:
    answer = flow_answer(flow_reading(session_ticks(500)), points=40)
    series, lines = answer.json["series"], answer.text.splitlines()

    rows = [line.split(",") for line in lines if re.match(r"\d{4},", line)]
    assert 35 <= len(rows) == len(series["t"]) <= 40
    assert [r[0] for r in rows] == [t[:5].replace(":", "") for t in series["t"]]
    assert [float(r[1]) for r in rows] == series["price"]
    assert min(series["ndf"]) == answer.json["ndf"]["min"]
    assert max(series["ndf"]) == answer.json["ndf"]["max"]


def test_a_path_that_claims_to_keep_crossings_keeps_them(
    flow_reading: Flows, session_ticks: Sessions
) -> None:
    reading = flow_reading(session_ticks(500))
    answer = flow_answer(reading, points=40)

    shown = set(answer.json["series"]["t"])
    kept = all(f"{c.at:%H:%M:%S}" in shown for c in reading.path.crossings)
    assert kept or "crossings kept" not in answer.text


def test_a_null_row_is_not_a_zero(flow_reading: Flows, tick: Ticks) -> None:
    answer = flow_answer(flow_reading([tick(ndf=None, price=None, fep=None), tick()]))

    assert answer.json["series"]["ndf"][0] is None
    assert answer.json["series"]["price"][0] is None
    assert "1130,n/a,n/a" in answer.text
