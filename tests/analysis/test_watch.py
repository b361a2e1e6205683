"""The machine fires at the first tick at which its condition is true, and at no other."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.condition import parse_condition
from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.analysis.watch import Fired, Watch
from gexfocus_mcp.market.flow import Tick
from tests.analysis.conftest import FRIDAY


Ticks = Callable[..., Tick]

LEVELS = {"flip": 100.0, "call_wall": 102.0, "put_wall": 98.0}
NAMES = (
    "flip",
    "call_wall",
    "put_wall",
    "ndf_long",
    "ndf_short",
    "net_sign",
    "price>101",
    "price<99",
    "price>=102",
    "price<=98",
)


def marks(
    spot: float | None = 100.0, net: float | None = 5.0, **levels: float
) -> Marks:
    return Marks(FRIDAY, spot, net, levels, {})  # type: ignore[arg-type]  # names of conditions


def at(number: int, **fields: float | None) -> Tick:
    return Tick(ts=FRIDAY + timedelta(seconds=number), **fields)


def watching(*names: str, known: Marks | None = None) -> Watch:
    levels = known or marks(**LEVELS)
    return Watch([parse_condition(n) for n in names], levels)


def first(watch: Watch, ticks: Sequence[Tick]) -> tuple[int, tuple[Fired, ...]] | None:
    for number, tick in enumerate(ticks):
        if fired := watch.look(tick):
            return number, fired
    return None


@pytest.mark.parametrize(
    ("spot", "prices", "expected"),
    [
        (101.0, [100.5, 100.2, 99.9, 99.0], 2),
        (99.0, [99.5, 100.4], 1),
        (101.0, [100.5, 100.0], 1),
        (101.0, [100.5, None, 99.0], 2),
        (101.0, [100.5, 100.9], None),
        (99.0, [101.0, 101.0], 0),
        (None, [101.0, 101.5, 99.5], 2),
        (100.0, [101.0, 100.5, 99.5], 2),
    ],
)
def test_a_level_fires_when_price_leaves_the_side_it_was_on(
    spot: float | None, prices: list[float | None], expected: int | None
) -> None:
    watch = watching("flip", known=marks(spot, flip=100.0))
    found = first(watch, [at(i + 1, price=p) for i, p in enumerate(prices)])

    assert (found and found[0]) == expected


def test_price_on_the_other_side_than_the_map_s_is_there_already() -> None:
    watch = watching("flip", known=marks(101.0, flip=100.0))
    (fired,) = watch.begin([at(5, price=99.0)])

    assert (fired.already, fired.level, fired.tick.price) == (True, 100.0, 99.0)


def test_a_message_from_before_the_map_is_not_held_against_it() -> None:
    """On connecting, a stream says its last word, which may be older than the map."""
    watch = watching("flip", known=marks(101.0, flip=100.0))

    assert watch.begin([at(-60, price=99.0)]) == ()
    assert watch.look(at(1, price=101.5)) == ()
    assert watch.look(at(2, price=99.9)) != ()


def test_a_stream_whose_clock_is_behind_still_crosses() -> None:
    watch = watching("flip", known=marks(101.0, flip=100.0))
    late = [at(-3600 + i, price=p) for i, p in enumerate((99.0, 99.5, 100.5))]

    found = first(watch, late)
    assert found is not None
    assert found[0] == 2


def test_a_passed_threshold_fires_at_once_only_where_it_was_passed() -> None:
    known = {"threshold_long": 100.0, "threshold_short": -50.0}
    watch = watching("ndf_long", "ndf_short")
    (fired,) = watch.begin([at(0, ndf=120.0, **known)])
    assert (fired.condition.kind, fired.already, fired.level) == (
        "ndf_long",
        True,
        100.0,
    )

    watch = watching("ndf_long", "ndf_short")
    assert watch.begin([at(0, ndf=-49.0, **known)]) == ()
    assert watch.look(at(1, ndf=-60.0, threshold_long=100.0)) == ()
    (fired,) = watch.look(at(2, ndf=-50.0, **known))
    assert (fired.condition.kind, fired.already, fired.level) == (
        "ndf_short",
        False,
        -50.0,
    )


def test_the_sign_is_the_stream_s_at_the_start_else_the_map_s() -> None:
    own = watching("net_sign", known=marks(net=5.0))
    assert own.begin([at(0, gex_total=-3.0), at(1, gex_total=None)]) == ()
    assert own.look(at(2, gex_total=-1.0)) == ()
    assert own.look(at(3, gex_total=0.0)) == ()
    assert not own.look(at(4, gex_total=2.0))[0].already

    cold = watching("net_sign", known=marks(net=5.0))
    assert cold.begin([]) == ()
    assert cold.look(at(1, gex_total=-1.0))[0].already

    alone = watching("net_sign", known=Marks.unread("no map"))
    assert alone.look(at(1, gex_total=-1.0)) == ()
    assert alone.look(at(2, gex_total=1.0)) != ()


def test_everything_true_at_one_tick_is_fired_together() -> None:
    watch = watching("flip", "price<99", "put_wall", "net_sign")
    watch.begin([at(1, price=101.0, gex_total=4.0)])
    fired = watch.look(at(2, price=98.5, gex_total=-1.0))

    assert [f.condition.text for f in fired] == ["flip", "price<99", "net_sign"]
    assert not any(f.already for f in fired)


def test_a_condition_without_a_level_is_not_watched() -> None:
    watch = watching("flip", "call_wall", "price>1", known=marks(call_wall=102.0))

    assert [c.text for c in watch.watched] == ["call_wall", "price>1"]


def sign(value: float) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0


def tells(name: str, tick: Tick) -> bool:
    """Whether a message says anything about a condition, from the definition alone."""
    if name.startswith("ndf"):
        if tick.ndf is None:
            return False
        limit = tick.threshold_long if tick.ndf >= 0 else tick.threshold_short
        return bool(limit) and (limit or 0) * (1 if tick.ndf >= 0 else -1) > 0
    return bool(tick.gex_total) if name == "net_sign" else tick.price is not None


def beyond(name: str, tick: Tick) -> bool:
    """Price and NDF conditions, which need no memory."""
    ndf, price = tick.ndf or 0.0, tick.price or 0.0
    return {
        "ndf_long": 0 < (tick.threshold_long or 0) <= ndf,
        "ndf_short": ndf <= (tick.threshold_short or 0) < 0,
        "price>101": price > 101,
        "price<99": price < 99,
        "price>=102": price >= 102,
        "price<=98": price <= 98,
    }[name]


def left(level: float, spot: float | None, prices: list[float]) -> bool:
    """Whether the last of *prices* is off the side that the map's spot, else the first price beside the level, was on."""
    sides = [sign(p - level) for p in ([] if spot is None else [spot]) + prices]
    home = next((side for side in sides if side), 0)
    return sides[-1] in {0, -home}


def brute_force(
    name: str, known: Marks, before: Sequence[Tick], ticks: Sequence[Tick]
) -> bool | int | None:
    """True: already at the start; a number: at that message; None: never."""
    newest = [t for t in before if tells(name, t)][-1:]
    told = newest + [t for t in ticks if tells(name, t)]
    for index, tick in enumerate(told):
        if name == "net_sign":
            start = newest[0].gex_total if newest else known.net or told[0].gex_total
            holds = sign(tick.gex_total or 0) != sign(start or 0)
        elif level := LEVELS.get(name):
            seen = [t.price or 0.0 for t in told[: index + 1]]
            holds = left(level, known.spot, seen)
        else:
            holds = beyond(name, tick)
        if holds:
            at_start = index < len(newest)
            return at_start or next(i for i, t in enumerate(ticks) if t is tick)
    return None


prices = st.none() | st.sampled_from(
    [97.0, 98.0, 98.5, 99.0, 99.5, 100.0, 100.5, 101.0, 101.5, 102.0, 103.0]
)
messages = st.builds(
    lambda **fields: fields,
    price=prices,
    ndf=st.none() | st.sampled_from([-60.0, -50.0, -10.0, 0.0, 10.0, 100.0, 150.0]),
    threshold_long=st.none() | st.sampled_from([0.0, 100.0, 120.0]),
    threshold_short=st.none() | st.sampled_from([-50.0, -55.0, 20.0]),
    gex_total=st.none() | st.sampled_from([-2.0, 0.0, 3.0]),
)


@given(
    name=st.sampled_from(NAMES),
    spot=st.sampled_from([None, 97.0, 99.0, 100.0, 100.5, 103.0]),
    net=st.sampled_from([None, -1.0, 0.0, 4.0]),
    before=st.lists(messages, max_size=4),
    after=st.lists(messages, max_size=12),
)
def test_it_fires_exactly_where_the_definition_says(
    name: str,
    spot: float | None,
    net: float | None,
    before: list[dict[str, float | None]],
    after: list[dict[str, float | None]],
) -> None:
    known = marks(spot, net, **LEVELS)
    earlier = [at(i + 1, **fields) for i, fields in enumerate(before)]
    ticks = [at(100 + i, **fields) for i, fields in enumerate(after)]
    watch = watching(name, known=known)

    expected = brute_force(name, known, earlier, ticks)
    begun = watch.begin(earlier)
    assert bool(begun) is (expected is True)
    assert all(f.already for f in begun)
    if begun:
        return
    found = first(watch, ticks)
    assert (found and found[0]) == expected
