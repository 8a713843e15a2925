"""Who asks this machine's clock is listed, with the reason why nothing that replicas share is decided by it."""

from __future__ import annotations

import re

from tests.tracked import ROOT, tracked

_ASKS = re.compile(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time|time\.time_ns|localtime|gmtime)\(")
_REPORT = "the period of a report that one person reads, just now"
MAY = {
    "bot/costs/build_price_book.py": "the version of a file that is committed",
    "bot/costs/folding.py": "which day is counted ahead; one that is not over is counted again",
    "bot/costs/price_book.py": "corrected by the database's clock where Lucy runs",
    "bot/costs/reports.py": _REPORT,
    "bot/db/clock.py": "how wrong it is",
    "bot/db/ids.py": "an id that sorts roughly; who reads its time allows for a day",
    "bot/db/watch.py": "how wrong it is",
    "bot/digests/run.py": "a digest that somebody asks for again",
    "bot/schedule.py": "when the first tick is, which is at once",
    "bot/slack/events.py": "an event without the time that Slack's events have",
    "bot/slack/export_form.py": _REPORT,
    "bot/slack/home/home.py": _REPORT,
    "bot/slack/spend_form.py": _REPORT,
}


def test_nobody_asks_the_machines_clock_for_what_replicas_share() -> None:
    serving = [
        str(path) for path in tracked(".py") if path.parts[0] == "bot" and path.parts[1] not in {"sandbox", "commands"}
    ]

    assert {path for path in serving if _ASKS.search((ROOT / path).read_text())} == set(MAY)
