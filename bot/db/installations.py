"""Installations: the encrypted bot token of each workspace that installed Lucy over OAuth, and the states of installs under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Index, LargeBinary, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.base import Base, Instant, Key, Words
from bot.db.encryption import Cipher

STATE_LIFETIME = timedelta(minutes=10)
RENEW_BEFORE = timedelta(hours=2)
"""How long before a token expires it is renewed; tokens that rotate live twelve hours."""
_RENEWING_TAKES = timedelta(seconds=60)


class InstallationRow(Base):
    __tablename__ = "installation"
    __table_args__ = (Index("installation_expires_idx", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),)

    workspace_id: Mapped[Key]
    sealed_bot_token: Mapped[bytes] = mapped_column(LargeBinary)
    bot_id: Mapped[Words]
    bot_user_id: Mapped[Words]
    team_id: Mapped[Words | None]
    enterprise_id: Mapped[Words | None]
    scopes: Mapped[Words]
    installed_by: Mapped[Words]
    installed_at: Mapped[Instant] = mapped_column(server_default=func.now())
    sealed_refresh_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[Instant | None]
    renewing_until: Mapped[Instant | None]


RENEWAL_DUE = (
    InstallationRow.sealed_refresh_token.is_not(None),
    InstallationRow.expires_at < func.now() + RENEW_BEFORE,
    or_(InstallationRow.renewing_until.is_(None), InstallationRow.renewing_until < func.now()),
)
"""Which tokens are to be renewed now."""


class OAuthStateRow(Base):
    __tablename__ = "oauth_state"

    state: Mapped[Words] = mapped_column(primary_key=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class Installation:
    """What Slack gave us when a workspace installed Lucy; a token that rotates comes with what renews it.

    It lasts so many seconds more by the database's clock, below 0 when it ran out; None is for ever.
    """

    bot_token: str
    bot_id: str
    bot_user_id: str
    team_id: str | None
    enterprise_id: str | None
    scopes: str
    installed_by: str
    refresh_token: str | None = None
    lasts_s: float | None = None

    def __repr__(self) -> str:
        return f"Installation(team_id={self.team_id!r}, enterprise_id={self.enterprise_id!r})"


_PLAIN = ("bot_id", "bot_user_id", "team_id", "enterprise_id", "scopes", "installed_by")
"""What is kept as it is."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The right to renew a token: nobody else does for a minute. `installed_at` says of which install."""

    refresh_token: str
    installed_at: datetime

    def __repr__(self) -> str:
        return "Renewal()"


class InstallationStore:
    """The installation of one workspace."""

    def __init__(self, session: AsyncSession, workspace_id: UUID, cipher: Cipher) -> None:
        self._session, self._workspace_id, self._cipher = session, workspace_id, cipher

    async def save(self, installation: Installation) -> None:
        """Keep an installation; installing again replaces it."""
        fields = {name: getattr(installation, name) for name in _PLAIN}
        fields["expires_at"] = None if installation.lasts_s is None else _in(installation.lasts_s)
        fields |= self._sealed(installation.bot_token, installation.refresh_token)
        row = insert(InstallationRow).values(workspace_id=self._workspace_id, **fields)
        await self._session.execute(
            row.on_conflict_do_update(index_elements=["workspace_id"], set_={**fields, "installed_at": func.now()})
        )

    async def read(self) -> Installation | None:
        """The installation, or None. Raises Undecryptable when its key is gone."""
        left = func.date_part("epoch", InstallationRow.expires_at - func.now())
        mine = select(InstallationRow, left).where(InstallationRow.workspace_id == self._workspace_id)
        found = (await self._session.execute(mine)).one_or_none()
        if found is None:
            return None
        row, lasts_s = found
        return Installation(
            self._cipher.open(row.sealed_bot_token),
            row.bot_id,
            row.bot_user_id,
            row.team_id,
            row.enterprise_id,
            row.scopes,
            row.installed_by,
            self._cipher.open(row.sealed_refresh_token) if row.sealed_refresh_token else None,
            lasts_s,
        )

    async def renew(self) -> Renewal | None:
        """The right to renew the token; None when it lasts, does not rotate, or another replica is renewing it."""
        mine = InstallationRow.workspace_id == self._workspace_id
        leased = (
            update(InstallationRow)
            .where(mine, *RENEWAL_DUE)
            .values(renewing_until=func.now() + _RENEWING_TAKES)
            .returning(InstallationRow.sealed_refresh_token, InstallationRow.installed_at)
        )
        row = (await self._session.execute(leased)).one_or_none()
        if row is None or row.sealed_refresh_token is None:
            return None
        return Renewal(self._cipher.open(row.sealed_refresh_token), row.installed_at)

    async def renewed(self, renewal: Renewal, bot_token: str, refresh_token: str, lasts_s: float) -> bool:
        """Keep the new pair, however late it comes; False when Lucy was installed anew or removed meanwhile."""
        mine = InstallationRow.workspace_id == self._workspace_id
        fields = {"expires_at": _in(lasts_s), **self._sealed(bot_token, refresh_token)}
        kept = (
            update(InstallationRow)
            .where(mine, InstallationRow.installed_at == renewal.installed_at)
            .values(fields)
            .returning(InstallationRow.workspace_id)
        )
        return (await self._session.execute(kept)).scalar_one_or_none() is not None

    async def made_after(self, moment: datetime) -> bool:
        """Whether Lucy was installed here later than `moment`."""
        mine = InstallationRow.workspace_id == self._workspace_id
        later = select(InstallationRow.workspace_id).where(mine, InstallationRow.installed_at > moment)
        return (await self._session.execute(later)).scalar_one_or_none() is not None

    async def forget(self) -> bool:
        """Wipe the token: the workspace uninstalled Lucy. False when none was kept."""
        mine = delete(InstallationRow).where(InstallationRow.workspace_id == self._workspace_id)
        gone = await self._session.execute(mine.returning(InstallationRow.workspace_id))
        return gone.scalar_one_or_none() is not None

    def _sealed(self, bot_token: str, refresh_token: str | None) -> dict[str, object]:
        return {
            "sealed_bot_token": self._cipher.seal(bot_token),
            "sealed_refresh_token": self._cipher.seal(refresh_token) if refresh_token else None,
            "renewing_until": None,
        }


def _in(seconds: float) -> ColumnElement[datetime]:
    return func.now() + timedelta(seconds=seconds)
