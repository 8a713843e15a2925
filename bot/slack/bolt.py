"""The Bolt app: the same listeners for HTTP and Socket Mode."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.db.ids import workspace_id_of
from bot.slack.costs_command import CostsCommand
from bot.slack.failures import tell
from bot.slack.ingest import Ingest, Next

Authorizer = Callable[..., Awaitable[AuthorizeResult]]

COSTS = "/lucy-costs"
EVENTS = ("app_mention", "message", "app_uninstalled", "tokens_revoked")


def build_app(
    signing_secret: str | None,
    base_url: str,
    authorize: Authorizer,
    ingest: Ingest,
    costs: CostsCommand,
) -> AsyncApp:
    """An app that stores asks and farewells before it acknowledges them. Without a signing secret only Socket Mode may feed it."""

    async def store(req: Any, next: Next) -> Any:  # noqa: A002 - Bolt injects by this name
        return await ingest(req, next)

    app = AsyncApp(
        signing_secret=signing_secret or "socket mode only",
        client=AsyncWebClient(base_url=base_url),
        authorize=authorize,
        before_authorize=store,
    )
    app.error(tell)
    for event in EVENTS:
        app.event(event)(_stored_already)
    app.command(COSTS)(_command(costs))
    app.action(re.compile(".*"))(_only_acknowledged)
    return app


async def _stored_already() -> None:
    """What the event asks for is in the database since before the acknowledgement; the worker has been woken."""


async def _only_acknowledged(ack: AsyncAck) -> None:
    """Buttons of older messages do nothing any more; their click is not an error."""
    await ack()


def _command(costs: CostsCommand) -> Callable[..., Awaitable[None]]:
    async def lucy_costs(
        ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        slack_id = context.team_id or context.enterprise_id or ""
        await costs.answer(respond, command, workspace_id_of(slack_id))

    return lucy_costs
