"""
The Python SDK of either version: `session`, which 1.8 to 2.3 share, or the client of 2 in the era it is told.

    python python_sdk.py session|auto|legacy QUESTIONS COMMAND [ARGUMENT ...]

Prints what it was given, as JSON.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


@asynccontextmanager
async def connected(mode: str, server: StdioServerParameters) -> AsyncIterator[Any]:
    """A client of *server* as this version of the SDK makes one."""
    if mode == "session":
        async with (
            stdio_client(server) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            yield session
    else:
        from mcp import Client

        async with Client(server, mode=mode) as client:
            yield client


async def ask(
    mode: str, questions: dict[str, dict[str, Any]], command: list[str]
) -> None:
    """List, call, and read every part of what the SDK hands on."""
    heard = {}
    server = StdioServerParameters(command=command[0], args=command[1:])
    async with connected(mode, server) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        for tool, arguments in questions.items():
            result = await client.call_tool(tool, arguments)
            # The names of attributes changed between the versions; the wire's did not.
            given = result.model_dump(mode="json", by_alias=True)
            heard[tool] = {
                "failed": given["isError"],
                "texts": [
                    *(part["text"] for part in given["content"] if "text" in part),
                    json.dumps(given.get("structuredContent")),
                ],
                "images": sum(part["type"] == "image" for part in given["content"]),
            }
    print(json.dumps({"tools": tools, "heard": heard}))


if __name__ == "__main__":
    anyio.run(ask, sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), sys.argv[3:])
