"""
Pydantic AI with a scripted model that asks every question once.

    python pydantic_agent.py QUESTIONS COMMAND [ARGUMENT ...]
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from pydantic_ai import Agent, BinaryContent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel


def read(part: ToolReturnPart) -> dict[str, Any]:
    """What a model is told of one result."""
    return {
        "failed": part.outcome != "success",
        "texts": [part.model_response_str()],
        "images": sum(isinstance(file, BinaryContent) for file in part.files),
    }


async def ask(questions: dict[str, dict[str, Any]], command: list[str]) -> None:
    """Run an agent to its end."""
    listed: list[str] = []
    heard: dict[str, Any] = {}

    async def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        listed[:] = [tool.name for tool in info.function_tools]
        for message in messages:
            if isinstance(message, ModelRequest):
                for part in message.parts:
                    if isinstance(part, ToolReturnPart):
                        heard[part.tool_name] = read(part)
        for name, arguments in questions.items():
            if name not in heard:
                return ModelResponse(parts=[ToolCallPart(name, arguments)])
        return ModelResponse(parts=[TextPart("done")])

    server = {"command": command[0], "args": command[1:]}
    agent = Agent(
        FunctionModel(answer),
        toolsets=[MCPToolset({"mcpServers": {"gexfocus": server}})],
    )
    async with agent:
        await agent.run("Where do dealers stand?")
    print(json.dumps({"tools": listed, "heard": heard}))


if __name__ == "__main__":
    asyncio.run(ask(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2:]))
