"""What can be waited for, and the one way to obtain it from text."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Final, Literal

from gexfocus_mcp.errors import BadArgument


Kind = Literal[
    "flip", "call_wall", "put_wall", "ndf_long", "ndf_short", "net_sign", "price"
]

MAP_LEVELS: Final[tuple[Kind, ...]] = ("flip", "call_wall", "put_wall")
"""Conditions on levels that only the strike map gives."""


@dataclass(frozen=True, slots=True)
class Condition:
    """
    One thing to wait for; only `parse_condition` makes one from text.

    Attributes:
        text: Its spelling in answers and in the next call.
        level: Of `price` only: the price that is waited for.
        above: Of `price` only: true above the level, else below it.
        reached: Of `price` only: the level itself is enough (`>=`, `<=`).
    """

    kind: Kind
    text: str
    level: float | None = None
    above: bool = True
    reached: bool = False


_NAMED: Final[tuple[Kind, ...]] = (*MAP_LEVELS, "ndf_long", "ndf_short", "net_sign")
_ALIASES: Final[dict[str, Kind]] = {
    "gamma_flip": "flip",
    "zero_gamma": "flip",
    "callwall": "call_wall",
    "putwall": "put_wall",
    "long_threshold": "ndf_long",
    "short_threshold": "ndf_short",
    "gamma_sign": "net_sign",
    "net_gamma_sign": "net_sign",
    "sign": "net_sign",
    "regime": "net_sign",
}
_DEFAULTS: Final = (*MAP_LEVELS, "ndf_long", "ndf_short")
DEFAULT_CONDITIONS: Final = tuple(
    Condition(kind, kind) for kind in _NAMED if kind in _DEFAULTS
)
"""What is waited for where nothing is named."""

_NUMBER: Final = r"\$?(?P<level>\d[\d,]*(?:\.\d*)?|\.\d+)"
_SPOKEN: Final = {"above": ">", "over": ">", "below": "<", "under": "<"}
_PRICE: Final = re.compile(rf"(?:price|spot|last)(?P<sign>[<>]=?){_NUMBER}", re.ASCII)
_TURNED: Final = re.compile(rf"{_NUMBER}(?P<sign>[<>]=?)(?:price|spot|last)", re.ASCII)
_MIRROR: Final = str.maketrans("<>", "><")
_THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_HIGHEST: Final = 1e7
_FIX: Final = f"Use {', '.join(_NAMED)}, or a price such as price>755.20 or price<750."


def parse_condition(text: str) -> Condition:
    """
    Read `flip`, `Call Wall` or `spot >= 755.2`.

    Raises:
        BadArgument: Naming the nearest condition, where one is near.
    """
    words = text.strip().lower()
    name = re.sub(r"[\s_-]+", "_", words)
    name = _ALIASES.get(name, name)
    for kind in _NAMED:
        if name == kind:
            return Condition(kind, kind)
    found = _find_price(words)
    if found is not None:
        return found
    near = get_close_matches(name, _NAMED, n=1, cutoff=0.6) if name.isascii() else []
    raise BadArgument(
        "one of the conditions cannot be read",
        (f"Nearest: {near[0]}. " if near else "") + _FIX,
    )


def _find_price(words: str) -> Condition | None:
    for word, sign in _SPOKEN.items():
        words = re.sub(rf"\s+{word}\s+", sign, words)
    bare = re.sub(r"\s+", "", words).replace("≥", ">=").replace("≤", "<=")
    match, sign = _PRICE.fullmatch(bare), ""
    if match is not None:
        sign = match["sign"]
    elif (match := _TURNED.fullmatch(bare)) is not None:
        sign = match["sign"].translate(_MIRROR)
    else:
        return None
    digits = match["level"]
    if "," in digits and not _THOUSANDS.fullmatch(digits):
        return None
    digits = digits.replace(",", "")
    level = float(digits)
    if not (isfinite(level) and 0 < level <= _HIGHEST):
        return None
    return Condition(
        "price",
        f"price{sign}{digits}",
        level,
        above=sign[0] == ">",
        reached=sign.endswith("="),
    )


def price_condition(level: float, *, above: bool) -> Condition:
    """The condition that price is beyond *level*, to the cent."""
    digits = f"{level:.2f}".rstrip("0").rstrip(".")
    return Condition(
        "price", f"price{'>' if above else '<'}{digits}", float(digits), above=above
    )
