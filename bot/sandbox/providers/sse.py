"""The same answers as server-sent events, as each vendor streams them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from bot.sandbox.providers.vendor import Made, Mode, Vendor

_PIECE = 24
_LOOK_S = 0.01
_LONGEST_S = 6.0
"""A paced answer takes no longer in all: a long one comes faster."""


async def stream(request: web.Request, vendor: Vendor, made: Made, frames: list[str]) -> web.StreamResponse:
    """Send the frames, or as many as the answer's fate allows; note it when the reader hangs up before the end."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await answer.prepare(request)
    pause_s = min(made.pace_s, _LONGEST_S / max(1, len(frames)))
    halves = {Mode.HEALTHY: len(frames), Mode.SILENT: 0}
    try:
        for frame in frames[: halves.get(made.fate, len(frames) // 2)]:
            await answer.write(frame.encode())
            await asyncio.sleep(pause_s)
        if made.fate is Mode.STALL:
            await _until_gone(request)
    except ConnectionError:
        vendor.hung_up.append(made.request_id)
    if made.fate is Mode.CUT and request.transport:
        request.transport.abort()
    return answer


async def _until_gone(request: web.Request) -> None:
    """Raises ConnectionResetError when the reader is gone."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_LOOK_S)
    raise ConnectionResetError


def openai(made: Made, usage: dict[str, Any], *, include_usage: bool) -> list[str]:
    """Chunks of a chat completion; the usage stands in a last chunk without choices, when it was asked for."""
    head = {"id": made.request_id, "object": "chat.completion.chunk", "created": 1, "model": made.model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        return _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    frames = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": piece}) for piece in _pieces(made))]
    if made.call:
        function = {"name": made.call.name, "arguments": json.dumps(made.call.arguments)}
        frames.append(chunk({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}))
    frames.append(chunk({}, "content_filter" if made.filtered else "tool_calls" if made.call else "stop"))
    if made.choiceless:
        frames = []
    if include_usage:
        frames.append(_data({**head, "choices": [], "usage": usage}))
    return [*frames, "data: [DONE]\n\n"]


def anthropic(made: Made, usage: dict[str, Any]) -> list[str]:
    """The events of one message; the output tokens come with `message_delta`."""
    message: dict[str, Any] = {
        "id": made.request_id, "type": "message", "role": "assistant", "model": made.model, "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1},
    }  # fmt: skip
    reason = "refusal" if made.filtered else "tool_use" if made.call else "end_turn"
    stop = {"stop_reason": reason, "stop_sequence": None}
    start: dict[str, Any] = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(made)]
    if made.call:
        start = {"type": "tool_use", "id": "toolu_1", "name": made.call.name, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(made.call.arguments)}]
    block = [
        _event("content_block_start", index=0, content_block=start),
        *(_event("content_block_delta", index=0, delta=delta) for delta in deltas),
        _event("content_block_stop", index=0),
    ]
    return [
        _event("message_start", message=message),
        *([] if made.choiceless else block),
        _event("message_delta", delta=stop, usage={"output_tokens": usage["output_tokens"]}),
        _event("message_stop"),
    ]


def gemini(made: Made, whole: dict[str, Any]) -> list[str]:
    """Answers with a piece each; the last one carries why it stopped and the usage."""
    head = {"modelVersion": made.model, "responseId": made.request_id}
    parts = ({"parts": [{"text": piece}], "role": "model"} for piece in _pieces(made))
    empty = {"parts": [{"text": ""}], "role": "model"}
    last = whole["candidates"]
    if made.call is None:
        last = [{**candidate, "content": empty} for candidate in last]
    return [
        *(_data({**head, "candidates": [{"content": content, "index": 0}]}) for content in parts),
        _data({**whole, "candidates": last}),
    ]


def _pieces(made: Made) -> list[str]:
    """The words of an answer, piece by piece; a call has none."""
    text = "" if made.call else made.text
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _event(kind: str, **facts: Any) -> str:
    return f"event: {kind}\n" + _data({"type": kind, **facts})


def _data(payload: dict[str, Any]) -> str:
    return f"data: {json.dumps(payload)}\n\n"
