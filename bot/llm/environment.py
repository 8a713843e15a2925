"""How litellm is loaded: never from the network, never with a stray `.env`, and without stalling the loop later."""

from __future__ import annotations

import gc
import importlib
import logging
import os
from typing import Any

from bot.llm.overheard import let_be_overheard

_BEFORE_IMPORT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_MODE": "PRODUCTION",
}


def load_litellm() -> Any:
    """Import litellm (1.5 s; the garbage collector off saves a third) with its network habits and its guesses off."""
    os.environ.update(_BEFORE_IMPORT)
    gc.disable()
    try:
        litellm: Any = importlib.import_module("litellm")
    finally:
        gc.enable()
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.disable_token_counter = True
    litellm.disable_streaming_logging = True
    let_be_overheard()
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


def freeze() -> None:
    """Take what is loaded out of the collector's sight: a full collection would stall the loop for 400 ms."""
    gc.collect()
    gc.freeze()
