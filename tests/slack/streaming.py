"""An ask in a worker's hand, whose answer is shown to the sandbox piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from bot.db.database import Database
from bot.db.inbox import NewAsk, TakenAsk
from bot.db.outgoing import Outgoing
from bot.sandbox.sandbox import Sandbox
from bot.slack.attachments import Attachments
from bot.slack.delivery import Delivery
from bot.slack.installations import Clients, OneToken, introduce
from bot.slack.live import Live
from bot.slack.pen import Rhythm
from bot.slack.people import People
from bot.slack.pulse import Pulse
from bot.slack.stops import Stops
from bot.slack.thread import Streaming, Threads
from bot.telemetry import Telemetry
from tests.onlooker import until

CHANNEL = "C0GENERAL"
UNDER = [{"type": "context", "elements": [{"type": "mrkdwn", "text": "fast · $0.0001"}]}]


@dataclass
class Bucket:
    """How long each call of a method must wait, in seconds; nothing left: now."""

    waits: dict[str, list[float]] = field(default_factory=dict)

    def of(self, workspace_id: UUID) -> Bucket:
        return self

    async def obey(self, method: str, seconds: float) -> None: ...

    async def take(self, method: str, channel_id: str = "") -> float:
        left = self.waits.get(method)
        return left.pop(0) if left else 0.0


@dataclass
class Desk:
    """Lucy's side of Slack, and the sandbox on the other."""

    db: Database
    sandbox: Sandbox
    workspace_id: UUID
    threads: Threads

    @classmethod
    async def at(
        cls,
        db: Database,
        sandbox: Sandbox,
        workspace_id: UUID,
        *,
        rhythm: Rhythm | None = None,
        bucket: Bucket | None = None,
    ) -> Desk:
        access = await introduce(sandbox.slack.state.bot_token, sandbox.slack.api_url, db)
        clients = Clients(OneToken(access), sandbox.slack.api_url, bucket)
        people = People(clients)

        def under(ask: TakenAsk, outgoing: Outgoing) -> list[dict[str, object]]:
            return UNDER

        streaming = Streaming(Stops(db, clients, people), Pulse(db, clients), rhythm or Rhythm(every_s=0.01))
        delivery = Delivery(db, clients, under, Telemetry(), settle_s=0.05)
        return cls(db, sandbox, workspace_id, Threads(db, clients, people, delivery, streaming, Attachments(clients)))

    async def asked(self, team: str | None = "T0ACME") -> TakenAsk:
        """Ben asks something, and a worker takes it."""
        ts = await self.sandbox.slack.say("U0BEN", CHANNEL, "<@U0LUCY> hi")
        ask = NewAsk(ts, CHANNEL, "channel", ts, ts, "U0BEN", "<@U0LUCY> hi", user_team=team)
        async with self.db.unit(self.workspace_id) as unit:
            await unit.inbox.add(ask)
        return await self.taken()

    async def taken(self, lease_s: float = 30) -> TakenAsk:
        """A worker takes what waits."""
        async with self.db.operations() as operations:
            ask = await operations.claim("worker", lease_s)
        assert ask
        return ask

    async def keep(self, ask: TakenAsk, live: Live, text: str) -> None:
        """The model has ended: its answer is stored."""
        async with self.db.unit(self.workspace_id) as unit:
            await unit.replies.store(ask.lease, live.split(text))

    async def answer(self, ask: TakenAsk, *pieces: str) -> None:
        """Show each piece, wait until the last one is seen where it can be, store the answer and deliver it."""
        async with self.threads.at_work(ask) as live:
            for piece in pieces:
                await live.show(piece)
            await self.keep(ask, live, "".join(pieces))
            await self.threads.deliver(ask, live, "answered")

    @asynccontextmanager
    async def abandoned(self, *pieces: str) -> AsyncIterator[TakenAsk]:
        """A worker that shows these pieces and never writes again; the ask is free for the next one."""
        ask = await self.asked()
        async with self.threads.at_work(ask) as live:
            for piece in pieces:
                await live.show(piece)
            await until(lambda: "".join(self.sandbox.slack.answers(CHANNEL, ask.ts)) == "".join(pieces).rstrip())
        async with self.db.unit(self.workspace_id) as unit:
            await unit.inbox.hand_back(ask.lease)
        yield ask

    def said(self, ask: TakenAsk) -> list[str]:
        return self.sandbox.slack.answers(CHANNEL, ask.ts)

    def calls(self, *prefixes: str) -> list[str]:
        """The methods called so far."""
        return [method for method, _ in self.sandbox.slack.api.calls if method.startswith(prefixes)]

    def sent(self, method: str) -> list[dict[str, object]]:
        return [sent for name, sent in self.sandbox.slack.api.calls if name == method]
