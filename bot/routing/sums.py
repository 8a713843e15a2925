"""Sums that an answer states, worked out again: `a op b = c` in plain words, and only where there is no other reading."""

from __future__ import annotations

import re
from decimal import Decimal, DivisionByZero, InvalidOperation
from itertools import islice

_NUMBER = r"(?:[$€£]\s?)?-?(?:\d{1,3}(?:[,.]\d{3})+|\d{1,15})(?:[.,]\d{1,8})?"
_SUM = re.compile(
    rf"(?<![\w.,:)$€£^%/*×·+−=-])(?<![*×·+/÷^−(-]\s)(?<!\d\s)(?P<a>{_NUMBER})"
    r"(?P<op>\s*[+×·÷*]\s*|\s+[-−/x]\s+)"
    rf"(?P<b>{_NUMBER})\s*=\s*(?P<c>{_NUMBER})"
    r"(?![.,:]?\w|\s\d|\s*[%^*×·/÷+=°!]|\s+[-−x]\s"
    r"|\s+(?:o'clock|am|pm|mod|thousand|million|billion|k|r|remainder|rest)\b)"
)
_OTHER_READING = re.compile(
    r"\b(?:binary|hex(?:adecimal)?|octal|base|mod(?:ulo|ular)?|boolean|xor|matrix|wrong|false|incorrect|not|never|mistake"
    r"|instead|isn[’']t|doesn[’']t|joke|approx\w*|about|around|roughly|nearly|estimat\w*|falsch|incorrecto|faux)\b|[≈~≠⊕≡]",
    re.IGNORECASE,
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*[-*+•][ \t]+", re.MULTILINE)
_MOST = 40
_ROUND = Decimal(1000)


def wrong_sum(asked: str, answer: str) -> bool:
    """A sum that does not hold under any reading of its figures, and that the asker did not write."""
    if _OTHER_READING.search(asked):
        return False
    prose = _BULLET.sub("", _CODE.sub(" ", answer)).replace("**", "")
    return any(not _holds(found) and _is_meant(found, asked, prose) for found in islice(_SUM.finditer(prose), _MOST))


def _is_meant(found: re.Match[str], asked: str, prose: str) -> bool:
    """Stated as true: neither doubted on its own line nor quoted from the ask."""
    ends = prose.find("\n", found.end())
    line = prose[prose.rfind("\n", 0, found.start()) + 1 : ends if ends >= 0 else len(prose)]
    return not _OTHER_READING.search(line) and "".join(found[0].split()) not in "".join(asked.split())


def _holds(found: re.Match[str]) -> bool:
    op = found["op"].strip()
    return any(
        _right(a, op, b, c) for a in _readings(found["a"]) for b in _readings(found["b"]) for c in _readings(found["c"])
    )


def _right(a: Decimal, op: str, b: Decimal, c: Decimal) -> bool:
    """True when `c` is the outcome to the last digit that is written; a quotient may be cut instead of rounded."""
    try:
        truth = _outcome(a, op, b)
    except (DivisionByZero, InvalidOperation):
        return True
    step = Decimal(1).scaleb(_exponent(c))
    if not c % _ROUND and abs(c) >= 10 * _ROUND:
        step = Decimal(1).scaleb(_exponent(c.normalize()))
    return abs(truth - c) <= (step if op in "÷/" else step / 2)


def _outcome(a: Decimal, op: str, b: Decimal) -> Decimal:
    match op:
        case "+":
            return a + b
        case "-" | "−":
            return a - b
        case "÷" | "/":
            return a / b
        case _:
            return a * b


def _readings(written: str) -> set[Decimal]:
    """What a figure may mean: English and continental marks."""
    bare = written.lstrip("$€£ ")
    english, continental = bare.replace(",", ""), bare.replace(".", "").replace(",", ".")
    return {Decimal(reading) for reading in (english, continental) if reading.count(".") <= 1}


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
