"""One local vendor: its switch, its invoice, its requests."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from aiohttp import web

from bot.sandbox.providers.brain import reply
from bot.sandbox.providers.invoice import InvoiceLine, charge


class Mode(StrEnum):
    """How a vendor behaves."""

    HEALTHY = "healthy"
    RATE_LIMITED = "429"
    ERROR = "500"
    REFUSED_KEY = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    HANG = "hang"
    SLOW = "slow"
    CUT = "cut"
    STALL = "stall"
    UNFINISHED = "unfinished"
    SILENT = "silent"
    MALFORMED = "malformed"
    EMPTY = "empty"
    NO_CHOICES = "no_choices"
    CONTENT_FILTER = "content_filter"
    CONTENT_FILTER_400 = "content_filter_400"
    CONTEXT_OVERFLOW = "context_overflow"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, whatever wire format it came in; `images` are the tokens of each."""

    model: str
    system: str
    prompt: str
    max_tokens: int
    streamed: bool = False
    tools: tuple[str, ...] = ()
    tools_text: str = ""
    images: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """An answer that calls a tool instead of saying something."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """What the vendor made of it: text, why it stopped, (input, cached, output) tokens, and what befalls its stream.

    A `choiceless` one is no answer at all; one with a `call` calls a tool. Of the input `seen` tokens were images.
    """

    request_id: str
    model: str
    text: str
    filtered: bool
    tokens: tuple[int, int, int]
    choiceless: bool = False
    fate: Mode = Mode.HEALTHY
    pace_s: float = 0.0
    call: ToolCall | None = None
    seen: int = 0


_STREAM_FAULTS = frozenset({Mode.CUT, Mode.STALL, Mode.UNFINISHED, Mode.SILENT})
"""Half a stream and then: no connection, no more bytes, a clean end; or a clean end at once."""

_ERRORS = {
    Mode.RATE_LIMITED: (429, "Rate limit reached"),
    Mode.ERROR: (500, "The server had an error"),
    Mode.REFUSED_KEY: (401, "Incorrect API key provided"),
    Mode.FORBIDDEN: (403, "This key may not use the model"),
    Mode.NOT_FOUND: (404, "The model does not exist"),
    Mode.CONTEXT_OVERFLOW: (
        400,
        "This model's maximum context length is 128000 tokens (context_length_exceeded)",
    ),
    Mode.CONTENT_FILTER_400: (400, "The response was filtered by our content management policy"),
}
_CODES = {Mode.CONTEXT_OVERFLOW: "context_length_exceeded", Mode.CONTENT_FILTER_400: "content_filter"}
_WORDLESS = (Mode.EMPTY, Mode.CONTENT_FILTER, Mode.NO_CHOICES)


@dataclass(slots=True)
class Vendor:
    """A vendor and its books; `writes` stands in its usage whatever is true, `fixed_id` is the id it gives every answer.

    Seconds: an answer takes `answer_s`, or `slow_s` when slow; `pace_s` lies between two pieces of a stream. `hung_up`
    are the answers left by their reader.
    """

    name: str
    api_base: str = ""
    mode: Mode = Mode.HEALTHY
    retry_after_s: float | None = None
    answer_s: float = 0.0
    slow_s: float = 4.0
    writes: dict[str, Any] = field(default_factory=dict)
    fixed_id: str | None = None
    pace_s: float = 0.0
    invoice: list[InvoiceLine] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    _scripted: list[str | ToolCall] = field(default_factory=list)
    _failures: list[Mode] = field(default_factory=list)

    def answers(self, *texts: str) -> None:
        """The next answers, word for word."""
        self._scripted.extend(texts)

    def calls(self, name: str, **arguments: Any) -> None:
        """The next answer calls a tool, if the request offers it."""
        self._scripted.append(ToolCall(name, arguments))

    def fail_next(self, mode: Mode | str, times: int = 1) -> None:
        """The next requests meet `mode`, whatever the switch says."""
        self._failures.extend([Mode(mode)] * times)

    async def serve(self, asked: Asked) -> Made | web.Response:
        """Make an answer, or the failure the switch asks for."""
        self.requests.append(asked)
        mode = self._failures.pop(0) if self._failures else Mode(self.mode)
        if mode in _ERRORS:
            return self._error(mode)
        if mode is Mode.HANG:
            self._make(asked, mode)
            await asyncio.sleep(3600)
        await asyncio.sleep(self.slow_s if mode is Mode.SLOW else self.answer_s)
        made = self._make(asked, mode)
        if mode is Mode.MALFORMED:
            return web.Response(text='{"id": "broken", "choices": [{"mess', content_type="application/json")
        if asked.streamed:
            return replace(made, fate=mode if mode in _STREAM_FAULTS else Mode.HEALTHY, pace_s=self.pace_s)
        if mode in _STREAM_FAULTS:
            return web.Response(headers={"Content-Length": "5000"}, body=b'{"id":', content_type="application/json")
        return made

    def _make(self, asked: Asked, mode: Mode) -> Made:
        bare = asked.model.rsplit("/", 1)[-1]
        scripted = self._scripted.pop(0) if self._scripted else None
        call = scripted if isinstance(scripted, ToolCall) and scripted.name in asked.tools else None
        text = (
            scripted
            if isinstance(scripted, str)
            else reply(asked.system, asked.prompt, asked.max_tokens, len(asked.images))
        )
        text = json.dumps(call.arguments) if call else text
        filtered = mode is Mode.CONTENT_FILTER
        shown = "" if mode in _WORDLESS else text
        given = count(asked.system) + count(asked.prompt) + count(asked.tools_text) + sum(asked.images)
        cached = count(asked.system) if len(self.requests) > 1 else 0
        tokens = (given, cached, max(1, count(shown)))
        line = charge(self.name, bare, self.fixed_id or f"req_{secrets.token_hex(8)}", tokens)
        self.invoice.append(line)
        return Made(
            line.request_id, bare, shown, filtered, tokens, mode is Mode.NO_CHOICES, call=call, seen=sum(asked.images)
        )

    def _error(self, mode: Mode) -> web.Response:
        status, words = _ERRORS[mode]
        error = {"error": {"message": words, "type": "sandbox", "code": _CODES.get(mode, str(status))}}
        headers = {"Retry-After": f"{self.retry_after_s:g}"} if self.retry_after_s is not None and status == 429 else {}
        return web.Response(status=status, text=json.dumps(error), content_type="application/json", headers=headers)


def count(text: str) -> int:
    """Tokens as these vendors count them: one for every four bytes, rounded up."""
    return (len(text.encode("utf-8", "replace")) + 3) // 4
