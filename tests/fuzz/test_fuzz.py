"""Five thousand spoiled replies and frames: no crash, no number that is none, nothing presented as good."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.corpus import KINDS, sound
from tests.fuzz.judging import Judge, court
from tests.fuzz.soundness import is_sound
from tests.fuzz.spoiling import Spoiled, spoiled


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def judge() -> AsyncIterator[Judge]:
    async with court() as sitting:
        yield sitting


@settings(
    max_examples=5000,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(spoiled())
async def test_nothing_spoiled_is_presented_as_good(
    judge: Judge, reply: Spoiled
) -> None:
    await judge.try_out(reply.kind, reply.data)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_simulated_market_says_is_sound(kind: str) -> None:
    assert is_sound(kind, sound(kind))
