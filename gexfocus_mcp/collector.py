"""
The garbage collector, kept away while something is made that holds no cycles and is not garbage.

Python starts it by counting what is made, so a reply of a quarter of a million numbers, or the imports of an SDK, would
set it off again and again to find nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Without it; for the whole process, so only around what takes a fraction of a second."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Whoever found it on turns it on: of several at once, the first that came.
        if was_on:
            gc.enable()


@contextmanager
def importing() -> Iterator[None]:
    """
    The same around imports, which it then leaves alone for good.

    What they make lives as long as the process, and took a fifth of the time of an answer to be looked through.
    """
    with paused():
        yield
        gc.freeze()
