"""Messages that grow while an app writes them: begun, appended to, stopped; by Slack itself after a while, or by a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.rules import Rejected, check_blocks, check_channel, check_metadata
from bot.sandbox.slack.state import SlackState, shown

Answer = dict[str, Any]
_LONGEST = 11_600
"""Characters of one streamed message, as apps in production met it; Slack documents 12,000 for one call."""

_BEGIN = frozenset({
    "channel", "thread_ts", "markdown_text", "recipient_team_id", "recipient_user_id", "chunks", "task_display_mode",
    "team_id",
})  # fmt: skip


class Streams:
    """`chat.startStream`, `chat.appendStream`, `chat.stopStream`; a stream lives `lives_s` seconds."""

    def __init__(self, state: SlackState, from_lucy: Callable[[Answer], Answer], mine: Callable[[Answer], Any]) -> None:
        self._state, self._from_lucy, self._mine = state, from_lucy, mine
        self.lives_s = 300.0
        self._begun: dict[str, float] = {}
        self.methods: dict[str, Callable[[Answer], Answer]] = {
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
        }

    def end(self, channel: str, thread_ts: str) -> list[str]:
        """A person pressed Stop: Slack ends what streams in the thread; the ts of each."""
        streaming = [message for message in self._state.thread(channel, thread_ts) if message.pop("streaming", False)]
        for message in streaming:
            self._state.tell("message", channel=channel, message=shown(message))
        return [message["ts"] for message in streaming]

    def _start(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel"), to_post=True)
        if not sent.get("thread_ts"):
            raise Rejected("invalid_thread_ts")
        if set(sent) - _BEGIN:
            raise Rejected("invalid_arguments")
        if not channel.startswith("D"):
            self._check_reader(sent)
        _check_length(str(sent.get("markdown_text", "")))
        message = self._state.add(channel, {**self._from_lucy(sent), "streaming": True})
        self._begun[message["ts"]] = time.monotonic()
        return {"channel": channel, "ts": message["ts"]}

    def _check_reader(self, sent: Answer) -> None:
        if not sent.get("recipient_team_id"):
            raise Rejected("missing_recipient_team_id")
        if not sent.get("recipient_user_id"):
            raise Rejected("missing_recipient_user_id")

    def _append(self, sent: Answer) -> Answer:
        if not sent.get("markdown_text") and not sent.get("chunks"):
            raise Rejected("no_text")
        return self._grow(sent)

    def _grow(self, sent: Answer) -> Answer:
        channel, message = self._mine(sent)
        if time.monotonic() - self._begun.get(message["ts"], 0.0) > self.lives_s and message.pop("streaming", False):
            self._state.tell("message", channel=channel, message=shown(message))
        if not message.get("streaming"):
            raise Rejected("message_not_in_streaming_state")
        text = message["text"] + str(sent.get("markdown_text", ""))
        _check_length(text)
        message["text"] = text
        self._state.tell("message", channel=channel, message=shown(message))
        return {"channel": channel, "ts": message["ts"]}

    def _stop(self, sent: Answer) -> Answer:
        blocks = sent.get("blocks") or []
        check_blocks(blocks, refused=self._state.refused_blocks)
        check_metadata(sent)
        answer = self._grow(sent)
        channel, message = self._mine(sent)
        message.pop("streaming")
        if blocks:
            message["blocks"] = [{"type": "markdown", "text": message["text"]}, *blocks]
        if sent.get("metadata"):
            message["metadata"] = sent["metadata"]
        self._state.tell("message", channel=channel, message=shown(message))
        self._state.tell("session", channel=channel, thread_ts=message["thread_ts"], status="active")
        return answer


def _check_length(text: str) -> None:
    if len(text) > _LONGEST:
        raise Rejected("msg_too_long")
