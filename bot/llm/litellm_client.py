"""litellm as an adapter to every provider: one request in, an answer or a fault out. Nothing else speaks to it."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from bot.llm.environment import load_litellm, uncollected
from bot.llm.faults import fault_of
from bot.llm.model_client import Billed, Completion, Deployment, FaultKind, Heard, Message, ModelFault, Tool
from bot.llm.overheard import Books, overhearing
from bot.llm.streamed import Patience, Stream, called_in
from bot.llm.usage import told, usage_of, word

_PATIENT_S = 30.0
"""Loading is slow on a busy machine; a warm-up that is cut short leaves a coroutine behind."""

_STREAMED = {"stream": True, "stream_options": {"include_usage": True}}

_WITHOUT_MCP = {"_skip_mcp_handler": True}
"""litellm looks every tool over for MCP servers, with a package that is not among its requirements."""

_EACH_ROUTE_ONCE = (
    "openai/gpt-6-luna",
    "gemini/gemini-3.1-flash-lite",
    "anthropic/claude-sonnet-5-5",
    "openrouter/a/b",
)


@dataclass(frozen=True, slots=True)
class _Request:
    deployment: Deployment
    messages: Sequence[Message]
    max_output_tokens: int
    timeout_s: float


class LitellmClient:
    """Loads litellm when warmed up, not when imported."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._litellm: ModuleType | None = None
        self._patience = patience or Patience()

    @property
    def warm(self) -> bool:
        """True once a first call will not stall the loop."""
        return self._litellm is not None

    async def load(self) -> None:
        """Load litellm beside whatever else goes on; the loop is slow meanwhile (1.5 s)."""
        await asyncio.to_thread(load_litellm)

    async def warm_up(self) -> None:
        """Load litellm and touch each kind of route once, against a closed port of this machine."""
        with uncollected(), socket.socket() as bound:
            litellm = load_litellm()
            bound.bind(("127.0.0.1", 0))
            nowhere = f"http://127.0.0.1:{bound.getsockname()[1]}"
            for model in _EACH_ROUTE_ONCE:
                request = _Request(Deployment(model, nowhere), [Message("user", "hi")], 16, _PATIENT_S)
                try:
                    await _ask(litellm, request, _Hearing())
                except ModelFault:
                    continue
        self._litellm = litellm

    async def complete(
        self,
        deployment: Deployment,
        messages: Sequence[Message],
        *,
        max_output_tokens: int,
        timeout_s: float,
        heard: Heard | None = None,
        tools: Sequence[Tool] = (),
    ) -> Completion:
        """One request, no hidden retries, at most `timeout_s` seconds; streamed when somebody listens. Raises ModelFault."""
        if self._litellm is None:
            await self.warm_up()
        assert self._litellm is not None
        request, hearing = _Request(deployment, messages, max_output_tokens, timeout_s), _Hearing()
        if heard is not None:
            return _usable(await self._stream(request, hearing, heard, tools))
        answer = await _ask(self._litellm, request, hearing, **_offering(tools))
        return _checked(answer, hearing.body, {tool.name for tool in tools})

    async def _stream(self, request: _Request, hearing: _Hearing, heard: Heard, tools: Sequence[Tool]) -> Completion:
        assert self._litellm is not None
        loop, books = asyncio.get_running_loop(), Books()
        began = loop.time()
        first = replace(request, timeout_s=min(request.timeout_s, self._patience.first_s))
        with overhearing(books):
            try:
                chunks = await _ask(self._litellm, first, hearing, **_STREAMED, **_offering(tools))
            except ModelFault as fault:
                fault.completion = heard.so_far
                raise
            except asyncio.CancelledError:
                await books.close()
                raise
            ends_at, offered = began + request.timeout_s, {tool.name for tool in tools}
            return await Stream(chunks, books, heard, began, ends_at, self._patience, offered).listen()


class _Hearing:
    """What litellm lets us overhear of one request: that it leaves, and the answer's body as the provider wrote it."""

    def __init__(self) -> None:
        self.asked = False
        self.body: Mapping[str, Any] = {}

    def __call__(self, details: Mapping[str, Any]) -> None:
        self.asked = True
        said = details.get("original_response")
        try:
            body = json.loads(said) if isinstance(said, str) else said
        except ValueError:
            return
        if isinstance(body, dict):
            self.body = body


async def _ask(litellm: ModuleType, request: _Request, hearing: _Hearing, **more: Any) -> Any:
    deployment, timeout_s = request.deployment, request.timeout_s
    try:
        async with asyncio.timeout(timeout_s):
            return await litellm.acompletion(
                model=deployment.model if "/" in deployment.model else f"openai/{deployment.model}",
                messages=[{"role": message.role, "content": _content(message)} for message in request.messages],
                api_base=deployment.api_base,
                api_key=deployment.api_key or "none",
                max_tokens=request.max_output_tokens,
                max_retries=0,
                timeout=timeout_s,
                logger_fn=hearing,
                **more,
            )
    except TimeoutError as error:
        raise ModelFault(FaultKind.TIMEOUT, f"no answer in {timeout_s:.1f} s", billed="maybe") from error
    except Exception as error:
        raise _with_bill(fault_of(error, asked=hearing.asked), hearing.body) from error


def _with_bill(fault: ModelFault, body: Mapping[str, Any]) -> ModelFault:
    """An answer that nobody can read may still say what it costs."""
    usage = usage_of(body)
    if fault.billed != "maybe" or usage is None:
        return fault
    return ModelFault(fault.kind, str(fault), completion=replace(told(body), finish_reason="unread"), billed="reported")


def _offering(tools: Sequence[Tool]) -> Mapping[str, Any]:
    return {"tools": [_described(tool) for tool in tools], **_WITHOUT_MCP} if tools else {}


def _described(tool: Tool) -> dict[str, object]:
    """A tool as OpenAI has it described; litellm tells the others."""
    told = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": told}


def _checked(answer: Any, body: Mapping[str, Any], offered: Set[str] = frozenset()) -> Completion:
    """The answer that came in one piece, if it is one: whole, even where its provider does not say why it ended."""
    choice = answer.choices[0] if answer.choices else None
    message = getattr(choice, "message", None)
    text = getattr(message, "content", None) or ""
    finish = word(getattr(choice, "finish_reason", None))
    said = told(body or {"model": answer.model, "usage": answer.usage.model_dump()})
    text = text if isinstance(text, str) else ""
    return _usable(replace(said, text=text, finish_reason=finish or "none", called=called_in(message, offered)))


def _usable(completion: Completion) -> Completion:
    """The answer if it is one. Without an end, without text or cut by a filter it is a fault that keeps its bill."""
    finish = completion.finish_reason
    billed: Billed = "reported" if completion.usage and finish else "maybe"
    if finish is None:
        raise ModelFault(FaultKind.CUT, "no finish_reason", completion=completion, billed=billed)
    if finish == "content_filter":
        raise ModelFault(FaultKind.CONTENT_FILTER, "finish_reason", completion=completion, billed=billed)
    if not completion.text.strip() and completion.called is None:
        raise ModelFault(FaultKind.EMPTY, f"finish_reason {finish}", completion=completion, billed=billed)
    return completion


def _content(message: Message) -> str | list[dict[str, object]]:
    """What is said, as OpenAI has it: words alone, or pictures and words; litellm tells the others."""
    words = _sendable(message.content)
    if not message.pictures:
        return words
    shown: list[dict[str, object]] = [
        {
            "type": "image_url",
            "image_url": {"url": f"data:{one.media_type};base64,{base64.b64encode(one.content).decode()}"},
        }
        for one in message.pictures
    ]
    return [*shown, {"type": "text", "text": words}]


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
