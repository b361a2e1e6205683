"""One simulated market for all questions, and one call over MCP for each."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from mcp import Client

from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk
from tests.journeys.asking import Heard, hear
from tests.questions.question import MORNING, Question
from tests.questions.raw import Raw


Ask = Callable[[Question], tuple[Heard, Raw]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Puts a question to a server of its own in one call; the raw payloads are of the same market and instant."""
    clock = FixedClock(MORNING)
    # The budgets of the upstream are proved elsewhere; sixty questions and their checks would use them up.
    app = create_app(clock, limits=False)
    raw = Raw(app, clock)

    async def call(tool: str, arguments: dict[str, Any]) -> Heard:
        server = build_server(lambda: open_simulated_desk(app, clock))
        async with Client(server) as client:
            return hear(await client.call_tool(tool, arguments))

    def put(question: Question) -> tuple[Heard, Raw]:
        clock.instant = question.at
        return anyio.run(call, question.tool, question.arguments), raw

    return put
