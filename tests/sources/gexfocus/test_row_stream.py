"""Rows as they arrive are those of the whole reply, however it is cut into pieces, and never all at once."""

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.errors import UnreadableReply
from gexfocus_mcp.sources.gexfocus.row_stream import RowStream


LARGEST = 100_000
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
REPLIES = st.builds(
    lambda before, rows, after: {**before, "data": rows, **after},
    st.dictionaries(st.text(max_size=4).filter("data".__ne__), VALUES, max_size=3),
    st.lists(VALUES, max_size=6),
    st.dictionaries(st.text(max_size=4).filter("data".__ne__), VALUES, max_size=3),
)


def pieces_of(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    ends = sorted({cut % (len(body) + 1) for cut in cuts} | {len(body)})
    return [body[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def read(
    pieces: Iterable[bytes], largest: int = LARGEST
) -> tuple[list[Any], dict[str, Any]]:
    stream = RowStream("data", largest)
    rows = [row for piece in pieces for row in stream.feed(piece)]
    rows += stream.close()
    return rows, stream.head


@given(
    REPLIES,
    st.lists(st.integers(0, 10_000), max_size=8),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_the_rows_are_those_of_the_whole(
    reply: dict[str, Any], cuts: list[int], indent: int | None, as_ascii: bool
) -> None:
    body = json.dumps(reply, indent=indent, ensure_ascii=as_ascii).encode()
    rows, head = read(pieces_of(body, cuts))
    assert {**head, "data": rows} == reply


@given(REPLIES, st.integers(0, 10_000))
def test_a_reply_that_ends_early_is_none(reply: dict[str, Any], cut: int) -> None:
    body = json.dumps(reply).encode()
    with pytest.raises(UnreadableReply):
        read([body[: cut % len(body)]])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"[]",
        b"null",
        b'{"data": [1, 2] "count": 2}',
        b'{"data": [1 2]}',
        b'{"data": [1, ]}',
        b'{"data": []} {}',
        b'{"data": [tru]}',
        b'{1: 2, "data": []}',
        b'{"data": ["\xff"]}',
        b"<html>",
        b'{"data": [' + b"[" * 50_000,
        b'{"data": [1], "data": [2]}',
        b'{"data": [1], "data": null}',
        b'{"data": null, "data": [1]}',
    ],
)
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_what_is_no_such_reply_is_refused(body: bytes, size: int) -> None:
    with pytest.raises(UnreadableReply):
        read(body[n : n + size] for n in range(0, max(len(body), 1), size))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("first", [0, 1, 2, 3, 5])
def test_the_encoding_is_told_as_json_tells_it(encoding: str, first: int) -> None:
    body = '{"data": ["\u00e9", 1], "count": 2}'.encode(encoding)
    assert read([body[:first], body[first:]]) == (["\u00e9", 1], {"count": 2})


@pytest.mark.parametrize("size", [100, 450, 499, 500])
def test_a_row_may_be_as_large_as_is_said_whatever_came_before(size: int) -> None:
    rows = ["x" * (length - 2) for length in (size - 1, size, 20, size)]
    body = json.dumps({"data": rows}).encode()
    for step in (7, 64):
        pieces = (body[n : n + step] for n in range(0, len(body), step))
        assert read(pieces, 500)[0] == rows


def test_what_stands_around_the_rows_is_bounded_too() -> None:
    body = json.dumps({f"k{number}": 1234567 for number in range(100)}).encode()
    with pytest.raises(UnreadableReply, match="larger than any snapshot"):
        read([body], 200)


def test_a_number_may_go_on_in_the_next_piece() -> None:
    assert read([b'{"data": [12', b"34", b'.5, 1], "count": 1', b"2}"]) == (
        [1234.5, 1],
        {"count": 12},
    )
    assert read([b'{"data": [1.', b"5e", b"+", b'2], "count": -', b"1e", b"3}"]) == (
        [150.0],
        {"count": -1000.0},
    )


@pytest.mark.parametrize("value", ["null", '"rows"', "{}", "7"])
def test_what_is_no_list_is_left_in_the_head(value: str) -> None:
    rows, head = read([f'{{"data": {value}}}'.encode()])
    assert (rows, head) == ([], {"data": json.loads(value)})


def test_a_row_is_handed_on_before_the_next_has_come() -> None:
    stream = RowStream("data", LARGEST)
    assert list(stream.feed(b'{"data": [{"a": 1}, {"a"')) == [{"a": 1}]
    assert list(stream.feed(b": 2}, ")) == [{"a": 2}]


@pytest.mark.parametrize(
    "body", [b'{"data": [["' + b"x" * 300, b'{"data": [], "a": "' + b"x" * 300]
)
def test_a_value_without_end_is_not_waited_for(body: bytes) -> None:
    stream = RowStream("data", 200)
    with pytest.raises(UnreadableReply, match="larger than any snapshot"):
        list(stream.feed(body))


def test_blanks_without_end_are_not_held() -> None:
    stream = RowStream("data", 200)
    tracemalloc.start()
    try:
        for _ in range(100):
            assert not list(stream.feed(b" " * 100_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 500_000


def test_what_is_held_does_not_grow_with_the_rows() -> None:
    row = json.dumps(
        {"bars": [{"strike": n, "calls": n * 1e6 + 0.5} for n in range(400)]}
    )

    def pieces(rows: int) -> Iterator[bytes]:
        yield b'{"data": ['
        for number in range(rows):
            yield f"{', ' if number else ''}{row}".encode()
        yield b"]}"

    peaks = list[int]()
    for rows in (3, 300):
        stream = RowStream("data", LARGEST)
        tracemalloc.start()
        try:
            seen = sum(1 for piece in pieces(rows) for _ in stream.feed(piece))
            seen += sum(1 for _ in stream.close())
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert seen == rows
    assert peaks[1] < peaks[0] * 1.5
