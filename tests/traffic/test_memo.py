"""One load for many callers, and what each of them gets when it ends badly."""

from typing import Protocol

import anyio
import pytest
from anyio.lowlevel import checkpoint

from gexfocus_mcp.errors import Closing, GexFocusError, TimedOut
from gexfocus_mcp.traffic.memo import Memo, Remembered


pytestmark = pytest.mark.anyio


class Clock(Protocol):
    """The fixture's clock: moves when told to."""

    now: float

    def __call__(self) -> float: ...


class Upstream:
    """Answers its own call count, when told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.asked = anyio.Event()
        self.go = anyio.Event()
        self.failure: Exception | None = None

    async def __call__(self) -> int:
        self.calls += 1
        self.asked.set()
        await self.go.wait()
        if self.failure is not None:
            raise self.failure
        return self.calls


def ready() -> Upstream:
    upstream = Upstream()
    upstream.go.set()
    return upstream


def thirty(_value: object) -> float:
    return 30.0


async def test_a_fresh_value_is_not_loaded_again(clock: Clock) -> None:
    upstream = ready()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            memo: Memo[int] = Memo(tasks, clock)
            first = await memo.get("a", thirty, upstream)
            clock.now += 29
            second = await memo.get("a", thirty, upstream)
            clock.now += 1
            third = await memo.get("a", thirty, upstream)

    assert [first, second, third] == [
        Remembered(1, cached=False, age=0),
        Remembered(1, cached=True, age=29),
        Remembered(2, cached=False, age=0),
    ]
    assert (memo.hits, memo.loads, len(memo)) == (1, 2, 1)


async def test_five_hundred_callers_make_one_load(clock: Clock) -> None:
    upstream = Upstream()
    got: list[int] = []

    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)

        async def call() -> None:
            got.append((await memo.get("a", thirty, upstream)).value)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as callers:
                for _ in range(500):
                    callers.start_soon(call)
                await upstream.asked.wait()
                upstream.go.set()

    assert got == [1] * 500


async def test_a_cancelled_leader_neither_stops_the_load_nor_its_followers(
    clock: Clock,
) -> None:
    upstream = Upstream()
    got: list[int] = []

    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)
        leading = anyio.CancelScope()

        async def lead() -> None:
            with leading:
                await memo.get("a", thirty, upstream)

        async def follow() -> None:
            got.append((await memo.get("a", thirty, upstream)).value)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as callers:
                callers.start_soon(lead)
                await upstream.asked.wait()
                callers.start_soon(follow)
                await checkpoint()
                leading.cancel()
                await checkpoint()
                upstream.go.set()

    assert got == [1]
    assert upstream.calls == 1


async def test_a_load_nobody_waits_for_still_fills_the_memory(clock: Clock) -> None:
    upstream = Upstream()
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)
        with anyio.move_on_after(0):
            await memo.get("a", thirty, upstream)
        upstream.go.set()
        with anyio.fail_after(5):
            assert (await memo.get("a", thirty, upstream)).value == 1

    assert upstream.calls == 1


async def test_every_caller_gets_the_failure_of_the_one_load(clock: Clock) -> None:
    upstream = Upstream()
    upstream.failure = ValueError("no")
    failures: list[Exception] = []

    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)

        async def call() -> None:
            with pytest.raises(ValueError, match="no") as caught:
                await memo.get("a", thirty, upstream)
            failures.append(caught.value)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as callers:
                for _ in range(20):
                    callers.start_soon(call)
                await upstream.asked.wait()
                upstream.go.set()

    assert len(failures) == 20
    assert upstream.calls == 1


async def test_a_failure_is_remembered_for_its_time_and_not_longer(
    clock: Clock,
) -> None:
    upstream = ready()
    upstream.failure = KeyError("refused")
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock, remember_failure=lambda _: 60.0)
        for _ in range(3):
            with pytest.raises(KeyError):
                await memo.get("a", thirty, upstream)
        clock.now += 60
        upstream.failure = None

        assert (await memo.get("a", thirty, upstream)).value == 2
    assert upstream.calls == 2


async def test_remembered_failures_are_bounded(clock: Clock) -> None:
    upstream = ready()
    upstream.failure = KeyError("refused")
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock, remember_failure=lambda _: 60.0)
        for key in [*range(257), 256, 0]:
            with pytest.raises(KeyError):
                await memo.get(key, thirty, upstream)

    assert upstream.calls == 258


async def test_failures_are_forgotten_at_once_unless_asked_to_remember(
    clock: Clock,
) -> None:
    upstream = ready()
    upstream.failure = KeyError("refused")
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)
        for _ in range(2):
            with pytest.raises(KeyError):
                await memo.get("a", thirty, upstream)

    assert upstream.calls == 2


async def test_a_remembered_failure_keeps_no_frames_alive(clock: Clock) -> None:
    upstream = ready()
    upstream.failure = failure = KeyError("refused")
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock, remember_failure=lambda _: 60.0)
        with pytest.raises(KeyError):
            await memo.get("a", thirty, upstream)

    assert failure.__cause__ is None
    assert failure.__context__ is None
    assert [note.rpartition(":")[0] for note in failure.__notes__] == [__file__]


async def test_an_expired_value_stands_in_for_an_hour(clock: Clock) -> None:
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)
        await memo.get("a", thirty, ready())

    assert memo.older("b") is None
    clock.now += 3600
    assert memo.older("a") == Remembered(1, cached=True, age=3600)
    clock.now += 1
    assert memo.older("a") is None


async def test_a_load_that_takes_too_long_fails_and_may_be_tried_again(
    clock: Clock,
) -> None:
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock, deadline=0.01)
        with anyio.fail_after(5):
            with pytest.raises(TimedOut):
                await memo.get("a", thirty, Upstream())

            assert (await memo.get("a", thirty, ready())).value == 1


async def test_callers_are_released_when_the_server_closes(clock: Clock) -> None:
    upstream = Upstream()
    failures: list[GexFocusError] = []

    async def serve(memos: list[Memo[int]], started: anyio.Event) -> None:
        async with anyio.create_task_group() as tasks:
            memos.append(Memo(tasks, clock))
            started.set()
            await upstream.asked.wait()
            tasks.cancel_scope.cancel()

    async def call(memo: Memo[int]) -> None:
        with pytest.raises(GexFocusError) as caught:
            await memo.get("a", thirty, upstream)
        failures.append(caught.value)

    memos: list[Memo[int]] = []
    started = anyio.Event()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(serve, memos, started)
            await started.wait()
            group.start_soon(call, memos[0])

    assert [failure.problem for failure in failures] == ["the server is closing"]


async def test_the_least_recently_used_goes_first(clock: Clock) -> None:
    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock, capacity=2)
        for key in ("a", "b", "a", "c"):
            await memo.get(key, thirty, ready())

        assert memo.older("b") is None
        assert memo.older("a") is not None
        assert len(memo) == 2


async def test_the_bound_is_a_weight_and_the_heaviest_is_kept_alone(
    clock: Clock,
) -> None:
    async def heavy() -> int:
        await checkpoint()
        return 100

    async with anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock, capacity=10, weigh=lambda value: value)
        for key in ("a", "b"):
            await memo.get(key, thirty, ready())
        await memo.get("big", thirty, heavy)

        assert len(memo) == 1
        assert memo.older("big") is not None


async def test_a_value_may_be_none(clock: Clock) -> None:
    async def nothing() -> None:
        await checkpoint()

    async with anyio.create_task_group() as tasks:
        memo: Memo[None] = Memo(tasks, clock)

        assert (await memo.get("a", thirty, nothing)) == Remembered(
            None, cached=False, age=0
        )


async def test_closing_releases_callers_before_loads_have_put_things_in_order(
    clock: Clock,
) -> None:
    loading, tidied = anyio.Event(), anyio.Event()
    heard: list[str] = []

    async def slow_to_end() -> int:
        try:
            loading.set()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await tidied.wait()
        return 1

    async with anyio.create_task_group() as callers, anyio.create_task_group() as tasks:
        memo: Memo[int] = Memo(tasks, clock)

        async def ask() -> None:
            with pytest.raises(Closing):
                await memo.get("a", thirty, slow_to_end)
            heard.append("closing")
            tidied.set()

        callers.start_soon(ask)
        await loading.wait()
        tasks.cancel_scope.cancel()

    assert heard == ["closing"]
