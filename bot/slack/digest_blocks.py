"""A digest as Slack shows it: the sum, why, what it saved, where the month is heading; lists and trust below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.db.day_threads import ThreadSum
from bot.digests.digest import DIRECT, Digest
from bot.digests.lists import held_against, plain_name, tops
from bot.digests.sentences import anomaly, budget, compared, lines, month, revised, saved, spent, title, trust
from bot.slack.blocks import plain_text
from bot.slack.report_names import plain

Block = dict[str, Any]
_TEXT_LIMIT, _SECTION, _FIELD, _HEADER = 3_900, 3_000, 2_000, 150
_NAME = 40


@dataclass(frozen=True, slots=True)
class Called:
    """How people and threads are called in one workspace: names by user id, links by `thread_key`."""

    people: Mapping[str, str]
    links: Mapping[str, str]
    digest: Digest

    def __call__(self, dimension: str, key: str) -> str:
        """A key in Slack's mrkdwn; nothing in it can ping."""
        match dimension:
            case "user" if key:
                return plain(_short(self.people.get(key, key)))
            case "channel" if key != DIRECT:
                return f"<#{key}>"
            case "model":
                return f"`{plain(_short(key.rpartition('/')[2]))}`"
            case "thread":
                return self._thread(int(key))
            case _:
                return plain_name(dimension, key)

    def _thread(self, place: int) -> str:
        thread = self.digest.threads[place]
        if thread.channel_id == DIRECT:
            return "a direct message"
        link = self.links.get(thread_key(thread))
        return f"<{link}|thread> in <#{thread.channel_id}>" if link else f"a thread in <#{thread.channel_id}>"


def thread_key(thread: ThreadSum) -> str:
    """What a thread's link is asked by."""
    return f"{thread.channel_id}|{thread.thread_ts}"


def digest_text(digest: Digest, called: Called) -> str:
    """The same figures for notifications and screen readers."""
    text = "\n".join(lines(digest, called))
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"


def digest_blocks(digest: Digest, called: Called, chart: Sequence[Block] = ()) -> list[Block]:
    """The message; `chart` stands between the sums and the lists."""
    head = {"type": "header", "text": plain_text(title(digest)[:_HEADER])}
    if not digest.total.calls:
        return [head, _section([spent(digest), month(digest.month), budget(digest.month)]), *_small([revised(digest)])]
    lists = [f"*{heading}*\n" + "\n".join(rows) for heading, rows in tops(digest, called)]
    return [
        head,
        _section([spent(digest), compared(digest)]),
        *(_section([f"⚠️ {anomaly(one, called)}"]) for one in digest.anomalies),
        _section([saved(digest)]),
        _section([month(digest.month), budget(digest.month)]),
        *chart,
        {"type": "section", "fields": [{"type": "mrkdwn", "text": words[:_FIELD]} for words in lists]},
        *_small([revised(digest), trust(digest), held_against(digest)]),
    ]


def _section(said: Iterable[str]) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(filter(None, said))[:_SECTION]}}


def _small(said: Iterable[str]) -> list[Block]:
    elements = [{"type": "mrkdwn", "text": one[:_SECTION]} for one in said if one]
    return [{"type": "context", "elements": elements}] if elements else []


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"
