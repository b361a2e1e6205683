"""
Every failure that is expected, each with what happened and the next step.

    GexFocusError
    +-- CallerMistake
    |   +-- UnknownTool, UnknownTicker, UnknownGreek, UnknownArgument, MissingArgument
    |   +-- BadArgument, OutOfRange, BadDate
    +-- Closing
    +-- Unconfigured
    |   +-- NoKey, BadSettings
    +-- SourceFailure
        +-- Unauthorized, Forbidden, RequestRejected, NoData
        +-- Throttled
        |   +-- RateLimited, TooManyAddresses, KeyCooldown
        +-- Unavailable
        |   +-- UpstreamDown, Unreachable, TimedOut
        +-- UntrustedCertificate, UpstreamChanged
        +-- UnreadableReply
            +-- WrongTicker, ReplyTooLarge

The text of a failure is ours from the first word to the last: nothing the upstream
or a library said is repeated, so neither a key nor an instruction can travel in it.
"""

from typing import ClassVar


class GexFocusError(Exception):
    """
    A failure that a caller can act on.

    `str()` is what a model reads: the code in brackets, the problem, whether waiting
    helps and how long, and the next step.
    """

    code: ClassVar[str] = "internal"

    def __init__(
        self, problem: str, fix: str, *, retry_after: float | None = None
    ) -> None:
        """
        Args:
            problem: What happened, as a sentence without its full stop.
            fix: The exact next step, as a sentence.
            retry_after: Seconds after which asking again can work; None where waiting does not help.
        """
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.retry_after = retry_after

    def __str__(self) -> str:
        wait = (
            ""
            if self.retry_after is None
            else f" Retry once, after {max(1, round(self.retry_after))} s."
        )
        return f"[{self.code}] {self.problem}.{wait} {self.fix}"


class CallerMistake(GexFocusError):
    """The call itself is wrong; nothing was sent upstream."""

    code = "bad_argument"


class UnknownTicker(CallerMistake):
    code = "unknown_ticker"


class UnknownGreek(CallerMistake):
    code = "unknown_greek"


class UnknownArgument(CallerMistake):
    code = "unknown_argument"


class UnknownTool(CallerMistake):
    code = "unknown_tool"


class MissingArgument(CallerMistake):
    code = "missing_argument"


class BadArgument(CallerMistake):
    code = "bad_argument"


class OutOfRange(CallerMistake):
    code = "out_of_range"


class BadDate(CallerMistake):
    code = "bad_date"


class Closing(GexFocusError):
    """The server ends before the answer is there."""

    code = "closing"

    def __init__(self) -> None:
        super().__init__("the server is closing", "Start it again.")


class Unconfigured(GexFocusError):
    """The server cannot ask the upstream as it is set up."""

    code = "bad_settings"


class NoKey(Unconfigured):
    code = "no_key"


class BadSettings(Unconfigured):
    code = "bad_settings"


class SourceFailure(GexFocusError):
    """
    The source was asked, or could not be asked, and gave no usable answer.

    Attributes:
        status: The HTTP status that said so; None where it was something else.
    """

    code = "upstream_failed"
    status: int | None = None


class Unauthorized(SourceFailure):
    code = "unauthorized"


class Forbidden(SourceFailure):
    code = "forbidden"


class RequestRejected(SourceFailure):
    code = "bad_request"


class NoData(SourceFailure):
    code = "no_data"


class Throttled(SourceFailure):
    """A limit of the key was met; nobody may ask before `retry_after`."""

    code = "rate_limited"


class RateLimited(Throttled):
    code = "rate_limited"


class TooManyAddresses(Throttled):
    code = "too_many_ips"


class KeyCooldown(Throttled):
    code = "cooldown"


class Unavailable(SourceFailure):
    """The upstream may answer later: an older answer may be served meanwhile."""

    code = "upstream_down"


class UpstreamDown(Unavailable):
    code = "upstream_down"


class Unreachable(Unavailable):
    code = "unreachable"


class TimedOut(Unavailable):
    code = "timeout"


class UntrustedCertificate(SourceFailure):
    code = "tls"


class UpstreamChanged(SourceFailure):
    code = "upstream_changed"


class UnreadableReply(SourceFailure):
    code = "bad_data"


class WrongTicker(UnreadableReply):
    code = "wrong_ticker"


class ReplyTooLarge(UnreadableReply):
    code = "too_large"
