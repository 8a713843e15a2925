"""Statements for the hot path: written with names, run by the driver as it prepared them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db.connections import driver_of

UNAWAITED = "set_config('synchronous_commit', 'off', true) = 'off'"
"""A condition that holds: nobody waits until this transaction is on disk. The next one that is waited for takes it along."""

_NAME = re.compile(r"(?<!:):([a-z_]\w*)")


class Prepared:
    """A statement whose `:names` became the driver's `$1, $2`, once, at import.

    PostgreSQL infers the types, so nothing is compiled or converted per call, but for the columns named in `as_json`.
    Its errors are the driver's.
    """

    def __init__(self, sql: str, as_json: frozenset[str] = frozenset()) -> None:
        self.names = tuple(dict.fromkeys(_NAME.findall(sql)))
        self._json = tuple(place for place, name in enumerate(self.names) if name in as_json)
        place = {name: f"${number}" for number, name in enumerate(self.names, start=1)}
        self.sql = _NAME.sub(lambda match: place[match[1]], sql)

    async def value(self, session: AsyncSession, values: Mapping[str, object]) -> Any:
        """Run it in the session's unit; the first column of the first row."""
        return await driver_of(session).fetchval(self.sql, *self.arguments(values))

    async def row(self, session: AsyncSession, values: Mapping[str, object]) -> Any:
        """The first row, its columns by name in brackets."""
        return await driver_of(session).fetchrow(self.sql, *self.arguments(values))

    async def rows(self, session: AsyncSession, values: Mapping[str, object]) -> list[Any]:
        """Every row."""
        return list(await driver_of(session).fetch(self.sql, *self.arguments(values)))

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The values in the order of the statement's places."""
        arguments = [values[name] for name in self.names]
        for place in self._json:
            if arguments[place] is not None:
                arguments[place] = _in_json(arguments[place])
        return arguments


def _in_json(value: object) -> object:
    """A list is an array of documents."""
    if isinstance(value, list):
        return [None if document is None else _compact(document) for document in value]
    return _compact(value)


def _compact(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))
