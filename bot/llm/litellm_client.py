"""litellm as an adapter to every provider: one request in, an answer or a fault out. The only file that speaks to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from bot.llm.environment import freeze, load_litellm
from bot.llm.faults import billed, kind_of, retry_after_s
from bot.llm.model_client import Completion, Deployment, FaultKind, Message, ModelFault
from bot.llm.usage import usage_of

_NOWHERE = "http://127.0.0.1:9"
_LOADS_LAZILY = ("openai/warm", "gemini/gemini-2.5-flash", "anthropic/claude-haiku-4-5", "openrouter/warm/warm")


class LitellmClient:
    """Loads litellm when warmed, not when imported."""

    def __init__(self) -> None:
        self._litellm: ModuleType | None = None

    @property
    def warm(self) -> bool:
        """True once a first call will not stall the loop."""
        return self._litellm is not None

    async def warm_up(self) -> None:
        """Load litellm and touch each kind of route once, against a closed port of this machine."""
        litellm = load_litellm()
        litellm.drop_params = True
        self._litellm = litellm
        for model in _LOADS_LAZILY:
            try:
                await self.complete(Deployment(model, _NOWHERE, "warm"), [Message("user", "")], max_output_tokens=1, timeout_s=1)
            except ModelFault:
                continue
        freeze()

    async def complete(
        self, deployment: Deployment, messages: Sequence[Message], *, max_output_tokens: int, timeout_s: float
    ) -> Completion:
        """One request, no hidden retries, at most `timeout_s` seconds. Raises ModelFault."""
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._ask(deployment, messages, max_output_tokens, timeout_s)
        except TimeoutError as error:
            raise ModelFault(FaultKind.TIMEOUT, f"no answer in {timeout_s:.1f} s", billed="maybe") from error
        return _checked(answer, deployment)

    async def _ask(
        self, deployment: Deployment, messages: Sequence[Message], max_output_tokens: int, timeout_s: float
    ) -> Any:
        if self._litellm is None:
            await self.warm_up()
        assert self._litellm is not None
        try:
            return await self._litellm.acompletion(
                model=deployment.model if "/" in deployment.model else f"openai/{deployment.model}",
                messages=[{"role": message.role, "content": message.content} for message in messages],
                api_base=deployment.api_base,
                api_key=deployment.api_key or "none",
                max_tokens=max_output_tokens,
                max_retries=0,
                timeout=timeout_s,
                drop_params=True,
            )
        except self._litellm.exceptions.APIError as error:
            raise _fault(error) from error
        except self._litellm.exceptions.OpenAIError as error:
            raise _fault(error) from error


def _fault(error: Any) -> ModelFault:
    status, words = getattr(error, "status_code", None), str(error)
    kind = kind_of(status if isinstance(status, int) else None, words)
    wait = retry_after_s(getattr(error, "litellm_response_headers", None))
    return ModelFault(kind, f"{type(error).__name__} {status}", status=status, retry_after_s=wait, billed=billed(kind, words))


def _checked(answer: Any, deployment: Deployment) -> Completion:
    raw = answer.usage.model_dump() if getattr(answer, "usage", None) else None
    usage = usage_of(raw, deployment.provider, getattr(answer, "service_tier", None))
    choice = answer.choices[0] if answer.choices else None
    text = (choice.message.content or "") if choice else ""
    completion = Completion(text, answer.model, answer.id, choice.finish_reason if choice else None, usage)
    verdict = "reported" if usage else "maybe"
    if completion.finish_reason == "content_filter":
        raise ModelFault(FaultKind.CONTENT_FILTER, "finish_reason", completion=completion, billed=verdict)
    if not text.strip():
        raise ModelFault(FaultKind.EMPTY, "no text", completion=completion, billed=verdict)
    return completion
