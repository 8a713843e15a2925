"""Money as people read it: at least two significant digits, and never 0 when it is not."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")


def show(amount: Decimal) -> str:
    """`$1,204.00`, `$0.12`, `$0.000034`, `-$0.50`."""
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    if size == 0:
        return "$0.00"
    if size >= CENT * 10:
        return f"{sign}${size.quantize(CENT, ROUND_HALF_EVEN):,f}"
    return f"{sign}${size.quantize(Decimal(1).scaleb(size.adjusted() - 1), ROUND_HALF_EVEN):f}"


def exact(amount: Decimal) -> str:
    """Every digit, for files and machines."""
    return format(amount.normalize(), "f") if amount else "0"


def percent(part: Decimal, whole: Decimal) -> str:
    """`37 %` of a whole, `<1 %` of what is little; a dash when there is no whole."""
    if not whole:
        return "–"
    share = part / whole * 100
    return "<1 %" if 0 < share < 1 else f"{share:.0f} %"
