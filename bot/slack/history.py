"""What was said in a thread before an ask and since: the newest, in few calls, and never waited for too long.

Slack lists a thread oldest first and cannot be asked for its end. One page holds nearly every thread; of a longer one
windows of time are read that end at the ask, narrower when a window holds more than a page, wider when it held little.
Where years of silence stand between a burst and the newest messages, those few and the thread's root are all that is read.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from typing import Any

from bot import log
from bot.db.inbox import TakenAsk
from bot.db.kept_messages import KeptMessage
from bot.slack.client import SlackClient, SlackRefused, SlackUnsure

_log = log.get(__name__)
_PAGE = 999
"""Slack takes a limit below 1000."""

_PAGES = 25
_ENOUGH = 200
"""Messages; more than a model is shown."""

_WINDOWS = 12
_NARROWER = 8
"""Twelve windows, each an eighth of the one before, go from ten years to a hundredth of a second."""

Message = dict[str, Any]


async def before(client: SlackClient, ask: TakenAsk, within_s: float = 15) -> list[Message]:
    """The newest messages before the ask, oldest first; none for an ask that begins its thread.

    What was read within `within_s` seconds counts. Raises SlackRefused or SlackUnsure when nothing could be read.
    """
    if ask.thread_ts == ask.asked_ts:
        return []
    kept: list[Message] = []
    try:
        async with asyncio.timeout(within_s):
            async for messages in _ever_better(client, ask):
                kept = messages
    except TimeoutError:
        _log.info("thread_cut", task_id=str(ask.task_id), reason="too slow", read=len(kept))
    except (SlackRefused, SlackUnsure) as error:
        if not kept:
            raise
        _log.info("thread_cut", task_id=str(ask.task_id), reason=str(error), read=len(kept))
    return [message for message in kept if str(message.get("ts", "")) < ask.asked_ts]


def remembered(kept: KeptMessage, me: str) -> Message:
    """A kept message as Slack would tell it; her own words are Markdown, in which nothing is markup of Slack's."""
    text = kept.text if kept.user_id else html.escape(kept.text, quote=False)
    return {"user": kept.user_id or me, "text": text, "ts": kept.ts}


def merged(kept: list[Message], read: list[Message], before_ts: str) -> list[Message]:
    """What was said before a time, oldest first: as Slack tells it, else as it was kept."""
    known = _by_ts(kept) | _by_ts(read)
    return [known[ts] for ts in sorted(known) if ts < before_ts]


async def since(client: SlackClient, ask: TakenAsk) -> list[Message]:
    """What was said in the thread after the ask, with the metadata of our own. Raises SlackRefused or SlackUnsure."""
    messages: list[Message] = []
    cursor = ""
    for _ in range(_PAGES):
        page = await client.call(
            "conversations.replies",
            channel=ask.channel_id,
            ts=ask.thread_ts,
            oldest=ask.ts,
            include_all_metadata=True,
            limit=_PAGE,
            cursor=cursor,
        )
        messages.extend(page.get("messages", []))
        cursor = _next_cursor(page)
        if not cursor:
            break
    return messages


async def _ever_better(client: SlackClient, ask: TakenAsk) -> AsyncIterator[list[Message]]:
    """The first page; of a thread that is longer, its root and its newest messages without a gap, more every time."""
    begin, end = float(ask.thread_ts), float(ask.asked_ts)
    messages, more = await _read(client, ask, begin, end)
    yield messages
    kept = {ts: message for ts, message in _by_ts(messages).items() if ts == ask.thread_ts}
    span = (end - begin) / _NARROWER
    for _ in range(_WINDOWS if more else 0):
        oldest = max(begin, end - span)
        messages, more = await _read(client, ask, oldest, end)
        if more:
            span /= _NARROWER
            continue
        kept |= _by_ts(messages)
        yield [kept[ts] for ts in sorted(kept)]
        if len(kept) >= _ENOUGH or oldest <= begin:
            return
        end, span = oldest, span * 2


async def _read(client: SlackClient, ask: TakenAsk, oldest: float, latest: float) -> tuple[list[Message], bool]:
    """The first page between two times, both included, and whether there is another."""
    page = await client.call(
        "conversations.replies",
        channel=ask.channel_id,
        ts=ask.thread_ts,
        oldest=f"{oldest:.6f}",
        latest=f"{latest:.6f}",
        inclusive=True,
        limit=_PAGE,
    )
    return page.get("messages", []), bool(_next_cursor(page))


def _next_cursor(page: dict[str, Any]) -> str:
    return str((page.get("response_metadata") or {}).get("next_cursor") or "")


def _by_ts(messages: list[Message]) -> dict[str, Message]:
    return {str(message.get("ts", "")): message for message in messages}
