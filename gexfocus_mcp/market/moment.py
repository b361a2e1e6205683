"""The session or the instant that a caller means by a word, a date or a time; always Eastern."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Final, Literal

from gexfocus_mcp.errors import BadDate, NoData
from gexfocus_mcp.market.calendar import (
    NEW_YORK,
    is_session,
    previous_session,
    session_open,
)
from gexfocus_mcp.market.session import latest_session


_READABLE: Final = "Give now, open, yesterday, 11:30, 2026-07-10, 2026-07-10T11:30 (Eastern) or an ISO instant with an offset."


@dataclass(frozen=True, slots=True)
class Moment:
    """
    A point of the stored past, or now.

    Attributes:
        said: The words it was asked by, normalised: `now`, `open`, `yesterday`, `11:30`, a date or an instant.
        kind: `now` is the newest snapshot there is; `open` the first one at or after *instant*; `until` the last
            one at or before it; `last` the last one of the session.
        session: The session it lies in; None for `now`.
        instant: New York time; None for `now` and `last`.
        implied: No session was named: it is the latest one by the clock.
    """

    said: str
    kind: Literal["now", "open", "until", "last"]
    session: date | None = None
    instant: datetime | None = None
    implied: bool = field(default=False, compare=False)

    def in_session(self, session: date) -> "Moment":
        """The same time of day in another session."""
        instant = self.instant and datetime.combine(
            session, self.instant.astimezone(NEW_YORK).time(), NEW_YORK
        )
        return replace(self, session=session, instant=instant)


def parse_moment(text: str | None, now: datetime, *, day: date | None = None) -> Moment:
    """
    Read a moment.

    Args:
        day: The session that a bare time or `open` is of; the latest one where left out.

    Raises:
        BadDate: It cannot be read, or lies on a day ahead.
        NoData: It is of a day without a session.
    """
    word = (text or "now").strip()
    lower = word.lower()
    if lower in {"now", "latest", "last"}:
        # Of an asked session the newest snapshot is its last one.
        return Moment("now", "now") if day is None else Moment(str(day), "last", day)
    if lower == "yesterday":
        today = now.astimezone(NEW_YORK).date()
        return Moment(lower, "last", previous_session(today))
    session = latest_session(now) if day is None else day
    if lower == "open":
        opened = session_open(session)
        return Moment(lower, "open", session, opened, implied=day is None)
    at = _find_time(word)
    if at is not None:
        instant = datetime.combine(session, at, NEW_YORK)
        return Moment(f"{at:%H:%M}", "until", session, instant, implied=day is None)
    return _parse_dated(word, now)


def _parse_dated(word: str, now: datetime) -> Moment:
    """A date, or a date with a time; a time without an offset is Eastern."""
    if word.lower() == "today" or _is_date(word):
        named = parse_day(word, now)
        return Moment(str(named), "last", named)
    try:
        instant = datetime.fromisoformat(word)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=NEW_YORK)
        instant = instant.astimezone(NEW_YORK)
    except (ValueError, OverflowError):
        raise BadDate("the moment cannot be read", _READABLE) from None
    named = parse_day(instant.date().isoformat(), now)
    return Moment(f"{instant:%Y-%m-%d %H:%M}", "until", named, instant)


def _is_date(word: str) -> bool:
    try:
        date.fromisoformat(word)
    except ValueError:
        return False
    return True


def _find_time(word: str) -> time | None:
    """`11:30` or `9:30`; None for anything else. An offset needs a date, so a time with one is not read."""
    hours, colon, minutes = word.partition(":")
    if not colon or "-" in word:
        return None
    try:
        found = time.fromisoformat(f"{hours.zfill(2)}:{minutes}")
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def parse_day(text: str | None, now: datetime) -> date | None:
    """
    Read `2026-07-10`, `today` or `yesterday` as a session's date; None for `latest` or nothing.

    `yesterday` is the session before today's date.

    Raises:
        BadDate: It is not a date, or lies ahead.
        NoData: It is a day without a session.
    """
    word = (text or "latest").strip().lower()
    today = now.astimezone(NEW_YORK).date()
    if word in {"latest", "last", "now"}:
        return None
    if word == "yesterday":
        return previous_session(today)
    day = today if word == "today" else _parse_iso(word)
    if day > today:
        raise BadDate(
            f"{day} is in the future: in New York it is {today:%Y-%m-%d %a}",
            "Ask for a past session or date=latest.",
        )
    if not is_session(day):
        raise NoData(
            f"{day:%Y-%m-%d} is a {day:%A} without a session",
            f"The session before it is {previous_session(day)}; list_sessions shows what is stored.",
        )
    return day


def _parse_iso(word: str) -> date:
    try:
        if "t" in word:
            return datetime.fromisoformat(word).date()
        return date.fromisoformat(word)
    except ValueError:
        raise BadDate(
            "the date cannot be read",
            "Give it as YYYY-MM-DD (an Eastern Time session), or today, yesterday or latest.",
        ) from None
