"""Answers heard while they are made, over the real litellm, from the sandbox's providers in every wire format."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Aborted, Completion, Deployment, FaultKind, Heard, Message, ModelFault
from bot.llm.streamed import Patience
from bot.sandbox.providers.vendor import Mode, Vendor
from bot.sandbox.sandbox import Sandbox
from tests.llm.wire import ANTHROPIC, GEMINI, ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASK = (Message("user", "Please compare contract a vs b."),)
PIECES = 14


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client() -> LitellmClient:
    warmed = LitellmClient(Patience(first_s=0.6, idle_s=0.3))
    await warmed.warm_up()
    return warmed


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as world:
        yield world


class Listener:
    """Takes pieces; does something odd at the third."""

    def __init__(self, at_the_third: Exception | None = None) -> None:
        self.pieces: list[str] = []
        self.third = asyncio.Event()
        self._at_the_third = at_the_third
        self.heard = Heard(self.show)

    async def show(self, piece: str) -> None:
        self.pieces.append(piece)
        if len(self.pieces) == 3:
            self.third.set()
            if self._at_the_third:
                raise self._at_the_third


@pytest.mark.parametrize("model", ROUTES)
async def test_the_pieces_are_the_answer_and_its_books_are_the_providers(
    client: LitellmClient, sandbox: Sandbox, model: str
) -> None:
    vendor, listener = vendor_of(sandbox, model), Listener()

    answer = await stream(client, vendor, model, listener)

    [line] = vendor.invoice
    assert answer.text == "".join(listener.pieces)
    assert len(listener.pieces) == PIECES
    assert (answer.response_id, answer.finish_reason) == (line.request_id, "stop")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (line.input_tokens, line.output_tokens)
    assert answer.first_token_ms is not None


@pytest.mark.parametrize("model", ROUTES)
async def test_litellm_does_not_put_the_pieces_together_again(
    client: LitellmClient, sandbox: Sandbox, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    litellm = importlib.import_module("litellm")
    monkeypatch.setattr(litellm, "stream_chunk_builder", lambda *_, **__: kept.append("put together"))

    answer = await stream(client, vendor_of(sandbox, model), model, Listener())
    await asyncio.sleep(0.1)

    assert answer.usage is not None
    assert kept == []


@pytest.mark.parametrize("model", ROUTES)
@pytest.mark.parametrize(
    ("mode", "kind"),
    [(Mode.CUT, FaultKind.CUT), (Mode.UNFINISHED, FaultKind.CUT), (Mode.STALL, FaultKind.TIMEOUT)],
)
async def test_a_stream_that_breaks_is_a_fault_that_keeps_what_was_heard(
    client: LitellmClient, sandbox: Sandbox, model: str, mode: Mode, kind: FaultKind
) -> None:
    vendor, listener = vendor_of(sandbox, model), Listener()
    vendor.fail_next(mode)

    with pytest.raises(ModelFault) as broken:
        await stream(client, vendor, model, listener)

    seen = broken.value.completion
    assert seen is not None
    assert (broken.value.kind, broken.value.billed, seen.finish_reason) == (kind, "maybe", None)
    assert seen.text == "".join(listener.pieces) != ""
    assert seen.response_id == vendor.invoice[0].request_id
    assert (seen.usage is not None and seen.usage.input_tokens) == (
        model == ANTHROPIC and vendor.invoice[0].input_tokens
    )


@pytest.mark.parametrize("model", ROUTES)
@pytest.mark.parametrize(("mode", "kind"), [(Mode.SILENT, FaultKind.CUT), (Mode.HANG, FaultKind.TIMEOUT)])
async def test_a_stream_without_a_word_is_a_fault(
    client: LitellmClient, sandbox: Sandbox, model: str, mode: Mode, kind: FaultKind
) -> None:
    vendor, listener = vendor_of(sandbox, model), Listener()
    vendor.fail_next(mode)

    with pytest.raises(ModelFault) as broken:
        await stream(client, vendor, model, listener)

    assert (broken.value.kind, broken.value.billed, listener.pieces) == (kind, "maybe", [])


@pytest.mark.parametrize("model", ROUTES)
async def test_a_refusal_before_the_stream_costs_nothing(client: LitellmClient, sandbox: Sandbox, model: str) -> None:
    vendor = vendor_of(sandbox, model)
    vendor.fail_next(Mode.RATE_LIMITED)

    with pytest.raises(ModelFault) as refused:
        await stream(client, vendor, model, Listener())

    assert (refused.value.kind, refused.value.status, refused.value.billed) == (FaultKind.RATE_LIMITED, 429, "no")


@pytest.mark.parametrize("model", ROUTES)
async def test_who_stops_listening_hangs_up(client: LitellmClient, sandbox: Sandbox, model: str) -> None:
    vendor, listener = vendor_of(sandbox, model), Listener(Aborted())
    vendor.pace_s = 0.02

    with pytest.raises(Aborted):
        await stream(client, vendor, model, listener)

    assert await hung_up(vendor) == [line.request_id for line in vendor.invoice]
    assert listener.heard.so_far.text == "".join(listener.pieces)


@pytest.mark.parametrize("model", ROUTES)
async def test_a_cancel_hangs_up_and_keeps_what_was_heard(client: LitellmClient, sandbox: Sandbox, model: str) -> None:
    vendor, listener = vendor_of(sandbox, model), Listener()
    vendor.pace_s = 0.02
    streaming = asyncio.ensure_future(stream(client, vendor, model, listener))
    await listener.third.wait()

    streaming.cancel()

    with pytest.raises(asyncio.CancelledError):
        await streaming
    assert await hung_up(vendor) == [line.request_id for line in vendor.invoice]
    assert listener.heard.so_far.response_id == vendor.invoice[0].request_id
    assert listener.heard.so_far.text == "".join(listener.pieces)


@pytest.mark.parametrize("model", ROUTES)
async def test_a_silence_that_is_too_long_hangs_up(client: LitellmClient, sandbox: Sandbox, model: str) -> None:
    vendor = vendor_of(sandbox, model)
    vendor.fail_next(Mode.STALL)

    with pytest.raises(ModelFault):
        await stream(client, vendor, model, Listener())

    assert await hung_up(vendor) == [line.request_id for line in vendor.invoice]


async def test_a_stream_that_never_falls_silent_ends_at_its_time(client: LitellmClient, sandbox: Sandbox) -> None:
    vendor, listener = vendor_of(sandbox, GEMINI), Listener()
    vendor.pace_s = 0.1

    with pytest.raises(ModelFault) as late:
        await stream(client, vendor, GEMINI, listener, timeout_s=0.5)

    assert late.value.kind is FaultKind.TIMEOUT
    assert 0 < len(listener.pieces) < PIECES


async def stream(
    client: LitellmClient, vendor: Vendor, model: str, listener: Listener, timeout_s: float = 5
) -> Completion:
    deployment = Deployment(model, vendor.api_base, "key")
    return await client.complete(deployment, ASK, max_output_tokens=512, timeout_s=timeout_s, heard=listener.heard)


async def hung_up(vendor: Vendor) -> list[str]:
    """The answers whose reader left, as the provider sees it, at most a second later."""
    for _ in range(100):
        if vendor.hung_up:
            break
        await asyncio.sleep(0.01)
    return vendor.hung_up


def vendor_of(sandbox: Sandbox, model: str) -> Vendor:
    return sandbox.providers[model.split("/", 1)[0]]
