"""The shape every table shares: constraint names, column types, and which tables no tenant owns."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column

Id = Annotated[UUID, mapped_column(Uuid)]
Key = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
Words = Annotated[str, mapped_column(Text)]
Instant = Annotated[datetime, mapped_column(TIMESTAMP(timezone=True))]

USD = Numeric(24, 12)

NO_TENANT = frozenset({"oauth_state", "bill_check", "price_overlay", "forgotten_day", "alembic_version"})
"""Tables that no workspace owns; on a sharded database they become reference tables."""


class Base(DeclarativeBase):
    """All tables of Lucy; every one but `NO_TENANT` has `workspace_id` first in its keys."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
