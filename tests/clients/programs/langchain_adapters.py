"""
LangChain through langchain-mcp-adapters: what a tool message holds is what its model reads.

    python langchain_adapters.py QUESTIONS COMMAND [ARGUMENT ...]
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


async def ask(questions: dict[str, dict[str, Any]], command: list[str]) -> None:
    """Load the tools and call each as an agent's tool node does."""
    server = {"transport": "stdio", "command": command[0], "args": command[1:]}
    heard = {}
    client = MultiServerMCPClient({"gexfocus": server})
    async with client.session("gexfocus") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        for name, arguments in questions.items():
            call = {"type": "tool_call", "id": name, "name": name, "args": arguments}
            message = await tools[name].ainvoke(call)
            parts = message.content
            if isinstance(parts, str):
                parts = [{"type": "text", "text": parts}]
            heard[name] = {
                "failed": message.status == "error",
                "texts": [part["text"] for part in parts if part["type"] == "text"],
                "images": sum(part["type"] == "image" for part in parts),
            }
    print(json.dumps({"tools": list(tools), "heard": heard}))


if __name__ == "__main__":
    asyncio.run(ask(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2:]))
