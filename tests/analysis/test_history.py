"""The path that is shown, and where a stored map's read turns over."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.history import read_turns, thin_maps
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


OPEN = datetime(2026, 6, 12, 9, 30, tzinfo=NEW_YORK)


def stored(row: int, net: float | None, bars: tuple[Bar, ...] = ()) -> StrikeMap:
    at = OPEN + timedelta(minutes=row)
    day = date(2026, 6, 12)
    return StrikeMap(parse_ticker("SPY"), "gex", at, day, 100.0, net, 100.0, bars)


@given(
    st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=1, max_size=400),
    st.integers(10, 300),
    st.data(),
)
def test_a_thinned_path_keeps_its_ends_its_extremes_and_what_has_to_be_shown(
    nets: list[int | None], points: int, data: st.DataObject
) -> None:
    maps = [stored(row, net) for row, net in enumerate(nets)]
    must = data.draw(st.lists(st.sampled_from([m.as_of for m in maps]), max_size=4))

    shown = thin_maps(maps, points, must)

    assert len(shown) == min(points, len(maps))
    assert [m.as_of for m in shown] == sorted({m.as_of for m in shown})
    assert shown[0] is maps[0]
    assert shown[-1] is maps[-1]
    assert set(must) <= {m.as_of for m in shown}
    known = [net for net in nets if net is not None]
    if known:
        kept = {m.stored_net for m in shown}
        assert {min(known), max(known)} <= kept


def test_a_stored_map_turns_over_at_its_flip() -> None:
    bars = (Bar(95, 1.0, -6.0), Bar(100, 4.0, -2.0), Bar(105, 9.0, -1.0))

    turns = read_turns(stored(0, None, bars))

    assert turns[0].below
    assert turns[0].then == "short gamma"
    assert 85 < turns[0].level < 100
