"""How a wait ended: what fired, what is ahead, and the call that goes on."""

from collections.abc import Callable
from datetime import timedelta

from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.watched import WatchReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.watch import watch_answer
from tests.render.conftest import AS_OF


Watches = Callable[..., WatchReading]
Ticks = Callable[..., Tick]


def seconds_ago(tick: Ticks, seconds: float, **fields: float | None) -> Tick:
    """A tick that is younger than the map, which is 22 seconds old."""
    return tick(AS_OF + timedelta(seconds=22 - seconds), **fields)


def test_what_fired_is_told_with_its_level_price_and_time(
    watch_reading: Watches, tick: Ticks
) -> None:
    ticks = [
        seconds_ago(tick, 9, price=101.0),
        seconds_ago(tick, 3, price=94.5),
    ]
    answer = watch_answer(
        watch_reading(ticks, "put_wall", "price<95", "price>120", waited_s=6.02)
    )

    assert answer.json["fired"] == [
        {
            "condition": "put_wall",
            "level": 95,
            "price": 94.5,
            "at": "2026-07-10T11:30:19-04:00",
            "already": False,
        },
        {
            "condition": "price<95",
            "level": 95,
            "price": 94.5,
            "at": "2026-07-10T11:30:19-04:00",
            "already": False,
        },
    ]
    assert answer.json["waited_s"] == 6
    first, second, third, *_ = answer.text.splitlines()
    assert first.startswith(
        "SPY 94.5: FIRED put_wall, price<95 after 6.0 s, 2 ticks. Stream live"
    )
    assert second == "fired put_wall: price 94.5 below 95 at 11:30:19"
    assert third == "fired price<95: price 94.5 at 11:30:19"
    assert answer.json["resume"].endswith(
        'conditions=["price>95","price>120"] seconds=45'
    )


def test_a_sign_that_turned_is_told_with_its_value(
    watch_reading: Watches, tick: Ticks
) -> None:
    ticks = [
        seconds_ago(tick, 9, price=101.0, gex_total=2e9),
        seconds_ago(tick, 3, price=None, gex_total=-1.5e9),
    ]
    answer = watch_answer(watch_reading(ticks, "net_sign", "price<90"))

    assert answer.json["fired"] == [
        {
            "condition": "net_sign",
            "gex_total": -1500000000,
            "at": "2026-07-10T11:30:19-04:00",
            "already": False,
        }
    ]
    assert (
        "fired net_sign: stream's net gamma negative (-1.5B), price n/a at 11:30:19"
        in answer.text
    )
    assert answer.json["resume"].endswith(
        'conditions=["net_sign","price<90"] seconds=45'
    )


def test_nothing_fired_is_an_answer_that_says_how_to_go_on(
    watch_reading: Watches, tick: Ticks
) -> None:
    answer = watch_answer(
        watch_reading(
            [seconds_ago(tick, 3, price=102.0, gamma_flip=97.3)], "flip", "price>110.50"
        )
    )

    assert answer.json["fired"] == []
    assert answer.json["waited_s"] == 44.8
    assert (
        answer.json["resume"]
        == 'watch_levels ticker=SPY conditions=["flip","price>110.50"] seconds=45'
    )
    flip, above = answer.json["watched"]
    assert flip["stream_level"] == 97.3
    assert above == {"condition": "price>110.50", "level": 110.5, "distance_pct": 8.33}
    for words in (
        "nothing fired in 44.8 s, 1 tick",
        "stream's own 97.3",
        "price>110.50 (+8 %)",
        answer.json["resume"],
    ):
        assert words in answer.text
    assert "no use waiting" not in answer.text


def test_a_wait_that_ended_early_without_firing_says_so(
    watch_reading: Watches,
) -> None:
    answer = watch_answer(watch_reading([], verdict="market_closed", waited_s=2.1))

    assert "nothing fired in 2.1 s, 0 ticks, no use waiting longer" in answer.text
    assert "Stream market closed" in answer.text
    assert "latest" not in answer.json


def test_a_level_that_is_unavailable_is_said_beside_the_stream_s(
    watch_reading: Watches, tick: Ticks
) -> None:
    marks = Marks.unread("GEXfocus answered 503")
    answer = watch_answer(
        watch_reading(
            [seconds_ago(tick, 3, gamma_flip=97.3)], "flip", "price>110", marks=marks
        )
    )

    assert answer.json["watched"][0] == {
        "condition": "flip",
        "stream_level": 97.3,
        "unavailable": "GEXfocus answered 503",
    }
    assert "flip unavailable (GEXfocus answered 503), stream's own 97.3" in answer.text
    assert "levels_from" not in answer.json


def test_levels_of_a_stale_map_are_called_so(
    watch_reading: Watches, provenance: Callable[..., Provenance], tick: Ticks
) -> None:
    old = provenance(AS_OF - timedelta(minutes=25))
    answer = watch_answer(
        watch_reading([seconds_ago(tick, 3)], "call_wall", levels=old)
    )

    assert answer.json["levels_from"]["freshness"] == "stale"
    assert "levels   STALE Map 11:05:00" in answer.text
    assert any(n.startswith("levels: the market is open") for n in answer.json["notes"])


def test_a_cut_is_said_to_be_blind(watch_reading: Watches) -> None:
    answer = watch_answer(watch_reading([], verdict="cut"))

    assert "is not seen" in answer.json["notes"][0]
    assert answer.json["notes"][0] in answer.text


def test_ndf_is_told_beside_its_threshold(watch_reading: Watches, tick: Ticks) -> None:
    answer = watch_answer(
        watch_reading([seconds_ago(tick, 3, ndf=140e6)], "ndf_long", "ndf_short")
    )

    (fired,) = answer.json["fired"]
    assert fired == {
        "condition": "ndf_long",
        "level": 100000000,
        "price": 100.2,
        "ndf": 140000000,
        "at": "2026-07-10T11:30:19-04:00",
        "already": True,
    }
    assert "NDF +140M beyond +100M, price 100.2 at 11:30:19 (already)" in answer.text
    assert "ndf_long +100M, NDF at 140 % of it" in answer.text
    assert answer.json["resume"].endswith('conditions=["ndf_short"] seconds=45')
