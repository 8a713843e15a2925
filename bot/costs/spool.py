"""What was paid for while the database was away: one fsynced JSON line each, settled when it is back.

Every process writes a file of its own and holds a lock on it; the kernel drops the lock of a dead one, and whoever
comes next settles its file. A line is replayed by the ledger's own rules, so it may be replayed at any time, twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextvars import Context
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from bot import log
from bot.costs.spool_files import SpoolFile, spooled
from bot.db.costs import OpenAttempt, Outcome, Refused
from bot.db.database import Database
from bot.db.encryption import Cipher
from bot.errors import Undecryptable

_log = log.get(__name__)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SealedAnswer:
    """The parts of an answer, encrypted, and the task they answer."""

    task_id: UUID
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """One line: whose attempt ended how, and the answer if it must still be delivered."""

    key: OpenAttempt
    outcome: Outcome
    answer: SealedAnswer | None = None


_LINE = TypeAdapter(Owed)


class Spool(Protocol):
    """Where outcomes wait for the database."""

    @property
    def depth(self) -> int:
        """How many outcomes wait."""
        ...

    async def keep(self, key: OpenAttempt, outcome: Outcome, task_id: UUID | None, parts: Sequence[str]) -> bool:
        """Write an outcome down, and the answer of `task_id`; False when that is not possible either."""
        ...

    async def settle(self, db: Database) -> None:
        """Move what waits into the ledger. Raises DatabaseAway, and then it waits on."""
        ...


class NoSpool:
    """Keeps nothing: the outcome stays in memory for as long as its settling is tried."""

    depth = 0

    async def keep(self, key: OpenAttempt, outcome: Outcome, task_id: UUID | None, parts: Sequence[str]) -> bool:
        return False

    async def settle(self, db: Database) -> None:
        return


NO_SPOOL = NoSpool()


class FileSpool:
    """Outcomes in files of one folder, shared by the processes of one machine."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self._folder, self._cipher = folder, cipher
        self._writing = asyncio.Lock()
        self._file: SpoolFile | None = None
        self._held: list[SpoolFile] = []
        self._settling: asyncio.Task[None] | None = None
        self.depth = sum(len(path.read_bytes().splitlines()) for path in spooled(folder))

    async def keep(self, key: OpenAttempt, outcome: Outcome, task_id: UUID | None, parts: Sequence[str]) -> bool:
        answer = SealedAnswer(task_id, tuple(self._cipher.seal(part).decode() for part in parts)) if task_id else None
        line = _LINE.dump_json(Owed(key, outcome, answer))
        try:
            async with self._writing:
                await asyncio.to_thread(self._append, line)
        except OSError as error:
            _log.error("spool_unwritable", id=str(key.id), error=type(error).__name__)
            return False
        self.depth += 1
        _log.warning("spooled", id=str(key.id), depth=self.depth)
        return True

    def _append(self, line: bytes) -> None:
        if self._file is None:
            self._file = SpoolFile.create(self._folder)
        self._file.append(line)

    async def settle(self, db: Database) -> None:
        """Everything that waited when this was called, of dead processes too; those who ask at one time share a try.

        Its log is nobody's: the ask that began the try is one of many.
        """
        while True:
            if self._settling is None or self._settling.done():
                self._settling = asyncio.create_task(self._settle(db), context=Context())
            await asyncio.shield(self._settling)
            if not self.depth:
                return

    async def _settle(self, db: Database) -> None:
        async with self._writing:
            self._held += [self._file] if self._file else []
            self._file, waiting = None, self.depth
        self._held += [file for path in spooled(self._folder) if (file := SpoolFile.claim(path))]
        while self._held:
            file = self._held[0]
            self._finish(file, await self._replay(db, await asyncio.to_thread(file.lines)))
            self._held.pop(0)
        self.depth -= waiting

    def _finish(self, file: SpoolFile, bad: Sequence[bytes]) -> None:
        try:
            if bad:
                _log.error("spool_lines_set_aside", file=file.set_aside(bad).name, lines=len(bad))
            file.remove()
        except OSError as error:
            _log.error("spool_file_left", file=file.path.name, error=type(error).__name__)
            file.close()

    async def _replay(self, db: Database, lines: Sequence[bytes]) -> list[bytes]:
        """The lines that say nothing the ledger could take: torn, refused, or of no row it knows."""
        owed, bad = _read(lines)
        for chunk in _chunks(owed):
            bad += [_LINE.dump_json(each) for each in await self._write(db, chunk)]
        return bad

    async def _write(self, db: Database, chunk: Sequence[Owed]) -> list[Owed]:
        try:
            async with db.unit(chunk[0].key.workspace_id) as unit:
                moves = await unit.costs.move_all([(owed.key.id, owed.key.created_at, owed.outcome) for owed in chunk])
                for answer in (owed.answer for owed in chunk if owed.answer):
                    await unit.replies.restore(answer.task_id, self._words(answer))
        except Refused:
            if len(chunk) == 1:
                return list(chunk)
            return [bad for owed in chunk for bad in await self._write(db, [owed])]
        _log.info("spool_settled", moved=moves.moved, told=len(chunk))
        return [owed for owed in chunk if owed.key.id in moves.rowless]

    def _words(self, answer: SealedAnswer) -> list[str]:
        try:
            return [self._cipher.open(part.encode()) for part in answer.parts]
        except Undecryptable:
            _log.error("spooled_answer_unreadable", task_id=str(answer.task_id))
            return []


def _read(lines: Iterable[bytes]) -> tuple[list[Owed], list[bytes]]:
    owed, bad = [], []
    for line in lines:
        try:
            owed.append(_LINE.validate_json(line))
        except ValidationError:
            bad.append(line)
    return owed, bad


def _chunks(owed: Iterable[Owed]) -> Iterator[list[Owed]]:
    """One workspace each, every attempt once: of several words on it, the first of those that say most."""
    told: dict[OpenAttempt, Owed] = {}
    for each in owed:
        before = told.get(each.key)
        if before is None or _says(each.outcome) > _says(before.outcome):
            told[each.key] = each
    ordered = sorted(told.values(), key=lambda each: (each.key.workspace_id, each.key.created_at, each.key.id))
    for _, mine in groupby(ordered, key=lambda each: each.key.workspace_id):
        rows = list(mine)
        yield from (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE))


def _says(outcome: Outcome) -> int:
    """Little of an unknown outcome, more of an estimate, all of what the provider reported or never charges for."""
    return 0 if outcome.state == "unknown" else 1 if outcome.usage_source == "estimated" else 2
