"""How litellm is loaded: never from the network, never with a stray `.env`, and without stalling the loop later."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from bot.llm.overheard import let_be_overheard

_BEFORE_IMPORT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_MODE": "PRODUCTION",
    "EXPERIMENTAL_OPENAI_BASE_LLM_HTTP_HANDLER": "true",
}
"""The last sends what is for OpenAI's wire the way of all the others: without OpenAI's own client, 0.4 s of imports."""


class _NoEncoding:
    """Stands where litellm keeps its tokenizer (0.3 s and 20 MB): we take what providers count, never its guesses."""

    def encode(self, *_: object, **__: object) -> list[int]:
        return []


class _InTheLoop:
    """Stands where litellm.main has `asyncio`: what it would let a thread prepare is prepared at once, in the loop.

    The two tenths of a millisecond of it hold the interpreter's lock wherever they are spent, the way to a thread and back
    costs as much again, and of a call that is cancelled meanwhile a coroutine would be left that nobody awaits.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def get_event_loop(self) -> Self:
        return self

    def run_in_executor(self, _: None, prepare: Callable[[], Any]) -> asyncio.Future[Any]:
        prepared = asyncio.get_running_loop().create_future()
        prepared.set_result(prepare())
        return prepared


def load_litellm() -> Any:
    """Import litellm (1.5 s) with its network habits and its guesses off."""
    os.environ.update(_BEFORE_IMPORT)
    litellm: Any = importlib.import_module("litellm")
    importlib.import_module("litellm.main").__dict__.update(encoding=_NoEncoding(), asyncio=_InTheLoop())
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.disable_token_counter = True
    litellm.disable_streaming_logging = True
    _keep_no_books()
    _look_up_once()
    let_be_overheard()
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


def _keep_no_books() -> None:
    """litellm prices every answer, puts a streamed one together again in a thread, and writes a record for callbacks, a
    third of a call's CPU: the ledger is ours, and there are no callbacks.
    """
    core = "litellm.litellm_core_utils"
    books: Any = importlib.import_module(f"{core}.litellm_logging").Logging
    for name in ("response_cost_calculator", "_response_cost_calculator"):
        setattr(books, name, _nothing)
    books.dispatch_success_handlers = _nothing_later
    importlib.import_module(f"{core}.streaming_handler").__dict__["asyncify"] = lambda _: _nothing_later
    importlib.import_module("litellm.utils").__dict__.update(
        update_response_metadata=_nothing, _dispatch_success_logging=_nothing
    )


def _look_up_once() -> None:
    """What litellm works out anew for every call and cannot change while we run, as no prices are fetched: what a model is
    known to do (three times a call), and which fields a schema of Google's has. A tenth of a call's CPU.
    """
    utils, main = (importlib.import_module(f"litellm.{name}").__dict__ for name in ("utils", "main"))
    look_up = utils["get_model_info_helper"]
    if hasattr(look_up, "__wrapped__"):
        return
    remembered = functools.lru_cache(maxsize=1000)(look_up)

    @functools.wraps(look_up)
    def known(model: str, custom_llm_provider: str | None = None, *where: Any, **there: Any) -> dict[str, Any]:
        look = look_up if where or there else remembered
        return dict(look(model, custom_llm_provider, *where, **there))

    utils["get_model_info_helper"] = main["get_model_info_helper"] = known
    google = importlib.import_module("litellm.llms.vertex_ai.common_utils").__dict__
    google["get_type_hints"] = functools.cache(google["get_type_hints"])


def _nothing(*_: object, **__: object) -> None:
    """Instead of litellm's own."""


async def _nothing_later(*_: object, **__: object) -> None:
    """Instead of litellm's own."""


@contextmanager
def uncollected() -> Iterator[None]:
    """What is loaded meanwhile is kept out of the collector's sight for good.

    Collecting while it grows costs 0.7 s in all; a full collection later would stall the loop for 400 ms.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
