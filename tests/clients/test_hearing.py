"""The table of clients can fail: what is cut, changed, lost or refused on the way is told, and what is whole is not."""

import json
import subprocess
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
        (f"{{note}} Output: {{}} {json.dumps(DATA)}", "JSON"),
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


def test_a_lost_picture_is_told() -> None:
    verdict = judge(spoken(), report(TEXT, images=0), QUESTION)

    assert verdict.faults == ("positioning_chart: 0 pictures of 1",)
    assert (verdict.whole, verdict.picture) == (1, False)


def test_a_client_that_hands_on_both_is_held_to_both() -> None:
    given = (TEXT[:-1], json.dumps(DATA))

    assert judge(spoken(), report(*given), QUESTION, "JSON").faults == ()
    assert judge(spoken(), report(*given), QUESTION, "text and JSON").faults == (
        "the model reads JSON, not text and JSON",
    )


def test_a_refusal_is_told_whichever_side_says_so() -> None:
    by_client = judge(spoken(), report(TEXT, failed=True), QUESTION)
    assert by_client.faults[0].startswith("dealer_positioning: refused")

    refusing = spoken()
    refusing.answers["dealer_positioning"]["isError"] = True
    by_server = judge(refusing, report(TEXT), QUESTION)
    assert by_server.faults[0].startswith("dealer_positioning: refused")


def test_a_tool_that_is_not_there_is_told() -> None:

    silent = judge(spoken(), Report((), {}), QUESTION)
    assert (silent.listed, silent.whole) == (0, 0)
    assert silent.faults[0] == "not listed: dealer_positioning, positioning_chart"


def test_requests_are_paired_connection_by_connection(tmp_path: Path) -> None:
    def said(speaker: str, **message: object) -> str:
        return json.dumps({"from": speaker, "message": message}) + "\n"

    call = {"method": "tools/call", "params": {"name": "api_status"}}
    (tmp_path / "1.jsonl").write_text(said("client", id=2, **call))
    (tmp_path / "2.jsonl").write_text(
        said("client", id=2, method="tools/list")
        + said("server", id=2, result={"tools": [{"name": "api_status"}]})
    )

    assert Spoken.read(tmp_path) == Spoken("none", ("api_status",), {})


TEE = str(QUESTIONS.with_name("tee.py"))


def test_the_tee_ends_as_the_server_does_while_its_client_still_listens(
    tmp_path: Path,
) -> None:
    ends = [sys.executable, "-c", "print('{\"id\": 1}'); raise SystemExit(3)"]
    with subprocess.Popen(
        [sys.executable, TEE, str(tmp_path), *ends],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as tee:
        assert tee.stdout is not None
        assert tee.stdout.read() == b'{"id": 1}\n'
        assert tee.wait(20) == 3
    (log,) = tmp_path.glob("*.jsonl")
    assert json.loads(log.read_text()) == {"from": "server", "message": {"id": 1}}


def test_the_tee_ends_the_server_when_its_client_goes(tmp_path: Path) -> None:
    echo = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"
    done = subprocess.run(
        [sys.executable, TEE, str(tmp_path), sys.executable, "-c", echo],
        input=b'{"id": 1}\nno JSON',
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert done.stdout == b'{"id": 1}\nno JSON'
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("mode", "protocol"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")]
)
def test_the_sdk_at_hand_is_told_everything_in_both_eras(
    tmp_path: Path, mode: str, protocol: str
) -> None:
    questions: dict[str, dict[str, Any]] = json.loads(QUESTIONS.read_text())
    program = (sys.executable, "-m", "gexfocus_mcp", "--demo")
    setting = Setting(
        Workshop(tmp_path),
        (sys.executable, TEE, str(tmp_path), *program),
        tmp_path,
        questions,
    )

    told = setting.program(Path(sys.executable), "python_sdk.py", mode)

    heard = Spoken.read(tmp_path)
    verdict = judge(heard, told, questions)
    assert heard.protocol == protocol
    assert verdict.faults == ()
    assert (verdict.listed, verdict.whole) == (len(questions), len(questions))
    assert verdict.picture
    assert sorted(heard.tools) == sorted(questions), "a tool is asked by no client"
