"""The program itself over stdio, as a client starts it."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp import Client, StdioServerParameters

from tests.failures.bench import Environment
from tests.journeys.asking import Assistant


@asynccontextmanager
async def start_program(env: Environment) -> AsyncIterator[Assistant]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "gexfocus_mcp"],
        env={"PATH": os.environ["PATH"], **env},
    )
    async with Client(server) as client:
        yield Assistant(client)
