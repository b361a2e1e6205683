"""What is waited for, and what is not."""

from datetime import timedelta

import httpx2
import pytest

from gexfocus_mcp.errors import GexFocusError, KeyCooldown, Unauthorized
from gexfocus_mcp.export.patience import Patience
from gexfocus_mcp.market.ticker import parse_ticker
from tests.export.shelf import DAYS, Shelf, export


pytestmark = pytest.mark.anyio


THROTTLED = "rate limit exceeded"
LOCKED = "api_key cooldown active"


def refuse(
    shelf: Shelf, *requests: int, status: int = 429, detail: str = "", **headers: str
) -> None:
    """Refuse the requests of these numbers, the first one being 1."""

    def instead(_: httpx2.Request) -> httpx2.Response | None:
        if len(shelf.asked) not in requests:
            return None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.Response(status, headers=named, json={"detail": detail})

    shelf.instead = instead


async def test_the_budget_is_waited_for_and_never_exceeded() -> None:
    shelf = Shelf.of(*DAYS)
    shelf.budget = 2
    run = await export(shelf, None, pipe=True)

    assert run.failure is None
    instants = [at for at, _ in shelf.asked]
    assert len(instants) == 6
    assert all(
        later - earlier >= 60
        for earlier, later in zip(instants, instants[2:], strict=False)
    )
    assert [line for line in run.said if "waiting" in line] == [
        "waiting 61 s for the request budget"
    ] * 2
    assert shelf.clock.naps == [61, 61]


async def test_a_fifth_of_the_budget_is_left_to_others() -> None:
    days = [day - timedelta(weeks=n) for n in range(4) for day in reversed(DAYS)]
    shelf = Shelf.of(*days)
    shelf.budget = 10
    run = await export(shelf, None, pipe=True, day=str(days[-1]))

    assert run.failure is None
    instants = [at for at, _ in shelf.asked]
    assert len(instants) == 21
    busiest = max(sum(0 <= at - start < 60 for at in instants) for start in instants)
    assert busiest == 8
    waited = [line for line in run.said if "waiting" in line]
    assert (
        waited
        == ["waiting for the request budget, a fifth of which is left to others"] * 2
    )


async def test_others_who_keep_the_budget_full_do_not_hold_an_export_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def full(_: Patience) -> bool:
        return False

    monkeypatch.setattr(Patience, "_has_room", full)
    shelf = Shelf.of(DAYS[0])
    run = await export(shelf, None, pipe=True, to=None)

    assert run.failure is None
    assert len(shelf.clock.naps) == 61 * len(shelf.asked)


async def test_a_429_in_the_middle_is_waited_for_as_long_as_it_says() -> None:
    shelf = Shelf.of(*DAYS)
    refuse(shelf, 4, detail=THROTTLED, retry_after="17")
    run = await export(shelf, None, pipe=True)

    undisturbed = await export(Shelf.of(*DAYS), None, pipe=True)
    assert (run.failure, run.text) == (None, undisturbed.text)
    assert shelf.clock.naps == [17]
    assert "waiting 17 s because the upstream asks for it (rate_limited)" in run.said
    refused, again = shelf.asked[3:5]
    assert again[0] - refused[0] >= 17


async def test_a_second_429_ends_it() -> None:
    shelf = Shelf.of(*DAYS)
    refuse(shelf, 4, 5, detail=LOCKED)
    run = await export(shelf, None, pipe=True)

    assert isinstance(run.failure, KeyCooldown)
    assert shelf.clock.naps == [120]
    assert len(shelf.asked) == 5


async def test_another_session_may_be_waited_for_again() -> None:
    shelf = Shelf.of(*DAYS)
    refuse(shelf, 3, 5, status=503)
    run = await export(shelf, None, pipe=True)
    assert run.failure is None
    assert shelf.clock.naps == [30, 30]
    assert run.said[1] == (
        "waiting 30 s and then asking once more: GEXfocus is temporarily unavailable (HTTP 503)"
    )


async def test_what_waiting_does_not_help_is_told_at_once() -> None:
    shelf = Shelf.of(*DAYS)
    refuse(shelf, 2, status=401)
    run = await export(shelf, None, pipe=True)
    assert isinstance(run.failure, Unauthorized)
    assert shelf.clock.naps == []


async def test_an_older_answer_does_not_stand_in_for_the_one_of_now() -> None:
    """A session that was remembered while it was under way would be kept as the whole of it."""
    shelf = Shelf.of(DAYS[0])
    async with shelf.source() as source:
        ticker = parse_ticker("SPY")
        await source.flow_sessions(ticker)
        shelf.clock.seconds += 700
        shelf.instead = lambda _: httpx2.Response(503)
        assert (await source.flow_sessions(ticker)).failure is not None
        shelf.clock.seconds += 10
        patience = Patience(source, lambda _: None, shelf.clock.sleep)
        with pytest.raises(GexFocusError, match="temporarily unavailable"):
            await patience.ask(lambda: source.flow_sessions(ticker))
    assert shelf.clock.naps == [30]
