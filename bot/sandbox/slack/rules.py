"""What Slack rejects, with Slack's own error codes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.sandbox.slack.elements import misshapen, words
from bot.sandbox.slack.figures import FIGURES, MOST_CHARTS, misdrawn
from bot.sandbox.slack.state import SlackState

NEEDS = {
    "chat.postMessage": "chat:write", "chat.update": "chat:write", "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write", "chat.startStream": "chat:write", "chat.appendStream": "chat:write",
    "chat.stopStream": "chat:write", "assistant.threads.setStatus": "chat:write", "users.info": "users:read",
    "team.info": "team:read", "conversations.list": "channels:read", "users.list": "users:read",
    "reactions.add": "reactions:write", "reactions.remove": "reactions:write",
    "conversations.join": "channels:join", "conversations.open": "im:write",
    "assistant.threads.setTitle": "assistant:write", "assistant.threads.setSuggestedPrompts": "assistant:write",
    "files.getUploadURLExternal": "files:write", "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
}  # fmt: skip

_NEEDS_BY_KIND = {
    "conversations.replies": "history", "conversations.history": "history", "conversations.info": "read",
    "conversations.members": "read",
}  # fmt: skip
_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}

_BLOCKS = frozenset({
    "section", "header", "divider", "context", "actions", "markdown", "image", "input", "rich_text", "table",
    "context_actions", "video", "file", *FIGURES,
})  # fmt: skip


class Rejected(Exception):
    """Slack says no."""

    def __init__(self, code: str, **more: str) -> None:
        super().__init__(code)
        self.code, self.more = code, more


def check_scope(state: SlackState, method: str, channel: object) -> None:
    """A token without the scope a method needs, which may depend on the kind of channel, is refused."""
    needed, kind = NEEDS.get(method), state.channels.get(str(channel))
    if method in _NEEDS_BY_KIND:
        needed = f"{_KINDS[kind.kind if kind else 'channel']}:{_NEEDS_BY_KIND[method]}"
    if needed and needed not in state.scopes:
        raise Rejected("missing_scope", needed=needed, provided=",".join(sorted(state.scopes)))


def check_channel(state: SlackState, channel: object, *, to_post: bool) -> str:
    """The channel's id; unknown, archived or foreign channels are refused."""
    if isinstance(channel, str) and channel in state.people and to_post:
        return state.direct(channel)
    found = state.channels.get(str(channel))
    if found is None:
        raise Rejected("channel_not_found")
    if to_post and found.archived:
        raise Rejected("is_archived")
    if state.bot_user_id not in found.members:
        raise Rejected("not_in_channel" if to_post else "channel_not_found")
    return found.id


def check_content(state: SlackState, sent: dict[str, Any]) -> None:
    """Texts and blocks within Slack's limits, and something to show at all."""
    text, blocks, markdown = sent.get("text"), sent.get("blocks"), sent.get("markdown_text")
    if markdown and (text or blocks):
        raise Rejected("markdown_text_conflict")
    if markdown and len(markdown) > 12_000:
        raise Rejected("msg_too_long")
    if not (text or blocks or markdown or sent.get("attachments")):
        raise Rejected("no_text")
    if blocks is not None:
        check_blocks(blocks, refused=state.refused_blocks)
        _check_pictures(state, blocks)
    check_metadata(sent)


def check_metadata(sent: dict[str, Any]) -> None:
    """Metadata, if any, names its event and has a payload."""
    metadata = sent.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict) and metadata.get("event_type") and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Rejected("invalid_metadata_format")


def check_blocks(blocks: Any, most: int = 50, refused: Collection[str] = (), kinds: Collection[str] = _BLOCKS) -> None:
    """At most fifty blocks (a hundred in a view) of known types, each within its own limits; none that is `refused`."""
    if not isinstance(blocks, list) or len(blocks) > most:
        raise Rejected("invalid_blocks")
    markdown = 0
    for block in blocks:
        if not isinstance(block, dict) or block.get("type") not in set(kinds) - set(refused) or _wrong(block):
            raise Rejected("invalid_blocks")
        markdown += len(block.get("text", "")) if block["type"] == "markdown" else 0
    if sum(block["type"] == "data_visualization" for block in blocks) > MOST_CHARTS:
        raise Rejected("invalid_blocks")
    if markdown > 12_000:
        raise Rejected("msg_blocks_too_long")


def _check_pictures(state: SlackState, blocks: list[dict[str, Any]]) -> None:
    """A picture has words for who cannot see it, and shows a file that stands complete."""
    for block in blocks:
        if block["type"] != "image":
            continue
        file = (block.get("slack_file") or {}).get("id")
        if not 0 < len(block.get("alt_text", "")) <= 2000 or (not block.get("image_url") and file not in state.files):
            raise Rejected("invalid_blocks")


def _wrong(block: dict[str, Any]) -> bool:
    return misdrawn(block) if block["type"] in FIGURES else _too_long(block)


def _too_long(block: dict[str, Any]) -> bool:
    match block["type"]:
        case "section":
            fields = block.get("fields") or []
            texts = [words(field) for field in fields]
            bare = not words(block.get("text")) and not fields
            return bare or len(words(block.get("text"))) > 3000 or len(fields) > 10 or any(len(t) > 2000 for t in texts)
        case "header":
            return not 0 < len(words(block.get("text"))) <= 150
        case "context":
            return not 0 < len(block.get("elements") or []) <= 10
        case "actions" | "context_actions":
            return _pressed_wrong(block["type"], block.get("elements") or [])
        case "table":
            return _too_large(block.get("rows") or [])
        case _:
            return block["type"] == "markdown" and not block.get("text")


def _pressed_wrong(kind: str, elements: list[dict[str, Any]]) -> bool:
    """Twenty-five buttons in a row, five elements under an answer, each within its limits."""
    pairs = [e.get(name) for e in elements for name in ("positive_button", "negative_button")]
    pressed = elements if kind == "actions" else [one for one in pairs if one]
    return not 0 < len(elements) <= (25 if kind == "actions" else 5) or any(misshapen(one) for one in pressed)


def _too_large(rows: list[list[Any]]) -> bool:
    return not 0 < len(rows) <= 100 or any(len(row) > 20 for row in rows)
