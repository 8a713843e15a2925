"""Whose word for a cost is taken, and what a provider may write without a wrong number standing in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bot.costs.explain import explain
from bot.costs.price_book import load_price_book
from bot.costs.tracker import Payer, Purpose, Tracker
from bot.db.cost_tables import CostRow
from bot.db.database import Database
from bot.db.ids import new_id
from bot.llm.litellm_client import LitellmClient
from bot.llm.model_client import Message
from bot.routing.breaker import Breakers
from bot.routing.choice import Tier
from bot.routing.router import Call, Router
from bot.routing.tiers import Tiers
from bot.sandbox.sandbox import Sandbox
from bot.telemetry import Telemetry
from tests.costs.ledger import recomputed, rollup, rows

PROMPT = (Message("system", "Be brief."), Message("user", "What is a good name for a ship?"))


@pytest.fixture(scope="session")
def client() -> LitellmClient:
    return LitellmClient()


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def asked(
    db: Database,
    workspace_id: UUID,
    sandbox: Sandbox,
    client: LitellmClient,
    tmp_path: Path,
    telemetry: Telemetry,
) -> Any:
    """Asks one vendor's model so many times; the rows."""

    async def ask(vendor: str, model: str, times: int = 1, prices: str = _PRICES) -> Sequence[CostRow]:
        file, book = tmp_path / "tiers.toml", load_price_book()
        file.write_text(
            f'[[tier]]\nname = "fast"\ndeadline_s = 20\nmax_output_tokens = 64\nmodels = [{{ id = "{vendor}/{model}",'
            f' api_base = "{sandbox.providers[vendor].api_base}"{prices} }}]\n'
        )
        tiers = Tiers.load(str(file), {}, book)
        router = Router(tiers, client, Tracker(db, book, tiers.baseline, telemetry), Breakers())
        for _ in range(times):
            payer = Payer(workspace_id, new_id(), "U1", "C1", "1.0")
            await router.route(Call(payer, Purpose.REPLY, Tier.FAST, "chat", PROMPT))
        ledger = await rows(db, workspace_id)
        assert await rollup(db, workspace_id) == recomputed(ledger)
        assert all(explain(row).agrees for row in ledger)
        return ledger

    return ask


_PRICES = ', input_usd_per_mtok = "0.1", cached_input_usd_per_mtok = "0.01", output_usd_per_mtok = "0.5"'


async def test_openrouters_own_word_is_the_cost_and_the_list_price_stands_beside_it(
    asked: Any, sandbox: Sandbox
) -> None:
    [row] = await asked("openrouter", "openai/gpt-6-luna")

    [line] = sandbox.providers["openrouter"].invoice
    assert (row.cost_usd, row.cost_source) == (line.amount_usd, "provider")
    assert (row.reported_usd, row.list_usd) == (line.amount_usd, line.amount_usd)
    assert row.flags is None


@pytest.mark.parametrize(("claimed", "flags"), [(1.01, None), (1.0101, ["price_diverges"]), (0.98, ["price_diverges"])])
async def test_a_word_more_than_one_percent_from_the_list_is_flagged_and_counted(
    db: Database, workspace_id: UUID, asked: Any, sandbox: Sandbox, telemetry: Telemetry, claimed: float,
    flags: list[str] | None,
) -> None:  # fmt: skip
    _, row = await asked("openrouter", "openai/gpt-6-luna", times=2)
    sandbox.providers["openrouter"].writes = {"cost": float(row.list_usd * Decimal(str(claimed)))}

    *_, row = await asked("openrouter", "openai/gpt-6-luna")

    assert row.cost_usd == row.reported_usd != row.list_usd
    assert row.flags == flags
    assert (b'lucy_attempt_flags_total{flag="price_diverges"} 1.0' in telemetry.exposition()) == bool(flags)
    assert sum(sums["diverged"] for key, sums in (await rollup(db, workspace_id)).items() if key[1] == "total") == bool(
        flags
    )


@pytest.mark.parametrize(("vendor", "model"), [("openai", "gpt-6-luna"), ("moonshot", "kimi-k2.6")])
async def test_a_made_up_cost_from_any_other_endpoint_is_kept_and_ignored(
    asked: Any, sandbox: Sandbox, vendor: str, model: str
) -> None:
    sandbox.providers[vendor].writes = {"cost": 0.5}

    [row] = await asked(vendor, model)

    assert row.reported_usd == Decimal("0.5")
    assert (row.cost_usd, row.cost_source) == (row.list_usd, "config")
    assert row.cost_usd < Decimal("0.001")


async def test_a_made_up_cost_does_not_price_an_unpriced_model(asked: Any, sandbox: Sandbox) -> None:
    sandbox.providers["openai"].writes = {"cost": 0.5}

    [row] = await asked("openai", "unheard-of", prices="")

    assert (row.cost_usd, row.cost_source, row.reported_usd) == (None, "unpriced", Decimal("0.5"))


async def test_answers_that_share_an_id_are_two_rows_and_both_are_paid(asked: Any, sandbox: Sandbox) -> None:
    sandbox.providers["openai"].fixed_id = "chatcmpl-1"

    first, second = await asked("openai", "gpt-6-luna", times=2)

    assert first.provider_response_id == second.provider_response_id == "chatcmpl-1"
    assert (first.flags, second.flags) == (None, ["response_id_repeated"])
    assert first.cost_usd + second.cost_usd == sum(line.amount_usd for line in sandbox.providers["openai"].invoice)


@pytest.mark.parametrize(
    ("written", "source", "flags"),
    [
        ({"prompt_tokens": -5}, "estimated", ["usage_missing"]),
        ({"completion_tokens": -1}, "estimated", ["usage_missing"]),
        ({"prompt_tokens": 10**12}, "estimated", ["usage_missing"]),
        ({"prompt_tokens": 0, "completion_tokens": 0}, "estimated", ["usage_missing"]),
        ({"prompt_tokens": 900_000_000}, "reported", ["usage_absurd", "reserve_overshot"]),
        ({"prompt_tokens_details": {"cached_tokens": 10**6}}, "reported", ["usage_contradictory"]),
        ({"completion_tokens_details": {"reasoning_tokens": 10**6}}, "reported", ["usage_contradictory"]),
    ],
)
async def test_a_usage_that_cannot_be_true_is_never_booked_in_silence(
    asked: Any, sandbox: Sandbox, written: dict[str, Any], source: str, flags: list[str]
) -> None:
    sandbox.providers["openai"].writes = written

    [row] = await asked("openai", "gpt-6-luna")

    assert (row.usage_source, row.flags) == (source, flags)
    assert row.cost_usd > 0
