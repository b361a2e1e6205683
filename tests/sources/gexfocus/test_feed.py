"""The conversation without a connection: phases, back-off, repeats, gaps, over exact times."""

import json
from datetime import datetime, timedelta
from math import inf
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gexfocus_mcp.errors import Forbidden, NoKey, Unreachable, UnreadableReply
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.feed import Feed


QQQ = Ticker("QQQ")
OPEN = datetime(2026, 5, 19, 9, 30, tzinfo=ZoneInfo("America/New_York"))


def message(number: int, ticker: str = "QQQ", ndf: float = 1.0) -> str:
    ts = OPEN + timedelta(seconds=number)
    return json.dumps({"ticker": ticker, "ts": ts.isoformat(), "ndf": ndf})


def feed(**kwargs: Any) -> Feed:
    return Feed(QQQ, 0.0, draw=lambda: 1.0, **kwargs)


def seconds(heard: Feed) -> list[int]:
    return [int((h.tick.ts - OPEN).total_seconds()) for h in heard.heard]


def test_it_opens_with_the_handshake() -> None:
    f = feed()
    assert (f.state(5).phase, f.state(5).since) == ("opening", 0)
    f.opened(6)

    assert (f.state(7).phase, f.state(7).since) == ("open", 6)
    assert f.state(7).problem is None


def test_ticks_are_kept_in_order_with_their_arrival() -> None:
    f = feed(capacity=3)
    f.opened(0)
    for number in range(5):
        assert f.received(message(number), number + 0.5)

    assert seconds(f) == [2, 3, 4]
    assert [h.at for h in f.heard] == [2.5, 3.5, 4.5]


def test_ticks_of_more_than_five_minutes_ago_are_let_go() -> None:
    f = feed()
    f.opened(0)
    for number in range(0, 1000, 100):
        f.received(message(number), number)

    assert seconds(f) == [600, 700, 800, 900]
    f.received(message(5000), 5000)
    assert seconds(f) == [5000]


def test_binary_frames_are_read_too() -> None:
    f = feed()

    assert f.received(message(1).encode(), 1)


@pytest.mark.parametrize(
    "frame",
    ["", "hello", "[]", b"\xff\x00", '{"ndf": 1}', message(1, "SPY"), "[" * 100_000],
)
def test_a_bad_or_foreign_frame_is_dropped_and_counted(frame: str | bytes) -> None:
    f = feed()
    f.opened(0)

    assert not f.received(frame, 1)
    assert f.state(1).bad_frames == 1
    assert f.state(1).phase == "open"
    assert f.received(message(1), 2)


def test_what_was_heard_before_a_reconnect_is_not_heard_twice() -> None:
    f = feed()
    f.opened(0)
    for number in (1, 2, 3):
        f.received(message(number), number)
    f.lost(4)
    f.opened(5)

    assert not f.received(message(3), 6)
    assert not f.received(message(2), 6)
    assert f.received(message(3, ndf=2.0), 6)
    assert f.received(message(0), 6)
    assert seconds(f) == [1, 2, 3, 3, 0]


def test_a_message_of_long_ago_is_not_taken_for_the_latest_word() -> None:
    f = feed()
    f.opened(0)
    f.received(message(100), 0)

    assert not f.received(message(39), 1)
    assert f.received(message(40), 2)
    assert f.state(2).bad_frames == 1
    assert seconds(f) == [100, 40]


def test_one_message_of_the_far_future_does_not_silence_all_that_follow() -> None:
    f = feed()
    f.opened(0)
    f.received(message(100_000), 0)
    taken = [f.received(message(number), number) for number in range(8)]

    assert taken == [False] * 5 + [True] * 3


def test_a_long_rerun_after_a_reconnect_is_no_mistake_of_the_upstreams() -> None:
    f = feed()
    f.opened(0)
    for number in range(200):
        f.received(message(number), number)
    f.lost(200)
    f.opened(201)
    added = [f.received(message(number), 201) for number in range(202)]

    assert added == [False] * 200 + [True] * 2
    assert f.state(201).bad_frames == 0


def test_the_same_message_twice_on_one_connection_is_two_deliveries() -> None:
    f = feed()
    f.opened(0)

    assert f.received(message(1), 1)
    assert f.received(message(1), 2)
    assert seconds(f) == [1, 1]


def test_a_cut_lasts_until_data_came_for_ten_seconds() -> None:
    f = feed()
    f.opened(0)
    f.received(message(1), 1)
    assert f.lost(20) == 1
    assert (f.state(20.5).phase, f.state(20.5).next_try_s) == ("cut", 0.5)
    assert isinstance(f.state(20.5).problem, Unreachable)
    f.opened(21)
    assert (f.state(22).phase, f.state(22).next_try_s) == ("cut", None)
    assert f.settles_in(22) == 59
    f.received(message(22), 22)

    assert f.settles_in(30) == 2
    assert f.state(31.9).phase == "cut"
    assert (f.state(32).phase, f.state(32).since) == ("open", 32)
    assert f.state(33).cuts == 1
    assert f.state(33).problem is None
    assert f.settles_in(33) is None


def test_after_hours_a_minute_in_silence_is_proof_enough() -> None:
    f = feed()
    f.opened(0)
    f.lost(5)
    f.opened(6)

    assert f.state(65.9).phase == "cut"
    assert f.state(66).phase == "open"


def test_a_server_that_cuts_after_every_third_tick_reads_as_cut() -> None:
    f = feed()
    now = 0.0
    delays = []
    for turn in range(7):
        f.opened(now)
        for number in range(3):
            now += 1
            f.received(message(turn * 3 + number), now)
        delays.append(f.lost(now))
        assert f.state(now).phase == "cut"
        now += delays[-1]

    assert delays == [1, 2, 4, 8, 16, 32, 60]
    assert seconds(f) == list(range(21))
    assert f.state(now).cuts == 7


def test_the_delay_starts_again_only_after_ten_seconds_with_data() -> None:
    f = feed()
    assert [f.lost(0), f.lost(1), f.lost(3)] == [1, 2, 4]
    f.opened(7)
    f.received(message(1), 8)
    assert f.lost(17.9) == 8
    f.opened(30)
    f.received(message(2), 31)
    assert f.lost(41) == 1


def test_a_connection_that_could_not_be_made_is_a_cut_but_not_a_loss() -> None:
    f = feed()
    f.lost(1)

    assert f.state(1).phase == "cut"
    assert f.state(1).cuts == 0


def test_the_upstreams_own_wait_is_kept() -> None:
    f = feed()

    assert f.lost(0, 120) == 120
    assert f.state(20).next_try_s == 100


@pytest.mark.parametrize("ticks", [0, 1, 30])
def test_refused_is_final_whether_or_not_it_has_spoken(ticks: int) -> None:
    f = feed()
    f.opened(1)
    for number in range(ticks):
        f.received(message(number), 1)
    f.refused(2)

    state = f.state(3)
    assert (state.phase, state.since, state.next_try_s) == ("refused", 2, None)
    assert isinstance(state.problem, Forbidden)
    assert len(f.heard) == ticks


def test_twenty_one_unreadable_messages_in_a_row_are_too_many() -> None:
    f = feed()
    f.opened(1)
    for _ in range(20):
        f.received("garbage", 2)
    assert not f.is_garbled
    f.received(message(1), 3)
    for _ in range(20):
        f.received("garbage", 4)
    assert not f.is_garbled
    f.received(message(1, ticker="SPX"), 5)

    assert f.is_garbled
    assert f.state(5).bad_frames == 41


@pytest.mark.parametrize("most", [2, 3])
def test_a_stream_that_stays_unreadable_is_given_up_and_says_why(most: int) -> None:
    f = feed()
    for turn in range(most - 1):
        f.opened(turn)
        assert f.garbled(turn, most) is not None
        assert f.state(turn).next_try_s is not None
    f.opened(9)
    assert f.garbled(9, most) is None

    state = f.state(9)
    assert (state.phase, state.next_try_s) == ("cut", None)
    assert isinstance(state.problem, UnreadableReply)


def test_ten_seconds_of_data_forgive_what_was_unreadable() -> None:
    f = feed()
    f.opened(0)
    f.garbled(1, 2)
    f.opened(2)
    f.received(message(1), 3)
    f.received(message(12), 14)

    assert f.garbled(15, 2) is not None


@pytest.mark.parametrize("speaks", [True, False])
def test_two_minutes_of_silence_open_a_connection_anew_and_then_not_again(
    *, speaks: bool
) -> None:
    f = feed()
    f.opened(50)
    if speaks:
        f.received(message(1), 50)
    assert f.silence_left(60) == 110
    assert f.silence_left(171) == -1
    assert f.reopening(171) == 1
    assert f.silence_left(171) is None
    f.opened(172)
    if speaks:
        # A server that repeats its last word has said nothing new.
        f.received(message(1), 173)
    assert f.silence_left(900) is None
    assert f.state(900).phase == "open"
    f.received(message(20), 901)

    assert f.silence_left(901) == 120
    assert f.state(901).cuts == 0
    assert len(f.state(901).gaps) == speaks


def test_what_is_said_of_messages_stays_a_handful() -> None:
    """Found in review: clocks that differ by another figure every time made thousands of notes."""
    f = feed(kept_for=inf)
    f.opened(0)
    for number in range(500):
        said = json.loads(message(number))
        iso = OPEN + timedelta(seconds=number)
        said |= {"ts": iso.timestamp() - 61 - number, "ts_iso": iso.isoformat()}
        f.received(json.dumps({**said, "fep": f"{number}"}), number)

    assert len(f.heard) == 500
    assert f.state(500).notes == (
        "ts and ts_iso differ",
        "some values of the stream are no numbers, or came as text",
    )


def test_a_refusal_may_know_its_reason() -> None:
    f = feed()
    f.refused(1, NoKey("no key", "Set one."))

    assert isinstance(f.state(1).problem, NoKey)


def test_gaps_run_from_the_last_tick_before_to_the_first_after() -> None:
    f = feed()
    f.opened(0)
    f.received(message(1), 1)
    f.lost(2)
    f.lost(4)
    f.opened(8)
    f.received(message(1), 8)
    f.received(message(9), 9)
    f.received(message(10), 10)

    assert f.state(10).gaps == (
        (OPEN + timedelta(seconds=1), OPEN + timedelta(seconds=9)),
    )


def test_a_cut_before_any_tick_leaves_no_gap() -> None:
    f = feed()
    f.opened(0)
    f.lost(1)
    f.opened(2)
    f.received(message(1), 3)

    assert f.state(3).gaps == ()


def test_it_closes_a_while_after_the_last_reader() -> None:
    f = feed()
    assert f.closes_in(0) == 60
    f.join()
    f.join()
    f.leave(100)
    assert f.closes_in(200) is None
    f.leave(300)
    assert f.closes_in(310) == 50
    f.join()
    assert f.closes_in(360) is None


def test_nothing_is_lost_or_doubled_over_two_hundred_random_cuts() -> None:
    random = Random(7)
    f = Feed(QQQ, 0.0, draw=random.random, kept_for=inf)
    now, number, cuts = 0.0, 0, 0
    for _ in range(200):
        f.opened(now)
        # Some servers say their last words again after a reconnect.
        for old in range(max(0, number - random.randint(0, 3)), number):
            assert not f.received(message(old), now)
        for _ in range(random.randint(0, 12)):
            now += random.random() * 3
            assert f.received(message(number), now)
            number += 1
        now += f.lost(now)
        cuts += 1

    state = f.state(now)
    assert seconds(f) == list(range(number))
    assert (state.cuts, state.bad_frames) == (cuts, 0)
    assert all(start < end for start, end in state.gaps)
