"""The text of a client's file with this server in it."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, Final, Never

from gexfocus_mcp.setup.forms import KEY, KEY_INPUT, SERVER, Form, build_entry, has_key
from gexfocus_mcp.setup.left_alone import LeftAlone
from gexfocus_mcp.setup.splice import put


# A key and a value on one line, without a comment behind it.
_PLAIN: Final = re.compile(r"\w+\s*=\s*[^#]*")
_LOSSY: Final = "cannot be changed without changing more than this server"


@dataclass(frozen=True, slots=True)
class Amended:
    """
    Attributes:
        text: The file's text; the one that was given where nothing was to do.
        had_key: Whether the entry passed on a key before, in whatever way.
    """

    text: str
    had_key: bool


def amend(
    form: Form, text: str, program: Sequence[str], *, demo: bool = False
) -> Amended:
    """
    *text* with this server in it; from an empty one, the block that a user would paste.

    Raises:
        LeftAlone: Something else in it would be lost, or it is not what the client would read.
    """
    try:
        if form.is_toml:
            return _amend_toml(form, text, program, demo)
        return _amend_json(form, text if text.strip() else "{}\n", program, demo)
    except RecursionError:
        raise LeftAlone("is nested too deeply to be read") from None


def _amend_json(form: Form, text: str, program: Sequence[str], demo: bool) -> Amended:
    try:
        config = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        line = (
            f", from line {error.lineno}" if isinstance(error, JSONDecodeError) else ""
        )
        raise LeftAlone(
            f"is not plain JSON{line}: it is broken, or has comments or trailing commas, which would be lost"
        ) from None
    servers, standing = _find_standing(form, config)
    entry = build_entry(form, program, standing, demo=demo)
    wanted = {**config, form.listed: {**servers, SERVER: entry}}
    asked = _add_question(form, config, entry)
    try:
        if asked is not None:
            wanted["inputs"] = asked
            text = put(text, ("inputs",), asked)
        if entry != standing:
            text = put(text, (form.listed, SERVER), entry)
        same = json.loads(text) == wanted
    except ValueError:
        # A number beyond what JSON can write, in what would have to be written again.
        raise LeftAlone(_LOSSY) from None
    if not same:
        raise LeftAlone(_LOSSY)
    return Amended(text, has_key(standing or {}))


def _add_question(
    form: Form, config: dict[str, Any], entry: dict[str, Any]
) -> list[Any] | None:
    """VS Code's questions with ours among them; None where it is there, or not needed."""
    if not form.reference.startswith("${input:"):
        return None
    if entry.get("env", {}).get(KEY) != form.reference:
        return None
    asked = config.get("inputs", [])
    if not isinstance(asked, list):
        raise LeftAlone("has 'inputs' that are no list")
    if any(isinstance(one, dict) and one.get("id") == KEY_INPUT["id"] for one in asked):
        return None
    return [*asked, KEY_INPUT]


def _amend_toml(form: Form, text: str, program: Sequence[str], demo: bool) -> Amended:
    try:
        config = tomllib.loads(text)
    except ValueError:
        raise LeftAlone("is not valid TOML") from None
    servers, standing = _find_standing(form, config)
    entry = build_entry(form, program, standing, demo=demo)
    if entry == standing:
        return Amended(text, has_key(standing))
    line = "\r\n" if "\r\n" in text else "\n"
    block = [f"[{form.listed}.{SERVER}]"]
    # JSON's strings and lists of strings are TOML's too; tables of its own stay where they are.
    block += [
        f"{k} = {json.dumps(v, ensure_ascii=False)}"
        for k, v in entry.items()
        if not isinstance(v, dict)
    ]
    table = line.join([*block, ""])
    if standing is not None:
        added = _in_the_place_of(text, block[0], table)
    else:
        ended = text if not text or text.endswith("\n") else text + line
        added = (ended + line if ended.strip() else ended) + table
    try:
        same = tomllib.loads(added) == {
            **config,
            form.listed: {**servers, SERVER: entry},
        }
    except ValueError:
        same = False
    if not same:
        raise LeftAlone(
            f"has another '{SERVER}' already" if standing is not None else _LOSSY
        )
    return Amended(added, had_key=has_key(standing or {}))


def _in_the_place_of(text: str, header: str, table: str) -> str:
    """*text* with the table under *header* replaced; unchanged where that has anything but plain values."""
    lines = text.splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.strip() == header]
    if len(starts) != 1:
        return text
    end = starts[0] + 1
    while end < len(lines) and _PLAIN.fullmatch(lines[end].rstrip("\r\n")):
        end += 1
    after = lines[end:]
    if after and after[0].strip() and not after[0].lstrip().startswith("["):
        return text
    return "".join([*lines[: starts[0]], table, *after])


def _find_standing(
    form: Form, config: Any
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The servers that are listed, and ours among them, if it is."""
    if not isinstance(config, dict):
        raise LeftAlone("does not hold an object")
    servers = config.get(form.listed, {})
    if not isinstance(servers, dict):
        raise LeftAlone(f"has a '{form.listed}' that is not an object")
    standing = servers.get(SERVER)
    if SERVER in servers and not isinstance(standing, dict):
        raise LeftAlone(f"has a '{SERVER}' that is not an object")
    return servers, standing


def _refuse_constant(_word: str) -> Never:
    """NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError
