"""What people press, pick and send off in a Home: done by the forms of `/lucy-costs`, and the Home published again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncAck

from bot import log
from bot.db.database import Database
from bot.db.dials import Scope
from bot.errors import DatabaseAway, LucyError
from bot.routing.stakes import Dial
from bot.slack.client import SlackRefused, SlackUnsure
from bot.slack.costs_words import Asker, NotUnderstood
from bot.slack.dial_form import DialForm, Turn
from bot.slack.home.actions import BUDGET, DIAL, DIGEST, OWN_DIAL, SWITCH, TIERS
from bot.slack.home.forms import BudgetSettings, DigestSettings, SettingForm, TierSettings
from bot.slack.home.home import Home
from bot.slack.home.modals import told_modal
from bot.slack.home.sent import Misfilled
from bot.slack.installations import Clients, NotInstalled
from bot.slack.people import People
from bot.slack.switch_form import SWITCHES, SwitchForm

_log = log.get(__name__)
_SOFT = (SlackRefused, SlackUnsure, NotInstalled, DatabaseAway)
WITHIN_S = 2.0
"""Slack closes a form with a complaint of its own after three seconds."""
LATE = "That took longer than Slack waits. Look at what is set before you try it again."

View = dict[str, Any]
Set = Callable[[str, Asker], Awaitable[str]]
"""Sets what was picked, and says what holds then. Raises NotAllowed, NotUnderstood."""


class Changes:
    """Whoever may not do something is told so, whatever button or form was sent."""

    def __init__(self, db: Database, clients: Clients, people: People, home: Home, within_s: float = WITHIN_S) -> None:
        self._db, self._clients, self._people, self._home, self._within_s = db, clients, people, home, within_s
        self._dials, self._switches = DialForm(db), SwitchForm(db)
        self._forms: Mapping[str, SettingForm] = {
            DIGEST: DigestSettings(db), BUDGET: BudgetSettings(db, people), TIERS: TierSettings(db)
        }  # fmt: skip
        self._at_once: Mapping[str, Set] = {DIAL: self._turn_all, OWN_DIAL: self._turn_own, SWITCH: self._switch}

    async def pressed(self, body: View, workspace_id: UUID) -> None:
        """A button or a select: something is set at once, a form is opened, or the Home is only read again."""
        action, user_id = body["actions"][0], str(body["user"]["id"])
        name, value = str(action["action_id"]), _value(action)
        try:
            asker = await self._asker(workspace_id, user_id)
            if form := self._forms.get(name):
                asker.must_be_admin()
                await self._open(body, workspace_id, await form.opened(value, asker))
                return
            note = await self._at_once[name](value, asker) if name in self._at_once else ""
        except (LucyError, ValueError) as error:
            await self._open(body, workspace_id, told_modal(_sentence(error)))
            return
        await self._home.publish(workspace_id, user_id, note, (body.get("view") or {}).get("hash"))

    async def sent(self, ack: AsyncAck, body: View, workspace_id: UUID) -> None:
        """A form was sent off: what is wrong stands in it; else it closes, and the Home says what holds now."""
        view, user_id = body["view"], str(body["user"]["id"])
        try:
            async with asyncio.timeout(self._within_s):
                asker = await self._asker(workspace_id, user_id)
                note = await self._forms[view["callback_id"]].saved(view, asker)
        except TimeoutError:
            await ack(response_action="update", view=told_modal(LATE))
        except Misfilled as error:
            await ack(response_action="errors", errors={error.field: error.sentence})
        except (LucyError, ValueError) as error:
            await ack(response_action="update", view=told_modal(_sentence(error)))
        else:
            await ack()
            await self._home.publish(workspace_id, user_id, note)

    async def _asker(self, workspace_id: UUID, user_id: str) -> Asker:
        return Asker(workspace_id, user_id, "", await self._people.find(workspace_id, user_id))

    async def _turn_all(self, dial: str, asker: Asker) -> str:
        return await self._turn(dial, "workspace", "", asker)

    async def _turn_own(self, dial: str, asker: Asker) -> str:
        return await self._turn(dial, "user", asker.user_id, asker)

    async def _turn(self, dial: str, scope: Scope, key: str, asker: Asker) -> str:
        return await self._dials.turn(Dial(dial), Turn(Dial(dial), scope, key), asker)

    async def _switch(self, value: str, asker: Asker) -> str:
        name, _, way = value.partition(":")
        switch = next((one for one in SWITCHES if one.switch == name), None)
        if switch is None or way not in {"on", "off"}:
            raise NotUnderstood(value)
        return await self._switches.turn(switch, asker, on=way == "on")

    async def _open(self, body: View, workspace_id: UUID, view: View) -> None:
        try:
            client = await self._clients.of(workspace_id)
            await client.try_once("views.open", trigger_id=str(body["trigger_id"]), view=view)
        except _SOFT as error:
            _log.info("view_not_opened", error=str(error))


def _value(action: Mapping[str, Any]) -> str:
    return str((action.get("selected_option") or action).get("value", ""))


def _sentence(error: LucyError | ValueError) -> str:
    """What nobody can send who uses Slack is not understood."""
    return error.sentence if isinstance(error, LucyError) else NotUnderstood.sentence
