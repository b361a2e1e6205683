"""What the desk's questions share: patience that ends before a client's."""

import anyio
import pytest

from gexfocus_mcp.desk import clerk
from gexfocus_mcp.desk.clerk import in_time
from gexfocus_mcp.errors import NoData, TimedOut


pytestmark = pytest.mark.anyio


async def answer() -> int:
    return 7


async def refusal() -> int:
    raise NoData("nothing is stored", "Ask for another day.")


async def test_an_answer_or_a_refusal_in_time_is_passed_on() -> None:
    assert await in_time(answer()) == 7
    with pytest.raises(NoData):
        await in_time(refusal())


async def test_a_question_that_hangs_is_refused_before_a_client_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert clerk.PATIENCE_S < 50
    monkeypatch.setattr(clerk, "PATIENCE_S", 0.01)

    async def hang() -> int:
        await anyio.sleep_forever()
        return 0

    with anyio.fail_after(5), pytest.raises(TimedOut, match="Ask for less"):
        await in_time(hang())
