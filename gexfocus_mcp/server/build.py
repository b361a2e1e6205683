"""The MCP server around a desk; nothing is registered by import, so a process can hold several."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    Completion,
    CompletionArgument,
    CompletionContext,
    GetPromptResult,
    InputRequiredResult,
    PromptReference,
    ResourceTemplateReference,
)

from gexfocus_mcp.errors import CallerMistake
from gexfocus_mcp.server.arguments import unknown_tool
from gexfocus_mcp.server.clear_tool import refusal
from gexfocus_mcp.server.completions import complete
from gexfocus_mcp.server.dashboard import build_dashboard
from gexfocus_mcp.server.documents import build_documents
from gexfocus_mcp.server.front_door import FrontDoor, OpenDesk, attended
from gexfocus_mcp.server.prompts import build_prompts
from gexfocus_mcp.server.series import add_series
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
        extensions=[build_dashboard()],
        lifespan=lifespan,
        middleware=[scrub_surrogates],
        # The list of tools never changes while a server runs.
        subscriptions=False,
    )
    for prompt in build_prompts():
        server.add_prompt(prompt)
    add_series(server)

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK leaves it untyped
    async def suggest(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        return await complete(server.door, ref, argument, context)

    return server


class ClearServer(MCPServer[FrontDoor]):
    """
    A server that also refuses an unknown tool or prompt in our own words, and can close its desk before it ends.

    Attributes:
        door: Where its tools get their desk; None until it runs.
    """

    door: FrontDoor | None = None
    _names: list[str] | None = None

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
        if self._names is None:
            # Once: the SDK builds the whole listing anew, and the tools never change.
            self._names = [tool.name for tool in await self.list_tools()]
        if name not in self._names:
            return refusal(str(unknown_tool(name, self._names)))
        return await super().call_tool(name, arguments, context)

    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        context: Context[FrontDoor, Any] | None = None,
    ) -> GetPromptResult | InputRequiredResult:
        known = {each.name: each for each in await self.list_prompts()}
        if name not in known:
            said = f"there is no prompt of that name; there are: {', '.join(known)}"
            raise MCPError(code=INVALID_PARAMS, message=said)
        takes = {argument.name for argument in known[name].arguments or ()}
        # An empty box of a client's form is an argument left out.
        given = {key: value for key, value in (arguments or {}).items() if value}
        if not takes >= given.keys():
            said = f"{name} takes: {', '.join(sorted(takes))}"
            raise MCPError(code=INVALID_PARAMS, message=said)
        try:
            return await super().get_prompt(name, given, context)
        except ValueError as refused:
            said = _words_of(refused)
        # Outside, so that what it replaces is not its context.
        raise MCPError(code=INVALID_PARAMS, message=said)


def _words_of(refused: ValueError) -> str:
    """Our own words for what was wrong with an argument; the SDK's repeat the caller's input."""
    cause: BaseException | None = refused
    while cause is not None:
        if isinstance(cause, CallerMistake):
            return str(cause)
        cause = cause.__cause__
    return "[bad_argument] an argument cannot be read. Give text."


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
    return (
        _scrub(result) if isinstance(result, dict) and not _is_clean(result) else result
    )


def _is_clean(result: dict[str, Any]) -> bool:
    """Whether it can be written as it is, which nearly everything can and which is quickly told."""
    try:
        json.dumps(result, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        return False
    return True


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    return [_scrub(item) for item in value] if isinstance(value, list) else value
