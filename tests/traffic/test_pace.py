"""A budget of this process: patience, blocks and what the status shows."""

from typing import Protocol

import pytest

from gexfocus_mcp.traffic.pace import Grant, LocalPace, Usage
from gexfocus_mcp.traffic.quota import RollingQuota


pytestmark = pytest.mark.anyio


class Clock(Protocol):
    """The fixture's clock: moves when told to."""

    now: float

    def __call__(self) -> float: ...


async def test_a_wait_beyond_the_patience_claims_nothing(
    clock: Clock,
) -> None:
    pace = LocalPace(RollingQuota(1, 60), clock)

    grant = await pace.claim(2)
    assert grant == Grant(0, claimed=True)
    assert await pace.claim(2) == Grant(60, claimed=False)
    assert await pace.usage() == Usage(limit=1, used=1)

    clock.now += 5
    await pace.settle(grant.slot)
    clock.now += 5

    assert await pace.claim(2) == Grant(55, claimed=False)


async def test_a_wait_within_the_patience_is_claimed(clock: Clock) -> None:
    pace = LocalPace(RollingQuota(1, 60), clock)
    await pace.settle((await pace.claim(2)).slot)
    clock.now += 58.5

    assert await pace.claim(2) == Grant(1.5, claimed=True)


async def test_a_block_says_why(clock: Clock) -> None:
    pace = LocalPace(RollingQuota(5, 60), clock)
    await pace.block(120, "cooldown")

    assert await pace.claim(2) == Grant(120, claimed=False, why="cooldown")
    assert await pace.usage() == Usage(5, 0, 120, "cooldown")

    clock.now += 121

    assert await pace.claim(2) == Grant(0, claimed=True)
    assert await pace.usage() == Usage(5, 1)
