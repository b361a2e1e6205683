"""
An agent that writes the brief before the open, and is not let through with a level that nobody told it.

    python examples/morning_agent.py --model anthropic:NAME          # or openai:NAME, google:NAME; the simulated market
    python examples/morning_agent.py --model anthropic:NAME --live   # the real one; takes GEXFOCUS_API_KEY

The agent is Pydantic AI's (`pip install 'pydantic-ai-slim[mcp,anthropic]'`). It scans, asks about the names it chooses,
and fills in a form; the form is held against the answers, and what differs goes back to the model. Age and source stand
in the printed brief as the server gave them, whatever the model wrote.
"""

import argparse
import os
import sys
from typing import Annotated, Any, Literal

import anyio
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_ai import Agent, ModelRetry, RunContext
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart
from pydantic_ai.models import Model


TOOL = "dealer_positioning"
TASK = """\
Write the brief before the open for someone who trades {tickers}. Scan them first, then ask dealer_positioning for the
two names that matter most. Copy regime, confidence and levels from the answers; leave a level out that has none. Write
headline and plan without prices and amounts: name the level instead."""

# 0DTE and 1 % pass, prices and amounts do not.
Words = Annotated[str, Field(pattern=r"^(\D|\d[^\d.,])*\d?$")]


class Name(BaseModel):
    """One name of the brief."""

    ticker: Annotated[str, BeforeValidator(lambda said: str(said).strip(" $^").upper())]
    regime: Literal["long_gamma", "short_gamma", "neutral"]
    confidence: Literal["low", "moderate", "high"]
    flip: float | None = None
    call_wall: float | None = None
    put_wall: float | None = None
    plan: Words


class Brief(BaseModel):
    """What the agent hands in."""

    headline: Words
    names: list[Name] = Field(min_length=1)


def reads(messages: list[ModelMessage]) -> dict[str, dict[str, Any]]:
    """The everyday reads of a run, by ticker; refused ones and those of another moment are none."""
    found = {}
    for message in messages:
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if (
                isinstance(part, ToolReturnPart)
                and part.tool_name == TOOL
                and part.outcome == "success"
                and isinstance(part.content, dict)
            ):
                read: dict[str, Any] = dict(part.content)
                if read["freshness"] != "historical":
                    found[read["ticker"]] = read
    return found


def differences(name: Name, read: dict[str, Any]) -> list[str]:
    """Where a name of the brief says something else than its read."""
    levels = read["levels"]
    told = {
        "regime": read["regime"],
        "confidence": read["confidence"],
        "flip": levels.get("flip", {}).get("value"),
        "call_wall": levels.get("call_wall", {}).get("strike"),
        "put_wall": levels.get("put_wall", {}).get("strike"),
    }
    return [
        f"{name.ticker}: {field} is {value}, not {given}"
        for field, value in told.items()
        if (given := getattr(name, field)) is not None and given != value
    ]


def hold_against_the_answers(context: RunContext[list[str]], brief: Brief) -> Brief:
    """Let a brief through that is about the names asked for and says what the server said of them."""
    told = reads(context.messages)
    wrong = list[str]()
    for name in brief.names:
        if name.ticker not in context.deps:
            wrong.append(f"{name.ticker} was not asked for")
        elif name.ticker not in told:
            wrong.append(f"{name.ticker}: ask {TOOL} before you write about it")
        else:
            wrong += differences(name, told[name.ticker])
    if wrong:
        raise ModelRetry("; ".join(wrong))
    return brief


async def main(model: Model | str, *, live: bool, tickers: list[str]) -> None:
    """Run the agent once and print its brief."""
    server = {
        "command": sys.executable,
        "args": ["-m", "gexfocus_mcp", *([] if live else ["--demo"])],
        "env": {k: v for k, v in os.environ.items() if k.startswith("GEXFOCUS_")},
    }
    desk = MCPToolset({"mcpServers": {"gexfocus": server}}, include_instructions=True)
    agent = Agent(
        model, output_type=Brief, deps_type=list[str], toolsets=[desk], retries=3
    )
    agent.output_validator(hold_against_the_answers)
    tickers = [ticker.strip(" $^").upper() for ticker in tickers]
    task = TASK.format(tickers=", ".join(tickers))
    async with agent:
        result = await agent.run(task, deps=tickers)
    told = reads(result.all_messages())
    print(result.output.headline)
    for name in result.output.names:
        read = told[name.ticker]
        levels = [
            f"{level} {value:.10g}"
            for level in ("flip", "put_wall", "call_wall")
            if (value := getattr(name, level)) is not None
        ]
        confidence = f"{name.confidence} confidence"
        print(f"{name.ticker} {'; '.join([name.regime, confidence, *levels])}")
        when = read.get("as_of", "unknown time")
        print(f"  {read['source']}, {read['freshness']}, map of {when}")
        print(f"  {name.plan}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--model", required=True, help="as Pydantic AI names it")
    parser.add_argument("--live", action="store_true")
    parser.add_argument("tickers", nargs="*", default=["SPX", "SPY", "QQQ", "NVDA"])
    options = parser.parse_args()
    anyio.run(lambda: main(options.model, live=options.live, tickers=options.tickers))
