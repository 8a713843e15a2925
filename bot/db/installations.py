"""Installations: the encrypted bot token of each workspace that installed Lucy over OAuth, and the states of installs under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import LargeBinary, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher

STATE_LIFETIME = timedelta(minutes=10)


class InstallationRow(Base):
    __tablename__ = "installation"

    workspace_id: Mapped[Key]
    sealed_bot_token: Mapped[bytes] = mapped_column(LargeBinary)
    bot_id: Mapped[Words]
    bot_user_id: Mapped[Words]
    team_id: Mapped[Words | None]
    enterprise_id: Mapped[Words | None]
    scopes: Mapped[Words]
    installed_by: Mapped[Words]
    installed_at: Mapped[Instant] = mapped_column(server_default=func.now())


class OAuthStateRow(Base):
    __tablename__ = "oauth_state"

    state: Mapped[Words] = mapped_column(primary_key=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class Installation:
    """What Slack gave us when a workspace installed Lucy."""

    bot_token: str
    bot_id: str
    bot_user_id: str
    team_id: str | None
    enterprise_id: str | None
    scopes: str
    installed_by: str

    def __repr__(self) -> str:
        return f"Installation(team_id={self.team_id!r}, enterprise_id={self.enterprise_id!r})"


class InstallationStore:
    """The installation of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def save(self, installation: Installation) -> None:
        """Keep an installation; installing again replaces it."""
        fields = {name: getattr(installation, name) for name in Installation.__slots__ if name != "bot_token"}
        fields["sealed_bot_token"] = self._cipher.seal(installation.bot_token)
        row = insert(InstallationRow).values(workspace_id=self._workspace_id, **fields)
        await self._session.execute(
            row.on_conflict_do_update(index_elements=["workspace_id"], set_={**fields, "installed_at": func.now()})
        )

    async def read(self) -> Installation | None:
        """The installation, or None. Raises Undecryptable when its key is gone."""
        row = await self._session.get(InstallationRow, self._workspace_id)
        if row is None:
            return None
        return Installation(
            self._cipher.open(row.sealed_bot_token),
            row.bot_id,
            row.bot_user_id,
            row.team_id,
            row.enterprise_id,
            row.scopes,
            row.installed_by,
        )

    async def made_after(self, moment: datetime) -> bool:
        """Whether Lucy was installed here later than `moment`."""
        mine = InstallationRow.workspace_id == self._workspace_id
        later = select(InstallationRow.workspace_id).where(mine, InstallationRow.installed_at > moment)
        return (await self._session.execute(later)).scalar_one_or_none() is not None

    async def forget(self) -> None:
        """Wipe the token: the workspace uninstalled Lucy."""
        mine = InstallationRow.workspace_id == self._workspace_id
        await self._session.execute(delete(InstallationRow).where(mine))
