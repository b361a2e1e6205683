"""The list of stored days, counted in full."""

from collections.abc import Callable

from gexfocus_mcp.analysis.reading import (
    SessionsReading,
)
from gexfocus_mcp.render.sessions import sessions_answer


Lists = Callable[..., SessionsReading]


SESSIONS_TEXT = """\
SPY: 3 of 40 stored ndf sessions, newest first. Map 11:30:00 ET Fri 10 Jul, 22 s old, market open.
date,weekday,snapshots,from,to (ET)
2026-07-09,Thu,362,09:29:00,15:59:00
2026-07-08,Wed,n/a,n/a,n/a
2026-07-07,Tue,362,09:29:00,15:59:00"""


def test_sessions_beyond_the_budget_are_counted(sessions_reading: Lists) -> None:
    answer = sessions_answer(sessions_reading(3000))

    shown = len(answer.json["sessions"])
    assert answer.json["total"] == 3000
    assert shown < 3000
    assert answer.text.startswith(
        f"SPY: {shown} of 3000 stored ndf sessions, newest first."
    )


def test_the_session_list_in_full(sessions_reading: Lists) -> None:
    assert sessions_answer(sessions_reading(3, total=40)).text == SESSIONS_TEXT
