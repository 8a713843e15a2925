"""Making a prompt smaller when no model's window holds it."""

from __future__ import annotations

from bot.llm.model_client import Message


def trimmed(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The older half of the thread left out; the system prompt and the newest message stay."""
    fixed = [message for message in messages[:-1] if message.role == "system"]
    turns = [message for message in messages[:-1] if message.role != "system"]
    newest = messages[-1]
    if not turns:
        half = newest.content[: len(newest.content) // 2]
        return (*fixed, Message(newest.role, half + "\n[cut: too long for any model]"))
    return (*fixed, *turns[(len(turns) + 1) // 2 :], newest)
