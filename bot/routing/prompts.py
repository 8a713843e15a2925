"""Making a prompt smaller when no model's window holds it."""

from __future__ import annotations

from dataclasses import replace

from bot.llm.model_client import Message

_CUT = "\n[cut: too long for any model]\n"


def trimmed(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Half of the conversation: the oldest turns go first; the system prompt stays, and of the newest what fits.

    A turn may begin with a file, and end with what is asked of it: both ends are kept.
    """
    system = [message for message in messages if message.role == "system"]
    turns = [message for message in messages if message.role != "system"]
    room = sum(len(turn.content) for turn in turns) // 2
    while len(turns) > 1 and sum(len(turn.content) for turn in turns) > room:
        turns.pop(0)
    return (*system, *(_within(turn, room) for turn in turns))


def _within(turn: Message, characters: int) -> Message:
    if len(turn.content) <= characters:
        return turn
    tail = characters // 4
    kept = turn.content[: characters - tail], turn.content[len(turn.content) - tail :]
    return replace(turn, content=_CUT.join(kept))
