"""
Bytes to JSON and JSON to numbers, without trusting either.

`json.loads` runs without hooks, which cost a third of its speed on large bodies; NaN, Infinity
and 1e999 are caught where a number is read instead.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from gexfocus_mcp.collector import paused
from gexfocus_mcp.errors import UnreadableReply


T = TypeVar("T")

# No exposure of any market comes near a quintillion; sums of what is below stay finite.
_LARGEST: Final = 1e18
_CENT: Final = 0.01
_LONGEST_NUMBER = 40


def unreadable(problem: str) -> UnreadableReply:
    """A reply that cannot be used, with the next step that fits them all."""
    return UnreadableReply(
        problem, "If it repeats, report it to GEXfocus.", retry_after=15
    )


def decode_object(body: bytes | str) -> dict[str, Any]:
    """
    The JSON object in *body*.

    Raises:
        UnreadableReply: Not JSON, not an object, nested too deeply, a number too long, or bad UTF-8.
    """
    try:
        payload = json.loads(body)
    # ValueError covers bad UTF-8, bad JSON and integers of thousands of digits.
    except (ValueError, RecursionError):
        payload = None
    # Raised outside the handler: the decoder's error would carry the whole body along.
    if not isinstance(payload, dict):
        raise unreadable("the reply is not a JSON object")
    return payload


def read_object(body: bytes, parse: Callable[[dict[str, Any]], T]) -> T:
    """
    What *parse* makes of the JSON object in *body*.

    Raises:
        UnreadableReply: There is none; or what *parse* raises.
    """
    with paused():
        return parse(decode_object(body))


def number(value: object) -> float | None:
    """A number of a market's size, also where it was sent as a string; anything else is unavailable, never zero."""
    if isinstance(value, float):
        return value if -_LARGEST < value < _LARGEST else None
    if isinstance(value, str):
        # Python also takes 1_000 and the digits of every alphabet.
        if len(value) > _LONGEST_NUMBER or "_" in value or not value.isascii():
            return None
    elif not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if -_LARGEST < result < _LARGEST else None


class Numbers:
    """
    Reads the numbers of one reply, and counts what did not come as one: null is unavailable and no news.
    """

    __slots__ = ("_as_text", "_unusable")

    def __init__(self) -> None:
        self._as_text = 0
        self._unusable = 0

    def read(self, value: object) -> float | None:
        result = number(value)
        if result is None:
            self._unusable += value is not None
        elif isinstance(value, str):
            self._as_text += 1
        return result

    def positive(self, value: object) -> float | None:
        """A price: a cent and more; zero and below are unavailable."""
        result = self.read(value)
        if result is None or result >= _CENT:
            return result
        self._unusable += 1
        return None

    def read_all(self, values: Iterable[object]) -> list[float | None]:
        """Each of many; those that came as they should are read without a call."""
        read = self.read
        return [
            v
            if type(v) is float and -_LARGEST < v < _LARGEST
            else float(v)
            if type(v) is int and -_LARGEST < v < _LARGEST
            else read(v)
            for v in values
        ]

    def read_prices(self, values: Iterable[object]) -> list[float | None]:
        """`positive` for each of many."""
        positive = self.positive
        return [
            v if type(v) is float and _CENT <= v < _LARGEST else positive(v)
            for v in values
        ]

    def as_text(self) -> list[str]:
        """How many were numbers, but came as text."""
        return (
            [f"{counted(self._as_text, 'number')} came as text"]
            if self._as_text
            else []
        )

    def notes(self) -> list[str]:
        """The same, and how many could not be used."""
        if not self._unusable:
            return self.as_text()
        lost = counted(self._unusable, "value")
        return [
            f"{lost} not usable as a number: unavailable, not zero",
            *self.as_text(),
        ]


def counted(count: int, noun: str) -> str:
    """`1 bar`, `3 bars`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def whole(value: object) -> int | None:
    """A count that is not negative."""
    result = number(value)
    return int(result) if result is not None and result >= 0 else None


def rows_of(payload: dict[str, Any], key: str) -> list[Any]:
    """
    The list under *key*; empty where it is null or absent.

    Raises:
        UnreadableReply: Something else is there.
    """
    rows = payload.get(key)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise unreadable(f"'{key}' in the reply is not a list")
    return rows
