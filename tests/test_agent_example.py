"""The agent of `examples/`, with a model that is scripted: it works with the tools, and a level nobody told it is sent back."""

from typing import Any

import pytest
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel

from examples.morning_agent import main


pytestmark = pytest.mark.anyio


class Trader:
    """Scans, asks about the first name, and hands in a flip that is wrong before one that is right."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        self.instructed = ""
        self.asked = ""
        self.told: dict[str, Any] = {}
        self.sent_back: list[str] = []

    async def __call__(
        self, messages: list[ModelMessage], info: AgentInfo
    ) -> ModelResponse:
        self.offered = [tool.name for tool in info.function_tools]
        self.instructed = info.instructions or ""
        last = messages[-1]
        assert isinstance(last, ModelRequest)
        for part in last.parts:
            assert isinstance(part, ToolReturnPart | UserPromptPart)
            if isinstance(part, UserPromptPart):
                self.asked = str(part.content)
            elif part.outcome == "retried":
                self.sent_back.append(part.model_response_str())
            else:
                self.told[part.tool_name] = part.content
        if "scan_tickers" not in self.told:
            call = ToolCallPart("scan_tickers", {"tickers": ["SPY", "QQQ"]})
        elif not self.sent_back:
            call = self.hand_in("QQQ", flip=1.0)
        elif "dealer_positioning" not in self.told:
            call = ToolCallPart("dealer_positioning", {"ticker": "SPY"})
        elif len(self.sent_back) == 1:
            call = self.hand_in("SPY", flip=self.flip + 1)
        else:
            call = self.hand_in("SPY", flip=self.flip)
        return ModelResponse(parts=[call])

    @property
    def flip(self) -> float:
        flip: float = self.told["dealer_positioning"]["levels"]["flip"]["value"]
        return flip

    def hand_in(self, ticker: str, flip: float) -> ToolCallPart:
        read = self.told.get("dealer_positioning", {})
        name = {
            "ticker": ticker,
            "regime": read.get("regime", "neutral"),
            "confidence": read.get("confidence", "low"),
            "flip": flip,
            "plan": "Watch the flip.",
        }
        return ToolCallPart("final_result", {"headline": "Short.", "names": [name]})


async def test_the_agent_s_brief_says_what_the_server_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    trader = Trader()

    await main(FunctionModel(trader), live=False, tickers=["SPY", "QQQ"])

    assert "dealer_positioning" in trader.offered
    assert "scan_tickers" in trader.instructed
    assert "SPY, QQQ" in trader.asked
    unasked, invented = trader.sent_back
    assert "QQQ: ask dealer_positioning before you write about it" in unasked
    assert f"SPY: flip is {trader.flip}, not {trader.flip + 1}" in invented
    read = trader.told["dealer_positioning"]
    assert capfd.readouterr().out.splitlines() == [
        "Short.",
        f"SPY {read['regime']}, {read['confidence']} confidence; flip {trader.flip:g}",
        f"  simulated, {read['freshness']}, map of {read['as_of']}",
        "  Watch the flip.",
    ]
