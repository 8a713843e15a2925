"""What a form of `/lucy-costs` is, who asks, and what every form says alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from slack_bolt.async_app import AsyncRespond

from bot.errors import LucyError
from bot.slack.manners import whisper
from bot.slack.people import Person

ADMINS_ONLY = "Only Slack's admins and owners can do that, and whom they named: `/lucy-costs admins`."


@dataclass(frozen=True, slots=True)
class Asker:
    """Who typed the command, and where."""

    workspace_id: UUID
    user_id: str
    channel_id: str
    person: Person

    def must_be_admin(self) -> None:
        """Raises NotAllowed."""
        if not self.person.is_admin:
            raise NotAllowed(f"{self.user_id} is no admin")


class NotUnderstood(LucyError):
    """Not a form of the command."""

    sentence = "I didn't understand that. `/lucy-costs help` shows what I know."


class NotAllowed(LucyError):
    """Somebody who may not do that."""

    sentence = ADMINS_ONLY


class Form(Protocol):
    """One group of forms: the words it begins with, its lines of help, and who answers it."""

    begins: ClassVar[frozenset[str]]
    help: ClassVar[tuple[str, ...]]

    async def answer(self, respond: AsyncRespond, words: str, asker: Asker) -> None:
        """Answer all the `words` that were typed. Raises LucyError, whose sentence is told to the asker."""
        ...


async def say(respond: AsyncRespond, text: str) -> None:
    """Tell the asker alone."""
    await whisper(respond, text)
