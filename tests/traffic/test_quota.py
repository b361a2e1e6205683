"""The law of the window, whatever the way of a request takes, and what a block does to it."""

from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.traffic.quota import OVERDUE, Held, RollingQuota, Slot


STEPS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["take", "settle", "block"]),
        st.integers(0, 9),
    ),
    max_size=80,
)


@given(limit=st.integers(1, 6), window=st.integers(30, 80), steps=STEPS)
def test_no_window_ever_holds_more_arrivals_than_the_limit(
    limit: int, window: int, steps: list[tuple[int, str, int]]
) -> None:
    """
    A request arrives at any moment between its slot and its reply; one that is never heard of, within `OVERDUE`.

    A slot far ahead is refused, as in use: it would be promised before the requests under way are settled.
    """
    quota = RollingQuota(limit, window)
    now = 0.0
    under_way: list[Slot] = []
    arrived: list[float] = []
    for pause, step, share in steps:
        now += pause
        if step == "block":
            quota.block(now + 7)
        elif step == "take" and quota.wait(now) <= 2:
            under_way.append(quota.take(now))
        elif under_way and under_way[share % len(under_way)].at <= now:
            slot = under_way.pop(share % len(under_way))
            quota.settle(slot, now)
            arrived.append(slot.at + min(now - slot.at, OVERDUE) * share / 9)
    arrived += [slot.at + OVERDUE * 0.999 for slot in under_way]

    for start in arrived:
        assert sum(start <= moment < start + window for moment in arrived) <= limit


@given(
    limit=st.integers(1, 4),
    pauses=st.lists(st.floats(0, 100, allow_nan=False), max_size=60),
)
def test_a_slot_comes_no_later_than_the_window_demands(
    limit: int, pauses: list[float]
) -> None:
    quota = RollingQuota(limit, 10.0)
    now = 0.0
    sent: list[float] = []
    for pause in pauses:
        now += pause
        earliest = max(
            [now, *sent[-1:], *(s + 10.0 for s in sent[-limit:][: len(sent) >= limit])]
        )
        slot = quota.take(now)
        quota.settle(slot, now)
        sent.append(slot.at)

        assert slot.at >= now
        assert abs(slot.at - earliest) < 1e-6


def test_asking_claims_nothing() -> None:
    quota = RollingQuota(1, 60)

    assert quota.wait(5) == 0
    slot = quota.take(5)
    quota.settle(slot, 5)
    assert slot.at == 5
    assert quota.wait(6) == 59
    assert quota.used(6) == 1


def test_a_request_under_way_may_arrive_at_any_moment() -> None:
    quota = RollingQuota(1, 60)
    slot = quota.take(0)

    assert quota.wait(3) == 60
    quota.settle(slot, 4)
    assert quota.wait(10) == 54


def test_a_request_of_a_process_that_died_counts_as_arrived_in_the_end() -> None:
    quota = RollingQuota(1, 60)
    quota.take(0)

    assert quota.wait(OVERDUE + 10) == 50
    assert quota.wait(OVERDUE + 60) == 0


def test_a_slot_of_one_count_settles_no_slot_of_another() -> None:
    first, second = RollingQuota(2, 60), RollingQuota(2, 60)
    slot = first.take(0)
    second.take(0)
    second.settle(slot, 5)

    assert second.held(10).open == (10,)


def test_settling_twice_counts_once() -> None:
    quota = RollingQuota(2, 60)
    slot = quota.take(0)
    quota.settle(slot, 1)
    quota.settle(slot, 2)

    assert quota.used(2) == 1


def test_a_slot_granted_elsewhere_is_counted_with_its_age() -> None:
    quota = RollingQuota(2, 60)
    quota.settle(quota.hold(10, 10), 10)
    quota.hold(31.5, 30)

    assert quota.held(30) == Held(settled=(20,), open=(-1.5,))
    assert quota.wait(30) == 40
    other = RollingQuota(2, 60)
    other.merge(quota)
    assert other.wait(30) == 40


def test_a_block_holds_everybody_until_it_ends() -> None:
    quota = RollingQuota(10, 60)
    quota.block(30, "cooldown")

    assert quota.wait(10) == 20
    assert quota.wait(31) == 0


def test_a_shorter_block_does_not_end_a_longer_one() -> None:
    quota = RollingQuota(10, 60)
    quota.block(300, "too_many_ips")
    quota.block(60, "rate_limited")

    assert quota.wait(0) == 300
    assert quota.blocked_why == "too_many_ips"


def test_a_block_does_not_hide_a_full_window() -> None:
    """Found once by a model test: the wait reported while blocked forgot the window."""
    quota = RollingQuota(1, 60)
    quota.settle(quota.take(0), 0)
    quota.block(10)

    assert quota.wait(0) == 60


def test_used_forgets_what_left_the_window() -> None:
    quota = RollingQuota(3, 60)
    for now in (0, 10, 20):
        quota.settle(quota.take(now), now)

    assert [quota.used(now) for now in (20, 60, 70.5, 81)] == [3, 2, 1, 0]
