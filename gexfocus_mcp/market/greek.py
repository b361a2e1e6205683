"""The four exposures the feed maps by strike."""

from difflib import get_close_matches
from typing import Final, Literal, get_args

from gexfocus_mcp.errors import UnknownGreek


Greek = Literal["gex", "delta", "vanna", "charm"]
GREEKS: Final[tuple[Greek, ...]] = get_args(Greek)

_ALIASES: Final[dict[str, Greek]] = {
    "gamma": "gex",
    "gamma_exposure": "gex",
    "dex": "delta",
    "delta_exposure": "delta",
    "vex": "vanna",
    "vanna_exposure": "vanna",
    "chex": "charm",
    "charm_exposure": "charm",
}

UNITS: Final[dict[Greek, str]] = {
    "gex": "$ delta per +1% spot",
    "delta": "$ delta",
    "vanna": "$ delta per +1 vol point",
    "charm": "$ delta per calendar day",
}
"""What the numbers are taken to be. The feed states no unit: these are assumptions and are labelled so."""


def parse_greek(text: object, allowed: tuple[Greek, ...] = GREEKS) -> Greek:
    """
    Read `gex`, `Gamma` or `VEX` as one of *allowed*.

    Raises:
        UnknownGreek: Naming the nearest one, where one is near.
    """
    name = text.strip().lower() if isinstance(text, str) else ""
    name = _ALIASES.get(name, name)
    if name in allowed:
        return name
    if name in GREEKS:
        problem = f"'{name}' is not available here"
    else:
        shown = f"'{name[:16]}'" if name.isascii() and name.isidentifier() else "that"
        problem = f"{shown} is not a greek of this feed"
    near = get_close_matches(
        name, [*allowed, *(a for a, g in _ALIASES.items() if g in allowed)], n=1
    )
    hint = f"Nearest: {_ALIASES.get(near[0], near[0])}. " if near else ""
    raise UnknownGreek(problem, f"{hint}Available: {', '.join(allowed)}.")
