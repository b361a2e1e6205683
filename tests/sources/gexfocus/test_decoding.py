"""Hostile bodies become failures, hostile numbers become unavailable."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.errors import UnreadableReply
from gexfocus_mcp.sources.gexfocus.decoding import (
    Numbers,
    counted,
    decode_object,
    number,
    rows_of,
    whole,
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b"null",
        b'{"cut": ',
        b'{"n": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"bad": "\xff\xfe\xfa"}',
    ],
    ids=[
        "empty",
        "text",
        "list",
        "null",
        "cut",
        "long-integer",
        "deep-list",
        "deep-object",
        "bad-utf8",
    ],
)
def test_a_body_that_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableReply) as caught:
        decode_object(body)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_numbers_that_json_does_not_know_become_unavailable() -> None:
    payload = decode_object(b'{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}')

    assert [number(value) for value in payload.values()] == [None] * 4


def test_a_lone_surrogate_is_harmless() -> None:
    assert number(decode_object(b'{"a": "\\ud800"}')["a"]) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1.0),
        (1.5, 1.5),
        ("123.4", 123.4),
        (" -7 ", -7.0),
        (10**400, None),
        ("nan", None),
        ("1e999", None),
        ("1_000", None),
        ("٣", None),
        ("9" * 50, None),
        ("", None),
        (True, None),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_number(value: object, expected: float | None) -> None:
    assert number(value) == expected


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_number_is_finite_or_none_whatever_it_is_given(value: object) -> None:
    result = number(value)

    assert result is None or isfinite(result)


def test_a_price_is_positive_and_a_count_is_not_negative() -> None:
    prices = Numbers()
    assert [prices.positive(v) for v in (0, -1, None, 5)] == [None, None, None, 5.0]
    assert [whole(v) for v in (0, -1, None, "1200", 3.9)] == [0, None, None, 1200, 3]


def test_what_did_not_come_as_a_number_is_counted_and_told() -> None:
    numbers = Numbers()
    assert numbers.notes() == []
    given: list[object] = [1, None, float("nan"), "x", True, "3", {}]
    for value in given:
        numbers.read(value)

    assert numbers.notes() == [
        "4 values not usable as a number: unavailable, not zero",
        "1 number came as text",
    ]


def test_counted() -> None:
    assert [counted(n, "bar") for n in (0, 1, 2)] == ["0 bars", "1 bar", "2 bars"]


def test_rows() -> None:
    assert rows_of({}, "data") == []
    assert rows_of({"data": None}, "data") == []
    assert rows_of({"data": [1]}, "data") == [1]
    with pytest.raises(UnreadableReply, match="'data'"):
        rows_of({"data": {"0": 1}}, "data")
