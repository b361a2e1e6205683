"""
The time by the upstream's own clock, and whether the upstream says that its market is simulated.

Ages decide whether an answer is called live, so a computer whose clock is off must not decide
them alone; and a simulated market behind a URL must be told apart from the real one.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final


SIMULATED_HEADER: Final = "x-gexfocus-simulated"

# Below this the two clocks agree as well as a header with whole seconds and a network can tell.
_NOTABLE: Final = timedelta(seconds=120)
_RECENT_S: Final = 60.0
_YEARS: Final = range(2000, 2100)


class UpstreamClock:
    """
    Wall time, corrected where the upstream's replies are dated more than two minutes apart from it.

    Args:
        now: This computer's clock, aware.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._offset = timedelta(0)
        self._heard = False
        self.simulated = False

    def __call__(self) -> datetime:
        return self._now() + self._offset

    def earlier(self) -> datetime:
        """The earlier of the two clocks: what is over by both is over."""
        return min(self(), self._now())

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take note of the headers of an answer, or of a handshake that was accepted."""
        self.simulated = headers.get(SIMULATED_HEADER) == "1"
        dated = find_date(headers)
        if dated is not None:
            self._heard = True
            self._set(dated)

    def to_label(self) -> str:
        """What was heard, for a process that gets a reply from this one instead of from the upstream."""
        return (
            f"{self().timestamp():.3f} {'simulated' if self.simulated else ''}".strip()
        )

    def recall(self, label: str, age: float) -> None:
        """
        Take note of what another process heard.

        Args:
            label: As `to_label` told it; anything else is ignored.
            age: Seconds since then.
        """
        said, _, kind = label.partition(" ")
        self.simulated = self.simulated or kind == "simulated"
        # What was heard here is better, and what was heard long ago may have been reckoned by a clock that was wrong.
        if self._heard or age > _RECENT_S:
            return
        try:
            dated = datetime.fromtimestamp(float(said) + age, UTC)
        except (ValueError, OverflowError, OSError):
            return
        if dated.year in _YEARS:
            self._set(dated)

    def _set(self, dated: datetime) -> None:
        offset = dated - self._now()
        self._offset = offset if abs(offset) > _NOTABLE else timedelta(0)

    @property
    def remark(self) -> str | None:
        """What a reader of ages must know; None while the clocks agree, or the market has a clock of its own."""
        if self.simulated or not self._offset:
            return None
        side = "behind" if self._offset > timedelta(0) else "ahead of"
        return f"this computer's clock is {_span(abs(self._offset))} {side} the upstream's: ages use the upstream's"


def find_date(headers: Mapping[str, str]) -> datetime | None:
    """When a reply was made by its own `Date`, aware; None where that cannot be."""
    try:
        dated = parsedate_to_datetime(headers.get("date", ""))
        dated = (
            dated.replace(tzinfo=UTC) if dated.tzinfo is None else dated.astimezone(UTC)
        )
    except (ValueError, OverflowError):
        return None
    return dated if dated.year in _YEARS else None


def _span(apart: timedelta) -> str:
    hours = apart / timedelta(hours=1)
    if hours < 2:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
