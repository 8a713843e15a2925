"""Orders to be quiet in a thread, and to listen again: the whole message, said to her. Pure."""

from __future__ import annotations

import re

_MUTE = r"mute|(?:be|stay|keep) quiet|quiet|hush|silence|shush|shut up|stop (?:listening|replying|answering)"
_UNMUTE = r"un-?mute|(?:start )?listen(?:ing)?(?: again)?|(?:you (?:can|may) )?(?:talk|speak|reply|answer)(?: up)? again|speak up"
_HERE = r"(?:\s+(?:in )?(?:this thread|here))?(?:\s+(?:now|for now|please))?"
_ORDER = re.compile(
    rf"(?:please[, ]+|(?:hey )?lucy[, ]+)*(?:(?P<mute>{_MUTE})|{_UNMUTE}){_HERE}(?:[, ]+(?:please|lucy|thanks?|thank you))*[\s.!]*",
    re.IGNORECASE,
)
_LONGEST = 80

MUTED = "I'm quiet in this thread now. Mention me and I still answer; say `@Lucy unmute` to let me listen again."
UNMUTED = "I'm listening in this thread again: whoever asked me last can go on without mentioning me."


def hush_of(text: str) -> bool | None:
    """Whether words to her (without the mention) order her to be quiet (True) or not to be (False); None for anything else."""
    found = _ORDER.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return bool(found["mute"]) if found else None
