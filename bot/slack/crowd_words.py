"""What someone reads whose ask was refused because too many wait, or came too fast."""

from __future__ import annotations

from collections.abc import Mapping

_WHERE = {
    "person": "{allowed:,} of your questions are waiting with me",
    "thread": "{allowed:,} questions are waiting in this thread",
    "workspace": "{allowed:,} questions are waiting in this workspace",
    "pace": "{allowed:,} of your questions came within ten minutes here",
}
_UNTIL = {"pace": "in the next minutes"}


def refused_words(facts: Mapping[str, object]) -> str:
    """One clear sentence, and what to do; `facts` name the limit, how much it allows, and the user."""
    limit = str(facts["limit"])
    waiting = _WHERE[limit].format(allowed=facts["allowed"])
    until = _UNTIL.get(limit, "until some are answered")
    return (
        f"<@{facts['user']}>, {waiting}, so I am not taking another one now: what you ask {until} "
        "stays unanswered. Please ask it again then."
    )
