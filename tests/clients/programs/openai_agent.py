"""
The OpenAI Agents SDK, with the model that `OPENAI_BASE_URL` names.

    python openai_agent.py QUESTION COMMAND [ARGUMENT ...]
"""

import asyncio
import sys

from agents import Agent, Runner, set_tracing_disabled
from agents.mcp import MCPServerStdio


async def ask(question: str, command: list[str]) -> None:
    """Run an agent to its end."""
    set_tracing_disabled(True)
    server = MCPServerStdio(
        {"command": command[0], "args": command[1:]}, client_session_timeout_seconds=60
    )
    async with server:
        agent = Agent("desk", mcp_servers=[server], model="scripted")
        result = await Runner.run(agent, question, max_turns=30)
    print(result.final_output)


if __name__ == "__main__":
    asyncio.run(ask(sys.argv[1], sys.argv[2:]))
