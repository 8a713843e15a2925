"""Which fault a provider's error is: by the HTTP status that really came and the words, never by litellm's class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx

from bot.llm.model_client import Billed, FaultKind, ModelFault

_OVERFLOW = (
    "context_length", "context length", "context window", "maximum context", "prompt is too long", "too many tokens",
    "input token count", "exceeds the maximum number of tokens", "reduce the length", "request_too_large",
)  # fmt: skip
_FILTER = (
    "content_filter",
    "content filter",
    "content_policy",
    "content policy",
    "content management policy",
    "safety",
)
_KEY = ("api key not valid", "api_key_invalid", "api key expired", "invalid api key", "incorrect api key")
_BROKE = ("insufficient_quota", "exceeded your current quota", "credit balance", "insufficient balance")

_BY_STATUS = {
    401: FaultKind.AUTH,
    402: FaultKind.AUTH,
    403: FaultKind.AUTH,
    404: FaultKind.NOT_FOUND,
    408: FaultKind.TIMEOUT,
    413: FaultKind.CONTEXT_OVERFLOW,
    429: FaultKind.RATE_LIMITED,
}
_GATEWAY_GAVE_UP = frozenset({408, 499, 504, 524})
"""Statuses of a middleman that stopped waiting; the model behind it may have worked on, and may be billed."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def fault_of(error: Exception, *, asked: bool) -> ModelFault:
    """Our fault for a foreign error; `asked` tells whether litellm had begun to send the request."""
    links = tuple(_chain(error))
    words = " ".join(str(link) for link in links).lower()
    name = type(error).__name__
    for link in links:
        if isinstance(link, httpx.HTTPStatusError):
            return _answered(link.response.status_code, words, link.response.headers, name)
    if not asked:
        return ModelFault(FaultKind.NOT_FOUND, f"{name} before sending")
    for link in links:
        if isinstance(link, httpx.TransportError):
            return _not_answered(link, name)
    return ModelFault(FaultKind.MALFORMED, name, billed="maybe")


def kind_of(status: int, words: str) -> FaultKind:
    """The fault behind an HTTP error status and the lower-case words that came with it."""
    if any(word in words for word in _KEY + _BROKE):
        return FaultKind.AUTH
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return FaultKind.TIMEOUT if status in _GATEWAY_GAVE_UP else FaultKind.SERVER
    if any(word in words for word in _OVERFLOW):
        return FaultKind.CONTEXT_OVERFLOW
    if any(word in words for word in _FILTER):
        return FaultKind.CONTENT_FILTER
    return FaultKind.BAD_REQUEST


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The seconds a provider asks us to wait, when it says so in a way we understand."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit_s)
        except (KeyError, ValueError):
            continue
    return None


def _answered(status: int, words: str, headers: Mapping[str, str], name: str) -> ModelFault:
    billed: Billed = "maybe" if status in _GATEWAY_GAVE_UP else "no"
    wait = retry_after_s(headers)
    return ModelFault(kind_of(status, words), f"{name} {status}", status=status, retry_after_s=wait, billed=billed)


def _not_answered(error: httpx.TransportError, name: str) -> ModelFault:
    if isinstance(error, _NEVER_SENT):
        return ModelFault(FaultKind.CONNECTION, name, billed="no")
    timed_out = isinstance(error, httpx.TimeoutException)
    return ModelFault(FaultKind.TIMEOUT if timed_out else FaultKind.CONNECTION, name, billed="maybe")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies beneath it, litellm's wrapping first."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
