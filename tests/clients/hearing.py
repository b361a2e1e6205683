"""Whether what a client was told is what the server said: word for word, value for value."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final


@dataclass
class Heard:
    """What a client, or the model behind it, was given of one call."""

    failed: bool = False
    texts: list[str] = field(default_factory=list)
    images: int = 0


@dataclass(frozen=True)
class Report:
    """What a client says it was given: the names of the tools, and each tool's answer."""

    tools: tuple[str, ...]
    heard: Mapping[str, Heard]


def report_of(printed: str) -> Report:
    """The report that a program of `programs/` prints on one line."""
    said = json.loads(next(line for line in printed.splitlines() if line[:1] == "{"))
    return Report(
        tuple(said["tools"]),
        {tool: Heard(**heard) for tool, heard in said["heard"].items()},
    )


@dataclass(frozen=True)
class Spoken:
    """What the server said, as `tee.py` kept it."""

    protocol: str
    tools: tuple[str, ...]
    answers: Mapping[str, dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> "Spoken":
        """Pair requests and replies, connection by connection."""
        spoken = cls("none", (), {})
        for log in sorted(
            folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime
        ):
            spoken = spoken.after(log.read_text(encoding="utf-8").splitlines())
        return spoken

    def after(self, lines: Iterable[str]) -> "Spoken":
        """The same with one connection more."""
        protocol, tools, answers = self.protocol, self.tools, dict(self.answers)
        asked: dict[Any, dict[str, Any]] = {}
        for line in lines:
            entry = json.loads(line)
            message = entry["message"]
            if not isinstance(message, dict):
                continue
            if entry["from"] == "client":
                if "id" in message and "method" in message:
                    asked[message["id"]] = message
                continue
            request = asked.get(message.get("id"))
            if request is None or "result" not in message:
                continue
            result = message["result"]
            match request["method"]:
                case "initialize":
                    protocol = result["protocolVersion"]
                case "server/discover":
                    protocol = _MODERN
                case "tools/list":
                    tools = tuple(tool["name"] for tool in result["tools"])
                case "tools/call":
                    answers[request["params"]["name"]] = result
        return Spoken(protocol, tools, answers)


_MODERN: Final = "2026-07-28"


@dataclass(frozen=True)
class Verdict:
    """How one client did."""

    listed: int
    whole: int
    reads: str
    picture: bool
    faults: tuple[str, ...]


def judge(
    spoken: Spoken, report: Report, questions: Mapping[str, Any], expected: str = ""
) -> Verdict:
    """
    Hold what was given against what was said, for every question.

    Args:
        expected: The channels that this client hands on whole; empty where any will do.
    """
    faults = []
    channels: set[str] = set()
    whole = pictures = 0
    listed = [tool for tool in questions if tool in report.tools]
    if missing := [tool for tool in questions if tool not in report.tools]:
        faults.append(f"not listed: {', '.join(missing)}")
    for tool in questions:
        heard = report.heard.get(tool)
        answer = spoken.answers.get(tool)
        if heard is None or answer is None:
            faults.append(f"{tool}: never answered")
        elif answer.get("isError") or heard.failed:
            faults.append(f"{tool}: refused: {' '.join(heard.texts)[:200]}")
        elif not (given := tuple(_channels(answer, heard))):
            faults.append(f"{tool}: cut or changed: {' '.join(heard.texts)[:200]}")
        elif heard.images != (drawn := _images(answer)):
            faults.append(f"{tool}: {heard.images} pictures of {drawn}")
        else:
            whole += 1
            pictures += drawn
            if "structuredContent" in answer:
                channels.add(" and ".join(given))
    reads = " or ".join(sorted(channels))
    if expected and reads != expected:
        faults.append(f"the model reads {reads or 'nothing'}, not {expected}")
    return Verdict(len(listed), whole, reads, pictures > 0, tuple(faults))


def _images(answer: Mapping[str, Any]) -> int:
    return sum(part["type"] == "image" for part in answer["content"])


def _channels(answer: Mapping[str, Any], heard: Heard) -> Iterator[str]:
    """Which of an answer's two channels arrived whole."""
    said = [part["text"] for part in answer["content"] if part["type"] == "text"]
    if said and all(any(text in given for given in heard.texts) for text in said):
        yield "text"
    data = answer.get("structuredContent")
    if data is not None and any(data in _objects(given) for given in heard.texts):
        yield "JSON"


def _objects(text: str) -> Iterator[Any]:
    """The JSON objects that a host put somewhere into a text."""
    start = text.find("{")
    while start >= 0:
        try:
            found, end = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            end = start + 1
        else:
            yield found
        start = text.find("{", end)
