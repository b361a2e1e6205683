"""Freshness across clocks: elapsed seconds begin anew with the computer, and the wall's may be set."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gexfocus_mcp.traffic.file_store.answers import Answers
from gexfocus_mcp.traffic.file_store.opening import open_file
from gexfocus_mcp.traffic.store import (
    FLIGHT_S,
    KEEP_FINAL_S,
    KEEP_S,
    Flight,
    Keepsake,
    Kept,
)


INFINITE = float("inf")


class Kit:
    """Answers at a moment of both clocks."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.now = 5000.0
        self.wall = 1.8e9
        self.answers = Answers(db, "ours", lambda: self.now, lambda: self.wall)

    def keep(self, body: bytes = b"{}", fresh_for: float = 30) -> None:
        kept = Keepsake(body, fresh_for=fresh_for)
        self.answers.finish("q", "a", kept)

    def begin(self, owner: str = "b") -> Kept | Flight:
        return self.answers.begin("q", owner)

    def find(self) -> Kept | None:
        return self.answers.find("q")

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    db = open_file(tmp_path / "shared.sqlite3", 1)
    yield Kit(db)
    db.close()


def test_an_answer_is_fresh_for_its_time_and_says_its_age(kit: Kit) -> None:
    kit.keep()
    kit.pass_time(29)
    kept = kit.begin()
    assert isinstance(kept, Kept)
    assert kept.age == 29
    kit.pass_time(1)

    assert kit.begin() is Flight.OURS


def test_after_a_restart_elapsed_seconds_alone_prove_nothing(kit: Kit) -> None:
    kit.keep()
    kit.wall += 7200

    assert kit.begin() is Flight.OURS


def test_a_clock_set_back_makes_nothing_fresh_for_longer(kit: Kit) -> None:
    kit.keep()
    kit.now += 31
    kit.wall -= 3600

    assert kit.begin() is Flight.OURS


def test_what_is_final_survives_a_restart(kit: Kit) -> None:
    kit.keep(fresh_for=INFINITE)
    kit.now = 10.0
    kit.wall += 86_400

    assert isinstance(kit.begin(), Kept)


def test_an_older_answer_stands_in_for_an_hour_and_a_final_one_for_a_month(
    kit: Kit,
) -> None:
    kit.keep()
    kit.pass_time(KEEP_S)
    assert kit.find() is not None
    kit.pass_time(1)
    assert kit.find() is None
    kit.keep(fresh_for=INFINITE)
    kit.pass_time(KEEP_FINAL_S)
    assert kit.find() is not None


def test_a_flight_whose_owner_gives_no_sign_of_life_is_taken_over(kit: Kit) -> None:
    assert kit.begin("killed") is Flight.OURS
    kit.pass_time(FLIGHT_S - 0.1)
    assert kit.begin("b") is Flight.THEIRS
    kit.pass_time(0.2)

    assert kit.begin("b") is Flight.OURS


def test_a_flight_of_before_the_restart_is_not_waited_for(kit: Kit) -> None:
    kit.begin("before")
    kit.now = 3.0

    assert kit.begin("b") is Flight.OURS


def test_the_oldest_make_room_for_the_newest(kit: Kit) -> None:
    noise = random.Random(7).randbytes(9 * 1024 * 1024)
    for number in range(7):
        kit.pass_time(1)
        kept = Keepsake(noise, fresh_for=INFINITE)
        kit.answers.finish(f"q{number}", "a", kept)

    found = [kit.answers.find(f"q{n}") is not None for n in range(7)]
    assert found == [False, False, True, True, True, True, True]


def test_what_was_not_packed_here_is_no_answer_and_is_asked_for(kit: Kit) -> None:
    kit.keep(fresh_for=INFINITE)
    kit.answers.db.execute("UPDATE answer SET body = ?", (b"not packed",))

    assert kit.find() is None
    assert kit.begin("b") is Flight.OURS
    kit.answers.finish("q", "b", Keepsake(b"sound", fresh_for=30))
    kept = kit.begin("c")
    assert isinstance(kept, Kept)
    assert kept.body == b"sound"
