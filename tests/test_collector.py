"""The collector is back, whatever happened while it was away."""

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from gexfocus_mcp.collector import importing, paused


Away = Callable[[], AbstractContextManager[None]]


@pytest.mark.parametrize("away", [paused, importing])
def test_it_is_back_after_an_error_too(away: Away) -> None:
    inside = list[bool]()

    def fail() -> None:
        with away():
            inside.append(gc.isenabled())
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert inside == [False]
    assert gc.isenabled()


def test_it_is_back_after_two_at_once_in_either_order() -> None:
    for first_out in (0, 1):
        both = [paused(), paused()]
        for each in both:
            each.__enter__()
        both[first_out].__exit__(None, None, None)
        both[1 - first_out].__exit__(None, None, None)
        assert gc.isenabled()


def test_who_runs_without_it_is_not_given_it() -> None:
    gc.disable()
    try:
        with paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
