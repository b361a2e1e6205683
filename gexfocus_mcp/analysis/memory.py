"""
What was read from a snapshot, kept while the same snapshot is asked about.

Snapshots never change, so a reading holds as long as its subject; comparing them by value would cost more than most
readings do.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, Final, ParamSpec, TypeVar


P = ParamSpec("P")
R = TypeVar("R")

# Eleven names with a few maps each, and some past moments beside them.
_MOST: Final = 64
_BY_VALUE: Final = (float, int, str, tuple, type(None))


def remembered(most: int = _MOST) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """
    Do a reading once for the same arguments.

    Numbers, texts and tuples are the same by value; everything else by identity, and is held as long as its reading.

    Args:
        most: How many readings are kept, those used last; fewer where their subjects are large.
    """

    def decorate(read: Callable[P, R]) -> Callable[P, R]:
        kept: OrderedDict[tuple[Any, ...], tuple[Any, R]] = OrderedDict()
        # Long histories are read in threads of their own.
        turn = Lock()

        @wraps(read)
        def recall(*args: P.args, **kwargs: P.kwargs) -> R:
            given = (*args, *kwargs.values())
            key = (
                *kwargs,
                *(each if isinstance(each, _BY_VALUE) else id(each) for each in given),
            )
            with turn:
                known = kept.get(key)
                if known is not None:
                    kept.move_to_end(key)
                    return known[1]
            result = read(*args, **kwargs)
            with turn:
                # The arguments are kept with it: an identity is only one while its owner lives.
                kept[key] = given, result
                while len(kept) > most:
                    kept.popitem(last=False)
            return result

        return recall

    return decorate
