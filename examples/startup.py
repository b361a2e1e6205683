"""
From starting the program to its list of tools, beside servers with a single tool: the same SDK's, and fastmcp's.

    python examples/startup.py [ROUNDS] [--cold] [--fastmcp PYTHON]

They are started in turn, so that a machine that slows down slows all; the ratios are what counts. `--cold` starts each
without byte-code, as the first start after an installation. PYTHON is an interpreter with fastmcp, which is no part of
this project's environments (`python -m venv other && other/bin/pip install fastmcp`, then `other/bin/python`).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter


ONE_TOOL = """
from {module} import {name}

server = {name}("one-tool")


@server.tool
async def add(a: int, b: int) -> int:
    return a + b


server.run({options})
"""
HELLO = [
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "startup", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
]
TARGETS = {"one-tool MCPServer": 1.15, "one-tool fastmcp": 0.65}


def time_to_tools(command: list[str], *, cold: bool = False) -> float:
    """Seconds until the answer to tools/list is read."""
    env = dict(os.environ)
    if cold:
        # Where no byte-code is, and none is left.
        env |= {"PYTHONPYCACHEPREFIX": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}
    began = perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in HELLO:
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        while json.loads(process.stdout.readline()).get("id") != 2:
            pass
        passed = perf_counter() - began
        process.stdin.close()
        process.wait(10)
    return passed


def one_tool_servers(folder: Path, fastmcp: str | None) -> dict[str, list[str]]:
    """Commands of the servers to compare with."""
    pythons = {"one-tool fastmcp": fastmcp or sys.executable}
    sources = {
        "one-tool MCPServer": ONE_TOOL.replace(
            "server.tool\n", "server.tool()\n"
        ).format(module="mcp.server", name="MCPServer", options="")
    }
    if fastmcp:
        sources["one-tool fastmcp"] = ONE_TOOL.format(
            module="fastmcp", name="FastMCP", options="show_banner=False"
        )
    commands = {}
    for name, source in sources.items():
        path = folder / f"{name.replace(' ', '_').lower()}.py"
        path.write_text(source, "utf-8")
        commands[name] = [pythons.get(name, sys.executable), str(path)]
    return commands


def main() -> int:
    """Print the medians and the medians of the ratios within a round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("rounds", nargs="?", type=int, default=9)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--fastmcp", metavar="PYTHON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands = {"gexfocus-mcp": [sys.executable, "-m", "gexfocus_mcp"]}
        commands |= one_tool_servers(Path(folder), options.fastmcp)
        for command in commands.values():
            time_to_tools(command)
        rounds = [
            [time_to_tools(command, cold=options.cold) for command in commands.values()]
            for _ in range(options.rounds)
        ]
    columns = list(zip(*rounds, strict=True))
    print(f"gexfocus-mcp {median(columns[0]):.3f} s (median of {options.rounds})")
    for name, theirs in list(zip(commands, columns, strict=True))[1:]:
        ratio = median(a / b for a, b in zip(columns[0], theirs, strict=True))
        print(
            f"{name} {median(theirs):.3f} s, ratio {ratio:.2f}, target {TARGETS[name]:.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
