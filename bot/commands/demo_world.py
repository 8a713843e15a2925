"""The demo's world: the sandbox, and a Lucy whose settings point at it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from bot.app import Lucy, lucy
from bot.config import Settings, load_settings
from bot.db.encryption import derived_key
from bot.sandbox.providers.invoice import PRICES
from bot.sandbox.sandbox import Providers, Sandbox

NO_LIMIT = 1000.0
"""Times Slack's rates: the sandbox's Slack refuses a call only when it is told to."""

_TIERS = (
    ("fast", 20, 1024, ("gemini/gemini-3.1-flash-lite", "openai/gpt-6-luna")),
    ("standard", 40, 4096, ("moonshot/kimi-k2.6", "openai/gpt-6.1-terra")),
    (
        "frontier",
        60,
        16384,
        ("anthropic/claude-sonnet-5-5", "anthropic/claude-opus-5-5", "openai/gpt-6.1-sol"),
    ),
)
"""The default tiers, with the sandbox's endpoints and shorter patience."""


@asynccontextmanager
async def demo_lucy(
    sandbox: Sandbox, *, real: bool = False, say: Callable[[str], None] | None = None, base: Settings | None = None,
    many: bool = False,
) -> AsyncIterator[Lucy]:  # fmt: skip
    """A Lucy that serves the sandbox's Slack while the block runs; `base` are settings other than the environment's.

    Her models are the sandbox's, or with `real` those that LUCY_TIERS names. She serves the first team, or as `many` as
    install her, the first among them. Raises SettingError.
    """
    base = base or load_settings()
    with tempfile.TemporaryDirectory(prefix="lucy-demo-") as folder:
        tiers = Path(folder) / "tiers.toml"
        tiers.write_text(tiers_toml(sandbox.providers), "utf-8")
        settings = demo_settings(sandbox, base, base.tiers if real else str(tiers))
        async with lucy(to_all(settings, sandbox) if many else settings, say=say) as running:
            sandbox.slack.delivery.events_url = f"{running.url}/slack/events"
            if many:
                await sandbox.install(running.url)
            yield running


def demo_settings(sandbox: Sandbox, base: Settings, tiers: str) -> Settings:
    """Settings that point at the sandbox; the database is the one set, else a folder of the demo's own."""
    state = sandbox.slack.state
    return base.model_copy(
        update={
            "slack_bot_token": SecretStr(state.bot_token),
            "slack_signing_secret": SecretStr(state.signing_secret),
            "slack_app_token": None,
            "slack_client_id": None,
            "slack_api_url": sandbox.slack.api_url,
            "slack_rate": NO_LIMIT,
            "encryption_keys": [],
            "home": base.home / "demo",
            "host": "127.0.0.1",
            "port": 0,
            "metrics_addr": "off",
            "tiers": tiers,
        }
    )


def to_all(settings: Settings, sandbox: Sandbox) -> Settings:
    """The same for every team that installs Lucy; what one team's token encrypted can still be read."""
    app = sandbox.slack.state.app
    return settings.model_copy(
        update={
            "slack_bot_token": None,
            "slack_client_id": app.client_id,
            "slack_client_secret": SecretStr(app.client_secret),
            "encryption_keys": [SecretStr(derived_key(sandbox.slack.state.bot_token))],
        }
    )


def tiers_toml(providers: Providers) -> str:
    """A tiers file whose models are the sandbox's, at the sandbox's prices."""
    return "\n".join(_tier(tier, providers) for tier in _TIERS)


def _tier(tier: tuple[str, int, int, tuple[str, ...]], providers: Providers) -> str:
    name, deadline_s, tokens, models = tier
    rows = ",\n".join(_model(model, providers) for model in models)
    return (
        f'[[tier]]\nname = "{name}"\ndeadline_s = {deadline_s}\nmax_output_tokens = {tokens}\nmodels = [\n{rows},\n]\n'
    )


def _model(model: str, providers: Providers) -> str:
    vendor, _, bare = model.partition("/")
    plain, cached, output = PRICES[bare]
    return (
        f'  {{ id = "{model}", api_base = "{providers[vendor].api_base}", context_tokens = 128000, timeout_s = 8, '
        f'input_usd_per_mtok = "{plain}", cached_input_usd_per_mtok = "{cached}", output_usd_per_mtok = "{output}" }}'
    )
