"""What the listener needs of a connection, so that it never knows what kind it is."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from gexfocus_mcp.errors import GexFocusError
from gexfocus_mcp.market.ticker import Ticker


class StreamRefused(Exception):
    """
    The upstream will not serve this key or ticker.

    Attributes:
        problem: Why, where more is known than that it was refused.
    """

    def __init__(self, problem: GexFocusError | None = None) -> None:
        super().__init__("the stream was refused")
        self.problem = problem


class StreamLost(Exception):
    """
    The connection is gone, or could not be made.

    Attributes:
        retry_after: Seconds the upstream wants to be left alone; None where it did not say.
        why: The code of the 429's cause, where that was it; else empty.
        garbled: It broke the protocol: a frame too large, of a wrong kind, or no text.
    """

    def __init__(
        self, retry_after: float | None = None, why: str = "", *, garbled: bool = False
    ) -> None:
        super().__init__("the stream was lost")
        self.retry_after = retry_after
        self.why = why
        self.garbled = garbled


class Connection(Protocol):
    """An open stream. Cancelling `receive` loses no message."""

    async def receive(self) -> str | bytes:
        """
        The next message.

        Raises:
            StreamRefused: It was closed for policy.
            StreamLost: It ended in any other way.
        """
        ...


Dial = Callable[[Ticker], AbstractAsyncContextManager[Connection]]
"""Opens one ticker's stream; entering it raises `StreamRefused` or `StreamLost`, leaving it closes the stream."""
