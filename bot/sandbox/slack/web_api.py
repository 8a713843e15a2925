"""Slack's Web API: the methods Lucy calls, and a clear no for the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.sandbox.slack.conveniences import Conveniences
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.files import FORM_ONLY, Files
from bot.sandbox.slack.paging import page
from bot.sandbox.slack.rotation import check_token
from bot.sandbox.slack.rules import Rejected, check_channel, check_content, check_scope
from bot.sandbox.slack.state import SlackState, shown
from bot.sandbox.slack.streams import Streams
from bot.sandbox.slack.views import Views

Answer = dict[str, Any]
_LONGEST = 40_000


class WebApi:
    """`/api/<method>` of one workspace."""

    def __init__(self, state: SlackState, faults: Faults, origin: Callable[[], str]) -> None:
        self._state, self._faults, self._origin = state, faults, origin
        self.files = Files(state, origin)
        self.streams = Streams(state, self._from_lucy, self._mine)
        self.views = Views(state)
        self.calls: list[tuple[str, Answer]] = []
        self._methods: dict[str, Callable[[Answer], Answer]] = {
            **Conveniences(state).methods,
            **self.files.methods,
            **self.streams.methods,
            **self.views.methods,
            "auth.test": self._auth_test,
            "auth.revoke": self._revoke,
            "users.info": self._users_info,
            "users.list": lambda _: {"members": [self._user(user) for user in self._state.people]},
            "team.info": lambda _: {"team": {"id": state.team_id, "name": state.team}},
            "conversations.replies": self._replies,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "assistant.threads.setStatus": self._status,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        method = request.match_info["method"]
        sent = {} if _unread(method, request) else await arguments(request)
        fault = await self._faults.before(method)
        if fault is not None:
            return fault
        try:
            answer = {"ok": True, **self._call(method, sent, token_of(request, sent))}
        except Rejected as no:
            answer = {"ok": False, "error": no.code, **no.more}
        self.calls.append((method, sent))
        if await self._faults.loses_answer(method) and request.transport:
            request.transport.close()
        return web.json_response(answer, headers={"x-oauth-scopes": ",".join(sorted(self._state.scopes))})

    def _call(self, method: str, sent: Answer, token: str) -> Answer:
        if method == "apps.connections.open":
            if token != self._state.app_token:
                raise Rejected("invalid_auth")
            return {"url": f"{self._origin().replace('http', 'ws', 1)}/socket"}
        if not token:
            raise Rejected("not_authed")
        check_token(self._state, token)
        if method not in self._methods:
            raise Rejected("unknown_method")
        check_scope(self._state, method, sent.get("channel"))
        return self._methods[method](sent)

    def _auth_test(self, _: Answer) -> Answer:
        state = self._state
        return {
            "url": f"https://{state.team.lower()}.example/",
            "team": state.team,
            "user": "lucy",
            "team_id": state.team_id,
            "user_id": state.bot_user_id,
            "bot_id": state.bot_id,
        }

    def _revoke(self, _: Answer) -> Answer:
        self._state.revoked.add(self._state.bot_token)
        return {"revoked": True}

    def _users_info(self, sent: Answer) -> Answer:
        if sent.get("user") not in self._state.people:
            raise Rejected("user_not_found")
        return {"user": self._user(str(sent["user"]))}

    def _user(self, user_id: str) -> Answer:
        person = self._state.people[user_id]
        offset = datetime.now(ZoneInfo(person.tz)).utcoffset() or timedelta()
        return {
            "id": person.id, "team_id": self._state.team_id, "real_name": person.name, "deleted": False,
            "is_admin": person.is_admin, "is_owner": person.is_owner, "is_bot": person.is_bot,
            "is_restricted": person.is_restricted, "is_ultra_restricted": False,
            "tz": person.tz, "tz_label": person.tz, "tz_offset": int(offset.total_seconds()),
            "profile": {"display_name": person.name, "real_name": person.name, "title": person.title},
        }  # fmt: skip

    def _info(self, sent: Answer) -> Answer:
        channel = self._state.channels[check_channel(self._state, sent.get("channel"), to_post=False)]
        return {"channel": {"id": channel.id, "name": channel.name, "is_archived": channel.archived}}

    def _replies(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel"), to_post=False)
        thread = self._state.thread(channel, str(sent.get("ts")))
        if not thread:
            raise Rejected("thread_not_found")
        return page(thread, sent, root=thread[0])

    def _history(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel"), to_post=False)
        roots = [m for m in self._state.messages[channel] if m.get("thread_ts", m["ts"]) == m["ts"]]
        return page(roots[::-1], sent)

    def _post(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel"), to_post=True)
        check_content(self._state, sent)
        message = self._state.add(channel, self._from_lucy(sent))
        return {"channel": channel, "ts": message["ts"], "message": message}

    def _from_lucy(self, sent: Answer) -> Answer:
        kept = {name: sent[name] for name in ("blocks", "thread_ts", "metadata", "markdown_text") if sent.get(name)}
        if "blocks" in kept:
            kept["blocks"] = [self.files.located(block) for block in kept["blocks"]]
        text = str(sent.get("text") or sent.get("markdown_text") or "")[:_LONGEST]
        return {**kept, "text": text, "user": self._state.bot_user_id, "bot_id": self._state.bot_id}

    def _mine(self, sent: Answer) -> tuple[str, Answer]:
        channel = check_channel(self._state, sent.get("channel"), to_post=True)
        message = self._state.find(channel, str(sent.get("ts")))
        if message is None:
            raise Rejected("message_not_found")
        if message.get("user") != self._state.bot_user_id:
            raise Rejected("cant_update_message")
        return channel, message

    def _update(self, sent: Answer) -> Answer:
        channel, message = self._mine(sent)
        if message.get("streaming"):
            raise Rejected("streaming_state_conflict")
        check_content(self._state, sent)
        message.update(self._from_lucy(sent), edited=True)
        self._state.tell("message", channel=channel, message=shown(message))
        return {"channel": channel, "ts": message["ts"]}

    def _delete(self, sent: Answer) -> Answer:
        channel, message = self._mine(sent)
        if message.get("streaming"):
            raise Rejected("streaming_state_conflict")
        self._state.messages[channel].remove(message)
        self._state.tell("deleted", channel=channel, ts=message["ts"])
        return {"channel": channel, "ts": message["ts"]}

    def _status(self, sent: Answer) -> Answer:
        channel = check_channel(self._state, sent.get("channel_id"), to_post=True)
        self._state.tell("status", channel=channel, thread_ts=sent.get("thread_ts"), status=str(sent.get("status", "")))
        return {}


def token_of(request: web.Request, sent: Answer) -> str:
    """The token of a call, from its header or its arguments."""
    given = str(sent.pop("token", ""))
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or given


def _unread(method: str, request: web.Request) -> bool:
    """True for a JSON body where Slack reads forms and queries only."""
    return method in FORM_ONLY and request.content_type == "application/json"


async def arguments(request: web.Request) -> Answer:
    """Arguments as Slack takes them: JSON, form or query."""
    sent: Answer = dict(request.query)
    if request.content_type == "application/json":
        sent.update(json.loads(await request.text() or "{}"))
    elif request.can_read_body:
        sent.update(dict(await request.post()))
    return sent
