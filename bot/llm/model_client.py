"""What Lucy wants of a model provider, and what can go wrong there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from bot.errors import LucyError

Billed = Literal["no", "maybe", "reported"]
Show = Callable[[str], Awaitable[None]]
"""Takes the pieces of an answer while it is made; whoever shows them stops the answer by raising Aborted."""


class FaultKind(StrEnum):
    """Why a provider gave no usable answer; decides what the router does next."""

    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    SERVER = "server"
    CONNECTION = "connection"
    CUT = "cut"
    MALFORMED = "malformed"
    EMPTY = "empty"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    CONTEXT_OVERFLOW = "context_overflow"
    CONTENT_FILTER = "content_filter"
    BAD_REQUEST = "bad_request"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as models take it: PNG or JPEG, its sides in pixels."""

    media_type: Literal["image/png", "image/jpeg"]
    content: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt; `pictures` go before its words, to models that can see."""

    role: Literal["system", "user", "assistant"]
    content: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may call instead of answering; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model id with the endpoint and key that serve it; breakers belong to deployments."""

    model: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    key_name: str | None = None

    @property
    def provider(self) -> str:
        """The part of the id that names the provider: `gemini` in `gemini/gemini-3.1-flash-lite`."""
        return self.model.split("/", 1)[0] if "/" in self.model else "openai"

    @property
    def name(self) -> str:
        """What tells this deployment from every other."""
        return f"{self.model}@{self.api_base}" if self.api_base else self.model


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; cached, cache-write, audio and image tokens are part of the input, reasoning
    and audio of the output. `cached_audio_tokens` are audio and cached at once; images are counted when not cached.

    `reported_usd` is the provider's own word for the cost, whoever said it; `contradictory` counts were cut.
    """

    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    audio_input_tokens: int = 0
    cached_audio_tokens: int = 0
    image_input_tokens: int = 0
    audio_output_tokens: int = 0
    service_tier: str | None = None
    reported_usd: Decimal | None = None
    raw: Mapping[str, object] = field(default_factory=dict)
    contradictory: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """A provider's answer, or what was heard of it: without `finish_reason` neither text nor usage are whole.

    `model` is what the provider says served it; `first_token_ms` is known of streams; `called` is the tool it called,
    of those it was offered.
    """

    text: str
    model: str | None = None
    response_id: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    first_token_ms: int | None = None
    called: str | None = None


class Heard:
    """What is heard of one answer while it is made. It outlives a stream that breaks and a caller that is cancelled."""

    def __init__(self, show: Show) -> None:
        self.so_far = Completion("")
        self._show = show

    async def piece(self, text: str) -> None:
        """Keep a piece, then show it. Raises what showing raises."""
        self.so_far = replace(self.so_far, text=self.so_far.text + text)
        await self._show(text)


class Aborted(LucyError):
    """Whoever listens to an answer wants no more of it."""

    sentence = "I stopped, as you asked."


class ModelFault(LucyError):
    """A request that brought no usable answer.

    `billed` tells what the provider will charge: nothing, perhaps something, or the usage in `completion`.
    """

    sentence = "The model I asked didn't answer."

    def __init__(
        self,
        kind: FaultKind,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        completion: Completion | None = None,
        billed: Billed = "no",
    ) -> None:
        super().__init__(detail or kind.value)
        self.kind, self.status, self.retry_after_s = kind, status, retry_after_s
        self.completion, self.billed = completion, billed


class ModelClient(Protocol):
    """The one road to a model."""

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
        """One request, no hidden retries; streamed when somebody listens.

        Cancelling it closes the connection. Raises ModelFault, and what showing a piece raises.
        """
        ...
