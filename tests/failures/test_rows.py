"""The failure table of the API, row by row, over MCP; `replay.py` prints it against the program itself."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from mcp import Client

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.settings import read_settings
from gexfocus_mcp.sources.gexfocus import transport
from gexfocus_mcp.wiring import open_desk
from tests.failures import process_rows, rest_rows, stream_rows  # noqa: F401 - they fill the table
from tests.failures.bench import ROWS, Environment, Row, open_bench
from tests.failures.certificate import self_signed
from tests.failures.programs import start_program
from tests.journeys.asking import Assistant


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def connect(env: Environment) -> AsyncIterator[Assistant]:
    settings = read_settings(env)
    async with Client(build_server(lambda: open_desk(settings))) as client:
        yield Assistant(client)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_row(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    if row.slow:
        # The limits of seconds are the replay's; here the same happens sooner.
        for name, sooner in (("DEADLINE", 0.6), ("CONNECT_S", 0.1), ("READ_S", 0.3)):
            monkeypatch.setattr(transport, name, sooner)
    with anyio.fail_after(60):
        async with open_bench(start_program if row.own else connect) as bench:
            await row.body(bench)


async def test_row_19_a_certificate_that_cannot_be_verified_is_not_tried_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path_factory.mktemp("tls")))
    async with open_bench(connect, context) as bench:
        await bench.refuses("tls", "certificate", "Do not ask again")
        live = {"ticker": "SPY", "seconds": 1}
        await bench.refuses("tls", "certificate", tool="live_snapshot", **live)
        bench.was_asked(0)


async def test_row_62_an_unknown_crash_is_a_refusal_with_a_mark_and_no_text_of_its_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Desk]:
        raise RuntimeError("wss://host?key=CANARY secret=hunter2")
        yield

    async with Client(build_server(broken)) as client:
        heard = await Assistant(client).ask("latest_greeks", ticker="SPY")

    mark = heard.text.partition("(id ")[2].partition(")")[0]
    assert heard.code == "internal"
    assert len(mark) == 4
    assert mark in caplog.text
    assert "hunter2" not in heard.text + caplog.text
    assert "CANARY" not in heard.text + caplog.text


def test_every_row_of_the_table_is_here() -> None:
    """Elsewhere: 52 (`test_dial`), 57 (`test_cli`, trial `exits`), 61 (`test_listener`)."""
    elsewhere = {19, 52, 57, 61, 62}
    here = {int(row.number.rstrip("b")) for row in ROWS}

    assert here | elsewhere == set(range(1, 63))
