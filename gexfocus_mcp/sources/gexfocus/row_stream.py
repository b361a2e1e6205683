"""
A reply of many rows, taken apart while it arrives: no more of it is held than what stands around the rows, one row and
the piece that ends it.

What is JSON is left to `json`; what is decided here is where to look next, and when it is worth looking.
"""

import codecs
import json
import re
from collections.abc import Generator, Iterator
from typing import Any, Final

from gexfocus_mcp.sources.gexfocus.decoding import unreadable


# A piece of the network may be a megabyte once it is inflated.
_SLICE: Final = 8 * 1024
# So many bytes tell the encoding.
_TELLING: Final = 4
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_BEHIND: Final = " \t\r\n,:]}"
_TOO_LARGE: Final = "a part of the reply is larger than any snapshot is"
_NOT_JSON: Final = "the reply is not a JSON object"
_MORE: Final = object()

_Walk = Generator[Any, None, Any]
"""Yields rows, and `_MORE` where the text so far does not suffice; returns what was looked for."""


class RowStream:
    """
    Reads `{…, "<name>": [row, row, …], …}`, wherever in the object the list stands.

    Attributes:
        head: Everything but the rows; whole once `close` is through.
    """

    def __init__(self, name: str, largest: int) -> None:
        """
        Args:
            largest: Most characters of one row, and of everything around the rows together.
        """
        self.head: dict[str, Any] = {}
        self._name = name
        self._largest = largest
        self._find = json.JSONDecoder().raw_decode
        self._decoder: codecs.IncrementalDecoder | None = None
        self._start = b""
        self._text = ""
        self._at = 0
        self._is_ended = False
        self._length = 0
        self._row_length = 1
        self._head_length = 0
        self._is_found = False
        self._steps = self._walk()

    def feed(self, piece: bytes) -> Iterator[Any]:
        """
        The rows that are whole now, in order, as JSON values.

        Raises:
            UnreadableReply: It is not JSON, no object, has more than *largest* characters in one piece, or two such lists.
        """
        for start in range(0, len(piece), _SLICE):
            self._add(piece[start : start + _SLICE])
            yield from self._whole_rows()

    def close(self) -> Iterator[Any]:
        """
        The rows that only the end of the reply shows to be whole.

        Raises:
            UnreadableReply: As `feed`, or the reply ended too early.
        """
        self._is_ended = True
        self._add(b"")
        yield from self._whole_rows()

    def _add(self, piece: bytes) -> None:
        if self._decoder is None:
            piece = self._start = self._start + piece
            if len(piece) < _TELLING and not self._is_ended:
                return
            # As `json.loads` does it for bytes.
            encoding = json.detect_encoding(piece)
            self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
            self._start = b""
        try:
            text = self._decoder.decode(piece, self._is_ended)
        except UnicodeDecodeError:
            text = None
        # Raised outside the handler: the decoder's error would carry the piece along.
        if text is None:
            raise unreadable(_NOT_JSON)
        self._text = self._text[self._at :] + text
        self._at = 0

    def _whole_rows(self) -> Iterator[Any]:
        while (row := next(self._steps, _MORE)) is not _MORE:
            yield row
            # Not kept while the next one is read.
            del row

    def _walk(self) -> _Walk:
        yield from self._mark("{")
        if (yield from self._ahead()) == "}":
            self._at += 1
        else:
            while (yield from self._member()) == ",":
                pass
        if (yield from self._ahead()):
            raise unreadable(_NOT_JSON)

    def _member(self) -> _Walk:
        """One key with its value, up to the mark behind it, which is returned."""
        key = yield from self._value(1)
        if not isinstance(key, str):
            raise unreadable(_NOT_JSON)
        yield from self._mark(":")
        if key == self._name:
            # Its rows are handed on before the second comes, which is the one that counts in JSON.
            if self._is_found:
                raise unreadable(f"'{key}' is twice in the reply")
            self._is_found = True
        if key == self._name and (yield from self._ahead()) == "[":
            self._at += 1
            yield from self._rows()
        else:
            self.head[key] = yield from self._value(1)
            self._head_length += self._length + len(key)
            if self._head_length > self._largest:
                raise unreadable(_TOO_LARGE)
        return (yield from self._mark(",}"))

    def _rows(self) -> _Walk:
        if (yield from self._ahead()) == "]":
            self._at += 1
            return
        mark = ","
        while mark == ",":
            # Rows of one reply are about as long as each other: with less than that here it is not worth looking.
            row = yield from self._value(self._row_length)
            self._row_length = self._length
            yield row
            # Not kept while the next one is read.
            del row
            mark = yield from self._mark(",]")

    def _value(self, expected: int) -> _Walk:
        """The next value; not looked for before *expected* characters are here, unless no more will come."""
        yield from self._ahead()
        while True:
            there = len(self._text) - self._at
            if there >= expected or self._is_ended:
                value, end = self._look()
                # A number may go on where the text ends, or after the `e` that it ends with.
                behind = self._text[end : end + 1]
                if self._at < end and (behind in _BEHIND if behind else self._is_ended):
                    self._length = end - self._at
                    self._at = end
                    return value
                if there > self._largest:
                    raise unreadable(_TOO_LARGE)
                expected = min(there + there // 8, self._largest + 1)
            if self._is_ended:
                raise unreadable(_NOT_JSON)
            yield _MORE

    def _look(self) -> tuple[Any, int]:
        """A value and where it ends; at the start where there is none, or not all of it."""
        try:
            return self._find(self._text, self._at)
        except (ValueError, RecursionError):
            return None, self._at

    def _mark(self, marks: str) -> _Walk:
        """The next character, which has to be one of *marks*."""
        mark = yield from self._ahead()
        if not mark or mark not in marks:
            raise unreadable(_NOT_JSON)
        self._at += 1
        return mark

    def _ahead(self) -> _Walk:
        """The next character that is not blank, left where it is; empty where no more will come."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._is_ended:
                return ""
            yield _MORE
