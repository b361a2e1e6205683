"""`export` as a person uses it: over the simulated market, over a plain server, ended by hand."""

import csv
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from gexfocus_mcp.cli.exporting import Progress
from gexfocus_mcp.export.order import Order
from gexfocus_mcp.export.rows import STORED_FIELDS
from gexfocus_mcp.export.run import Export
from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk
from tests.desk.history_server import Row, flow
from tests.journeys.asking import CANARY, PlainUpstream


MONDAY = date(2026, 7, 6)
TUESDAY = MONDAY + timedelta(days=1)
RANGE = ("--date", str(MONDAY), "--to", str(TUESDAY))


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GEXFOCUS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "gexfocus_mcp", "export", *arguments],
        cwd=folder,
        env={**env, "GEXFOCUS_SHARED": "off", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = start(folder, *arguments, **environment)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, out, err


def stored(day: date) -> dict[str, Row | str | list[Row]]:
    return {"ticker": "SPY", "session_date": str(day), "data": flow(day, 5)}


@pytest.fixture
def upstream() -> Iterator[PlainUpstream]:
    """Two sessions are listed, and the rows of the first are given for whatever is asked."""
    plain = PlainUpstream()
    listed = [{"session_date": str(day)} for day in (MONDAY, TUESDAY)]
    plain.say("/history/ndf/sessions", {"ticker": "SPY", "sessions": listed})
    plain.say("/history/ndf", stored(MONDAY))
    yield plain
    plain.close()


def keyed(upstream: PlainUpstream) -> dict[str, str]:
    return {"GEXFOCUS_API_KEY": CANARY, "GEXFOCUS_BASE_URL": upstream.base_url}


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("ascii"))))


def everything(folder: Path) -> str:
    return "".join(file.read_text("ascii") for file in folder.iterdir())


def test_a_session_of_the_simulated_market_is_a_file_that_says_so(
    tmp_path: Path,
) -> None:
    asked = ("ndf", "spy", "--date", "yesterday", "--demo")
    code, out, err = run(tmp_path, *asked)
    file = tmp_path / out.strip()
    assert code == 0
    assert file.name.startswith("gexfocus-ndf-SPY-20")
    rows = read(file)
    assert f"{len(rows):,} rows" in err
    assert {row["source"] for row in rows} == {"simulated"}

    before = file.read_bytes()
    code, again, err = run(tmp_path, *asked)
    assert (code, again) == (0, out)
    assert "complete already" in err
    assert file.read_bytes() == before


def test_a_pipe_gets_the_rows_and_nothing_else(tmp_path: Path) -> None:
    asked = ("ndf", "SPY", "--date", "today", "--out", "-", "--demo")
    code, out, err = run(tmp_path, *asked)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert f"{len(rows):,} rows" in err
    assert "not over yet" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
@pytest.mark.parametrize("series", ["ndf", "vanna"])
async def test_the_rows_are_what_the_market_has_stored(
    series: Series, clock: FixedClock, tmp_path: Path
) -> None:
    out, ticker, day = tmp_path / "x.csv", parse_ticker("NVDA"), date(2026, 11, 18)
    said = list[str]()
    async with open_simulated_desk(create_app(clock), clock) as desk:
        order = Order(series, "NVDA", str(day), None, out)
        await Export(order, desk.source, clock, say=said.append).run()
        ticks = await desk.source.flow_history(ticker, day, limit=20_000, every=1)
        maps = await desk.source.map_history(
            ticker, "vanna", day, limit=3000, every=1, summary=False
        )
    rows = read(out)
    if series == "ndf":
        expected = [
            [
                None if v is None else float(v)
                for v in (getattr(t, f) for f in STORED_FIELDS)
            ]
            for t in ticks.value.ticks
        ]
        found = [
            [float(row[name]) if row[name] else None for name in STORED_FIELDS]
            for row in rows
        ]
        assert found == expected
        return
    names = ("spot", "net", "max_strike", "strike", "calls", "puts")
    assert [(row["ts"], *(float(row[n]) for n in names)) for row in rows] == [
        (
            m.as_of.isoformat(timespec="microseconds"),
            m.spot,
            m.stored_net,
            m.stored_max_strike,
            bar.strike,
            bar.calls,
            bar.puts,
        )
        for m in maps.value.maps
        for bar in m.bars
    ]
    assert f"362 snapshots, {len(rows):,} rows" in said[-1]


def test_without_a_key_the_way_out_is_told(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "ndf", "SPY", "--date", "2026-07-06")
    assert (code, out) == (1, "")
    assert err.startswith("[no_key]")
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_exit_1_and_the_key_is_nowhere(
    tmp_path: Path, upstream: PlainUpstream
) -> None:
    """What was whole by then is kept."""

    def forbid_the_third() -> None:
        if len(upstream.asked) == 3:
            upstream.say("/history/ndf", "{}", status=403)

    upstream.before_reply = forbid_the_third
    code, out, err = run(tmp_path, "ndf", "SPY", *RANGE, **keyed(upstream))
    assert (code, out) == (1, "")
    assert "[forbidden]" in err
    assert "1 session is kept in gexfocus-ndf-SPY-2026-07-06-2026-07-07.csv.part" in err
    assert CANARY not in out + err + everything(tmp_path)

    upstream.say("/history/ndf", stored(TUESDAY))
    code, out, err = run(tmp_path, "ndf", "SPY", *RANGE, **keyed(upstream))
    assert code == 0
    assert "1 of 2 sessions are there already" in err
    rows = (tmp_path / out.strip()).read_text("ascii").splitlines()[1:]
    assert [row.split(",")[1] for row in rows] == [str(MONDAY)] * 5 + [str(TUESDAY)] * 5
    assert {row.rsplit(",", 1)[1] for row in rows} == {"gexfocus"}
    assert CANARY not in out + err + everything(tmp_path)


def test_ctrl_c_is_exit_130_and_says_how_to_go_on(
    tmp_path: Path, upstream: PlainUpstream
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hold_the_third() -> None:
        if len(upstream.asked) == 3:
            asked.set()
            go_on.wait(20)

    upstream.before_reply = hold_the_third
    process = start(tmp_path, "ndf", "SPY", *RANGE, **keyed(upstream))
    try:
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        go_on.set()
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert "interrupted; 1 session is kept in gexfocus-ndf-SPY-" in err
    assert "the same command goes on from there" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("ndf", "SPY"),
        ("flow", "SPY", "--date", "today"),
        ("gex", "--date", "today"),
    ],
)
def test_a_command_that_cannot_be_read_is_exit_2(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    code, _, err = run(tmp_path, *arguments, "--demo")
    assert code == 2
    assert "usage" in err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("ndf", "SPYX", "--date", "today"), "[unknown_ticker]"),
        (("ndf", "SPY", "--date", "2026-07-04"), "[no_data]"),
        (("ndf", "SPY", "--date", "soon"), "[bad_date]"),
        (("ndf", "SPY", "--date", "today", "--out", "."), "[bad_argument]"),
    ],
)
def test_what_is_refused_is_exit_1(
    arguments: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    code, out, err = run(tmp_path, *arguments, "--demo")
    assert (code, out) == (1, "")
    assert err.startswith(word)


def test_a_terminal_has_one_line_that_is_overwritten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Progress().hint("asking")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = Progress()
    progress.hint("asking")
    progress.say("done")
    assert capsys.readouterr().err == "\r\x1b[Kasking\r\x1b[Kdone\n"
