"""OpenRouter's word on a generation after the fact: `GET /generation?id=` of its API reference."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot import log
from bot.llm.model_client import Completion, Deployment
from bot.llm.usage import told

_log = log.get(__name__)

_API = "https://openrouter.ai/api/v1"
_PATIENCE_S = 10.0


class Generations:
    """Asks what became of an answer, with the key that paid for it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def find(self, deployment: Deployment, response_id: str) -> Completion | None:
        """What the answer cost, without its text; None when OpenRouter does not know (yet) or does not answer."""
        if not deployment.api_key:
            return None
        try:
            answer = await self._http.get(
                f"{(deployment.api_base or _API).rstrip('/')}/generation",
                params={"id": response_id},
                headers={"Authorization": f"Bearer {deployment.api_key}"},
            )
            body = answer.json() if answer.status_code == httpx.codes.OK else {}
        except (httpx.HTTPError, ValueError) as error:
            _log.info("generation_not_told", error=type(error).__name__)
            return None
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or data.get("id") != response_id:
            _log.info("generation_not_told", status=answer.status_code)
            return None
        return told(_as_body(data))


@asynccontextmanager
async def generations() -> AsyncIterator[Generations]:
    """Connections to OpenRouter while the block runs."""
    async with httpx.AsyncClient(timeout=_PATIENCE_S) as http:
        yield Generations(http)


def _as_body(data: Mapping[str, Any]) -> dict[str, Any]:
    """Its record in the words of an answer; native tokens are the ones that were charged."""
    usage = {
        "prompt_tokens": data.get("native_tokens_prompt"),
        "completion_tokens": data.get("native_tokens_completion"),
        "prompt_tokens_details": {"cached_tokens": data.get("native_tokens_cached")},
        "completion_tokens_details": {"reasoning_tokens": data.get("native_tokens_reasoning")},
        "cost": data.get("total_cost"),
    }
    return {"id": data["id"], "model": data.get("model"), "service_tier": data.get("service_tier"), "usage": usage}
