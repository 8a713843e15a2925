"""What holds for everything Lucy posts, whatever a test was about: looked at when its sandbox closes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.workspace import SlackWorkspace

_SAYS = ("chat.postMessage", "chat.postEphemeral", "chat.update")
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_CALLS_ALL = re.compile(r"<!(?:channel|here|everyone|subteam)|(?<!\w)@(?:channel|here|everyone)\b")
_MONEY = re.compile(r"\$\d[\d,.]*\d|\d+ %")
_LOUD = {"reply_broadcast", "link_names", "parse"}


class Politeness:
    """Listens to one sandbox; `complaints` are what Lucy should not have said."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._teams = (sandbox.slack, sandbox.globex)
        self._whispers: list[dict[str, Any]] = []
        for team in self._teams:
            team.subscribe(self._hear)

    @property
    def complaints(self) -> list[str]:
        """One line each."""
        told = [(method, sent) for team in self._teams for method, sent in _said(team)]
        told += [("response_url", message) for message in self._whispers]
        return [f"{method}: {wrong}: {sent}"[:600] for method, sent in told for wrong in faults(method, sent)]

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "ephemeral" and "channel" not in event["message"]:
            self._whispers.append(event["message"])


def faults(method: str, sent: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one message."""
    if _LOUD & sent.keys():
        yield "louder than it may be"
    if method in {"chat.postMessage", "response_url"} and (sent.get("unfurl_links"), sent.get("unfurl_media")) != (
        False,
        False,
    ):
        yield "links would unfurl"
    if method == "response_url" and sent.get("response_type") != "ephemeral":
        yield "everybody sees it"
    if any(_CALLS_ALL.search(_CODE.sub("", words)) for words in _strings(sent)):
        yield "calls a whole channel"
    text = str(sent.get("text", ""))
    if method.startswith("chat.") and method not in _SAYS:
        return
    if not text.strip() or "can't be displayed" in text:
        yield "says nothing aloud"
    lost = [figure for figure in _MONEY.findall(spoken(sent)) if figure not in text]
    if lost and len(text) < 3_000:
        yield f"does not say {lost}"


def spoken(sent: dict[str, Any]) -> str:
    """What the blocks of a message say in sentences: code, tables and the small print aside."""
    blocks = [block for block in sent.get("blocks") or [] if block["type"] in {"header", "section", "markdown"}]
    return _CODE.sub("", "\n".join(words for block in blocks for words in _strings(block.get("text"))))


def _said(team: SlackWorkspace) -> Iterator[tuple[str, dict[str, Any]]]:
    for method, sent in team.api.calls:
        if method in (*_SAYS, "chat.startStream", "chat.appendStream", "chat.stopStream"):
            yield method, sent


def _strings(node: Any) -> Iterator[str]:
    """Every word in a message, but what only machines read."""
    match node:
        case str():
            yield node
        case dict():
            for name, value in node.items():
                if name not in {"value", "metadata", "url"}:
                    yield from _strings(value)
        case list():
            for value in node:
                yield from _strings(value)
