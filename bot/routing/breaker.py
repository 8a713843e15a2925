"""Breakers: a deployment that keeps failing is left alone for a while, then probed once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FAILURES = 3
COOL_S = 30.0
CLOSED_FOR_S = 300.0
"""How long a deployment stays closed after its key or its id was refused; then one probe looks again."""

LONGEST_WAIT_S = 900.0
"""A Retry-After of hours is looked at again sooner: a probe that is refused costs nothing."""


@dataclass(slots=True)
class _State:
    failures: int = 0
    open_until: float = 0.0
    probing: bool = False


class Breakers:
    """One breaker per deployment name, for this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}

    def admits(self, name: str) -> bool:
        """True when the deployment may be asked; after a pause one caller gets through as the probe.

        Who was admitted ends with `succeeded`, `failed`, `close_for` or `left_alone`.
        """
        state = self._states.get(name)
        if state is None or state.open_until == 0.0:
            return True
        if self._clock() < state.open_until or state.probing:
            return False
        state.probing = True
        return True

    def succeeded(self, name: str) -> None:
        """It answered: all is forgiven."""
        self._states.pop(name, None)

    def failed(self, name: str) -> None:
        """It failed for a reason of its own; the third time in a row, or a failed probe, opens the breaker."""
        state = self._states.setdefault(name, _State())
        state.failures += 1
        if state.failures >= FAILURES or state.probing:
            self._open(state, COOL_S)

    def left_alone(self, name: str) -> None:
        """The request was cancelled or the client's own fault: it says nothing about the deployment."""
        state = self._states.get(name)
        if state is not None:
            state.probing = False

    def close_for(self, name: str, seconds: float) -> None:
        """Don't ask it for so long: it said when to come back, or refused the key or the id."""
        self._open(self._states.setdefault(name, _State()), min(seconds, LONGEST_WAIT_S))

    def opens_in(self, name: str) -> float:
        """Seconds until the deployment may be asked again; 0 when it may be now."""
        state = self._states.get(name)
        return 0.0 if state is None else max(0.0, state.open_until - self._clock())

    def level(self, name: str) -> int:
        """0 closed, 1 half open (a probe may go, or is under way), 2 open."""
        state = self._states.get(name)
        if state is None or state.open_until == 0.0:
            return 0
        return 2 if self._clock() < state.open_until else 1

    def _open(self, state: _State, seconds: float) -> None:
        state.open_until = max(state.open_until, self._clock() + seconds)
        state.probing = False
