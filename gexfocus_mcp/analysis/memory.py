"""
What was read from a snapshot, kept while the same snapshot is asked about.

Snapshots never change, so a reading holds as long as its subject; comparing them by value would cost more than most
readings do.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar


P = ParamSpec("P")
R = TypeVar("R")

# Eleven names with a few maps each, and some past moments beside them.
_MOST: Final = 64
_BY_VALUE: Final = (float, int, str, tuple, type(None))


def remembered(read: Callable[P, R]) -> Callable[P, R]:
    """
    A reading that is done once for the same arguments, newest 64.

    Numbers, texts and tuples are the same by value; everything else by identity, and is held as long as its reading.
    """
    kept: OrderedDict[tuple[Any, ...], tuple[Any, R]] = OrderedDict()

    @wraps(read)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        given = (*args, *kwargs.values())
        key = (
            *kwargs,
            *(each if isinstance(each, _BY_VALUE) else id(each) for each in given),
        )
        known = kept.get(key)
        if known is None:
            # The arguments are kept with it: an identity is only one while its owner lives.
            known = kept[key] = given, read(*args, **kwargs)
            while len(kept) > _MOST:
                kept.popitem(last=False)
        else:
            kept.move_to_end(key)
        return known[1]

    return recall
