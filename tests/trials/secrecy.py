"""
A canary for a key, every failure, every log level, every channel: it may appear nowhere.

    python tests/trials/secrecy.py                       # all levels, some ten minutes
    python tests/trials/secrecy.py --levels DEBUG --rows 1 9 45

Looks into stdout, stderr, every file the program leaves, and its command line while it runs; then at the HTTP
service's token the same way. Exit 1 at the first find.
"""

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client


# Run as a script, from wherever: the tests are no installed package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.failures import process_rows, rest_rows, stream_rows  # noqa: F401
from tests.failures.bench import KEY, ROWS, Environment, open_bench
from tests.journeys.asking import Assistant
from tests.trials.service import free_port, wait_for


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TOKEN = "CANARY-token-0123456789-0123456789-abc"
SECRETS = (KEY, TOKEN, "hidden@")


class Listening:
    """Starts the program with everything it says written to files, and keeps its command lines."""

    def __init__(self, folder: Path, level: str) -> None:
        self.folder = folder
        self.level = level
        self.titles: list[bytes] = []

    @asynccontextmanager
    async def connect(self, env: Environment) -> AsyncIterator[Assistant]:
        number = len(list(self.folder.glob("stdout*")))
        said = self.folder / f"stdout{number}"
        words = f"{shlex.quote(sys.executable)} -m gexfocus_mcp | tee {shlex.quote(str(said))}"
        server = StdioServerParameters(
            command="sh",
            args=["-c", words],
            env={"PATH": os.environ["PATH"], **env, "GEXFOCUS_LOG_LEVEL": self.level},
        )
        with (self.folder / f"stderr{number}").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors)) as client:
                self.titles += command_lines()
                yield Assistant(client)


def command_lines() -> list[bytes]:
    """Of every process that this one may look at: a key in any of them is everybody's."""
    found = []
    for name in ("cmdline", "comm"):
        for file in Path("/proc").glob(f"[0-9]*/{name}"):
            try:
                found.append(file.read_bytes())
            except OSError:
                continue
    return found


def finds(folder: Path) -> list[str]:
    return [
        f"{file.relative_to(folder)}: {secret}"
        for file in folder.rglob("*")
        if file.is_file()
        for secret in SECRETS
        if secret.encode() in file.read_bytes()
    ]


async def try_rows(level: str, numbers: list[str]) -> list[str]:
    found: list[str] = []
    for row in ROWS:
        if row.slow or row.own or (numbers and row.number not in numbers):
            continue
        with tempfile.TemporaryDirectory() as folder:
            listening = Listening(Path(folder), level)
            async with open_bench(listening.connect) as bench:
                await row.body(bench)
                found += finds(bench.home)
            found += finds(Path(folder))
            found += [
                f"command line: {secret}"
                for title in listening.titles
                for secret in SECRETS
                if secret.encode() in title
            ]
        print(
            f"{level:9} row {row.number:>4} {row.behaviour[:70]:70} {'FOUND' if found else 'nothing'}"
        )
    return found


async def try_http(level: str) -> list[str]:
    """The service's token and the key, with callers who bear a wrong one, none, and the right one."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "GEXFOCUS_API_KEY": KEY,
            "GEXFOCUS_BASE_URL": "http://127.0.0.1:1/trading",
            "GEXFOCUS_HTTP_TOKEN": TOKEN,
            "GEXFOCUS_LOG_LEVEL": level,
        }
        words = [
            sys.executable,
            "-m",
            "gexfocus_mcp",
            "serve",
            "--http",
            "--port",
            str(port),
        ]
        program = await anyio.open_process(words, env=env)
        url, said = f"http://127.0.0.1:{port}", b""
        await wait_for(f"{url}/health")
        async with httpx2.AsyncClient() as client:
            hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "latest_greeks", "arguments": {"ticker": "SPY"}}}  # fmt: skip
            for token in ("wrong", TOKEN[:-1], TOKEN):
                headers = {
                    "authorization": f"Bearer {token}",
                    "accept": "application/json, text/event-stream",
                }
                reply = await client.post(f"{url}/mcp", json=hello, headers=headers)
                said += reply.content + str(reply.headers).encode()
        program.terminate()
        for stream in (program.stdout, program.stderr):
            assert stream is not None
            async for piece in stream:
                said += piece
        await program.wait()
        print(f"{level:9} http service, {len(said)} bytes heard")
        return finds(Path(home)) + [s for s in SECRETS if s.encode() in said]


async def main(levels: list[str], numbers: list[str]) -> bool:
    found: list[str] = []
    for level in levels:
        found += await try_rows(level, numbers)
        found += await try_http(level)
    print(f"{len(found)} occurrences {sorted(set(found))[:10]}")
    return not found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--levels", nargs="*", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--rows", nargs="*", default=[])
    options = parser.parse_args()
    sys.exit(0 if anyio.run(main, options.levels, options.rows) else 1)
