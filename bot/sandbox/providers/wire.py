"""Three wire formats: OpenAI's chat completions, Anthropic's messages, Gemini's generateContent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.sandbox.providers import sse
from bot.sandbox.providers.images import anthropic_images, gemini_images, openai_images
from bot.sandbox.providers.vendor import Asked, Made, Vendor


async def openai(vendor: Vendor, request: web.Request) -> web.StreamResponse:
    """POST …/chat/completions."""
    sent = await request.json()
    system, prompt = _split(sent["messages"])
    limit = int(sent.get("max_completion_tokens") or sent.get("max_tokens") or 4096)
    tools = [tool["function"] for tool in sent.get("tools") or ()]
    images, streamed = openai_images(sent["messages"]), bool(sent.get("stream"))
    made = await vendor.serve(Asked(str(sent["model"]), system, prompt, limit, streamed, *_told(tools), images))
    if isinstance(made, web.Response):
        return made
    given, cached, output = made.tokens
    usage: dict[str, Any] = {
        "prompt_tokens": given, "completion_tokens": output, "total_tokens": given + output,
        "prompt_tokens_details": {"cached_tokens": cached},
    }  # fmt: skip
    if vendor.name == "openrouter":
        line = next(line for line in reversed(vendor.invoice) if line.request_id == made.request_id)
        usage["cost"] = float(line.amount_usd)
    usage |= vendor.writes
    if streamed:
        wanted = bool((sent.get("stream_options") or {}).get("include_usage"))
        return await sse.stream(request, vendor, made, sse.openai(made, usage, include_usage=wanted))
    choice = {
        "index": 0,
        "message": _openai_message(made),
        "finish_reason": "content_filter" if made.filtered else "tool_calls" if made.call else "stop",
    }
    return web.json_response(
        {
            "id": made.request_id,
            "object": "chat.completion",
            "created": 1,
            "model": made.model,
            "choices": [] if made.choiceless else [choice],
            "usage": usage,
        }
    )


async def anthropic(vendor: Vendor, request: web.Request) -> web.StreamResponse:
    """POST …/v1/messages."""
    sent = await request.json()
    system = _flat(sent.get("system") or "")
    prompt = "\n\n".join(_flat(message["content"]) for message in sent["messages"])
    limit, streamed = int(sent.get("max_tokens") or 4096), bool(sent.get("stream"))
    tools, images = _told(sent.get("tools") or ()), anthropic_images(sent["messages"])
    made = await vendor.serve(Asked(str(sent["model"]), system, prompt, limit, streamed, *tools, images))
    if isinstance(made, web.Response):
        return made
    given, cached, output = made.tokens
    usage = {
        "input_tokens": given - cached,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": output,
    }
    if streamed:
        return await sse.stream(request, vendor, made, sse.anthropic(made, usage))
    return web.json_response(
        {
            "id": made.request_id, "type": "message", "role": "assistant", "model": made.model,
            "content": [] if made.choiceless else [_anthropic_block(made)], "stop_sequence": None, "usage": usage,
            "stop_reason": "refusal" if made.filtered else "tool_use" if made.call else "end_turn",
        }
    )  # fmt: skip


async def gemini(vendor: Vendor, request: web.Request) -> web.StreamResponse:
    """POST …/models/<model>:generateContent."""
    sent = await request.json()
    system = _parts(sent.get("system_instruction") or sent.get("systemInstruction") or {})
    prompt = "\n\n".join(_parts(turn) for turn in sent.get("contents", []))
    config = sent.get("generationConfig") or {}
    limit = int(config.get("max_output_tokens") or config.get("maxOutputTokens") or 4096)
    model, _, action = request.match_info["model"].partition(":")
    streamed = action == "streamGenerateContent"
    groups = [
        group.get("function_declarations") or group.get("functionDeclarations") for group in sent.get("tools") or ()
    ]
    tools = [tool for group in groups for tool in group or ()]
    images = gemini_images(sent.get("contents", []))
    made = await vendor.serve(Asked(model, system, prompt, limit, streamed, *_told(tools), images))
    if isinstance(made, web.Response):
        return made
    whole = _gemini_answer(made)
    return await sse.stream(request, vendor, made, sse.gemini(made, whole)) if streamed else web.json_response(whole)


async def generation(vendor: Vendor, request: web.Request) -> web.StreamResponse:
    """GET …/generation?id=: what OpenRouter knows of an answer afterwards."""
    if not request.headers.get("Authorization", "").removeprefix("Bearer "):
        return web.json_response({"error": {"code": 401, "message": "No auth credentials found"}}, status=401)
    asked = request.query.get("id", "")
    line = next((line for line in vendor.invoice if line.request_id == asked), None)
    if line is None:
        return web.json_response({"error": {"code": 404, "message": f"Generation {asked} not found"}}, status=404)
    return web.json_response(
        {
            "data": {
                "id": line.request_id, "model": line.model, "total_cost": float(line.amount_usd),
                "usage": float(line.amount_usd), "cancelled": asked in vendor.hung_up, "streamed": True,
                "tokens_prompt": line.input_tokens, "tokens_completion": line.output_tokens,
                "native_tokens_prompt": line.input_tokens, "native_tokens_completion": line.output_tokens,
                "native_tokens_cached": line.cached_tokens, "native_tokens_reasoning": None,
            }
        }
    )  # fmt: skip


def _gemini_answer(made: Made) -> dict[str, Any]:
    given, cached, output = made.tokens
    part = {"functionCall": {"name": made.call.name, "args": made.call.arguments}} if made.call else {"text": made.text}
    content = {"parts": [part], "role": "model"}
    seen = {"promptTokensDetails": [{"modality": "IMAGE", "tokenCount": made.seen}]} if made.seen else {}
    candidate = {"content": content, "finishReason": "SAFETY" if made.filtered else "STOP", "index": 0}
    return {
        "candidates": [] if made.choiceless else [candidate],
        "usageMetadata": {
            "promptTokenCount": given, "cachedContentTokenCount": cached, "candidatesTokenCount": output,
            "totalTokenCount": given + output, **seen,
        },
        "modelVersion": made.model,
        "responseId": made.request_id,
    }  # fmt: skip


def _openai_message(made: Made) -> dict[str, Any]:
    if made.call is None:
        return {"role": "assistant", "content": made.text}
    function = {"name": made.call.name, "arguments": json.dumps(made.call.arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }


def _anthropic_block(made: Made) -> dict[str, Any]:
    if made.call is None:
        return {"type": "text", "text": made.text}
    return {"type": "tool_use", "id": "toolu_1", "name": made.call.name, "input": made.call.arguments}


def _told(tools: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], str]:
    """The names of the tools that a request offers, and how they are described: that is read, and paid, as input."""
    return tuple(str(tool["name"]) for tool in tools), json.dumps(list(tools)) if tools else ""


def _split(messages: list[dict[str, Any]]) -> tuple[str, str]:
    system = "\n\n".join(_flat(m["content"]) for m in messages if m["role"] == "system")
    return system, "\n\n".join(_flat(m["content"]) for m in messages if m["role"] != "system")


def _flat(content: Any) -> str:
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)


def _parts(turn: dict[str, Any]) -> str:
    return "".join(str(part.get("text", "")) for part in turn.get("parts", []))
