"""
The client of fastmcp.

    python fastmcp_client.py QUESTIONS COMMAND [ARGUMENT ...]
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from fastmcp import Client


async def ask(questions: dict[str, dict[str, Any]], command: list[str]) -> None:
    """List, call, and read every part of what the client hands on."""
    server = {"command": command[0], "args": command[1:]}
    heard = {}
    async with Client({"mcpServers": {"gexfocus": server}}) as client:
        tools = [tool.name for tool in await client.list_tools()]
        for tool, arguments in questions.items():
            result = await client.call_tool(tool, arguments, raise_on_error=False)
            heard[tool] = {
                "failed": result.is_error,
                "texts": [
                    *(part.text for part in result.content if part.type == "text"),
                    json.dumps(result.structured_content),
                ],
                "images": sum(part.type == "image" for part in result.content),
            }
    print(json.dumps({"tools": tools, "heard": heard}))


if __name__ == "__main__":
    asyncio.run(ask(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2:]))
