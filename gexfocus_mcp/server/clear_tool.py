"""
A tool whose refusals are in our words and whose schema every client can read.

The SDK's own tool ignores unknown arguments, repeats the caller's input in pydantic's words
and prefixes every error; this one overrides its public `run` to do neither.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ImageContent, TextContent, ToolAnnotations
from pydantic import ValidationError

from gexfocus_mcp.errors import GexFocusError
from gexfocus_mcp.server.answer import Answer, Picture, Viewed
from gexfocus_mcp.server.arguments import forgive, refuse
from gexfocus_mcp.server.crash import report
from gexfocus_mcp.server.patience import telling
from gexfocus_mcp.server.schemas import input_schema, read_output_schemas


_TELL_THEMSELVES = {
    "greeks_history",
    "live_snapshot",
    "scan_tickers",
    "watch_levels",
}

READ_ONLY = ToolAnnotations(
    read_only_hint=True,
    destructive_hint=False,
    idempotent_hint=True,
    # One fixed vendor is a closed domain; an open one makes VS Code ask before it shows each result.
    open_world_hint=False,
)


class ClearTool(Tool):
    """A read-only tool that returns an `Answer`, one with data for a page, or a `Picture`."""

    @classmethod
    def make(
        cls,
        function: Callable[..., Any],
        *,
        title: str,
        meta: dict[str, Any] | None = None,
    ) -> "ClearTool":
        """
        Make a tool of an async function.

        Args:
            function: Its name, docstring and annotated parameters are the tool's.
            title: What a person calls it.
            meta: Hints for particular clients.
        """
        tool = cls.from_function(
            function,
            title=title,
            description=_one_line(function.__doc__),
            annotations=READ_ONLY,
            meta=meta,
            structured_output=False,
        )
        if not isinstance(tool, ClearTool):
            raise TypeError(function)
        tool.parameters = input_schema(tool.parameters)
        tool.fn_metadata.output_schema = read_output_schemas().get(tool.name)
        return tool

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,  # noqa: ARG002 - the SDK's signature
    ) -> Any:
        """
        Answer a call; every failure becomes a refusal that says what to do next.

        The only place where expected failures are caught.
        """
        try:
            return _present(await self._answer(arguments, context))
        except GexFocusError as failure:
            return refusal(str(failure))
        except MCPError:
            raise
        except Exception as crash:  # noqa: BLE001 - nothing unexpected may reach a model
            return refusal(report(self.name, crash))

    async def _answer(
        self, arguments: dict[str, Any], context: Context[Any, Any]
    ) -> Answer | Picture | Viewed:
        properties = self.parameters.get("properties", {})
        meant = forgive(arguments, properties)
        try:
            given = self.fn_metadata.validate_arguments(meant)
        except ValidationError as error:
            raise refuse(error, meant, properties) from None

        async def call() -> Answer | Picture | Viewed:
            answer: Answer | Picture | Viewed = await self.fn_metadata.call_fn(
                self.fn,
                self.is_async,
                given,
                {self.context_kwarg: context} if self.context_kwarg else {},
            )
            return answer

        # A tool that tells of its steps itself would be contradicted.
        if self.name in _TELL_THEMSELVES:
            return await call()
        return await telling(context.report_progress, lambda _: call())


def _one_line(doc: str | None) -> str:
    return " ".join((doc or "").split())


def _present(answer: Answer | Picture | Viewed) -> CallToolResult:
    if isinstance(answer, Picture):
        image = ImageContent(
            type="image",
            data=b64encode(answer.png).decode("ascii"),
            mime_type="image/png",
        )
        return CallToolResult(
            content=[TextContent(type="text", text=answer.text), image]
        )
    answer, meta = (
        (answer.answer, {"gexfocus/data": answer.data})
        if isinstance(answer, Viewed)
        else (answer, None)
    )
    return CallToolResult(
        content=[TextContent(type="text", text=answer.text)],
        structured_content=answer.json,
        _meta=meta,
    )


def refusal(text: str) -> CallToolResult:
    """An answer that is an error: text only, as clients want it."""
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
