"""Every printed number: short, without exponent, and never more precise than it is."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.render.numbers import (
    Scale,
    clock_time,
    counted,
    day,
    duration,
    iso_day,
    iso_instant,
    minute,
    pct,
    plain,
    scaled,
    share,
    significant,
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (1, "+1"),
        (999, "+999"),
        (999.4, "+999"),
        (999.6, "+1K"),
        (-999.6, "-1K"),
        (1_234, "+1.23K"),
        (999_499, "+999K"),
        (999_500, "+1M"),
        (999_950_000, "+1B"),
        (994_000_000, "+994M"),
        (1_250_000_000, "+1.25B"),
        (-1_200_000_000, "-1.2B"),
        (63_169_578_241, "+63.2B"),
        (2.05e12, "+2.05T"),
        (1e20, "+100000Q"),
        (0.012, "+0.012"),
        (-0.5, "-0.5"),
    ],
)
def test_large_numbers_are_scaled_to_three_digits(value: float, said: str) -> None:
    assert scaled(value) == said


def test_a_sign_may_be_left_out() -> None:
    assert scaled(5_500_000_000, 2, sign=False) == "5.5B"
    assert scaled(-5_550_000_000, 2) == "-5.6B"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (4300.0, "4300"),
        (422.5, "422.5"),
        (0.012, "0.012"),
        (0, "0"),
        (-3.10, "-3.1"),
        (17_783.91, "17783.9"),
        (999_999.7, "1000000"),
        (1e-9, "0.000000001"),
    ],
)
def test_plain_numbers_have_neither_exponent_nor_padding(
    value: float, said: str
) -> None:
    assert plain(value) == said


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0, 0),
        (0.123456, 0.1235),
        (1234.56, 1235),
        (999.96, 1000),
        (-12345678, -12350000),
        (1e300, 10**300),
    ],
)
def test_significant_keeps_four_digits(value: float, kept: float) -> None:
    assert significant(value) == pytest.approx(kept, rel=1e-12)


def test_from_a_thousand_up_significant_numbers_are_whole() -> None:
    assert isinstance(significant(1234.56), int)
    assert isinstance(significant(12.34), float)


@settings(deadline=None)
@given(st.floats(-1e17, 1e17).filter(lambda v: v == 0 or abs(v) > 1e-9))
def test_what_is_printed_is_within_half_a_percent(value: float) -> None:
    sizes = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "Q": 1e15}
    said = scaled(value)
    number = float(said.rstrip("KMBTQ")) * sizes.get(said[-1], 1)

    assert "e" not in said
    assert number == pytest.approx(value, rel=0.00501)
    assert float(plain(value)) == pytest.approx(value, rel=1e-5)
    assert significant(value) == pytest.approx(value, rel=0.00051)
    assert significant(significant(value)) == significant(value)


@pytest.mark.parametrize(
    ("values", "suffix", "said"),
    [
        ([1_545_000_000.0, -335_000_000.0, 4e5, 0.0], "M", ["1540", "-335", "0", "0"]),
        ([999.0, 12.0], "", ["999", "12"]),
        ([99_999.0], "", ["100000"]),
        ([100_000.0, 499.0, 501.0], "K", ["100", "0", "1"]),
        ([12.345, -0.5], "", ["12.3", "-0.5"]),
        ([-400_000.0, -4.0], "K", ["-400", "0"]),
        ([0.0], "", ["0"]),
    ],
)
def test_a_column_has_one_scale(
    values: list[float], suffix: str, said: list[str]
) -> None:
    scale = Scale(values)

    assert scale.suffix == suffix
    assert [scale(v) for v in values] == said


def test_a_missing_cell_is_not_zero() -> None:
    assert Scale([5.0])(None) == "n/a"
    assert Scale([])(None) == "n/a"


@settings(deadline=None)
@given(st.lists(st.floats(-1e16, 1e16), min_size=1))
def test_a_columns_largest_number_has_at_most_five_digits(values: list[float]) -> None:
    scale = Scale(values)
    said = [scale(v) for v in values]

    assert "-0" not in said
    assert all("e" not in s for s in said)
    top = max(abs(v) for v in values)
    if top >= 100:
        assert 3 <= max(len(s.lstrip("-")) for s in said) <= 6


def test_percentages_and_shares() -> None:
    assert [pct(v) for v in (1.27, -0.5, 8.4, -12.5)] == [
        "+1.3 %",
        "-0.5 %",
        "+8 %",
        "-12 %",
    ]
    assert [share(v) for v in (0.104, 0.004, 0.0, 1.0)] == [
        "10 %",
        "0.4 %",
        "0 %",
        "100 %",
    ]
    # Not quite all is not all; the last bit of a sum is.
    assert [share(v) for v in (0.9974, 0.9999, 1 - 1e-14, 0.994)] == [
        "99.7 %",
        "99.9 %",
        "100 %",
        "99 %",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (22, "22 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2.0 h"),
        (172_800, "2 days"),
        (1e8, "3 years"),
    ],
)
def test_durations_are_in_the_unit_one_would_say(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_times_are_new_yorks() -> None:
    at = datetime(2026, 7, 11, 1, 30, 5, tzinfo=UTC)

    assert (clock_time(at), minute(at)) == ("21:30:05", "21:30")
    assert iso_instant(at) == "2026-07-10T21:30:05-04:00"


def test_a_year_is_said_when_it_is_another() -> None:
    assert day(date(2026, 7, 6), date(2026, 7, 10)) == "Mon 6 Jul"
    assert day(date(2025, 7, 7), date(2026, 7, 10)) == "Mon 7 Jul 2025"
    assert iso_day(date(2026, 7, 10)) == "2026-07-10 Fri"


def test_one_of_a_thing_is_said_in_the_singular() -> None:
    assert [counted(n, "tick") for n in (0, 1, 2)] == ["0 ticks", "1 tick", "2 ticks"]
