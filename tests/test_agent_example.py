"""The agent of `examples/`, with a model that is scripted: it works with the tools, and a level nobody told it is sent back."""

from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel

from examples.morning_agent import TOOL, Name, differences, main, reads


pytestmark = pytest.mark.anyio


class Trader:
    """Scans; writes a number into its headline; of a name it did not ask about; a wrong flip; and then as it should."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        self.instructed = ""
        self.asked = ""
        self.headline = "SPY turns at 9999."
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
        if self.sent_back:
            self.headline = "Short."
        if "scan_tickers" not in self.told:
            call = ToolCallPart("scan_tickers", {"tickers": ["SPY", "QQQ"]})
        elif len(self.sent_back) < 2:
            call = self.hand_in("$qqq", flip=1.0)
        elif "dealer_positioning" not in self.told:
            call = ToolCallPart("dealer_positioning", {"ticker": "SPY"})
        elif len(self.sent_back) == 2:
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
        return ToolCallPart(
            "final_result", {"headline": self.headline, "names": [name]}
        )


async def test_the_agent_s_brief_says_what_the_server_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    trader = Trader()

    await main(FunctionModel(trader), live=False, tickers=["SPY", "QQQ"])

    assert "dealer_positioning" in trader.offered
    assert "scan_tickers" in trader.instructed
    assert "SPY, QQQ" in trader.asked
    number, unasked, invented = trader.sent_back
    assert "headline" in number
    assert "QQQ: ask dealer_positioning before you write about it" in unasked
    assert f"SPY: flip is {trader.flip}, not {trader.flip + 1}" in invented
    read = trader.told["dealer_positioning"]
    assert capfd.readouterr().out.splitlines() == [
        "Short.",
        f"SPY {read['regime']}; {read['confidence']} confidence; flip {trader.flip:.10g}",
        f"  simulated, {read['freshness']}, map of {read['as_of']}",
        "  Watch the flip.",
    ]


READ: dict[str, Any] = {
    "ticker": "NDX",
    "freshness": "closed",
    "regime": "long_gamma",
    "confidence": "high",
    "levels": {
        "flip": {"value": 27436.33},
        "call_wall": {"strike": 28000},
        "put_wall": {"strike": 27000},
    },
}
AS_READ: dict[str, Any] = {
    "regime": "long_gamma",
    "confidence": "high",
    "flip": 27436.33,
    "call_wall": 28000,
    "put_wall": 27000,
}


def name(**changed: Any) -> Name:
    return Name.model_validate({"ticker": "ndx", "plan": "Wait.", **AS_READ, **changed})


def test_every_field_is_held_against_the_answer() -> None:
    assert differences(name(), READ) == []
    assert differences(name(flip=None), READ) == []
    for field, wrong in {
        "regime": "neutral",
        "confidence": "low",
        "flip": 27436.3,
        "call_wall": 28001,
        "put_wall": 26999,
    }.items():
        (fault,) = differences(name(**{field: wrong}), READ)
        assert fault.startswith(f"NDX: {field} is ")
    (fault,) = differences(name(), {**READ, "levels": {**READ["levels"], "flip": {}}})
    assert fault == "NDX: flip is None, not 27436.33"


def test_refused_reads_and_those_of_another_moment_do_not_count() -> None:
    def answered(content: Any, **given: Any) -> ModelRequest:
        return ModelRequest(parts=[ToolReturnPart(TOOL, content, "id", **given)])

    past = {**READ, "freshness": "historical", "regime": "short_gamma"}
    assert reads([answered(READ), answered(past)]) == {"NDX": READ}
    assert reads([answered("[rate_limited] wait", outcome="failed")]) == {}
    assert reads([answered(READ, outcome="failed")]) == {}


@pytest.mark.parametrize("plan", ["0DTE rolls off; fade 1 % moves", "Wait."])
def test_words_may_have_a_digit(plan: str) -> None:
    assert name(plan=plan).plan == plan


@pytest.mark.parametrize("plan", ["Sell at 727", "Sell 1.5", "9,000", "at 27436.33"])
def test_words_may_have_no_price_and_no_amount(plan: str) -> None:
    with pytest.raises(ValidationError):
        name(plan=plan)
