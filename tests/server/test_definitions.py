"""What a client is told before it asks anything: names, schemas, instructions, and what they cost."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import pytest
from mcp import Client
from mcp_types import Tool

from gexfocus_mcp.server.build import build_server, read_instructions


pytestmark = pytest.mark.anyio

NAMES = [
    "dealer_positioning",
    "latest_greeks",
    "mapa_gamma",
    "ndf_history",
    "greeks_history",
    "live_snapshot",
    "watch_levels",
    "compare_positioning",
    "list_sessions",
    "scan_tickers",
    "positioning_chart",
    "api_status",
]
REQUIRED: dict[str, list[str]] = {"scan_tickers": [], "api_status": []}
"""By tool, where it is not the ticker."""

FORBIDDEN_IN_INPUT = {
    "$ref",
    "$defs",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "const",
    "prefixItems",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "uniqueItems",
    "examples",
    "title",
}


@asynccontextmanager
async def no_desk() -> AsyncIterator[Any]:
    yield None


@pytest.fixture(params=["auto", "legacy"])
async def tools(request: pytest.FixtureRequest) -> list[Tool]:
    async with Client(build_server(no_desk), mode=request.param) as client:
        return list((await client.list_tools()).tools)


def keys_of(schema: object) -> set[str]:
    if isinstance(schema, dict):
        inner = schema.get("properties", {})
        rest = {k: v for k, v in schema.items() if k != "properties"}
        return set(rest) | {
            key for value in (*inner.values(), *rest.values()) for key in keys_of(value)
        }
    if isinstance(schema, list):
        return {key for item in schema for key in keys_of(item)}
    return set()


async def test_the_everyday_tool_comes_first(tools: list[Tool]) -> None:
    assert [tool.name for tool in tools] == NAMES


async def test_every_tool_says_that_it_only_reads(tools: list[Tool]) -> None:
    for tool in tools:
        hints = tool.annotations
        assert hints is not None
        assert (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        ) == (True, False, True, False)
        assert tool.title


async def test_input_schemas_hold_nothing_that_a_client_rejects(
    tools: list[Tool],
) -> None:
    for tool in tools:
        assert not keys_of(tool.input_schema) & FORBIDDEN_IN_INPUT
        assert tool.input_schema["additionalProperties"] is False
        assert tool.input_schema.get("required", []) == REQUIRED.get(
            tool.name, ["ticker"]
        )
        for schema in tool.input_schema["properties"].values():
            assert isinstance(schema["type"], str)


async def test_every_default_and_range_is_said_in_words_too(tools: list[Tool]) -> None:
    for tool in tools:
        for name, schema in tool.input_schema["properties"].items():
            words = schema["description"]
            if "maximum" in schema:
                assert f"{schema['minimum']:g}-{schema['maximum']:g}" in words, name
            if "default" in schema:
                assert "default" in words, name


async def test_descriptions_and_instructions_keep_their_length(
    tools: list[Tool],
) -> None:
    assert all(len(tool.description or "") <= 1_500 for tool in tools)
    assert len(read_instructions()) <= 2_000


async def test_the_instructions_name_every_tool_and_no_other() -> None:
    words = read_instructions()
    assert all(name in words for name in NAMES)
    assert "Not investment advice" in words


async def test_definitions_keep_their_token_budget(tools: list[Tool]) -> None:
    bpe = pytest.importorskip(
        "rs_bpe.bpe", reason="no offline tokenizer for this Python"
    )
    encoding = bpe.openai.o200k_base()
    shown = total = 0
    for tool in tools:
        listed = tool.model_dump(by_alias=True, exclude_none=True)
        model = {key: listed[key] for key in ("name", "description", "inputSchema")}
        shown += len(encoding.encode(json.dumps(model, separators=(",", ":"))))
        total += len(encoding.encode(json.dumps(listed, separators=(",", ":"))))
    assert shown <= 3_000
    assert total <= 7_000


async def test_the_server_tells_its_own_version() -> None:
    async with Client(build_server(no_desk), mode="legacy") as client:
        info = client.server_info
        assert info is not None
        assert (info.name, info.version) == ("gexfocus-mcp", version("gexfocus-mcp"))
        assert client.instructions == read_instructions()


async def test_two_servers_live_in_one_process() -> None:
    async with (
        Client(build_server(no_desk)) as one,
        Client(build_server(no_desk)) as other,
    ):
        assert len((await one.list_tools()).tools) == len(
            (await other.list_tools()).tools
        )
