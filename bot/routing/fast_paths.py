"""Fast paths: rules over the whole message, right nearly always or silent. They decide the tier, never the words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.routing.choice import Intent, Tier

_LONGEST = 400
"""No rule but the one for code looks at a longer message."""

_I = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class FastPath:
    """A rule that fired."""

    name: str
    intent: Intent
    tier: Tier
    reason: str
    answer: Literal["model", "help", "costs"] = "model"


_GREETING = re.compile(
    r"(?:hi|hey|hello|hiya|yo|good (?:morning|afternoon|evening)|morning|hallo|hola|bonjour|ciao|ol[aá]|привет|你好|こんにちは|안녕하세요)"
    r"(?:\s+(?:there|lucy|all|team|everyone))?[\s!.,?👋🙂😊]*",
    _I,
)
_THANKS = re.compile(
    r"(?:ok(?:ay)?|cool|great|perfect|nice|awesome|got it|lol|haha|thanks?|thank you|thx|ty|cheers|merci|danke|gracias|谢谢|ありがとう)"
    r"(?:[,!.\s]+(?:thanks?|thank you|thx|lucy|a lot|so much|very much|got it|that (?:worked|helps|helped)|perfect|great))*[\s!.🙏👍🎉]*",
    _I,
)
_EMOJI = re.compile(r"(?:\s|:[\w+-]+:|[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001faff])+")
_HELP = re.compile(
    r"(?:help|what can you do|what do you do|how do(?:es)? (?:you|this) work|how do i use (?:you|lucy))[\s?!.]*",
    _I,
)
_COSTS = re.compile(
    r"(?:how much|what) (?:did|do|have|has|are|is) (?:we|i|you|lucy|my team|our team)(?: \w+){0,2}? (?:spen[dt]|cost(?:ing)?|spending)"
    r"(?: (?:on (?:you|lucy|ai)|so far|today|yesterday|this (?:week|month)|last (?:week|month)))*[\s?!.]*"
    r"|(?:what (?:do|did) you cost(?: us| me)?|show (?:me )?(?:the |our |my )?(?:lucy )?costs?)"
    r"(?: (?:today|yesterday|this week|this month|so far))?[\s?!.]*",
    _I,
)
_CODE_WORK = re.compile(
    r"(?:please |can you |could you |lucy,? )*(?:refactor|restructure|optimi[sz]e|parallelise|parallelize|port|harden)\b",
    _I,
)
_FACT = (
    r"(?:zip|post(?:al)?|area|dress|guest|country|vat|tax|hex)? ?(?:codes?|id)|(?:e-?mail |office |street |mailing |billing )?"
    r"address|(?:phone |fax |account |room )?number|(?:wi-?fi |guest )*(?:password|network|name)|(?:staging |prod )?url|"
    r"domain|time ?zone|office hours|opening hours|wi-?fi"
)
_QUICK_LOOKUP = re.compile(
    r"(?:(?:hi|hey|hello)(?: there| lucy)?[,!]? )?what(?:'s|’s| is| are) (?:our|my|your|the) "
    rf"(?:{_FACT})(?: (?:of|for|at|in) [\w -]{{2,30}})?\s*\??",
    _I,
)
_RULES: tuple[tuple[re.Pattern[str], FastPath], ...] = (
    (_GREETING, FastPath("greeting", Intent.CHAT, Tier.FAST, "A short greeting")),
    (_THANKS, FastPath("thanks", Intent.CHAT, Tier.FAST, "Thanks or a short acknowledgement")),
    (_HELP, FastPath("help", Intent.CHAT, Tier.FAST, "Asks what Lucy can do", "help")),
    (
        _COSTS,
        FastPath("costs", Intent.LOOKUP, Tier.FAST, "Asks what Lucy costs; read from the ledger", "costs"),
    ),
    (_QUICK_LOOKUP, FastPath("lookup", Intent.LOOKUP, Tier.FAST, "A short question for one fact")),
)
_CODE = FastPath("code_work", Intent.CODE, Tier.FRONTIER, "Work on code, with the code")


def fast_path(text: str) -> FastPath | None:
    """The rule that covers the whole message, or None."""
    if "```" in text:
        return _CODE if _CODE_WORK.match(text.lstrip()) else None
    message = text.strip()
    if not message or len(message) > _LONGEST:
        return None
    for pattern, path in _RULES:
        if pattern.fullmatch(message):
            return path
    if _EMOJI.fullmatch(message):
        return FastPath("emoji", Intent.CHAT, Tier.FAST, "Only emoji")
    return None
