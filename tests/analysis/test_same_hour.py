"""Sessions compared at one time of day."""

from datetime import date, datetime, time, timedelta

from gexfocus_mcp.analysis.same_hour import read_ranking
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


HALF_DAY = date(2025, 11, 28)
DAYS = [date(2025, 12, 2), date(2025, 12, 1), HALF_DAY]


def session(day: date, nets: dict[str, float | None]) -> list[StrikeMap]:
    return [
        StrikeMap(
            parse_ticker("SPY"),
            "gex",
            datetime.combine(day, time.fromisoformat(at), NEW_YORK),
            day,
            100.0,
            net,
            None,
            (),
        )
        for at, net in nets.items()
    ]


def test_each_session_gives_its_last_net_at_or_before_the_hour() -> None:
    stored = {
        DAYS[0]: session(DAYS[0], {"11:29:59": 5.0, "11:30:01": 50.0}),
        DAYS[1]: session(DAYS[1], {"11:00": 9.0, "11:30": 1.0, "11:31": -3.0}),
        HALF_DAY: session(HALF_DAY, {"10:00": 2.0, "11:20": None}),
    }

    ranking = read_ranking(3.0, time(11, 30), DAYS, stored)

    assert [then.net for then in ranking.earlier] == [5.0, 1.0, 2.0]
    assert ranking.rank == 2
    assert ranking.percentile == 100 * 2 / 3
    assert ranking.absent == ()
    assert ranking.notes == ("28 Nov has nothing stored between 10:00 and 11:30",)


def test_a_session_with_nothing_by_then_is_absent_not_invented() -> None:
    late = session(DAYS[1], {"12:00": 7.0})

    ranking = read_ranking(1.0, time(11, 30), DAYS, {DAYS[1]: late})

    assert ranking.absent == tuple(DAYS)
    assert ranking.percentile is None
    assert ranking.rank == 1


def test_a_half_day_compared_after_its_close_is_noted() -> None:
    stored = {
        day: session(
            day, {"12:59": 1.0, "15:00": 2.0} if day != HALF_DAY else {"12:59": 4.0}
        )
        for day in DAYS
    }

    ranking = read_ranking(3.0, time(15, 30), DAYS, stored)

    assert [then.net for then in ranking.earlier] == [2.0, 2.0, 4.0]
    assert ranking.notes == (
        "28 Nov closed at 13:00: its last snapshot stands for 15:30",
    )
    assert ranking.earlier[2].at - datetime.combine(
        HALF_DAY, time(12, 59), NEW_YORK
    ) == timedelta(0)
