"""
From starting the program to its list of tools, beside a server of the same SDK with a single tool.

    python examples/startup.py [ROUNDS]

The two are started in turn, so that a machine that slows down slows both; the ratio is what counts.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter


ONE_TOOL = """
from mcp.server import MCPServer

server = MCPServer("one-tool")


@server.tool()
async def add(a: int, b: int) -> int:
    return a + b


server.run()
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


def time_to_tools(command: list[str]) -> float:
    """Seconds until the answer to tools/list is read."""
    began = perf_counter()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
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


def main() -> int:
    """Print both medians and the median of the paired ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "one_tool.py"
        other.write_text(ONE_TOOL, "utf-8")
        commands = (
            [sys.executable, "-m", "gexfocus_mcp"],
            [sys.executable, str(other)],
        )
        for command in commands:
            time_to_tools(command)
        pairs = [
            tuple(time_to_tools(command) for command in commands) for _ in range(rounds)
        ]
    ours, bare = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(a / b for a, b in pairs)
    print(
        f"gexfocus-mcp {ours:.3f} s, one-tool MCPServer {bare:.3f} s, ratio {ratio:.2f} (median of {rounds})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
