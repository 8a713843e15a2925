"""The vendors' bills, told by the usage and cost APIs of OpenAI, Anthropic and OpenRouter, from their own invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.providers.invoice import InvoiceLine
from bot.sandbox.providers.vendor import Vendor

ADMIN_KEY = "admin-of-the-sandbox"
_DAYS_A_PAGE = 2
"""Fewer than anyone asks for, so that readers have to turn pages."""

Day = tuple[date, list[InvoiceLine]]


@dataclass(frozen=True, slots=True)
class Bills:
    """The three vendors that let their bill be read."""

    openai: Vendor
    anthropic: Vendor
    openrouter: Vendor

    def routes(self, app: web.Application) -> None:
        """Add the APIs, below each vendor's own address."""
        for path, answer in {
            "/llm/openai/v1/organization/costs": self._openai_costs,
            "/llm/openai/v1/organization/usage/completions": self._openai_usage,
            "/llm/anthropic/v1/organizations/cost_report": self._anthropic_costs,
            "/llm/anthropic/v1/organizations/usage_report/messages": self._anthropic_usage,
            "/llm/openrouter/api/v1/activity": self._activity,
        }.items():
            app.router.add_get(path, answer)

    async def _openai_costs(self, request: web.Request) -> web.Response:
        def results(lines: list[InvoiceLine]) -> Iterator[dict[str, Any]]:
            for line in lines:
                amount = {"value": float(line.amount_usd), "currency": "usd"}
                yield {
                    "object": "organization.costs.result",
                    "amount": amount,
                    "line_item": f"{line.model}, input and output",
                }

        return _page(request, _unix_days(request, self.openai), results, "start_time", _unix)

    async def _openai_usage(self, request: web.Request) -> web.Response:
        def results(lines: list[InvoiceLine]) -> Iterator[dict[str, Any]]:
            for line in lines:
                yield {
                    "object": "organization.usage.completions.result",
                    "model": line.model,
                    "input_tokens": line.input_tokens,
                    "input_cached_tokens": line.cached_tokens,
                    "output_tokens": line.output_tokens,
                    "num_model_requests": 1,
                }

        return _page(request, _unix_days(request, self.openai), results, "start_time", _unix)

    async def _anthropic_costs(self, request: web.Request) -> web.Response:
        def results(lines: list[InvoiceLine]) -> Iterator[dict[str, Any]]:
            for line in lines:
                cents = format(line.amount_usd * 100, "f")
                yield {"currency": "USD", "amount": cents, "model": line.model, "cost_type": "tokens"}

        return _page(request, _rfc_days(request, self.anthropic), results, "starting_at", _rfc)

    async def _anthropic_usage(self, request: web.Request) -> web.Response:
        def results(lines: list[InvoiceLine]) -> Iterator[dict[str, Any]]:
            for line in lines:
                yield {
                    "model": line.model,
                    "uncached_input_tokens": line.input_tokens - line.cached_tokens,
                    "cache_read_input_tokens": line.cached_tokens,
                    "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
                    "output_tokens": line.output_tokens,
                }

        return _page(request, _rfc_days(request, self.anthropic), results, "starting_at", _rfc)

    async def _activity(self, request: web.Request) -> web.Response:
        _only_for_admins(request)
        return web.json_response(
            {
                "data": [
                    {
                        "date": str(line.day),
                        "model": f"vendor/{line.model}",
                        "usage": float(line.amount_usd),
                        "requests": 1,
                        "prompt_tokens": line.input_tokens,
                        "completion_tokens": line.output_tokens,
                        "reasoning_tokens": 0,
                    }
                    for line in self.openrouter.invoice
                ]
            }
        )


def _page(
    request: web.Request,
    days: list[Day],
    results: Callable[[list[InvoiceLine]], Iterator[dict[str, Any]]],
    starts: str,
    told: Callable[[date], Any],
) -> web.Response:
    """One page of buckets, and where the next one begins."""
    _only_for_admins(request)
    begin = int(request.query.get("page", "0"))
    more = begin + _DAYS_A_PAGE < len(days)
    shown = days[begin : begin + _DAYS_A_PAGE]
    data = [{"object": "bucket", starts: told(day), "results": list(results(lines))} for day, lines in shown]
    next_page = str(begin + _DAYS_A_PAGE) if more else None
    return web.json_response({"object": "page", "data": data, "has_more": more, "next_page": next_page})


def _only_for_admins(request: web.Request) -> None:
    key = request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
    if key != ADMIN_KEY:
        raise web.HTTPUnauthorized


def _unix_days(request: web.Request, vendor: Vendor) -> list[Day]:
    return _days(
        vendor,
        datetime.fromtimestamp(int(request.query["start_time"]), UTC),
        datetime.fromtimestamp(int(request.query["end_time"]), UTC),
    )


def _rfc_days(request: web.Request, vendor: Vendor) -> list[Day]:
    return _days(
        vendor,
        datetime.fromisoformat(request.query["starting_at"]),
        datetime.fromisoformat(request.query["ending_at"]),
    )


def _days(vendor: Vendor, start: datetime, end: datetime) -> list[Day]:
    """A bucket for every day, the empty ones too."""
    by_day: defaultdict[date, list[InvoiceLine]] = defaultdict(list)
    for line in vendor.invoice:
        by_day[line.day].append(line)
    count = (end - start).days
    return [(day, by_day[day]) for day in (start.date() + timedelta(days=ahead) for ahead in range(count))]


def _unix(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _rfc(day: date) -> str:
    return f"{day}T00:00:00Z"
