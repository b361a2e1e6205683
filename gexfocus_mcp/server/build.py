"""The MCP server around a desk; nothing is registered by import, so a process can hold several."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, ServerRequestContext

from gexfocus_mcp.server.front_door import FrontDoor, OpenDesk, attended
from gexfocus_mcp.server.tools.catalog import build_tools


def build_server(open_desk: OpenDesk) -> MCPServer[FrontDoor]:
    """
    Build the server.

    Args:
        open_desk: Opens the desk that answers; called by the first question, left when the server ends.
    """

    @asynccontextmanager
    async def lifespan(_server: MCPServer[FrontDoor]) -> AsyncIterator[FrontDoor]:
        async with attended(open_desk) as door:
            yield door

    return MCPServer(
        name="gexfocus-mcp",
        title="GEXfocus dealer positioning",
        version=version("gexfocus-mcp"),
        instructions=read_instructions(),
        tools=build_tools(),
        lifespan=lifespan,
        middleware=[scrub_surrogates],
        # The list of tools never changes while a server runs.
        subscriptions=False,
    )


def read_instructions() -> str:
    """What the server tells every model, reviewed as prose."""
    return (files(__package__) / "instructions.md").read_text("utf-8").strip()


async def scrub_surrogates(
    ctx: ServerRequestContext[Any, Any], call_next: CallNext
) -> Any:
    """
    Replace lone surrogates in what goes out.

    A single one, echoed from a request, would otherwise end a stdio server: the writer cannot encode it.
    """
    result = await call_next(ctx)
    return _scrub(result) if isinstance(result, dict) else result


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    return [_scrub(item) for item in value] if isinstance(value, list) else value
