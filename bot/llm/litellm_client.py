"""litellm as an adapter to every provider: one request in, an answer or a fault out. Nothing else speaks to it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from bot.llm.environment import freeze, load_litellm
from bot.llm.faults import fault_of
from bot.llm.model_client import Billed, Completion, Deployment, FaultKind, Message, ModelFault
from bot.llm.usage import usage_of, word

_PATIENT_S = 30.0
"""Loading is slow on a busy machine; a warm-up that is cut short leaves a coroutine behind."""

_EACH_ROUTE_ONCE = (
    "openai/gpt-6-luna",
    "gemini/gemini-3.1-flash-lite",
    "anthropic/claude-sonnet-5-5",
    "openrouter/a/b",
)


class LitellmClient:
    """Loads litellm when warmed up, not when imported."""

    def __init__(self) -> None:
        self._litellm: ModuleType | None = None

    @property
    def warm(self) -> bool:
        """True once a first call will not stall the loop."""
        return self._litellm is not None

    async def warm_up(self) -> None:
        """Load litellm (1.5 s) and touch each kind of route once, against a closed port of this machine."""
        litellm = load_litellm()
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            nowhere = f"http://127.0.0.1:{bound.getsockname()[1]}"
            for model in _EACH_ROUTE_ONCE:
                try:
                    await _ask(litellm, Deployment(model, nowhere), [Message("user", "hi")], 16, _PATIENT_S, _Hearing())
                except ModelFault:
                    continue
        freeze()
        self._litellm = litellm

    async def complete(
        self, deployment: Deployment, messages: Sequence[Message], *, max_output_tokens: int, timeout_s: float
    ) -> Completion:
        """One request, no hidden retries, at most `timeout_s` seconds. Raises ModelFault."""
        if self._litellm is None:
            await self.warm_up()
        assert self._litellm is not None
        hearing = _Hearing()
        answer = await _ask(self._litellm, deployment, messages, max_output_tokens, timeout_s, hearing)
        return _checked(answer, hearing.body)


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


async def _ask(
    litellm: ModuleType,
    deployment: Deployment,
    messages: Sequence[Message],
    max_output_tokens: int,
    timeout_s: float,
    hearing: _Hearing,
) -> Any:
    try:
        async with asyncio.timeout(timeout_s):
            return await litellm.acompletion(
                model=deployment.model if "/" in deployment.model else f"openai/{deployment.model}",
                messages=[{"role": message.role, "content": _sendable(message.content)} for message in messages],
                api_base=deployment.api_base,
                api_key=deployment.api_key or "none",
                max_tokens=max_output_tokens,
                max_retries=0,
                timeout=timeout_s,
                logger_fn=hearing,
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
    return ModelFault(fault.kind, str(fault), completion=_completion("", None, body), billed="reported")


def _checked(answer: Any, body: Mapping[str, Any]) -> Completion:
    """The answer if it is one. A body without text, or cut by a filter, is a fault that keeps its bill."""
    choice = answer.choices[0] if answer.choices else None
    text = getattr(getattr(choice, "message", None), "content", None) or ""
    finish = word(getattr(choice, "finish_reason", None))
    completion = _completion(
        text if isinstance(text, str) else "",
        finish,
        body or {"model": answer.model, "usage": answer.usage.model_dump()},
    )
    billed: Billed = "reported" if completion.usage else "maybe"
    if finish == "content_filter":
        raise ModelFault(FaultKind.CONTENT_FILTER, "finish_reason", completion=completion, billed=billed)
    if not completion.text.strip():
        raise ModelFault(FaultKind.EMPTY, f"finish_reason {finish}", completion=completion, billed=billed)
    return completion


def _completion(text: str, finish_reason: str | None, body: Mapping[str, Any]) -> Completion:
    return Completion(
        text=text,
        model=word(body.get("model") or body.get("modelVersion")),
        response_id=word(body.get("id") or body.get("responseId")),
        finish_reason=finish_reason,
        usage=usage_of(body),
    )


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
