"""A believable, deterministic mind for the local models."""

from __future__ import annotations

import json
import re

_HELLO = re.compile(r"^\W*(hi|hey|hello|good morning|hola|hallo)\b", re.IGNORECASE)

_TABLE_FILE = re.compile(r'<file name="([^"]+\.csv)"[^>]*>\n([^\n]+)')

_REFACTOR = """Here is a tidier version: one job per function, names that say what they hold, and no hidden state.

```python
def total_price(items: list[Item], discount: Decimal = Decimal(0)) -> Decimal:
    \"\"\"The sum of all items, less a discount between 0 and 1.\"\"\"
    subtotal = sum((item.price * item.count for item in items), Decimal(0))
    return subtotal * (1 - discount)
```

**What changed**

- The loop became a `sum`, so there is nothing to get out of step.
- Money is `Decimal`, never a float.
- The discount has a default and a documented range.
"""

_TABLE = """In short: **A is cheaper, B is safer to leave.**

| | Contract A | Contract B |
|---|---|---|
| Price per seat | $18 | $22 |
| Notice period | 90 days | 30 days |
| Liability cap | 12 months' fees | 24 months' fees |
| Data location | EU or US | EU only |

Watch A's automatic renewal in clause 7.2: it renews for two years.
"""

_SUMMARY = """**Summary**

- The release moves to Thursday; the blocker is the flaky checkout test.
- Ben owns the fix, Eva tells the two customers who wait for it.

**Open questions**

1. Do we keep the old endpoint for another month?
2. Who reviews the migration?
"""


def reply(system: str, prompt: str, max_tokens: int, images: int = 0) -> str:
    """What a model would say to words and so many images."""
    if max_tokens <= 64 and "tier" in system:
        return _classified(prompt)
    return _of_files(prompt, images) or _said(prompt)


def _of_files(prompt: str, images: int) -> str:
    """What can be said of pictures or of a table; nothing without one."""
    if images:
        return f"I can see {images} picture{'s' if images > 1 else ''}. What would you like to know?"
    table = _TABLE_FILE.search(prompt)
    return f"*{table[1]}* has the columns {', '.join(f'`{one}`' for one in table[2].split(','))}." if table else ""


def _said(prompt: str) -> str:
    asked = prompt.rsplit("\n\n", 1)[-1] if len(prompt) < 4000 else prompt[-2000:]
    lower = asked.lower()
    if "long report" in lower:
        return _long_report()
    for cues, text in (
        (("refactor", "python"), _REFACTOR),
        (("compare", "contract", "vs "), _TABLE),
        (("summar", "action items", "recap"), _SUMMARY),
    ):
        if any(cue in lower for cue in cues):
            return text
    if "zip code" in lower:
        return "The office page says **94107**. Shipping labels use the same one."
    said = re.sub(r"^[^:]{1,40}: ", "", asked)
    if len(said) < 40 and _HELLO.match(said):
        return "Hello! What can I do for you?"
    about = " ".join(asked.split())[:120]
    return f"Here is what I can say about *{about}*:\n\n- The short answer is yes, with one condition.\n- If that doesn't fit, tell me what you tried and I'll look closer."


def _classified(prompt: str) -> str:
    hard = any(word in prompt.lower() for word in ("prove", "architecture", "root cause", "migrat", "debug"))
    tier = 3 if hard else 1 if len(prompt) < 80 else 2
    intent = "reasoning" if hard else "lookup" if "?" in prompt else "writing"
    return json.dumps({"intent": intent, "tier": tier, "confidence": 0.86})


def _long_report() -> str:
    section = (
        "## Section {n}\n\nThe quarter began slowly and ended well. Sign-ups grew in every region, support load fell by a tenth, "
        "and the two outages of week six were traced to one cause. What follows are the details, region by region, "
        "with the numbers that finance signed off.\n\n- Revenue grew, cost grew less.\n- Hiring is on plan.\n\n"
        "```python\ndef growth(now: float, before: float) -> float:\n    return (now - before) / before\n```\n"
    )
    return "# The long report\n\n" + "\n".join(section.format(n=n) for n in range(1, 61))
