"""What several maps amount to together, reckoned from the upstream's own JSON."""

from collections.abc import Mapping
from typing import Any

from tests.questions.reckoning import (
    bars,
    distance,
    flip,
    gross,
    net,
    regime,
    tilt,
    total_of,
)


Doc = dict[str, Any]
Names = Mapping[str, Doc]


def sum_net(names: Names) -> float:
    return sum(net(gamma) for gamma in names.values())


def joint_tilt(names: Names) -> float:
    """All bars over all gross: the largest names weigh most."""
    held = [total_of(bar) for gamma in names.values() for bar in bars(gamma)]
    return sum(held) / sum(gross(gamma) for gamma in names.values())


def mean_tilt(names: Names) -> float:
    return sum(tilt(gamma) for gamma in names.values()) / len(names)


def book_net(names: Names, weights: Mapping[str, float]) -> float:
    total = sum(weights[name] for name in names)
    return sum(weights[name] / total * net(names[name]) for name in names)


def book_tilt(names: Names, weights: Mapping[str, float]) -> float:
    total = sum(weights[name] for name in names)
    return sum(weights[name] / total * tilt(names[name]) for name in names)


def contribution(names: Names, weights: Mapping[str, float], name: str) -> float:
    """|weight x net| in percent of all of them."""
    parts = {each: abs(weights[each] * net(names[each])) for each in names}
    return 100 * parts[name] / sum(parts.values())


def count(names: Names, side: str) -> int:
    return sum(regime(gamma) == side for gamma in names.values())


def below_zero(names: Names) -> float:
    return sum(net(gamma) < 0 for gamma in names.values()) / len(names)


def nearest_to_flip(names: Names) -> str:
    return min(
        names, key=lambda name: abs(distance(flip(names[name]), names[name]["spot"]))
    )


def spread(names: Names) -> float:
    """Seconds between the oldest and the newest map."""
    taken = [gamma["ts"] for gamma in names.values()]
    return float(max(taken) - min(taken))
