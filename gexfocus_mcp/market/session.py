"""Where the exchange's day stands at an instant; the instant is an argument, never the machine's clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from gexfocus_mcp.market.calendar import (
    NEW_YORK,
    is_half_day,
    is_holiday,
    is_session,
    previous_session,
    session_close,
    session_open,
)
from gexfocus_mcp.market.ticker import Ticker


Phase = Literal["pre", "open", "early_close", "post", "closed", "holiday"]
"""`early_close` is open on a half day; `closed` is a night or a weekend."""

_PRE_FROM: Final = time(4)
_POST_UNTIL: Final = time(20)
_CASH_INDICES: Final = ("SPX", "NDX")
_TRADE_LATE: Final = (*_CASH_INDICES, "SPY", "QQQ")
_LATER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class MarketClock:
    """
    The exchange's day at one instant.

    Attributes:
        now: New York time.
        latest_session: The newest session that has begun.
    """

    now: datetime
    phase: Phase
    latest_session: date

    @property
    def is_open(self) -> bool:
        return self.phase in {"open", "early_close"}


def market_clock(now: datetime) -> MarketClock:
    """Read the session clock at *now* (aware)."""
    local = now.astimezone(NEW_YORK)
    return MarketClock(local, _phase(local), latest_session(local))


def _phase(local: datetime) -> Phase:
    day = local.date()
    if is_holiday(day):
        return "holiday"
    if not is_session(day):
        return "closed"
    if session_open(day) <= local < session_close(day):
        return "early_close" if is_half_day(day) else "open"
    if local < session_open(day):
        return "pre" if local.time() >= _PRE_FROM else "closed"
    return "post" if local.time() < _POST_UNTIL else "closed"


def latest_session(now: datetime) -> date:
    """The newest session that has begun at *now*: a snapshot taken then belongs to it."""
    local = now.astimezone(NEW_YORK)
    day = local.date()
    begun = is_session(day) and local >= session_open(day)
    return day if begun else previous_session(day)


def hours_to_close(now: datetime) -> float:
    """Hours until today's close; 0 outside the session."""
    clock = market_clock(now)
    if not clock.is_open:
        return 0.0
    return (session_close(clock.now.date()) - clock.now) / timedelta(hours=1)


def late_close(ticker: Ticker, now: datetime) -> datetime | None:
    """
    When the options of *ticker* stop trading, while they outlast the exchange's session at *now*; else None.

    Options on the indices and on the two broad ETFs trade a quarter of an hour longer (Cboe's regular hours).
    """
    day = now.astimezone(NEW_YORK).date()
    if ticker not in _TRADE_LATE or not is_session(day):
        return None
    close = session_close(day)
    return close + _LATER if close <= now < close + _LATER else None


def expires_today(expiration: date, now: datetime) -> bool:
    """Whether contracts of *expiration* are on their last day and have not ended yet (0DTE)."""
    local = now.astimezone(NEW_YORK)
    return (
        expiration == local.date()
        and is_session(expiration)
        and local < session_close(expiration)
    )


def has_ended(expiration: date, now: datetime) -> bool:
    """Whether contracts of *expiration* are gone at *now*."""
    local = now.astimezone(NEW_YORK)
    if expiration != local.date():
        return expiration < local.date()
    return not is_session(expiration) or local >= session_close(expiration)


def settles_at_open(ticker: Ticker, expiration: date) -> bool:
    """Whether part of the day's contracts (SPX and NDX monthlies, third Friday) settles at its open."""
    return ticker in _CASH_INDICES and expiration == _monthly(expiration)


def _monthly(day: date) -> date:
    """The monthly expiration of *day*'s month: its third Friday, or the session before where that is a holiday."""
    first = day.replace(day=1)
    friday = first + timedelta(days=(4 - first.weekday()) % 7 + 14)
    return friday if is_session(friday) else previous_session(friday)
