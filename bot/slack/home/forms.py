"""The settings that have a form of their own: opened with what holds, saved by the forms of `/lucy-costs`."""

from __future__ import annotations

from typing import Any, Protocol

from bot.db.database import Database
from bot.db.digests import Kind
from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.errors import LucyError
from bot.slack.budget_form import BudgetForm
from bot.slack.costs_words import Asker
from bot.slack.digest_form import DigestForm
from bot.slack.home.modals import NEW, budget_modal, digest_modal, tiers_modal
from bot.slack.home.sent import bound_wish, budget_wish, digest_wishes, known_key
from bot.slack.people import People
from bot.slack.tiers_form import TiersForm

View = dict[str, Any]


class BudgetEnded(LucyError):
    """Somebody else ended it."""

    sentence = "That budget has ended meanwhile."


class SettingForm(Protocol):
    """One of them; `about` is the value of the button that opens it."""

    async def opened(self, about: str, asker: Asker) -> View:
        """The modal. Raises LucyError, ValueError."""
        ...

    async def saved(self, view: View, asker: Asker) -> str:
        """What holds then, in words. Raises Misfilled, NotAllowed, ValueError."""
        ...


class DigestSettings:
    """One kind of digest."""

    def __init__(self, db: Database) -> None:
        self._db, self._form = db, DigestForm(db)

    async def opened(self, about: str, asker: Asker) -> View:
        kind = Kind(about)
        async with self._db.unit(asker.workspace_id) as unit:
            return digest_modal(kind, await unit.digests.setting(kind), await unit.workspaces.zone())

    async def saved(self, view: View, asker: Asker) -> str:
        return await self._form.change(asker, *digest_wishes(view))


class BudgetSettings:
    """A budget there is, or a new one."""

    def __init__(self, db: Database, people: People) -> None:
        self._db, self._people, self._form = db, people, BudgetForm(db, people)

    async def opened(self, about: str, asker: Asker) -> View:
        if about == NEW:
            return budget_modal(None, {})
        key = known_key(about)
        async with self._db.unit(asker.workspace_id) as unit:
            standing = await unit.budgets.standing(key)
        if standing is None:
            raise BudgetEnded(about)
        people = [key.key] if key.scope == "user" else []
        return budget_modal(standing, await self._people.names(asker.workspace_id, people))

    async def saved(self, view: View, asker: Asker) -> str:
        return await self._form.change(budget_wish(view), asker)


class TierSettings:
    """The bounds of the workspace or of a channel."""

    def __init__(self, db: Database) -> None:
        self._db, self._form = db, TiersForm(db)

    async def opened(self, about: str, asker: Asker) -> View:
        if about == NEW:
            return tiers_modal(None)
        channel = EVERYWHERE if about == "everywhere" else about
        async with self._db.unit(asker.workspace_id) as unit:
            bounds = {bound.channel_id: bound for bound in await unit.bounds.all()}
        return tiers_modal(bounds.get(channel, TierBound(channel, None, None)))

    async def saved(self, view: View, asker: Asker) -> str:
        bound = bound_wish(view)
        return await self._form.change(asker, bound.channel_id, "tiers_set", lambda _: bound)
