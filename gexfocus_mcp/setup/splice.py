"""One value put into JSON text; every other character of the text stays as it stands."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gexfocus_mcp.setup.left_alone import LeftAlone


_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_INDENT: Final = re.compile(r"[ \t]*")
_INDENTED: Final = re.compile(r"\n([ \t]+)\S")


@dataclass(frozen=True, slots=True)
class _Member:
    """A name of an object with the space before it, and where its value stands."""

    name: str
    gap: str
    start: int
    end: int


def put(text: str, path: Sequence[str], value: Any) -> str:
    """
    *text* with *value* at *path*, laid out as its neighbours are.

    Args:
        text: Strict JSON. What *path* leads through is an object, or missing.

    Raises:
        LeftAlone: A name of *path* stands twice in its object.
    """
    at = _skip(text, 0)
    for depth, name in enumerate(path):
        members, close = _read_members(text, at)
        found = [member for member in members if member.name == name]
        if len(found) > 1:
            raise LeftAlone(f"has '{name}' twice")
        if not found:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _insert(text, at, members, close, name, value)
        at, end = found[0].start, found[0].end
    # A value on one line stays on one line.
    pad = _line_indent(text, at) if "\n" in text[at:end] else None
    return text[:at] + _lay_out(text, value, pad) + text[end:]


def _insert(
    text: str, at: int, members: list[_Member], close: int, name: str, value: Any
) -> str:
    """The object at *at* with one more member at its end."""
    label = json.dumps(name, ensure_ascii=False)
    if members:
        gap, end = members[-1].gap, members[-1].end
        pad = gap.rpartition("\n")[2] if "\n" in gap else None
        added = f",{gap}{label}: {_lay_out(text, value, pad)}"
        return text[:end] + added + text[end:]
    if "\n" not in text and at > 0:
        return (
            f"{text[:at]}{{{label}: {_lay_out(text, value, None)}}}{text[close + 1 :]}"
        )
    outer = _line_indent(text, at)
    inner, line = outer + _unit(text), _line_end(text)
    added = f"{line}{inner}{label}: {_lay_out(text, value, inner)}{line}{outer}"
    return f"{text[:at]}{{{added}}}{text[close + 1 :]}"


def _read_members(text: str, at: int) -> tuple[list[_Member], int]:
    """The members of the object that begins at *at*, and where its closing brace stands."""
    members = []
    before = at + 1
    here = _skip(text, before)
    while text[here] != "}":
        gap = text[before:here]
        name, end = _DECODER.raw_decode(text, here)
        colon = _skip(text, end)
        start = _skip(text, colon + 1)
        _value, end = _DECODER.raw_decode(text, start)
        members.append(_Member(name, gap, start, end))
        here = _skip(text, end)
        if text[here] == ",":
            before = here + 1
            here = _skip(text, before)
    return members, here


def _lay_out(text: str, value: Any, pad: str | None) -> str:
    """*value* as JSON in the manner of *text*, from a line indented by *pad*; on one line where that is None."""
    if pad is None:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    lines = json.dumps(
        value, ensure_ascii=False, allow_nan=False, indent=_unit(text)
    ).split("\n")
    return (_line_end(text) + pad).join(lines)


def _unit(text: str) -> str:
    found = _INDENTED.search(text)
    return found[1] if found else "  "


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_indent(text: str, at: int) -> str:
    found = _INDENT.match(text, text.rfind("\n", 0, at) + 1, at)
    return found[0] if found else ""


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
