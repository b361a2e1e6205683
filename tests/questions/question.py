"""
A trader's question, the one call that answers it, and the facts that both channels of the answer must state.

A fact names a place in the JSON, the words of the text around it, and the value that both must show. The value is
reckoned from raw payloads; the text's number is read back out of its words and held against the value itself.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import floor, log10
from typing import Any
from zoneinfo import ZoneInfo

from tests.questions.raw import Raw


NEW_YORK = ZoneInfo("America/New_York")
MORNING = datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK)
LATE = datetime(2026, 11, 19, 15, 30, tzinfo=NEW_YORK)
AFTER = datetime(2026, 11, 19, 17, 0, tzinfo=NEW_YORK)
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=NEW_YORK)
HALF_DAY = datetime(2026, 11, 27, 11, 0, tzinfo=NEW_YORK)

_NUMBER = r"([+-]?\d+(?:\.\d+)?[KMBT]?)"
_POWERS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_PART = re.compile(r"(?P<name>[^\[\]]+)(?:\[(?P<key>\w+)=(?P<value>[^\]]+)\])?")


@dataclass(frozen=True, slots=True)
class Fact:
    """
    Attributes:
        path: Keys from the top of the JSON, joined by dots; `rows[ticker=SPY].tilt` looks a row up, in a list of
            records or in columns.
        value: What must stand there.
        words: Pattern that the text must hold; `<n>` in it is the same number as the text prints it.
        exact, rounded: How far the JSON's and the text's number may be off.
        per: What the text's number is per one of the JSON's: 100 for a share told in percent.
    """

    path: str
    value: Any
    words: str
    exact: float = 0.0
    rounded: float = 0.0
    per: float = 1.0

    def check(self, json: dict[str, Any], text: str) -> None:
        told = find(json, self.path)
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            assert isinstance(told, int | float), f"{self.path}: {told!r}"
            assert abs(told - self.value) <= self.exact, (
                f"{self.path}: {told}, reckoned {self.value}"
            )
        elif isinstance(self.value, re.Pattern):
            assert self.value.search(told), f"{self.path}: {told!r}"
        else:
            assert told == self.value, f"{self.path}: {told!r}, not {self.value!r}"
        found = re.search(self.words.replace("<n>", _NUMBER), text)
        assert found, f"the text does not say {self.words!r}:\n{text}"
        if "<n>" in self.words:
            printed = number(found.group(1)) / self.per
            wanted = (
                self.value if re.match(r"[+-]", found.group(1)) else abs(self.value)
            )
            assert abs(printed - wanted) <= self.rounded, (
                f"the text says {printed} for {self.path}, reckoned {self.value}"
            )


@dataclass(frozen=True, slots=True)
class Question:
    """*words* asked at the instant *at*; *facts* reckons from raw payloads what the answer must state."""

    words: str
    tool: str
    arguments: dict[str, Any]
    facts: Callable[[Raw], Sequence[Fact]]
    at: datetime = field(default=MORNING)


def size(path: str, value: float, words: str, *, digits: int = 3) -> Fact:
    """An exposure: 4 significant digits in the JSON, 2 or 3 and a suffix in the text."""
    return Fact(path, value, words, exact=_half(value, 4), rounded=_half(value, digits))


def _half(value: float, digits: int) -> float:
    """Half of the last of so many significant digits, and a hair."""
    return 0.501 * 10 ** (floor(log10(abs(value))) + 1 - digits) if value else 0.0


def near(path: str, value: float, words: str, *, off: float, digits: int = 4) -> Fact:
    """A number that is reckoned by approximation and may be off by so much, in the text a rounding more."""
    return Fact(path, value, words, exact=off, rounded=off + _half(value, digits))


def level(path: str, value: float, words: str) -> Fact:
    """A strike or price, to the cent; the text keeps at least four digits."""
    return Fact(path, value, words, exact=0.006, rounded=max(0.006, 6e-4 * abs(value)))


def percent(path: str, value: float, words: str, *, off: float = 0.0) -> Fact:
    """Percent to two decimals; the text gives one, none from 8 % on."""
    coarse = 0.51 if abs(value) >= 7.9 else 0.051
    return Fact(path, value, words, exact=0.006 + off, rounded=coarse + off)


def share(path: str, value: float, words: str) -> Fact:
    """A share of one, in whole percents in the text."""
    return Fact(path, value, words, exact=6e-4, rounded=0.0051, per=100)


def ratio(path: str, value: float, words: str) -> Fact:
    """A number around one, with two decimals in the text."""
    return Fact(path, value, words, exact=6e-4, rounded=0.0051)


def count(path: str, value: int, words: str) -> Fact:
    return Fact(path, value, words)


def says(path: str, value: str | bool | list[Any], words: str) -> Fact:
    """A word or a list; the text says it in words of its own."""
    return Fact(path, value, words)


def has(path: str, part: str, words: str) -> Fact:
    """A sentence that stands in a text of the JSON, a note say."""
    return Fact(path, re.compile(re.escape(part)), words)


def trades(value: float) -> str:
    """How the text says which way dealers hedge."""
    return "buy" if value > 0 else "sell"


def side(distance: float) -> str:
    return "above" if distance > 0 else "below"


def number(printed: str) -> float:
    power = _POWERS.get(printed[-1])
    return float(printed[:-1]) * power if power else float(printed)


def find(json: Any, path: str) -> Any:
    """Walk *path*; a key that is not there fails with what is."""
    here = json
    for part in re.split(r"\.(?![^\[]*\])", path):
        match = _PART.fullmatch(part)
        assert match, path
        name, key, value = match["name"], match["key"], match["value"]
        if isinstance(here, list):
            here = here[int(name)]
            continue
        assert name in here, f"{path}: no {name!r} among {list(here)}"
        here = here[name]
        if key and isinstance(here, list):
            here = next(row for row in here if f"{row[key]}" == value)
        elif key:
            at = [f"{each}" for each in here[key]].index(value)
            here = {column: values[at] for column, values in here.items()}
    return here
