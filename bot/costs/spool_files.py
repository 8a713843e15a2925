"""Files of one process each, held by a lock that the kernel drops when it dies. All of it blocks: not for the event loop."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self


class SpoolFile:
    """A file whose lock is ours."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path, self._handle = path, handle

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new one. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        while True:
            handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink:
                _sync(folder)
                return cls(path, handle)
            os.close(handle)  # between creating and locking, a neighbour took it for one left behind

    @classmethod
    def claim(cls, path: Path) -> Self | None:
        """A file that is there already; None while the process that holds it lives, or when it is gone."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                return cls(path, handle)
        os.close(handle)
        return None

    def append(self, line: bytes) -> None:
        """On disk when it returns. Raises OSError, and then nothing of the line stays."""
        size = os.fstat(self._handle).st_size
        try:
            _write(self._handle, [line])
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._handle, size)
            raise

    def lines(self) -> list[bytes]:
        return os.pread(self._handle, os.fstat(self._handle).st_size, 0).splitlines()

    def set_aside(self, lines: Sequence[bytes]) -> Path:
        """Keep lines beside the file, for a person to look at; where."""
        bad = self.path.with_suffix(".bad")
        handle = os.open(bad, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            _write(handle, lines)
        finally:
            os.close(handle)
        return bad

    def remove(self) -> None:
        """Raises OSError."""
        self.path.unlink()
        self.close()

    def close(self) -> None:
        """Let anybody claim it."""
        os.close(self._handle)


def spooled(folder: Path) -> list[Path]:
    """Every file of a folder that may not exist."""
    return sorted(folder.glob("*.jsonl"))


def _write(handle: int, lines: Iterable[bytes]) -> None:
    left = memoryview(b"".join(line + b"\n" for line in lines))
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
