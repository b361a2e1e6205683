"""The MCP server around a desk; nothing is registered by import, so a process can hold several."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, InputRequiredResult

from gexfocus_mcp.server.arguments import unknown_tool
from gexfocus_mcp.server.clear_tool import refusal
from gexfocus_mcp.server.documents import build_documents
from gexfocus_mcp.server.front_door import FrontDoor, OpenDesk, attended
from gexfocus_mcp.server.tools.catalog import build_tools


def build_server(open_desk: OpenDesk) -> "ClearServer":
    """
    Build the server.

    Args:
        open_desk: Opens the desk that answers; called by the first question, left when the server ends.
    """

    @asynccontextmanager
    async def lifespan(_server: MCPServer[FrontDoor]) -> AsyncIterator[FrontDoor]:
        async with attended(open_desk) as door:
            server.door = door
            yield door

    server = ClearServer(
        name="gexfocus-mcp",
        title="GEXfocus dealer positioning",
        version=version("gexfocus-mcp"),
        instructions=read_instructions(),
        tools=build_tools(),
        resources=build_documents(),
        lifespan=lifespan,
        middleware=[scrub_surrogates],
        # The list of tools never changes while a server runs.
        subscriptions=False,
    )
    return server


class ClearServer(MCPServer[FrontDoor]):
    """
    A server that also refuses an unknown tool in our own words, and can close its desk before it ends.

    Attributes:
        door: Where its tools get their desk; None until it runs.
    """

    door: FrontDoor | None = None

    async def close_desk(self, grace: float) -> None:
        """Close connections and answer who waits; *grace* seconds for questions that are under way."""
        if self.door is not None:
            await self.door.close(grace)

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any],
        context: Context[FrontDoor, Any] | None = None,
    ) -> CallToolResult | InputRequiredResult:
        known = [tool.name for tool in await self.list_tools()]
        if name not in known:
            return refusal(str(unknown_tool(name, known)))
        return await super().call_tool(name, arguments, context)


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
