"""The tables of README and DEPLOY that code knows better: `python -m tests.readme` writes them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from bot.__main__ import app
from bot.config import Settings, variable_of
from bot.costs.price_book import load_price_book
from bot.costs.pricing import Price
from bot.routing.tiers import read_tiers
from bot.telemetry import Telemetry
from tests.tracked import ROOT

README, DEPLOY = ROOT / "README.md", ROOT / "DEPLOY.md"
BENCHMARK = ROOT / "tests" / "routing" / "benchmark" / "table.md"
EVERY_KEY = {f"{vendor}_API_KEY": "a key" for vendor in ("GEMINI", "OPENAI", "MOONSHOT", "ANTHROPIC")}


def tables() -> Mapping[Path, Mapping[str, Callable[[], Iterator[str]]]]:
    """Which file holds which generated tables."""
    return {
        README: {"commands": commands, "settings": settings, "tiers": tiers, "routing": routing},
        DEPLOY: {"metrics": metrics},
    }


def rewritten(path: Path) -> str:
    """A file with every generated table as the code now has it."""
    text = path.read_text("utf-8")
    for name, lines in tables()[path].items():
        table = "\n".join(lines())
        start, rest = text.split(f"<!-- {name} -->\n")
        text = f"{start}<!-- {name} -->\n{table}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return text


def routing() -> Iterator[str]:
    """What `make bench-routing` wrote."""
    yield from BENCHMARK.read_text("utf-8").splitlines()


def commands() -> Iterator[str]:
    yield "| command | what it does |"
    yield "|---|---|"
    yield from (command_row(command.name, command.callback) for command in app.registered_commands)
    for group in app.registered_groups:
        assert group.typer_instance
        assert group.typer_instance.registered_callback
        yield command_row(group.name, group.typer_instance.registered_callback.callback)
        for command in group.typer_instance.registered_commands:
            name = command.name or getattr(command.callback, "__name__", "")
            yield command_row(f"{group.name} {name}", command.callback)


def command_row(name: str | None, callback: Callable[..., object] | None) -> str:
    assert callback
    story = (callback.__doc__ or "").partition("\n")[0]
    return f"| `lucy {name or callback.__name__}` | {story} |"


def settings() -> Iterator[str]:
    yield "| variable | default | meaning |"
    yield "|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = f"`{default}`" if isinstance(default, str | int | float | Path) else ""
        yield f"| `{variable_of(name)}` | {shown} | {field.description} |"


def tiers() -> Iterator[str]:
    yield "| tier | models, primary first | USD per million tokens, in / out |"
    yield "|---|---|---|"
    for spec in read_tiers("default", EVERY_KEY, load_price_book()).specs:
        models = "<br>".join(f"`{candidate.deployment.model}`" for candidate in spec.candidates)
        prices = "<br>".join(shown(candidate.price) for candidate in spec.candidates)
        yield f"| {spec.tier.value} {spec.tier.name.lower()} | {models} | {prices} |"


def metrics() -> Iterator[str]:
    yield "| metric | kind | labels | meaning |"
    yield "|---|---|---|---|"
    for metric in vars(Telemetry()).values():
        if isinstance(metric, MetricWrapperBase):
            name = metric._name + ("_total" if metric._type == "counter" else "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)
            yield f"| `{name}` | {metric._type} | {labels} | {metric._documentation} |"


def shown(price: Price | None) -> str:
    return f"{price.rates.input:f} / {price.rates.output:f}" if price else "unpriced"


if __name__ == "__main__":
    for file in tables():
        file.write_text(rewritten(file), "utf-8")
