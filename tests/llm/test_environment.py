"""How litellm comes into the process: late, from this machine alone, with the collector back on."""

from __future__ import annotations

import subprocess
import sys

LAZY = "import sys, bot.llm.litellm_client; print('litellm' in sys.modules, 'openai' in sys.modules)"

OFFLINE = """
import socket

def refuse(*_):
    raise SystemExit("litellm went to the network while it was imported")

socket.socket.connect = socket.getaddrinfo = refuse
from bot.llm.environment import load_litellm
litellm = load_litellm()
print(litellm.suppress_debug_info, len(litellm.model_cost) > 1000, litellm.success_callback)
"""

WARM = """
import asyncio, gc, sys
gc.disable()
from bot.llm.litellm_client import LitellmClient
client = LitellmClient()
asyncio.run(client.warm_up())
unneeded = [name for name in ("tiktoken_ext.openai_public", "openai.resources") if name in sys.modules]
print(client.warm, gc.isenabled(), gc.get_freeze_count() > 100_000, unneeded)
"""


ASKED_TWICE = """
from bot.llm.environment import load_litellm
load_litellm()
litellm = load_litellm()
utils, main = (__import__(f"litellm.{name}", fromlist="x") for name in ("utils", "main"))
asked = dict(model="gemini-3.1-flash-lite", custom_llm_provider="gemini")
first = main.get_model_info_helper(**asked)
first["mode"] = "spoilt"
names = []
utils.get_potential_model_names = lambda **_: names.append(1)
again = utils.get_model_info_helper(**asked)
print(names, again["mode"], again | first == first)
"""


def test_what_a_model_is_known_to_do_is_worked_out_once() -> None:
    assert run(ASKED_TWICE) == "[] chat True"


def test_importing_the_client_does_not_load_litellm() -> None:
    assert run(LAZY) == "False False"


def test_litellm_is_loaded_without_the_network() -> None:
    assert run(OFFLINE) == "True True []"


def test_warm_the_collector_is_on_again_and_does_not_see_what_was_loaded() -> None:
    assert run(WARM) == "True True True []"


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
