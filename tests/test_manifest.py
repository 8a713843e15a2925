"""The manifests say what the code does: the same events, commands and scopes, and nothing else."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from jsonschema import Draft7Validator
from slack_bolt.async_app import AsyncApp

from bot.slack.bolt import build_app
from bot.slack.commands import Wiring, commands_of
from bot.slack.home.guide import PROMPTS
from bot.slack.oauth import OPTIONAL_SCOPES, SCOPES
from tests.tracked import ROOT, tracked

SCHEMA = ROOT.parent / "shared" / "data" / "slack" / "manifest.schema.2.0.0.json"
MANIFESTS = ("manifest.yml", "manifest.http.yml")
HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}
SCOPES_OF_EVENT: dict[str, set[str]] = {
    "agent_session_stopped": set(),
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
    "tokens_revoked": set(),
}
SCOPES_OF_METHOD: dict[str, set[str]] = {
    "agents.sessions.setStatus": {"chat:write"},
    "apps.connections.open": set(),  # the app-level token's own scope, connections:write
    "assistant.threads.setStatus": {"assistant:write"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "auth.test": set(),
    "chat.appendStream": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.startStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,
    "conversations.replies": HISTORY,
    "users.info": {"users:read"},
    "users.list": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
}
OPTIONAL_SCOPE_OF_METHOD = {
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
}
METHOD = re.compile(
    r"(?:apps|assistant|agents|auth|chat|conversations|files|oauth|reactions|team|users|views)(?:\.\w+)+"
)


@pytest.mark.parametrize("name", MANIFESTS)
def test_slack_would_accept_the_manifest(name: str) -> None:
    if not SCHEMA.exists():
        pytest.skip("Slack's manifest schema is not here")

    errors = Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(manifest(name))

    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", MANIFESTS)
def test_lucy_is_an_agent_and_not_an_assistant(name: str) -> None:
    features = manifest(name)["features"]

    assert "agent_view" in features
    assert "assistant_view" not in features


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_home_tab_is_there_and_offers_the_prompts_that_lucy_suggests(name: str) -> None:
    features = manifest(name)["features"]

    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert features["agent_view"]["suggested_prompts"] == list(PROMPTS)


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_events_are_those_lucy_listens_to(name: str) -> None:
    subscribed = manifest(name)["settings"]["event_subscriptions"]["bot_events"]

    assert sorted({event.partition(".")[0] for event in subscribed}) == registered("event")
    assert set(subscribed) <= set(SCOPES_OF_EVENT)


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_commands_are_those_lucy_answers_and_names_arrive_as_ids(name: str) -> None:
    commands = manifest(name)["features"]["slash_commands"]

    assert sorted(command["command"] for command in commands) == registered("command")
    assert all(command["should_escape"] for command in commands)


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_shortcuts_are_those_lucy_listens_to(name: str) -> None:
    shortcuts = manifest(name)["features"]["shortcuts"]

    assert {shortcut["type"] for shortcut in shortcuts} == {"message"}
    assert sorted(shortcut["callback_id"] for shortcut in shortcuts) == registered("message_shortcut")


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_scopes_are_those_that_events_commands_and_calls_need(name: str) -> None:
    wanted = manifest(name)
    needed = {"commands"}
    for event in wanted["settings"]["event_subscriptions"]["bot_events"]:
        needed |= SCOPES_OF_EVENT[event]
    for method in called() - set(OPTIONAL_SCOPE_OF_METHOD):
        needed |= SCOPES_OF_METHOD[method]
    optional = {OPTIONAL_SCOPE_OF_METHOD[method] for method in called() & set(OPTIONAL_SCOPE_OF_METHOD)}

    assert wanted["oauth_config"]["scopes"] == {"bot": sorted(needed), "bot_optional": sorted(optional)}
    assert (sorted(SCOPES), sorted(OPTIONAL_SCOPES)) == (sorted(needed), sorted(optional))


def test_the_manifests_differ_in_nothing_but_how_slack_reaches_lucy() -> None:
    assert without_urls(manifest("manifest.http.yml")) == without_urls(manifest("manifest.yml"))


def test_the_socket_mode_manifest_names_no_address_and_the_http_one_only_lucys_routes() -> None:
    paths = re.findall(r"https://lucy\.example\.com(\S+)", (ROOT / "manifest.http.yml").read_text())

    assert "url" not in json.dumps(manifest("manifest.yml"))
    assert set(paths) == {"/slack/events", "/slack/oauth_redirect"}


def manifest(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def registered(kind: str) -> list[str]:
    """What Bolt was told to listen to: the constraint that each listener's matcher closes over."""
    nobody = cast(Any, None)
    ingest = cast(Any, SimpleNamespace(wake=None, store=None))
    commands = commands_of(Wiring(nobody, nobody, nobody, nobody, nobody, nobody, ingest))
    app: AsyncApp = build_app("secret", "http://127.0.0.1:9/api/", cast(Any, authorize), nobody, commands)
    matchers = [matcher for listener in app._async_listeners for matcher in listener.matchers]
    found = [constraint(cast(Any, matcher).func) for matcher in matchers]
    return sorted(name for of, name in found if of == kind)


async def authorize() -> None:
    """Bolt wants to be told how to authorise before it takes a listener."""


def constraint(function: Callable[..., Any]) -> tuple[str, str]:
    closed_over = inspect.getclosurevars(function).nonlocals
    if "func" in closed_over:
        return constraint(closed_over["func"])
    kind = function.__qualname__.partition(".")[0]
    return kind, next(str(value) for value in closed_over.values() if isinstance(value, str | re.Pattern))


def called() -> set[str]:
    """Every method of Slack's Web API that Lucy's code names."""
    sources = [path for path in tracked(".py") if path.is_relative_to("bot/slack")]
    texts = {node.value for path in sources for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and METHOD.fullmatch(text)}


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def without_urls(part: Any) -> Any:
    if not isinstance(part, dict):
        return [without_urls(item) for item in part] if isinstance(part, list) else part
    ways = {"url", "request_url", "redirect_urls", "socket_mode_enabled"}
    return {key: without_urls(value) for key, value in part.items() if key not in ways}
