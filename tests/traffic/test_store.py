"""What a store promises, whichever it is: the same arithmetic, one flight at a time, nobody else's share."""

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gexfocus_mcp.traffic.file_store.store import FileStore
from gexfocus_mcp.traffic.quota import OVERDUE, Held, next_slot
from gexfocus_mcp.traffic.redis_store.store import RedisStore
from gexfocus_mcp.traffic.store import Flight, Keepsake, Kept, Store


pytestmark = pytest.mark.anyio

# What passes between two calls on a busy machine.
SLACK = 0.5
_numbers = count()

OpenStore = Callable[[str], Store]


@pytest.fixture(params=["file", "redis"])
async def open_store(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[OpenStore]:
    """Opens a share of one store by its budget's name; a new store for every test."""
    opened: list[Store] = []
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    mark = next(_numbers)

    def opener(budget: str) -> Store:
        opened.append(
            RedisStore(url, f"{budget}-{mark}")
            if url
            else FileStore(tmp_path / "state" / "shared.sqlite3", budget)
        )
        return opened[-1]

    yield opener
    for store in opened:
        await store.aclose()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no trouble of the store's; how soon one that hangs is given up is another test's."""
    monkeypatch.setattr("gexfocus_mcp.traffic.redis_store.store._SECONDS", 20.0)


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store("ours")


async def test_slots_are_granted_up_to_the_limit_and_then_refused(store: Store) -> None:
    grants = [await store.claim("last", 3, 60, 2) for _ in range(4)]

    assert [grant.claimed for grant in grants] == [True, True, True, False]
    assert grants[3].wait == pytest.approx(60, abs=SLACK)
    assert (await store.usage("last", 3, 60)).used == 3
    assert (await store.usage("history", 3, 60)).used == 0


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    ages=st.lists(st.floats(0.0, 59.0, width=32), max_size=6),
    limit=st.integers(1, 5),
)
async def test_the_wait_is_that_of_the_arithmetic(
    open_store: OpenStore, ages: list[float], limit: int
) -> None:
    store = open_store(f"law-{next(_numbers)}")
    await store.hold("last", Held(settled=tuple(ages)))
    expected = next_slot(
        sorted(-age for age in ages), 0, limit=limit, window=60, blocked_until=-1
    )

    grant = await store.claim("last", limit, 60, 0.0)

    assert grant.wait == pytest.approx(expected, abs=SLACK)
    assert grant.claimed == (grant.wait == 0)
    assert (await store.usage("last", limit, 60)).used == len(ages) + grant.claimed


async def test_a_wait_within_the_patience_is_claimed(store: Store) -> None:
    await store.hold("last", Held(settled=(59,)))
    first = await store.claim("last", 1, 60, 2)
    second = await store.claim("last", 1, 60, 2)

    assert first.claimed
    assert first.wait == pytest.approx(1, abs=SLACK)
    assert not second.claimed
    assert second.wait == pytest.approx(61, abs=SLACK)


async def test_requests_made_without_the_store_count_as_late_as_they_can_have_arrived(
    store: Store,
) -> None:
    await store.hold("last", Held(settled=(50,), open=(10, OVERDUE + 30)))
    first = await store.claim("last", 3, 60, 2)

    assert first.wait == pytest.approx(10, abs=SLACK)
    assert (await store.usage("last", 3, 60)).used == 3
    # What is under way never makes others wait for it.
    second = await store.claim("last", 4, 60, 2)
    assert second.claimed
    assert second.wait == pytest.approx(0, abs=SLACK)
    assert second.used == 3


async def test_a_settled_slot_stays_in_the_count(store: Store) -> None:
    grant = await store.claim("last", 2, 60, 2)
    await store.settle("last", grant.slot)
    await store.settle("last", grant.slot)

    assert (await store.usage("last", 2, 60)).used == 1


async def test_a_block_stops_every_bucket_it_names_and_says_why(store: Store) -> None:
    await store.block("last", 120, "cooldown")
    await store.block("history", 120, "cooldown")
    await store.block("last", 60, "rate_limited")

    for bucket in ("last", "history"):
        grant = await store.claim(bucket, 9, 60, 2)
        usage = await store.usage(bucket, 9, 60)
        assert not grant.claimed
        assert grant.why == usage.why == "cooldown"
        assert grant.wait == pytest.approx(120, abs=SLACK)
        assert usage.blocked_s == pytest.approx(120, abs=SLACK)


async def test_what_one_share_holds_another_does_not_see(
    open_store: OpenStore,
) -> None:
    ours, theirs = open_store("ours"), open_store("theirs")
    await ours.claim("last", 1, 60, 2)
    await ours.block("history", 60, "rate_limited")
    await ours.begin("q", "a")
    await ours.finish("q", "a", Keepsake(b"{}", fresh_for=30))

    assert (await theirs.claim("last", 1, 60, 2)).claimed
    assert (await theirs.claim("history", 1, 60, 2)).claimed
    assert await theirs.begin("q", "b") is Flight.OURS
    assert await theirs.find("q") is None


async def test_two_openings_of_one_share_are_one(open_store: OpenStore) -> None:
    here, there = open_store("ours"), open_store("ours")
    assert (await here.claim("last", 1, 60, 2)).claimed
    assert not (await there.claim("last", 1, 60, 2)).claimed


async def test_one_asks_and_the_others_wait_for_what_comes(
    open_store: OpenStore,
) -> None:
    leader, follower = open_store("ours"), open_store("ours")

    assert await leader.begin("q", "a") is Flight.OURS
    assert await follower.begin("q", "b") is Flight.THEIRS
    await leader.finish("q", "a", Keepsake(b'{"a": 1}', "said", fresh_for=30))
    kept = await follower.begin("q", "b")

    assert isinstance(kept, Kept)
    assert (kept.body, kept.label, kept.failure) == (b'{"a": 1}', "said", "")
    assert 0 <= kept.age < SLACK


async def test_a_flight_that_brings_nothing_leaves_it_to_the_next(
    store: Store,
) -> None:
    await store.begin("q", "a")
    await store.finish("q", "a", None)

    assert await store.begin("q", "b") is Flight.OURS


async def test_a_flight_that_lasts_is_kept_alive_by_its_owner_alone(
    store: Store,
) -> None:
    await store.begin("q", "a")
    await store.renew("q", "b")
    await store.finish("q", "b", None)

    assert await store.begin("q", "c") is Flight.THEIRS
    await store.renew("q", "a")
    await store.finish("q", "a", None)
    assert await store.begin("q", "c") is Flight.OURS


async def test_a_failure_is_told_while_it_is_fresh_and_hides_no_older_answer(
    store: Store,
) -> None:
    await store.begin("q", "a")
    await store.finish("q", "a", Keepsake(b"old", fresh_for=0))
    await store.begin("q", "a")
    await store.finish("q", "a", Keepsake(failure="503", fresh_for=5))
    told, older = await store.begin("q", "b"), await store.find("q")

    assert isinstance(told, Kept)
    assert told.failure == "503"
    assert older is not None
    assert older.body == b"old"


async def test_a_new_answer_ends_a_failure(store: Store) -> None:
    await store.finish("q", "a", Keepsake(failure="503", fresh_for=5))
    await store.finish("q", "a", Keepsake(b"new", fresh_for=0))

    assert await store.begin("q", "b") is Flight.OURS


async def test_an_answer_that_is_no_longer_fresh_may_still_stand_in(
    store: Store,
) -> None:
    await store.finish("q", "a", Keepsake(b"old", fresh_for=0))

    assert await store.begin("q", "b") is Flight.OURS
    kept = await store.find("q")
    assert kept is not None
    assert kept.body == b"old"
    assert await store.find("never asked") is None


async def test_what_can_never_change_is_fresh_for_good(store: Store) -> None:
    await store.finish("q", "a", Keepsake(b"final", fresh_for=float("inf")))

    assert isinstance(await store.begin("q", "b"), Kept)


async def test_an_answer_too_large_to_share_only_ends_its_flight(store: Store) -> None:
    await store.begin("q", "a")
    await store.finish("q", "a", Keepsake(bytes(17 * 1024 * 1024), fresh_for=30))

    assert await store.begin("q", "b") is Flight.OURS


async def test_clearing_forgets_everything(open_store: OpenStore) -> None:
    store, other = open_store("ours"), open_store("theirs")
    await store.claim("last", 1, 60, 2)
    await other.block("last", 60, "cooldown")
    await store.finish("q", "a", Keepsake(b"{}", fresh_for=30))
    await store.clear()

    assert (await store.claim("last", 1, 60, 2)).claimed
    assert (await other.claim("last", 1, 60, 2)).claimed
    assert await store.find("q") is None


async def test_many_at_once_never_pass_the_limit(open_store: OpenStore) -> None:
    shares = [open_store("ours") for _ in range(4)]
    granted: list[bool] = []

    async def hurry(store: Store) -> None:
        granted.extend(
            [(await store.claim("last", 23, 60, 2)).claimed for _ in range(10)]
        )

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for store in shares:
                tasks.start_soon(hurry, store)

    assert sum(granted) == 23
