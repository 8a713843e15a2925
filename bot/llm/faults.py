"""Which fault a provider's error is: decided by status and words, never by the class litellm chose."""

from __future__ import annotations

from collections.abc import Mapping

from bot.llm.model_client import Billed, FaultKind

_OVERFLOW = (
    "context_length", "context length", "context window", "maximum context", "prompt is too long",
    "input token count", "exceeds the maximum number of tokens", "too many tokens",
)  # fmt: skip
_FILTER = ("content_filter", "content filter", "content management policy", "content policy", "safety", "blocked")
_UNREACHED = ("connection refused", "cannot connect", "name or service not known", "connect call failed")
_CUT = ("disconnected", "reset by peer", "payload", "incomplete", "broken pipe", "closed connection", "connection lost")
_MALFORMED = ("expecting", "jsondecode", "unable to get json", "invalid response", "validation error", "not valid json")

_BY_STATUS = {
    401: FaultKind.AUTH,
    402: FaultKind.AUTH,
    403: FaultKind.AUTH,
    404: FaultKind.NOT_FOUND,
    408: FaultKind.TIMEOUT,
    429: FaultKind.RATE_LIMITED,
}


def kind_of(status: int | None, words: str) -> FaultKind:
    """The fault behind a status (None for no HTTP answer) and an error's text."""
    said = words.lower()
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status in {400, 413, 422}:
        return _bad_request(said)
    if any(word in said for word in _UNREACHED + _CUT):
        return FaultKind.CONNECTION
    if any(word in said for word in _MALFORMED):
        return FaultKind.MALFORMED
    return FaultKind.SERVER if status and status >= 500 else FaultKind.CONNECTION


def billed(kind: FaultKind, words: str) -> Billed:
    """Whether a request that failed like this may still stand on the provider's invoice."""
    match kind:
        case FaultKind.TIMEOUT | FaultKind.MALFORMED:
            return "maybe"
        case FaultKind.CONNECTION:
            return "no" if any(word in words.lower() for word in _UNREACHED) else "maybe"
        case _:
            return "no"


def retry_after_s(headers: Mapping[str, str] | None) -> float | None:
    """The seconds a provider asks us to wait, when it says so in a way we understand."""
    value = (headers or {}).get("retry-after") or (headers or {}).get("Retry-After")
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None


def _bad_request(said: str) -> FaultKind:
    if any(word in said for word in _OVERFLOW):
        return FaultKind.CONTEXT_OVERFLOW
    return FaultKind.CONTENT_FILTER if any(word in said for word in _FILTER) else FaultKind.BAD_REQUEST
