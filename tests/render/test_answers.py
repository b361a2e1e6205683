"""Every answer: two channels that say the same, within the budget, in sober words."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from math import isfinite
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import (
    ChangeReading,
    FlowPathReading,
    LiveReading,
    MatrixReading,
    PositioningReading,
    SessionsReading,
    StrikesReading,
)
from gexfocus_mcp.analysis.scan import ScanReading
from gexfocus_mcp.analysis.watched import WatchReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.answer import CHANNEL_LIMIT, Answer, dense
from gexfocus_mcp.render.change import change_answer
from gexfocus_mcp.render.flow import flow_answer
from gexfocus_mcp.render.greeks import greeks_answer
from gexfocus_mcp.render.live import live_answer
from gexfocus_mcp.render.matrix import matrix_answer
from gexfocus_mcp.render.positioning import positioning_answer
from gexfocus_mcp.render.scan import scan_answer
from gexfocus_mcp.render.sessions import sessions_answer
from gexfocus_mcp.render.watch import watch_answer
from gexfocus_mcp.server.schemas import output_schema
from tests.render.conftest import GEX


Sources = Callable[..., Provenance]
Strikes = Callable[..., StrikesReading]
Matrices = Callable[..., MatrixReading]
Everyday = Callable[..., PositioningReading]
Flows = Callable[..., FlowPathReading]
Lives = Callable[..., LiveReading]
Changes = Callable[..., ChangeReading]
Lists = Callable[..., SessionsReading]
Watches = Callable[..., WatchReading]
Scans = Callable[..., ScanReading]
Ticks = Callable[..., Tick]
Sessions = Callable[..., list[Tick]]

NAMES = [
    "greeks",
    "greeks large",
    "greeks one",
    "greeks empty",
    "matrix",
    "matrix large",
    "matrix vanna",
    "matrix sparse",
    "positioning",
    "positioning large",
    "positioning alone",
    "positioning neutral",
    "positioning moves",
    "flow",
    "flow large",
    "flow bare",
    "live",
    "live large",
    "live empty",
    "change",
    "change large",
    "change overnight",
    "change none",
    "change apart",
    "change bare",
    "sessions",
    "sessions large",
    "sessions none",
    "watch",
    "watch large",
    "watch empty",
    "scan",
    "scan large",
    "scan bare",
]


@pytest.fixture(scope="session")
def ask(
    strikes_reading: Strikes,
    matrix_reading: Matrices,
    positioning_reading: Everyday,
    flow_reading: Flows,
    live_reading: Lives,
    change_reading: Changes,
    sessions_reading: Lists,
    watch_reading: Watches,
    scan_reading: Scans,
    tick: Ticks,
    session_ticks: Sessions,
) -> Callable[..., Answer]:
    """Return a function that renders the named answer, with a given provenance or a fresh one."""
    far = [5000.25 + 2.5 * i for i in range(8)]

    busy = session_ticks()

    def answers(known: Provenance | None) -> dict[str, Callable[[], Answer]]:
        return {
            "greeks": lambda: greeks_answer(strikes_reading(known=known)),
            "greeks large": lambda: greeks_answer(
                strikes_reading(large=True, known=known),
                max_bars=60,
                window_pct=50,
                strikes=far,
            ),
            "greeks one": lambda: greeks_answer(
                strikes_reading("gex", missing=("vanna",), known=known),
                strikes=[95, 96.5],
            ),
            "greeks empty": lambda: greeks_answer(
                strikes_reading("gex", rows=[], spot=None, known=known)
            ),
            "matrix": lambda: matrix_answer(matrix_reading(known=known)),
            "matrix large": lambda: matrix_answer(
                matrix_reading(large=True, known=known),
                max_strikes=60,
                max_expirations=12,
                strikes=far,
            ),
            "matrix vanna": lambda: matrix_answer(
                matrix_reading(greek="vanna", known=known), max_expirations=1
            ),
            "matrix sparse": lambda: matrix_answer(
                matrix_reading(
                    cells={95.0: [None, None, None], 100.0: [None, 2.0, None]},
                    known=known,
                )
            ),
            "positioning": lambda: positioning_answer(
                positioning_reading(tick=tick(gamma_flip=97.0), known=known)
            ),
            "positioning large": lambda: positioning_answer(
                positioning_reading(
                    large=True, moves=[0.1, 1, 2.5, 5], tick=tick(), known=known
                )
            ),
            "positioning alone": lambda: positioning_answer(
                positioning_reading(alone=True, known=known)
            ),
            "positioning neutral": lambda: positioning_answer(
                positioning_reading(
                    gex=[(95, 0, -50e6), (105, 50.01e6, 0)], known=known
                )
            ),
            "positioning moves": lambda: positioning_answer(
                positioning_reading(moves=[0.5, 2], spot=101.3, known=known)
            ),
            "flow": lambda: flow_answer(flow_reading(busy[::40], known=known)),
            "flow large": lambda: flow_answer(
                flow_reading(busy, known=known), points=300
            ),
            "flow bare": lambda: flow_answer(
                flow_reading([Tick(ts=busy[0].ts)], known=known)
            ),
            "live": lambda: live_answer(live_reading(busy[-3:], known=known)),
            "live large": lambda: live_answer(live_reading(busy, known=known)),
            "live empty": lambda: live_answer(
                live_reading([], verdict="silent", known=known)
            ),
            "change": lambda: change_answer(change_reading(known=known)),
            "change large": lambda: change_answer(
                change_reading(large=True, nets=(1.23456e10, -9.8765e10), known=known)
            ),
            "change overnight": lambda: change_answer(
                change_reading(apart=timedelta(days=1), known=known)
            ),
            "change none": lambda: change_answer(
                change_reading(apart=timedelta(0), known=known)
            ),
            "change apart": lambda: change_answer(
                change_reading(
                    now=[(k, c * 99, p * 99) for k, c, p in GEX], known=known
                )
            ),
            "change bare": lambda: change_answer(
                change_reading([], [], spots=(None, None), known=known)
            ),
            "sessions": lambda: sessions_answer(
                sessions_reading(3, total=40, known=known)
            ),
            "sessions large": lambda: sessions_answer(
                sessions_reading(3000, known=known)
            ),
            "sessions none": lambda: sessions_answer(sessions_reading(0, known=known)),
            "watch": lambda: watch_answer(watch_reading([tick()], known=known)),
            "watch large": lambda: watch_answer(
                watch_reading(
                    [
                        tick(ndf=500e6, gex_total=-1.5e9, price=99.5),
                        tick(
                            ndf=500e6,
                            gex_total=1.5e9,
                            price=123456.78,
                            gamma_flip=1234.56,
                            call_wall_gamma=1234.5,
                            put_wall_gamma=1234.5,
                        ),
                    ],
                    "flip",
                    "call_wall",
                    "put_wall",
                    "ndf_short",
                    "net_sign",
                    "price>=123456.78",
                    "price<=123456.78",
                    "price>100.00",
                    known=known,
                )
            ),
            "watch empty": lambda: watch_answer(
                watch_reading(
                    [],
                    verdict="cut",
                    known=known,
                    marks=Marks.unread("GEXfocus answered 503"),
                )
            ),
            "scan": lambda: scan_answer(scan_reading(known=known)),
            "scan large": lambda: scan_answer(
                scan_reading(missing=2, weights=range(1, 12), flow=True, known=known)
            ),
            "scan bare": lambda: scan_answer(
                scan_reading(
                    3,
                    missing=1,
                    weights=[1, 0, 0],
                    gex=[(95, 0, -5), (105, 9, 0)],
                    spot=None,
                    known=known,
                )
            ),
        }

    @cache
    def rendered(name: str, known: Provenance | None = None) -> Answer:
        return answers(known)[name]()

    return rendered


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers(item)]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return (
        [value]
        if isinstance(value, int | float) and not isinstance(value, bool)
        else []
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_json_keeps_to_its_published_schema(
    ask: Callable[..., Answer], name: str
) -> None:
    answer = ask(name)

    Draft202012Validator(output_schema(type(answer.payload))).validate(answer.json)
    assert json.loads(dense(answer.json)) == answer.json
    assert all(isfinite(n) for n in numbers(answer.json))
    json.dumps(answer.json, allow_nan=False)


@pytest.mark.parametrize("name", NAMES)
def test_both_channels_keep_to_ten_thousand_characters(
    ask: Callable[..., Answer], name: str
) -> None:
    answer = ask(name)

    assert CHANNEL_LIMIT == 10_000
    assert len(answer.text) <= 10_000
    assert len(dense(answer.json)) <= 10_000


BANNED = (
    "support",
    "resistance",
    "must",
    "target",
    "signal",
    "bullish",
    "bearish",
    "confirmed",
    "smart money",
    "safe",
    "real-time",
    "exact flip",
    "true flip",
    "will",
    "forced",
    "dealers are",
)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_makes_a_reader_over_trust_a_model(
    ask: Callable[..., Answer], name: str
) -> None:
    answer = ask(name)

    for said in (answer.text.lower(), dense(answer.json).lower()):
        assert [w for w in BANNED if re.search(rf"\b{w}\b", said)] == []
        # Only denied.
        assert re.sub(r"not a (floor|ceiling)", "", said).find("floor") == -1
        assert re.sub(r"not a (floor|ceiling)", "", said).find("ceiling") == -1
        assert not re.search(r"\b(nan|inf|infinity)\b", said)


@pytest.mark.parametrize("name", NAMES)
def test_no_dollar_is_without_its_assumption(
    ask: Callable[..., Answer], name: str
) -> None:
    for line in ask(name).text.splitlines():
        assert "$" not in line or "assumed" in line.lower()


@pytest.mark.parametrize("name", NAMES)
def test_no_number_has_an_exponent(ask: Callable[..., Answer], name: str) -> None:
    assert re.findall(r"\d[eE][+-]?\d+", ask(name).text) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("simulated", "stale", "first"),
    [
        (False, False, ""),
        (True, False, "SIMULATED "),
        (False, True, "STALE "),
        (True, True, "SIMULATED STALE "),
    ],
)
def test_simulated_and_stale_come_first(
    ask: Callable[..., Answer],
    provenance: Sources,
    name: str,
    first: str,
    *,
    simulated: bool,
    stale: bool,
) -> None:
    known = provenance(
        source="simulated" if simulated else "gexfocus",
        failure="the upstream is down" if stale else None,
    )
    answer = ask(name, known)

    subject = "scan" if name.startswith("scan") else "SPY"
    assert answer.text.startswith(f"{first}{subject}")
    assert answer.json["source"] == known.source
    assert (answer.json["freshness"] == "stale") is stale
    assert ("the upstream is down" in answer.text) is stale
    assert (
        any("the upstream is down" in note for note in answer.json.get("notes", []))
        is stale
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_note_stands_in_both_channels(
    ask: Callable[..., Answer], name: str
) -> None:
    answer = ask(name)

    assert all(note in answer.text for note in answer.json.get("notes", []))


def test_an_unknown_age_is_not_said_to_be_zero(
    ask: Callable[..., Answer], provenance: Sources
) -> None:
    ahead = provenance(provenance().market.now + timedelta(hours=2))

    answer = ask("greeks", ahead)

    assert " 0 s old" not in answer.text
    assert "age_s" not in answer.json
