"""
stdin closed, SIGTERM, SIGINT in the middle of every tool: the program ends within two seconds and leaves nothing.

    python tests/trials/exits.py            # over stdio and HTTP, prints the table

The upstream accepts everything and answers nothing, so that every call is in the middle. Exit 1 where a program
needed longer, printed a traceback, or left a process or a socket behind.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2


CALLS: dict[str, dict[str, Any]] = {
    "dealer_positioning": {"ticker": "SPY"},
    "latest_greeks": {"ticker": "SPY"},
    "mapa_gamma": {"ticker": "SPY"},
    "ndf_history": {"ticker": "SPY"},
    "greeks_history": {"ticker": "SPY", "greek": "gex"},
    "live_snapshot": {"ticker": "SPY", "seconds": 50},
    "watch_levels": {"ticker": "SPY", "conditions": ["price>1"], "seconds": 50},
    "compare_positioning": {"ticker": "SPY"},
    "list_sessions": {"ticker": "SPY"},
    "scan_tickers": {"tickers": ["SPY", "QQQ", "NVDA"]},
    "api_status": {},
}
WAYS = {"stdin closed": None, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
LONGEST = 2.0


class SilentUpstream:
    """Completes every WebSocket handshake, answers no request, and counts the connections that are open."""

    def __init__(self) -> None:
        self.open = 0
        self.asked = asyncio.Event()

    async def talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.open += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.set()
            if b"upgrade: websocket" in head.lower():
                writer.write(accept(head))
            while data := await reader.read(65536):
                if data[0] & 0x0F == 8:  # a close frame is answered, as servers do
                    writer.write(b"\x88\x00")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()


def accept(head: bytes) -> bytes:
    from websockets.utils import accept_key

    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    (key,) = (
        value.strip()
        for name, _, value in lines
        if name.lower() == b"sec-websocket-key"
    )
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-accept: " + accept_key(key.decode()).encode() + b"\r\n\r\n"
    )


@dataclass
class Ending:
    """How one program ended."""

    transport: str
    tool: str
    way: str
    seconds: float
    code: int
    stderr: str
    orphans: list[str]
    sockets: int
    said: str = ""

    @property
    def is_clean(self) -> bool:
        return (
            self.seconds <= LONGEST
            and "Traceback" not in self.stderr
            and not self.orphans
            and self.sockets == 0
            and self.code in {0, 130}
        )


def environment(port: int, home: str) -> dict[str, str]:
    return {
        "GEXFOCUS_API_KEY": "trial-key",
        "GEXFOCUS_BASE_URL": f"http://127.0.0.1:{port}/trading",
        "HOME": home,
        "PATH": os.environ["PATH"],
    }


def children_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []


def call(tool: str) -> dict[str, Any]:
    params = {"name": tool, "arguments": CALLS[tool]}
    return {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}


HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "trial", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


async def in_the_middle(upstream: SilentUpstream, tool: str) -> None:
    """Wait until the call has reached the upstream; the one that asks nobody gets a moment."""
    if tool == "api_status":
        await asyncio.sleep(0.3)
    else:
        await asyncio.wait_for(upstream.asked.wait(), 20)
        await asyncio.sleep(0.2)


async def end_stdio(
    upstream: SilentUpstream, port: int, tool: str, way: str, home: str
) -> Ending:
    upstream.asked.clear()
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gexfocus_mcp",
        env=environment(port, home),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None
    for message in (HELLO, READY, call(tool)):
        program.stdin.write(json.dumps(message).encode() + b"\n")
    await program.stdin.drain()
    await program.stdout.readline()
    await in_the_middle(upstream, tool)
    children = children_of(program.pid)
    began = time.monotonic()
    chosen = WAYS[way]
    if chosen is None:
        program.stdin.close()
    else:
        program.send_signal(chosen)
    said, stderr = await reap(program)
    seconds = time.monotonic() - began
    return await ending(
        "stdio", tool, way, seconds, program, stderr, said, children, upstream
    )


async def end_http(
    upstream: SilentUpstream, port: int, tool: str, way: str, home: str
) -> Ending:
    upstream.asked.clear()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gexfocus_mcp", "serve", "--http", "--port", str(own),
        env=environment(port, home), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    headers = {
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
    }
    url = f"http://127.0.0.1:{own}/mcp"
    async with httpx2.AsyncClient(headers=headers, timeout=60) as client:
        while True:
            try:
                hello = await client.post(url, json=HELLO)
                break
            except httpx2.ConnectError:
                await asyncio.sleep(0.1)
        client.headers["mcp-session-id"] = hello.headers["mcp-session-id"]
        await client.post(url, json=READY)
        # A client of 2025-11-25 also holds a stream open for what the server may want to say.
        stream = asyncio.create_task(drain(client, url))
        answer = asyncio.create_task(client.post(url, json=call(tool)))
        await in_the_middle(upstream, tool)
        children = children_of(program.pid)
        began = time.monotonic()
        program.send_signal(WAYS[way] or signal.SIGTERM)
        _, stderr = await reap(program)
        seconds = time.monotonic() - began
        stream.cancel()
        (heard,) = await asyncio.gather(answer, return_exceptions=True)
    said = (
        heard.text
        if isinstance(heard, httpx2.Response)
        else f"no answer: {type(heard).__name__}"
    )
    return await ending(
        "http", tool, way, seconds, program, stderr, said.encode(), children, upstream
    )


async def end_at_once(port: int, way: str, home: str) -> Ending:
    """Told to end as soon as it says that it serves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gexfocus_mcp", "serve", "--http", "--port", str(own),
        env=environment(port, home), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert program.stderr is not None
    while b"serving MCP" not in await program.stderr.readline():
        pass
    began = time.monotonic()
    program.send_signal(WAYS[way] or signal.SIGTERM)
    _, stderr = await reap(program)
    return Ending(
        "http", "(just started)", way, time.monotonic() - began,
        program.returncode if program.returncode is not None else -99,
        stderr.decode(errors="replace"), [], 0,
    )  # fmt: skip


async def drain(client: httpx2.AsyncClient, url: str) -> None:
    try:
        async with client.stream("GET", url) as response:
            async for _ in response.aiter_bytes():
                pass
    except httpx2.HTTPError:
        pass


async def reap(program: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    assert program.stdout is not None
    assert program.stderr is not None
    read = asyncio.gather(program.stdout.read(), program.stderr.read())
    try:
        await asyncio.wait_for(program.wait(), 30)
    except TimeoutError:
        program.kill()
    said, stderr = await read
    return said, stderr


async def ending(
    transport: str, tool: str, way: str, seconds: float,
    program: asyncio.subprocess.Process, stderr: bytes, said: bytes,
    children: list[str], upstream: SilentUpstream,
) -> Ending:  # fmt: skip
    await asyncio.sleep(0.05)
    return Ending(
        transport,
        tool,
        way,
        seconds,
        program.returncode if program.returncode is not None else -99,
        stderr.decode(errors="replace"),
        [child for child in children if Path(f"/proc/{child}").exists()],
        upstream.open,
        said.decode(errors="replace"),
    )


def tell(found: Ending, options: argparse.Namespace) -> bool:
    verdict = "ok" if found.is_clean else "NOT CLEAN"
    print(
        f"{found.transport:6}{found.tool:22}{found.way:14}{found.seconds:5.2f} s  exit {found.code:4}  {verdict}"
    )
    if not found.is_clean or options.verbose:
        print(found.stderr, found.said[-400:], found.orphans, found.sockets)
    return found.is_clean


async def main(options: argparse.Namespace) -> bool:
    upstream = SilentUpstream()
    server = await asyncio.start_server(upstream.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    clean = True
    for transport, run in (("stdio", end_stdio), ("http", end_http)):
        ways = [way for way in WAYS if transport == "stdio" or WAYS[way]]
        for tool in options.tools or CALLS:
            for way in ways:
                # Of its own: a call of the next program would wait for the flight of the last.
                with tempfile.TemporaryDirectory() as home:
                    found = await run(upstream, port, tool, way, home)
                clean = tell(found, options) and clean
    for way in ("SIGTERM", "SIGINT"):
        with tempfile.TemporaryDirectory() as home:
            clean = tell(await end_at_once(port, way, home), options) and clean
    server.close()
    return clean


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--tools", nargs="*", choices=list(CALLS))
    parser.add_argument("--verbose", action="store_true")
    sys.exit(0 if asyncio.run(main(parser.parse_args())) else 1)
