"""What the server offers to read, and that it tells of every gap of the feed wherever it tells of one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import TextResourceContents

from gexfocus_mcp.render.positioning import NOT_IN_FEED
from gexfocus_mcp.server.build import build_server, read_instructions


pytestmark = pytest.mark.anyio

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
GAPS = (
    r"max pain",
    r"(open[- ]interest|OI) change|open interest,? (and )?its change",
    r"\bIV\b|implied volatility",
    r"skew",
    r"VRP|volatility risk premium",
    r"expected move",
)


@asynccontextmanager
async def no_desk() -> AsyncIterator[Any]:
    yield None


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_what_the_feed_cannot_answer_can_be_read_at_one_address(
    mode: str,
) -> None:
    async with Client(build_server(no_desk), mode=mode) as client:
        listed = [str(each.uri) for each in (await client.list_resources()).resources]
        (content,) = (await client.read_resource("gexfocus://not-in-feed")).contents

    ours = [address for address in listed if not address.startswith("ui:")]
    assert ours == ["gexfocus://not-in-feed", "gexfocus://glossary"]
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/markdown"
    for gap in GAPS:
        assert re.search(gap, content.text, re.IGNORECASE), gap
    assert "| max pain | open interest by strike |" in content.text


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize(
    "told", [README, read_instructions(), NOT_IN_FEED], ids=["readme", "all", "answer"]
)
async def test_every_gap_is_told_wherever_one_is(told: str, gap: str) -> None:
    assert re.search(gap, told, re.IGNORECASE)


async def test_the_section_of_the_readme_says_what_each_needs() -> None:
    section = README.split("## What it cannot tell you")[1].split("\n## ")[0]
    for needed in (
        "open interest by strike",
        "option prices",
        "`gexfocus://not-in-feed`",
    ):
        assert needed in section


async def test_the_glossary_explains_every_common_key_and_the_four_greeks() -> None:
    async with Client(build_server(no_desk)) as client:
        (content,) = (await client.read_resource("gexfocus://glossary")).contents
    assert isinstance(content, TextResourceContents)

    common = {"as_of", "age_s", "freshness", "source", "cached"}
    told = {
        "net",
        "gross",
        "tilt",
        "regime",
        "confidence",
        "flip",
        "hedge",
        "FEP",
        "NDF",
    }
    for word in (*common, *told, "gamma", "delta", "vanna", "charm", "ASSUMED".lower()):
        assert re.search(rf"\b{word}\b", content.text), word
