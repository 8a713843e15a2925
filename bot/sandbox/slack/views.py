"""Modals and Home tabs: what an app shows in them, and how it answers what people send off."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.rules import Rejected
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.view_rules import check_view

Answer = dict[str, Any]
_TRIGGER_S = 3.0


class Views:
    """The views of one team."""

    def __init__(self, state: SlackState) -> None:
        self._state, self._made = state, 0
        self.methods: dict[str, Callable[[Answer], Answer]] = {"views.open": self._open, "views.publish": self._publish}

    def _open(self, sent: Answer) -> Answer:
        pulled = self._state.pull(sent.get("trigger_id"))
        if pulled is None:
            raise Rejected("invalid_trigger_id")
        made, user = pulled
        if time.monotonic() - made > _TRIGGER_S:
            raise Rejected("expired_trigger_id")
        kept = self._kept(sent, "modal")
        self._state.views[kept["id"]] = kept
        self._state.tell("view", view=kept, user=user)
        return {"view": kept}

    def _publish(self, sent: Answer) -> Answer:
        user = sent.get("user_id")
        if user not in self._state.people:
            raise Rejected("user_not_found")
        shown = self._state.homes.get(user)
        if "hash" in sent and sent["hash"] != (shown or {}).get("hash"):
            raise Rejected("hash_conflict")
        kept = self._kept(sent, "home")
        self._state.homes[user] = {**kept, "id": shown["id"]} if shown else kept
        self._state.tell("home", user=user, view=self._state.homes[user])
        return {"view": self._state.homes[user]}

    def _kept(self, sent: Answer, kind: str) -> Answer:
        view = sent.get("view")
        check_view(view, kind, self._state.refused_blocks)
        assert view
        blocks = [{"block_id": f"b{n}", **block} for n, block in enumerate(view["blocks"])]
        self._made += 1
        return {**view, "blocks": blocks, "id": f"V{self._made}LUCY", "hash": self._state.new_ts()}

    def answered(self, view_id: str, status: int, said: Answer) -> Answer:
        """What stands before someone who sent a modal off: `errors` by block, another `view`, `trouble`, or nothing: it closed."""
        view = self._state.views[view_id]
        fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        match said:
            case _ if status != 200:
                return {"trouble": str(status)}
            case {"response_action": "errors", "errors": dict() as errors}:
                return {"errors": errors} if errors and set(errors) <= fields else {"trouble": "unknown block"}
            case {"response_action": "update"}:
                try:
                    kept = {**self._kept(said, "modal"), "id": view_id}
                except Rejected as no:
                    return {"trouble": no.code}
                self._state.views[view_id] = kept
                return {"view": kept}
            case _:
                del self._state.views[view_id]
                return {}
