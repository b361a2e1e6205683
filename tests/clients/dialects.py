"""
How the providers' interfaces say the same: which tools are offered, what came back, what is wanted next.

Anthropic Messages, OpenAI Responses and Gemini, each as a stream of events and in one piece.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.clients.hearing import Heard


DONE = "All questions asked."
_USAGE = 1


@dataclass(frozen=True)
class Wanted:
    """The next call: the question's tool, and under which name this host offers it."""

    tool: str
    offered: str
    space: str | None
    arguments: dict[str, Any]


class Dialect:
    """One provider's requests and replies."""

    def offered(self, request: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        """Names of the tools in a request, each with its namespace if it has one."""
        raise NotImplementedError

    def results(self, request: dict[str, Any]) -> Iterator[tuple[str, Heard]]:
        """What came back so far, by the identifier or name of the call."""
        raise NotImplementedError

    def events(self, wanted: Wanted | None) -> list[dict[str, Any]]:
        """The reply as a stream of events."""
        raise NotImplementedError

    def whole(self, wanted: Wanted | None) -> dict[str, Any]:
        """The reply in one piece."""
        raise NotImplementedError


class Anthropic(Dialect):
    """`POST /v1/messages`."""

    def offered(self, request: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        for tool in request.get("tools", ()):
            yield tool["name"], None

    def results(self, request: dict[str, Any]) -> Iterator[tuple[str, Heard]]:
        for message in request["messages"]:
            if isinstance(message["content"], str):
                continue
            for part in message["content"]:
                if part["type"] == "tool_result":
                    heard = Heard(part.get("is_error", False))
                    content = part.get("content", "")
                    if isinstance(content, str):
                        content = [{"type": "text", "text": content}]
                    for piece in content:
                        if piece["type"] == "text":
                            heard.texts.append(piece["text"])
                        heard.images += piece["type"] == "image"
                    yield part["tool_use_id"].removeprefix("toolu_"), heard

    def _block(self, wanted: Wanted | None) -> dict[str, Any]:
        if wanted is None:
            return {"type": "text", "text": DONE}
        return {
            "type": "tool_use",
            "id": f"toolu_{wanted.tool}",
            "name": wanted.offered,
            "input": wanted.arguments,
        }

    def whole(self, wanted: Wanted | None) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "scripted",
            "content": [self._block(wanted)],
            "stop_reason": "tool_use" if wanted else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": _USAGE, "output_tokens": _USAGE},
        }

    def events(self, wanted: Wanted | None) -> list[dict[str, Any]]:
        message = self.whole(wanted)
        block = message["content"][0]
        if wanted:
            start = {**block, "input": {}}
            delta = {
                "type": "input_json_delta",
                "partial_json": json.dumps(wanted.arguments),
            }
        else:
            start = {**block, "text": ""}
            delta = {"type": "text_delta", "text": DONE}
        return [
            {
                "type": "message_start",
                "message": {**message, "content": [], "stop_reason": None},
            },
            {"type": "content_block_start", "index": 0, "content_block": start},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
                "usage": {"output_tokens": _USAGE},
            },
            {"type": "message_stop"},
        ]


class Responses(Dialect):
    """`POST /v1/responses`."""

    def offered(self, request: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        for tool in request.get("tools", ()):
            if tool["type"] == "namespace":
                for inner in tool["tools"]:
                    yield inner["name"], tool["name"]
            elif tool["type"] == "function":
                yield tool["name"], None

    def results(self, request: dict[str, Any]) -> Iterator[tuple[str, Heard]]:
        if isinstance(request["input"], str):
            return
        for item in request["input"]:
            if item.get("type") == "function_call_output":
                heard = Heard()
                output = item["output"]
                if isinstance(output, str):
                    output = [{"type": "input_text", "text": output}]
                for piece in output:
                    if piece["type"] == "input_text":
                        heard.texts.append(piece["text"])
                    heard.images += piece["type"] == "input_image"
                yield item["call_id"].removeprefix("call_"), heard

    def _item(self, wanted: Wanted | None) -> dict[str, Any]:
        if wanted is None:
            text = {"type": "output_text", "text": DONE, "annotations": []}
            return {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [text],
            }
        call = {
            "type": "function_call",
            "id": f"fc_{wanted.tool}",
            "call_id": f"call_{wanted.tool}",
            "name": wanted.offered,
            "arguments": json.dumps(wanted.arguments),
            "status": "completed",
        }
        return call | ({"namespace": wanted.space} if wanted.space else {})

    def whole(self, wanted: Wanted | None) -> dict[str, Any]:
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 0,
            "model": "scripted",
            "status": "completed",
            "output": [self._item(wanted)],
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": _USAGE,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": _USAGE,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 2 * _USAGE,
            },
        }

    def events(self, wanted: Wanted | None) -> list[dict[str, Any]]:
        response = self.whole(wanted)
        begun = {**response, "status": "in_progress", "output": []}
        item = response["output"][0]
        return [
            {"type": "response.created", "response": begun},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        ]


class Gemini(Dialect):
    """`POST /v1beta/models/NAME:generateContent`."""

    def offered(self, request: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        for tool in request.get("tools", ()):
            for function in tool.get("functionDeclarations", ()):
                yield function["name"], None

    def results(self, request: dict[str, Any]) -> Iterator[tuple[str, Heard]]:
        heard: Heard | None = None
        for content in request["contents"]:
            for part in content["parts"]:
                if "functionResponse" in part:
                    reply = part["functionResponse"]
                    response = reply["response"]
                    heard = Heard(
                        "error" in response,
                        [
                            v if isinstance(v, str) else json.dumps(v)
                            for v in response.values()
                        ],
                    )
                    heard.images += sum(
                        "inlineData" in p for p in reply.get("parts", ())
                    )
                    yield reply["name"], heard
                elif "inlineData" in part and heard is not None:
                    heard.images += 1

    def whole(self, wanted: Wanted | None) -> dict[str, Any]:
        part: dict[str, Any] = {"text": DONE}
        if wanted:
            call = {"name": wanted.offered, "args": wanted.arguments}
            part = {"functionCall": call, "thoughtSignature": "c2lnbmVk"}
        return {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [part]},
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": _USAGE,
                "candidatesTokenCount": _USAGE,
                "totalTokenCount": 2 * _USAGE,
            },
            "modelVersion": "scripted",
        }

    def events(self, wanted: Wanted | None) -> list[dict[str, Any]]:
        return [self.whole(wanted)]
