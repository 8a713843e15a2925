"""What someone reads whose ask was refused because too many wait."""

from __future__ import annotations

from collections.abc import Mapping

_WHERE = {
    "person": "{allowed:,} of your questions are waiting with me",
    "thread": "{allowed:,} questions are waiting in this thread",
    "workspace": "{allowed:,} questions are waiting in this workspace",
}


def refused_words(facts: Mapping[str, object]) -> str:
    """One clear sentence, and what to do; `facts` name the limit, how much it allows, and the user."""
    waiting = _WHERE[str(facts["limit"])].format(allowed=facts["allowed"])
    return (
        f"<@{facts['user']}>, {waiting}, so I am not taking another one now: what you ask until some are answered "
        "stays unanswered. Please ask it again then."
    )
