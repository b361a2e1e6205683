"""Waits that end early when the server closes: whoever waits then gets what there is, instead of nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Waits:
    """Every wait for the stream that is under way."""

    def __init__(self) -> None:
        self._open = set[anyio.CancelScope]()
        self.ended = False

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Leave the block after *seconds*, or at once when the waits are ended."""
        with anyio.move_on_after(0 if self.ended else seconds) as scope:
            self._open.add(scope)
            try:
                yield
            finally:
                self._open.discard(scope)

    def end(self) -> None:
        """End all that are under way, and every later one at its first pause."""
        self.ended = True
        for scope in tuple(self._open):
            scope.cancel()

    @property
    def note(self) -> tuple[str, ...]:
        """What an answer that was cut short must say."""
        return ("the server is closing: not waited to the end",) if self.ended else ()
