"""
Arguments as models and people really send them: forgiven where one thing is meant, refused aloud where not.
"""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from gexfocus_mcp.errors import (
    BadArgument,
    CallerMistake,
    MissingArgument,
    OutOfRange,
    UnknownArgument,
    UnknownTool,
)


# Other names for an argument, taken only where the tool has no argument of that name.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "symbol": ("ticker", "tickers"),
    "underlying": ("ticker", "tickers"),
    "tickers": ("ticker",),
    "symbols": ("tickers", "ticker"),
    "underlyings": ("tickers", "ticker"),
    "metric": ("greek", "greeks", "series", "kind"),
    "kind": ("greek", "greeks", "series"),
    "greek": ("greeks", "series", "kind"),
    "greeks": ("greek",),
    "session_date": ("date",),
    "day": ("date",),
    "move": ("moves",),
    "strike": ("strikes",),
    "ticker": ("tickers",),
    "weight": ("weights",),
    "condition": ("conditions",),
    "time": ("at",),
    "moment": ("at",),
    "as_of": ("at",),
    "from": ("since", "start"),
    "to": ("until", "end"),
}

# The same thing said otherwise, for arguments that take one of a few words; the first that is one of them is meant.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "gamma": ("gex", "strikes"),
    "gex": ("strikes",),
    "profile": ("strikes",),
    "dex": ("delta",),
    "vex": ("vanna",),
    "chex": ("charm",),
    "flow": ("ndf",),
    "ndf": ("flow",),
    "matrix": ("heatmap",),
    "migration": ("history",),
}


def unknown_tool(name: str, known: Sequence[str]) -> UnknownTool:
    """The refusal of a tool that does not exist; its name is not repeated."""
    near = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.5)
    hint = f"Nearest: {near[0]}. " if near else ""
    return UnknownTool(
        "there is no tool of that name", f"{hint}There are: {', '.join(known)}."
    )


def forgive(
    arguments: Mapping[str, Any], properties: Mapping[str, Any]
) -> dict[str, Any]:
    """
    Bring a call's arguments into the tool's own names and types.

    Args:
        properties: The tool's input schema, by argument.

    Raises:
        UnknownArgument: An argument is none of the tool's, naming the nearest one.
    """
    read = dict[str, Any]()
    for name, value in arguments.items():
        own = _own_name(name, properties)
        if own not in properties:
            raise _unknown(name, properties)
        if own in read:
            raise BadArgument(f"{own} is given twice", f"Give {own} once.")
        if value is not None:
            read[own] = _shape(value, properties[own])
    return read


def _own_name(name: str, properties: Mapping[str, Any]) -> str:
    if name in properties:
        return name
    meant = [own for own in _ALIASES.get(name.lower(), ()) if own in properties]
    return meant[0] if meant else name


def _unknown(name: str, properties: Mapping[str, Any]) -> UnknownArgument:
    near = get_close_matches(name.lower(), properties, n=1, cutoff=0.5)
    shown = f"'{name[:24]}'" if name.isascii() and name.isidentifier() else "that name"
    hint = f"Nearest: {near[0]}. " if near else ""
    return UnknownArgument(
        f"no argument is called {shown}", f"{hint}It takes: {', '.join(properties)}."
    )


def _shape(value: Any, schema: Mapping[str, Any]) -> Any:
    """A list for a list, the feed's word for an enum; everything else is left to validation."""
    if isinstance(value, bool):
        raise BadArgument(
            "true and false are no values here", f"Give {describe(schema)}."
        )
    if schema.get("type") == "array":
        return _as_list(value)
    if "enum" in schema and isinstance(value, str):
        word = value.strip().lower()
        meant = (word, *_WORDS.get(word, ()))
        return next((each for each in meant if each in schema["enum"]), word)
    if isinstance(value, list) and len(value) == 1 and value[0] is not None:
        return value[0]
    return value


def _as_list(value: Any) -> Any:
    if not isinstance(value, str):
        return value if isinstance(value, list) else [value]
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return value
    return [part.strip() for part in text.split(",") if part.strip()]


_SHOWN_BELOW: Final = 1e15

_RANGE_ERRORS: Final = {
    "greater_than_equal",
    "less_than_equal",
    "greater_than",
    "less_than",
    "too_long",
    "too_short",
}


def refuse(
    error: ValidationError, given: Mapping[str, Any], properties: Mapping[str, Any]
) -> CallerMistake:
    """The first thing wrong with the arguments, in our own words; of the input only a number is repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[
        0
    ]
    name = str(first["loc"][0]) if first["loc"] else "arguments"
    takes = describe(properties.get(name, {}))
    if first["type"] == "missing":
        return MissingArgument(f"{name} is missing", f"Give {name}: {takes}.")
    if first["type"] in _RANGE_ERRORS:
        return OutOfRange(_range_problem(name, given.get(name)), f"It takes {takes}.")
    near = _nearest(given.get(name), properties.get(name, {}))
    return BadArgument(f"{name} cannot be read", f"{near}It takes {takes}.")


def _nearest(value: Any, schema: Mapping[str, Any]) -> str:
    if not isinstance(value, str):
        return ""
    near = get_close_matches(value, schema.get("enum", ()), n=1)
    return f"Nearest: {near[0]}. " if near else ""


def _range_problem(name: str, value: Any) -> str:
    if isinstance(value, int | float) and abs(value) < _SHOWN_BELOW:
        return f"{name} is {value:.6g}, out of range"
    if isinstance(value, list):
        return f"{name} has {len(value)} values or one out of range"
    return f"{name} is out of range"


def describe(schema: Mapping[str, Any]) -> str:
    """What an argument takes, in words: type, range or choices, and the default."""
    if "enum" in schema:
        words = f"one of {', '.join(map(str, schema['enum']))}"
    elif schema.get("type") == "array":
        words = f"{_count(schema)}, each {describe(schema['items'])}"
    elif schema.get("type") == "string":
        return str(schema.get("description", "text")).rstrip(".")
    else:
        kind = "a whole number" if schema.get("type") == "integer" else "a number"
        low, high = schema.get("minimum"), schema.get("maximum")
        words = kind
        if low is not None:
            words += (
                f" of {low:g} or more" if high is None else f" from {low:g} to {high:g}"
            )
    default = schema.get("default")
    return words if default is None else f"{words} (default {default})"


def _count(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    return f"{least} to {most} values" if least else f"up to {most} values"
