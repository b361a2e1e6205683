"""A reading is done once for one snapshot, and never handed out for another."""

import sys
from collections.abc import Callable
from gc import collect
from threading import Thread

import pytest

from gexfocus_mcp.analysis.kernel import read_kernel
from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.strikes import StrikeMap


class Snapshot:
    """Equal to all others, as maps of the same numbers are."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot)

    def __hash__(self) -> int:
        raise AssertionError("too dear")


@pytest.fixture
def asked() -> list[tuple[object, object]]:
    return []


@pytest.fixture
def read(asked: list[tuple[object, object]]) -> Callable[..., object]:
    @remembered()
    def reading(snapshot: object, flips: object = 0) -> object:
        asked.append((snapshot, flips))
        if flips == "fail":
            raise NoData("nothing", "Wait.")
        return object()

    return reading


def test_the_same_snapshot_is_read_once_and_an_equal_one_by_itself(
    read: Callable[..., object], asked: list[tuple[object, object]]
) -> None:
    one, other = Snapshot(), Snapshot()

    assert read(one) is read(one)
    assert read(one) is not read(other)
    assert len(asked) == 2


def test_numbers_texts_and_tuples_are_the_same_by_value(
    read: Callable[..., object], asked: list[tuple[object, object]]
) -> None:
    one = Snapshot()

    assert read(one, (1, "a" + str(1))) is read(one, (1, "a" + str(1)))
    assert read(one, flips=1.5) is read(one, flips=1.5)
    assert read(one, flips=1.5) is not read(one, flips=2.5)
    assert read(one, None) is not read(one, 0)
    assert len(asked) == 5


def test_what_failed_is_tried_again(
    read: Callable[..., object], asked: list[tuple[object, object]]
) -> None:
    one = Snapshot()
    for _ in range(2):
        with pytest.raises(NoData):
            read(one, "fail")
    assert len(asked) == 2


def test_a_snapshot_that_is_gone_lends_its_place_to_no_other() -> None:
    """CPython gives the address of what was let go to the next of its size."""

    @remembered()
    def read(_: Snapshot) -> object:
        return object()

    results = []
    for _ in range(1_000):
        results.append(read(Snapshot()))
        collect(0)

    assert len(set(map(id, results))) == 1_000


def test_threads_do_not_get_into_each_other_s_way() -> None:
    @remembered(most=4)
    def read(snapshot: Snapshot) -> object:
        return snapshot

    snapshots = [Snapshot() for _ in range(6)]
    wrong = list[object]()

    def ask() -> None:
        try:
            for _ in range(3_000):
                for each in snapshots:
                    assert read(each) is each
        except BaseException as error:  # noqa: BLE001  # told below
            wrong.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_only_the_newest_are_kept_and_use_makes_new(
    read: Callable[..., object], asked: list[tuple[object, object]]
) -> None:
    first, second = Snapshot(), Snapshot()
    kept = read(first), read(second)
    others = [Snapshot() for _ in range(63)]
    for each in others[:62]:
        read(each)
    assert read(first) is kept[0]
    read(others[62])

    assert read(first) is kept[0]
    assert read(second) is not kept[1]


def test_a_kernel_of_one_map_is_one(strike_map: Callable[..., StrikeMap]) -> None:
    gamma = strike_map([(90, 10, -20), (110, 30, -5)], spot=100.0)

    assert read_kernel(gamma, 100.0) is read_kernel(gamma, 100.0)
    assert read_kernel(gamma, 100.0) is not read_kernel(gamma, 101.0)
