"""A provider's bill for some days, from its API or from a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from io import StringIO
from pathlib import Path

from bot.llm.bills import formats
from bot.llm.bills.asking import Days, asking
from bot.llm.bills.bill import BillLine, BillProvider, BillUnreadable, added_up, day_of, dollars
from bot.llm.bills.pages import BillApi

_PARSERS: Mapping[BillProvider, Callable[[object], Iterator[BillLine]]] = {
    BillProvider.OPENAI: formats.openai,
    BillProvider.ANTHROPIC: formats.anthropic,
    BillProvider.OPENROUTER: formats.openrouter,
}

_DAY_COLUMNS = ("date", "usage_date_utc", "start_time_iso", "created_at", "day")
_MODEL_COLUMNS = ("model", "model_permaslug", "line_item")
_USD_COLUMNS = ("usage", "cost_usd", "amount_value", "cost_total", "cost", "amount")
_CURRENCY_COLUMNS = ("amount_currency", "currency")


async def bill_from_api(provider: BillProvider, key: str, days: Days, api_base: str | None = None) -> list[BillLine]:
    """Ask the provider, at `api_base` if not at its usual address. Raises BillUnreadable."""
    wanted = asking(provider, key, days)
    api = BillApi(api_base or wanted.api_base, wanted.headers)
    lines: list[BillLine] = []
    for path, query in wanted.calls:
        async for page in api.pages(path, query):
            lines += _PARSERS[provider](page)
    return added_up(line for line in lines if line.day in days)


def bill_from_file(provider: BillProvider, file: Path, days: Days) -> list[BillLine]:
    """Read an export: the API's JSON (one page or a list of pages), or the dashboard's CSV. Raises BillUnreadable."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise BillUnreadable(f"{file}: cannot be read: {type(error).__name__}") from error
    found = _from_json(provider, text) if text.lstrip()[:1] in {"{", "["} else _from_csv(text)
    return added_up(line for line in found if line.day in days)


def _from_json(provider: BillProvider, text: str) -> Iterator[BillLine]:
    try:
        told = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BillUnreadable("the file is no JSON") from error
    for page in told if isinstance(told, list) else [told]:
        yield from _PARSERS[provider](page)


def _from_csv(text: str) -> Iterator[BillLine]:
    table = csv.DictReader(StringIO(text))
    columns = {name.strip().lower(): name for name in table.fieldnames or ()}
    day, model, usd = (_column(columns, names) for names in (_DAY_COLUMNS, _MODEL_COLUMNS, _USD_COLUMNS))
    currency = next((columns[name] for name in _CURRENCY_COLUMNS if name in columns), None)
    for row in table:
        billed = dollars(row[usd], (row[currency] or "usd") if currency else "usd")
        yield BillLine(day_of(row[day]), str(row[model] or "other").partition(", ")[0], billed)


def _column(columns: Mapping[str, str], names: tuple[str, ...]) -> str:
    found = next((columns[name] for name in names if name in columns), None)
    if found is None:
        raise BillUnreadable(f"the file has no column {' or '.join(names)}")
    return found
