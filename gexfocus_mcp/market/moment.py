"""The session that a caller means by a word or a date."""

from datetime import date, datetime

from gexfocus_mcp.errors import BadDate, NoData
from gexfocus_mcp.market.calendar import NEW_YORK, is_session, previous_session


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
