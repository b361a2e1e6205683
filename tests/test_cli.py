"""The command line as a person uses it, in processes of its own."""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from mcp import Client, StdioServerParameters

from gexfocus_mcp.cli import main
from gexfocus_mcp.server.tools.catalog import build_tools


HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
CANARY = "CANARY-c11-key"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GEXFOCUS_")}
    return subprocess.run(
        [sys.executable, "-m", "gexfocus_mcp", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**env, **environment},
    )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_answer_without_the_sdk(option: str) -> None:
    code = (
        "import sys\n"
        "from gexfocus_mcp.cli import main\n"
        "try:\n    main([sys.argv[1]])\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'mcp', 'pydantic', 'httpx2', 'websockets', 'holidays'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, option],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "gexfocus-mcp" in done.stdout


def test_listing_the_tools_loads_neither_numpy_nor_the_simulator() -> None:
    code = (
        "import sys, anyio\n"
        "import gexfocus_mcp.server\n"
        "from gexfocus_mcp.server.asking import describe_tools\n"
        "anyio.run(describe_tools)\n"
        "heavy = [m for m in sys.modules if m in {'numpy', 'holidays', 'websockets', 'gexfocus_mcp.wiring'} or m.startswith('gexfocus_mcp.simulator')]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_ask_prints_what_a_model_would_read() -> None:
    done = run("ask", "dealer_positioning", "ticker=$spy", "moves=[0.5,1]", "--demo")
    assert done.returncode == 0
    assert done.stdout.startswith("SIMULATED SPY ")
    assert "(+0.5 %)" in done.stdout


def test_ask_prints_the_json_when_asked() -> None:
    done = run("ask", "list_sessions", "symbol=NVDA", "--json", GEXFOCUS_DEMO="1")
    assert json.loads(done.stdout)["ticker"] == "NVDA"


def test_a_refusal_is_exit_1() -> None:
    done = run("ask", "dealer_positioning", "ticker=TSLAA", "--demo")
    assert done.returncode == 1
    assert done.stdout.startswith("[unknown_ticker]")


def test_a_tool_that_does_not_exist_is_exit_1() -> None:
    assert run("ask", "gamma_flip", "ticker=SPY", "--demo").returncode == 1


def test_without_a_key_the_way_out_is_printed() -> None:
    done = run("ask", "latest_greeks", "ticker=SPY")
    assert done.returncode == 1
    assert done.stdout.startswith("[no_key]")


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["ask", "latest_greeks", "SPY"], {}, "name=value"),
        (["serve", "--http", "--host", "0.0.0.0"], {}, "GEXFOCUS_HTTP_TOKEN"),
        (
            ["serve", "--http", "--host", "0.0.0.0"],
            {"GEXFOCUS_HTTP_TOKEN": "t" * 40},
            "--allow-host",
        ),
        ([], {"GEXFOCUS_BASE_URL": "http://example.org/"}, "unencrypted"),
        (["--no-such-option"], {}, "usage"),
        (["simulate", "--fault", "gremlins"], {}, ""),
        (
            ["ask", "latest_greeks", "ticker=SPY"],
            {"GEXFOCUS_API_KEY": f"{CANARY} x"},
            "cannot be a key",
        ),
    ],
)
def test_what_cannot_be_used_is_exit_2(
    arguments: list[str], environment: dict[str, str], words: str
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stderr


def test_another_host_that_gets_the_key_is_named_on_stderr() -> None:
    done = run(
        GEXFOCUS_BASE_URL="https://proxy.example/trading", GEXFOCUS_API_KEY=CANARY
    )
    assert done.returncode == 0
    assert done.stdout == ""
    assert "proxy.example" in done.stderr
    assert CANARY not in done.stderr


def test_the_tools_are_listed_as_a_person_reads_them() -> None:
    done = run("tools")
    assert done.returncode == 0
    assert "dealer_positioning: Dealer positioning" in done.stdout
    assert "ticker (required)" in done.stdout


def test_the_guided_tour_ends_by_itself_with_exit_0(tmp_path: Path) -> None:
    picture = tmp_path / "demo.png"
    done = run("demo", "--out", str(picture))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("SIMULATED") >= 12
    assert "Traceback" not in done.stderr
    asked = set(re.findall(r"^  \[(\w+)", done.stdout, re.MULTILINE))
    assert asked == {tool.name for tool in build_tools()}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_picture_is_kept_where_it_is_told_to_be(tmp_path: Path) -> None:
    asked = ("ask", "positioning_chart", "ticker=SPY", "kind=heatmap", "--demo")
    shown = run(*asked)
    assert (shown.returncode, "--out FILE" in shown.stderr) == (0, True)
    kept = run(*asked, "--out", str(tmp_path / "map.png"))
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert shown.stdout.splitlines()[0] == kept.stdout.splitlines()[0]

    lost = run(*asked, "--out", str(tmp_path / "no" / "map.png"))
    assert (lost.returncode, "not written" in lost.stderr) == (0, True)


def test_the_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--fault", "list"]) == 0
    assert "stream_cut" in capsys.readouterr().out


@pytest.fixture
def simulated() -> Iterator[str]:
    """The simulated upstream as a service of its own; yields its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gexfocus_mcp", "simulate", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.split()[3]
    process.send_signal(signal.SIGINT)
    assert process.wait(10) in {0, 130}
    process.stdout.close()


def test_the_simulated_upstream_serves_alone_and_is_called_simulated(
    simulated: str,
) -> None:
    assert (
        httpx2.get(
            f"{simulated}/gex/last/SPY", headers={"x-api-key": "any"}
        ).status_code
        == 200
    )
    done = run(
        "ask",
        "dealer_positioning",
        "ticker=SPY",
        GEXFOCUS_BASE_URL=simulated,
        GEXFOCUS_API_KEY=CANARY,
    )
    assert done.stdout.startswith("SIMULATED SPY")
    assert "market open" in done.stdout.splitlines()[0]


@pytest.mark.anyio
async def test_stdio_speaks_both_eras_and_says_the_same() -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "gexfocus_mcp", "--demo"]
    )
    listed = []
    for mode in ("auto", "legacy"):
        async with Client(server, mode=mode) as client:
            listed.append([t.model_dump() for t in (await client.list_tools()).tools])
            result = await client.call_tool(
                "list_sessions", {"ticker": "SPY", "limit": 2}
            )
            assert not result.is_error
    assert listed[0] == listed[1]


@pytest.mark.parametrize(
    "arguments", [["--demo"], ["serve", "--http", "--port", "{port}"]]
)
def test_ctrl_c_ends_a_server_at_once_with_130(arguments: list[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gexfocus_mcp",
            *(a.format(port=port) for a in arguments),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    if "serve" in arguments:
        assert "serving MCP on" in process.stderr.readline()
        while True:
            with contextlib.suppress(httpx2.ConnectError):
                if httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                    break
    else:
        process.stdin.write(json.dumps(HELLO) + "\n")
        process.stdin.flush()
        assert "serverInfo" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    assert "Traceback" not in process.stderr.read()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_a_port_that_is_taken_is_exit_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--http", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen" in done.stderr


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    line = f"{shlex.quote(sys.executable)} -m gexfocus_mcp demo | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith("A simulated market")
    assert "Traceback" not in done.stderr
