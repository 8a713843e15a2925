"""What other routers' shipped scorers say of a text: run here, by their own code, without network."""

from __future__ import annotations

import importlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.llm.environment import load_litellm

TIERS = {"SIMPLE": 1, "MEDIUM": 2, "COMPLEX": 3, "REASONING": 3}
"""Their tiers as ours."""

ABSENT = (
    "Not run: RouteLLM (its weights are on a model hub), ClawRouter (not found where packages were looked for); "
    "claw-llm-router, LLMRouter and semantic-router were not tried."
)


@dataclass(frozen=True, slots=True)
class Said:
    """A score (higher is harder), a tier (None: the scorer only ranks), and what it took in microseconds."""

    score: float
    tier: int | None
    micros: float


Peer = Callable[[list[str]], list[Said]]
ROUNDS = 20


def quickest(contenders: dict[str, Peer], texts: list[str]) -> dict[str, list[float]]:
    """Microseconds per text: the best of `ROUNDS`, for this machine does other things too, for seconds on end.

    All take part in each round, so that none has a better moment than the others.
    """
    best: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, peer in contenders.items():
            micros = [said.micros for said in peer(texts)]
            best[name] = list(map(min, best.get(name, micros), micros))
    return best


def timed(judge: Callable[[str], tuple[float, int | None]]) -> Peer:
    """A scorer of one text as one of many, with a clock."""

    def said(text: str) -> Said:
        started = time.perf_counter_ns()
        score, tier = judge(text)
        return Said(score, tier, (time.perf_counter_ns() - started) / 1000)

    return lambda texts: [said(text) for text in texts]


def peers(uncommon_route: str | None) -> dict[str, Peer]:
    """Name -> scorer; `uncommon_route` is a Python in which that package is installed."""
    dice = random.Random(0)
    found = {
        "random": timed(lambda _: (dice.random(), None)),
        "prompt length": timed(lambda text: (float(len(text)), None)),
        "best constant": timed(lambda _: (0.0, None)),
        "LiteLLM complexity router": timed(_litellm()),
        "LiteLLM heuristic_v2": timed(_litellm_v2()),
    }
    return found | ({"UncommonRoute": lambda texts: _uncommon(uncommon_route, texts)} if uncommon_route else {})


def _litellm() -> Callable[[str], tuple[float, int]]:
    router = _router({})

    def judge(text: str) -> tuple[float, int]:
        tier, score, _ = router.classify(text)
        return score, TIERS[tier.value]

    return judge


def _litellm_v2() -> Callable[[str], tuple[float, int]]:
    router = _router({"classifier_type": "heuristic_v2"})

    def judge(text: str) -> tuple[float, int]:
        outcome = router._classify_with_heuristic_v2(text)
        forecast = outcome.heuristic_v2_forecast
        assert forecast
        return 1 - forecast["probabilities"]["SIMPLE"], TIERS[str(getattr(outcome.tier, "value", outcome.tier))]

    return judge


def _router(config: dict[str, str]) -> Any:
    """LiteLLM's own, loaded as Lucy loads it: nothing is fetched."""
    load_litellm()
    module = importlib.import_module("litellm.router_strategy.complexity_router.complexity_router")
    tiers = {name: name.lower() for name in TIERS}
    return module.ComplexityRouter("lucy", None, {"tiers": tiers, **config})


def _uncommon(python: str, texts: list[str]) -> list[Said]:
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    script = Path(__file__).with_name("ask_uncommon.py")
    ran = subprocess.run([python, str(script)], input=lines, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    sys.stderr.write(ran.stderr[-300:])
    return [Said(score, TIERS[tier], micros) for score, tier, micros in told]
