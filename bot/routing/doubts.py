"""Free doubts about an answer: what shows without asking anybody that it will not do. Right nearly always, or silent."""

from __future__ import annotations

import json
import re
from enum import StrEnum

from bot.routing.sums import wrong_sum


class Doubt(StrEnum):
    """Why an answer is doubted, in the words that stand under the better one."""

    NOTHING = "the first answer said nothing"
    CUT = "the first answer broke off"
    REFUSED = "the first model declined"
    BROKEN_JSON = "the first answer's JSON was broken"
    OPEN_FENCE = "the first answer's code broke off"
    WRONG_SUM = "a sum in the first answer was wrong"
    ASKED_BACK = "the first model only asked back"
    TOO_SHORT = "the first answer was far too short"
    CALLED = "the first model asked for a stronger one"


_READ = 20_000
"""Characters of an answer that are looked at, so that the time is bounded."""

_I = re.IGNORECASE

_SORRY = (
    r"(?:(?:i[’']?m |i am |we[’']?re )?(?:very |so |really )?sorry[,.!;:]?(?: but)?\s+|unfortunately,?\s+|i apologi[sz]e[,.]?(?: but)?\s+"
    r"|apologies[,.]?(?: but)?\s+|lo siento[,.]?(?: pero)?\s+|lamentablemente,?\s+|désolée?[,.]?(?: mais)?\s+|je suis désolée?[,.]?(?: mais)?\s+"
    r"|malheureusement,?\s+|es tut mir leid[,.]?(?: aber)?\s+|tut mir leid[,.]?(?: aber)?\s+|leider\s+|desculpe[,.]?(?: mas)?\s+"
    r"|infelizmente,?\s+|mi dispiace[,.]?(?: ma)?\s+|抱歉[,，。]?|对不起[,，。]?|很抱歉[,，。]?|申し訳(?:ありません|ございません)(?:が)?[、。]?)*"
)
_DECLINES = re.compile(
    rf"\s*{_SORRY}(?:"
    r"as an? (?:ai|artificial intelligence|(?:large )?language model)\b(?!-|\s+(?:team|engineer|startup|company))"
    r"|i(?: am|[’']m)? (?:currently |still )?(?:unable|not able) to (?:access|browse|open|view|help|assist|answer|complete|provide|process|do (?:that|this))"
    r"|i (?:can[’']?t|cannot|can not|could not|couldn[’']?t) (?:directly |currently |actually )?(?:access|browse|open|help (?:you )?with (?:that|this)|assist|"
    r"answer (?:that|this)|complete (?:that|this)|do (?:that|this)|fulfil?l|process|comply)"
    r"|i (?:don[’']?t|do not) (?:currently |actually )?have (?:direct |real-time |the ability|the capability|any )?\s*(?:access to|to access|to browse)"
    r"|no (?:puedo|tengo) (?:acceder|acceso|ayudarte con)|como (?:un )?modelo de lenguaje|como (?:una )?(?:ia|inteligencia artificial)\b"
    r"|je (?:ne peux|n[’']ai) pas (?:accéder|accès|vous aider|t[’']aider)|en tant qu[’'](?:ia|intelligence artificielle|un modèle)"
    r"|(?:ich )?(?:kann|habe|darf) (?:ich )?(?:leider )?(?:keinen zugriff|nicht (?:darauf |auf .{1,40} )?zugreifen|dabei nicht helfen|(?:dir|ihnen) (?:dabei |damit )?nicht helfen)"
    r"|als (?:ki|künstliche intelligenz|sprachmodell|ki-(?:modell|sprachmodell|assistent))\b"
    r"|(?:eu )?não (?:posso|consigo|tenho) (?:acessar|acesso|ajudar com)|non (?:posso|ho) (?:accedere|accesso|aiutarti)"
    r"|作为(?:一个|一名)?(?:人工智能|ai|语言模型)|我(?:无法|不能)(?:访问|帮助|提供|回答)|(?:私は)?aiとして|(?:アクセス|お手伝い)できません"
    r")",
    _I,
)
_ABOUT_SUCH_WORDS = re.compile(
    r"\b(?:translat|rephras|reword|proofread|paraphras|reply|respond|repl(?:y|ies)|draft|email|e-mail|message|as an ai|übersetz|tradu)",
    _I,
)
_OUT_OF_REACH = re.compile(
    r"https?://|\bwww\.|#\w|\b(?:attach|upload|screenshot|the (?:file|pdf|doc|document|image|link|sheet|channel|repo|calendar|ticket|inbox)|my (?:calendar|inbox|email|drive))",
    _I,
)
"""What no tier can see: an honest "I can't see that" is the answer."""

_HELPS_ANYWAY = re.compile(r"[^.!?\n]{0,80}\b(?:but|however|though)\b,? (?:here|you can|this|these|the |from )", _I)

_JSON_ASKED = re.compile(
    r"\b(?:return|reply|respond|answer|output|give|produce|generate|extract|list|print)\b[^.?!\n]{0,60}?\b(?:as|in|with|only|just|valid|a|strict)\s+(?:\w+ ){0,2}?json\b"
    r"|\bjson (?:only|object|array)\b|\b(?:only|valid|strict|raw) json\b",
    _I,
)
_JSON_LINES = re.compile(r"\b(?:jsonl|ndjson|json lines|jsonc|json5|json schema|how (?:do|can|to|would))\b", _I)
_JSON_FENCE = re.compile(r"^```json[^\n]*\n(.*?)^```\s*$", _I | re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^[ \t]{0,12}(?:[-*+>]\s+|\d+[.)]\s+)?(`{3,})([^`\n]*)$", re.MULTILINE)

_WORDS_ASKED = re.compile(
    r"\b(?:write|draft|compose|create|produce|give me|need|want|essay|article|post|story|at least|minimum)\b[^.?!\n]{0,80}?"
    r"(?P<limit>\b(?:under|below|within|at most|max(?:imum)?(?: of)?|up to|no more than|less than|fewer than|this|that|the|my|our|attached|of|from)\s+(?:\w+ )?)?"
    r"\b(?P<least>\d{1,2},?\d{3}|\d{3})[- ]words?\b",
    _I,
)
_FAR_TOO_SHORT = 0.4
"""Of the words asked for; models miss a length by a third without anybody minding."""

_ASKS_BACK = re.compile(
    r"\s*(?:(?:sure|of course|certainly|absolutely|hi|hello|hey|okay|ok|great)\b[^.?!]{0,40}[.!,]?\s*)?(?:"
    r"(?:how|what) (?:can|may|could|should) i (?:help|assist|do)\b"
    r"|what (?:exactly )?(?:would|do) you (?:like|want|need)(?: me to (?:do|know|help with)| help with| to know)?\b"
    r"|(?:could|can|would) you (?:please )?(?:clarify|provide|give|share|tell me|elaborate|be more specific|specify|explain)\b"
    r"|wie kann ich (?:dir|ihnen) helfen|¿(?:en qué|cómo) puedo ayudar|comment puis-je (?:vous|t[’'])|有什么(?:我)?可以帮"
    r")[^.!。]{0,160}[?？]\s*$",
    _I,
)
_UNCLEAR = re.compile(
    r"\b(?:this|that|these|those|it|above|below|attached|here|them|same|again|following)\b|https?://|:\s*$", _I
)
_CLEAR_FROM, _CLEAR_TO = 40, 600
"""Characters: a shorter ask may be unclear, a longer one may leave something out."""

_MEANS = re.compile(r"\w")


def doubt(asked: str, answer: str, finish: str | None = None) -> Doubt | None:
    """The first thing that is wrong with an answer to `asked`; `finish` is why its provider says it ended."""
    if finish == "length":
        return Doubt.CUT
    head = answer[:_READ]
    checks = (
        (Doubt.NOTHING, says_nothing),
        (Doubt.REFUSED, declines),
        (Doubt.ASKED_BACK, only_asks_back),
        (Doubt.BROKEN_JSON, breaks_json),
        (Doubt.OPEN_FENCE, leaves_a_fence_open),
        (Doubt.TOO_SHORT, is_far_too_short),
        (Doubt.WRONG_SUM, wrong_sum),
    )
    whole = len(answer) <= _READ
    return next((found for found, holds in checks if (whole or found in _BY_HEAD) and holds(asked, head)), None)


_BY_HEAD = {Doubt.NOTHING, Doubt.REFUSED, Doubt.WRONG_SUM}
"""What the beginning of a very long answer is enough for."""


def says_nothing(asked: str, answer: str) -> bool:
    """No letter and no figure, to somebody who used words for more than thanks."""
    return not _MEANS.search(answer) and len(_MEANS.findall(asked)) > 25


def declines(asked: str, answer: str) -> bool:
    """It begins by saying what it can't do, though what was asked is not out of every model's reach."""
    if _OUT_OF_REACH.search(asked) or _ABOUT_SUCH_WORDS.search(asked):
        return False
    begins = _DECLINES.match(answer.lstrip("*_# \"'“"))
    return begins is not None and not _HELPS_ANYWAY.match(begins.string, begins.end())


def only_asks_back(asked: str, answer: str) -> bool:
    """Nothing but a question that could follow anything, to an ask that points at nothing missing."""
    if not _CLEAR_FROM <= len(asked) <= _CLEAR_TO or _UNCLEAR.search(asked):
        return False
    return bool(_ASKS_BACK.match(answer))


def breaks_json(asked: str, answer: str) -> bool:
    """JSON was asked for, and what looks like it is none."""
    if not _JSON_ASKED.search(asked) or _JSON_LINES.search(asked):
        return False
    blocks = _JSON_FENCE.findall(answer)
    stripped = answer.strip()
    if not blocks and stripped[:1] in ("{", "["):
        blocks = [stripped]
    return any(not _is_json(block) for block in blocks)


def leaves_a_fence_open(asked: str, answer: str) -> bool:
    """A code block begins and never ends."""
    ticks = 0
    for found in _FENCE.finditer(answer):
        if not ticks:
            ticks = len(found[1])
        elif len(found[1]) >= ticks and not found[2].strip():
            ticks = 0
    return ticks > 0


def is_far_too_short(asked: str, answer: str) -> bool:
    """So many words were asked for, and less than two fifths of them came."""
    found = _WORDS_ASKED.search(asked)
    if not found or found["limit"] or (not answer.isascii() and len(answer.split()) * 12 < len(answer)):
        return False
    return len(answer.split()) < _FAR_TOO_SHORT * int(found["least"].replace(",", ""))


def _is_json(block: str) -> bool:
    try:
        json.loads(block)
    except (ValueError, RecursionError):
        return False
    return True
