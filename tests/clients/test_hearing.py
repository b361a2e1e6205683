"""The table of clients can fail: what is cut, changed, lost or refused on the way is told, and what is whole is not."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.hearing import Heard, Report, Spoken, judge
from tests.clients.installing import Workshop
from tests.clients.table import QUESTIONS, Setting


QUESTION = {"dealer_positioning": {"ticker": "SPY"}, "positioning_chart": {}}
TEXT = "SPY 714.57: dealers modelled SHORT gamma\nflip 717"
DATA = {"ticker": "SPY", "spot": 714.57, "levels": {"flip": 717}}


def spoken() -> Spoken:
    picture = [{"type": "text", "text": "TSLA"}, {"type": "image", "data": ""}]
    return Spoken(
        "2025-11-25",
        tuple(QUESTION),
        {
            "dealer_positioning": {
                "content": [{"type": "text", "text": TEXT}],
                "structuredContent": DATA,
            },
            "positioning_chart": {"content": picture},
        },
    )


def report(*texts: str, failed: bool = False, images: int = 1) -> Report:
    return Report(
        tuple(QUESTION),
        {
            "dealer_positioning": Heard(failed, list(texts)),
            "positioning_chart": Heard(texts=["TSLA"], images=images),
        },
    )


@pytest.mark.parametrize(
    ("given", "reads"),
    [
        (TEXT, "text"),
        (f"<untrusted>\n{TEXT}\n</untrusted>", "text"),
        (json.dumps(DATA, indent=2), "JSON"),
        (f"Wall time: 1 s\nOutput:\n{json.dumps(DATA)}", "JSON"),
        (f"{TEXT}\n{json.dumps(DATA)}", "text and JSON"),
    ],
)
def test_a_host_may_wrap_what_it_hands_on(given: str, reads: str) -> None:
    verdict = judge(spoken(), report(given), QUESTION)

    assert (verdict.listed, verdict.whole, verdict.reads) == (2, 2, reads)
    assert verdict.picture
    assert verdict.faults == ()


@pytest.mark.parametrize(
    "given",
    [
        TEXT[:-1],
        TEXT.replace("717", "718"),
        json.dumps(DATA)[:-1],
        json.dumps({**DATA, "spot": 714.6}),
        json.dumps({**DATA, "levels": {}}),
        "",
    ],
)
def test_what_was_cut_or_changed_is_told(given: str) -> None:
    verdict = judge(spoken(), report(given), QUESTION)

    assert verdict.whole == 1
    assert [fault.split(":")[:2] for fault in verdict.faults] == [
        ["dealer_positioning", " cut or changed"]
    ]


def test_a_refusal_a_lost_tool_and_a_lost_picture_are_told() -> None:
    refused = judge(spoken(), report(TEXT, failed=True, images=0), QUESTION)
    assert refused.faults[0].startswith("dealer_positioning: refused")
    assert not refused.picture

    silent = judge(spoken(), Report((), {}), QUESTION)
    assert (silent.listed, silent.whole) == (0, 0)
    assert silent.faults[0] == "not listed: dealer_positioning, positioning_chart"


@pytest.mark.parametrize(
    ("mode", "protocol"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")]
)
def test_the_sdk_at_hand_is_told_everything_in_both_eras(
    tmp_path: Path, mode: str, protocol: str
) -> None:
    log = tmp_path / "log"
    questions: dict[str, dict[str, Any]] = json.loads(QUESTIONS.read_text())
    tee = str(QUESTIONS.with_name("tee.py"))
    program = (sys.executable, "-m", "gexfocus_mcp", "--demo")
    setting = Setting(
        Workshop(tmp_path),
        (sys.executable, tee, str(log), *program),
        tmp_path,
        questions,
    )

    told = setting.program(Path(sys.executable), "python_sdk.py", mode)

    heard = Spoken.read(log)
    verdict = judge(heard, told, questions)
    assert heard.protocol == protocol
    assert verdict.faults == ()
    assert (verdict.listed, verdict.whole) == (len(questions), len(questions))
    assert verdict.picture
    assert sorted(heard.tools) == sorted(questions), "a tool is asked by no client"
