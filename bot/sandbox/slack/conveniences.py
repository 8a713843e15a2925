"""The methods around a conversation: reactions, titles, prompts, lists of channels, what only one person sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.cast import Channel
from bot.sandbox.slack.rules import Rejected, check_channel, check_content
from bot.sandbox.slack.state import SlackState, shown

Answer = dict[str, Any]
_SESSION_STATES = frozenset({"processing", "active", "suspended", "closed"})


class Conveniences:
    """What Slack offers beside posting and reading."""

    def __init__(self, state: SlackState) -> None:
        self._state = state
        self.methods: dict[str, Callable[[Answer], Answer]] = {
            "reactions.add": self._react,
            "reactions.remove": self._unreact,
            "chat.postEphemeral": self._ephemeral,
            "chat.getPermalink": self._permalink,
            "assistant.threads.setTitle": self._title,
            "assistant.threads.setSuggestedPrompts": self._prompts,
            "agents.sessions.setStatus": self._session,
            "conversations.list": lambda _: {"channels": [_channel(c) for c in state.channels.values()]},
            "conversations.members": self._members,
            "conversations.join": self._join,
            "conversations.open": self._open,
        }

    def _reactions(self, sent: Answer) -> tuple[str, Answer, set[str]]:
        channel = check_channel(self._state, sent.get("channel"), to_post=True)
        message = self._state.find(channel, str(sent.get("timestamp")))
        if message is None:
            raise Rejected("message_not_found")
        return str(sent.get("name", "")), message, set(message.get("reactions", ()))

    def _react(self, sent: Answer) -> Answer:
        name, message, names = self._reactions(sent)
        if name in names:
            raise Rejected("already_reacted")
        return self._tell_reactions(sent, message, names | {name})

    def _unreact(self, sent: Answer) -> Answer:
        name, message, names = self._reactions(sent)
        if name not in names:
            raise Rejected("no_reaction")
        return self._tell_reactions(sent, message, names - {name})

    def _tell_reactions(self, sent: Answer, message: Answer, names: set[str]) -> Answer:
        message["reactions"] = sorted(names)
        self._state.tell("message", channel=sent["channel"], message=shown(message))
        return {}

    def _ephemeral(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel"), to_post=True)
        if sent.get("user") not in self._state.channels[channel].members:
            raise Rejected("user_not_in_channel")
        check_content(self._state, sent)
        ts, thread = self._state.new_ts(), sent.get("thread_ts")
        if not thread or len(self._state.thread(channel, str(thread))) > 1:
            self._state.tell("ephemeral", channel=channel, user=sent["user"], message={**sent, "ts": ts})
        return {"message_ts": ts}

    def _permalink(self, sent: Answer) -> Answer:
        channel, ts = check_channel(self._state, sent.get("channel"), to_post=False), str(sent.get("message_ts"))
        if self._state.find(channel, ts) is None:
            raise Rejected("message_not_found")
        return {"channel": channel, "permalink": f"https://acme.example/archives/{channel}/p{ts.replace('.', '')}"}

    def _title(self, sent: Answer) -> Answer:
        check_channel(self._state, sent.get("channel_id"), to_post=True)
        if not 0 < len(str(sent.get("title", ""))) <= 200:
            raise Rejected("invalid_arguments")
        return {}

    def _prompts(self, sent: Answer) -> Answer:
        """An agent's prompts stand above where people write; with a thread_ts nothing happens, and Slack does not say so."""
        channel, prompts = check_channel(self._state, sent.get("channel_id"), to_post=True), sent.get("prompts")
        if not isinstance(prompts, list) or not 0 < len(prompts) <= 4:
            raise Rejected("invalid_arguments")
        if any(not prompt.get("title") or not prompt.get("message") for prompt in prompts):
            raise Rejected("invalid_arguments")
        if not sent.get("thread_ts"):
            self._state.tell("prompts", channel=channel, title=sent.get("title", ""), prompts=prompts)
        return {}

    def _session(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel_id"), to_post=True)
        if sent.get("status") not in _SESSION_STATES or not sent.get("thread_ts"):
            raise Rejected("invalid_arguments")
        self._state.tell("session", channel=channel, thread_ts=sent["thread_ts"], status=sent["status"])
        return {}

    def _members(self, sent: Answer) -> Answer:
        channel = self._state.channels[check_channel(self._state, sent.get("channel"), to_post=False)]
        return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}

    def _join(self, sent: Answer) -> Answer:
        channel = self._state.channels.get(str(sent.get("channel")))
        if channel is None:
            raise Rejected("channel_not_found")
        if channel.archived:
            raise Rejected("is_archived")
        channel.members.add(self._state.bot_user_id)
        return {"channel": _channel(channel)}

    def _open(self, sent: Answer) -> Answer:
        if sent.get("users") not in self._state.people:
            raise Rejected("user_not_found")
        return {"channel": {"id": self._state.direct(str(sent["users"]))}}


def _channel(channel: Channel) -> Answer:
    return {"id": channel.id, "name": channel.name, "is_archived": channel.archived, "is_im": channel.kind == "im"}
