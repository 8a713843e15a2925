"""The Bolt app: the same listeners for HTTP and Socket Mode."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.costs.budget_words import REQUEST_ACTION
from bot.db.ids import workspace_id_of
from bot.slack.ask_about import ASK_ABOUT, QUESTION, AskAbout
from bot.slack.budget_blocks import APPROVE_ACTION, DENY_ACTION
from bot.slack.budget_requests import BudgetRequests
from bot.slack.costs_command import CostsCommand
from bot.slack.failures import tell
from bot.slack.home.actions import PREFIX
from bot.slack.home.changes import Changes
from bot.slack.home.home import Home
from bot.slack.ingest import Ingest, Next
from bot.slack.presses import Presses
from bot.slack.under import AGAIN, FEEDBACK, STRONGER, WHY

Authorizer = Callable[..., Awaitable[AuthorizeResult]]

COSTS = "/lucy-costs"
EVENTS = ("agent_session_stopped", "app_mention", "message", "app_uninstalled", "tokens_revoked")


@dataclass(frozen=True, slots=True)
class Commands:
    """What answers people's commands, buttons, shortcuts and views."""

    costs: CostsCommand
    budgets: BudgetRequests
    presses: Presses
    about: AskAbout
    home: Home
    changes: Changes


def build_app(
    signing_secret: str | None,
    base_url: str,
    authorize: Authorizer,
    ingest: Ingest,
    commands: Commands,
) -> AsyncApp:
    """An app that stores asks and farewells before it acknowledges them. Without a signing secret only Socket Mode may feed it."""

    app = AsyncApp(
        signing_secret=signing_secret or "socket mode only",
        client=AsyncWebClient(base_url=base_url),
        authorize=authorize,
        before_authorize=_Store(ingest),
    )
    app.error(tell)
    for event in EVENTS:
        app.event(event)(_stored_already)
    app.event("app_home_opened")(_opened(commands.home))
    app.command(COSTS)(_command(commands.costs))
    app.action(REQUEST_ACTION)(_press(commands.budgets.ask))
    app.action(re.compile(f"{APPROVE_ACTION}|{DENY_ACTION}"))(_press(commands.budgets.decide))
    app.action(FEEDBACK)(_press(commands.presses.feedback))
    app.action(re.compile(f"{STRONGER}|{AGAIN}"))(_press(commands.presses.once_more))
    app.action(WHY)(_press(commands.presses.why))
    app.message_shortcut(ASK_ABOUT)(_press(commands.about.open))
    app.view(ASK_ABOUT)(_submission(commands.about))
    app.action(re.compile(PREFIX))(_changed(commands.changes))
    app.view(re.compile(PREFIX))(_sent(commands.changes))
    app.action(re.compile(".*"))(_only_acknowledged)
    return app


class _Store(AsyncMiddleware):
    """A function would do, but Bolt would look at its signature with every event."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Next,  # noqa: A002 - Bolt's names
    ) -> BoltResponse | None:
        return await self._ingest(req, next)


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
        await costs.answer(respond, command, _workspace_id(context))

    return lucy_costs


def _press(pressed: Callable[[AsyncRespond, dict[str, Any], UUID], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def press(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        await pressed(respond, body, _workspace_id(context))

    return press


def _submission(about: AskAbout) -> Callable[..., Awaitable[None]]:
    async def submit(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Stored before it is acknowledged, like every ask."""
        wrong = await about.submit(body, _workspace_id(context))
        await (ack(response_action="errors", errors={QUESTION: wrong}) if wrong else ack())

    return submit


def _opened(home: Home) -> Callable[..., Awaitable[None]]:
    async def opened(event: dict[str, Any], context: AsyncBoltContext) -> None:
        await home.opened(event, _workspace_id(context))

    return opened


def _changed(changes: Changes) -> Callable[..., Awaitable[None]]:
    async def changed(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        await changes.pressed(body, _workspace_id(context))

    return changed


def _sent(changes: Changes) -> Callable[..., Awaitable[None]]:
    async def sent(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await changes.sent(ack, body, _workspace_id(context))

    return sent


def _workspace_id(context: AsyncBoltContext) -> UUID:
    """Whose command, button or view it is, as its authorization says."""
    owner = context.enterprise_id if context.is_enterprise_install else context.team_id
    return workspace_id_of(owner or context.enterprise_id or "")
