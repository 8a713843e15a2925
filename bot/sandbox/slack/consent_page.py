"""The page on which Slack asks someone whether an app may come into their workspace, and into which one."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.slack.state import SlackState

_WORDS = {
    "app_mentions:read": "View messages that mention her",
    "assistant:write": "Act as an assistant, with suggestions and a status",
    "channels:history": "View messages in public channels she was added to",
    "chat:write": "Send messages as @Lucy",
    "commands": "Add the command /lucy-costs",
    "files:write": "Send files (optional)",
    "groups:history": "View messages in private channels she was added to",
    "im:history": "View direct messages with her",
    "mpim:history": "View group direct messages she was added to",
    "users:read": "View people in the workspace",
}
_STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --line: #dddbdd; --ground: #fff; --yes: #007a5a; --on: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e8; --soft: #a9a5a9; --line: #3a383a; --ground: #1a1d21; --yes: #4cc38a; --on: #10261d } }
* { box-sizing: border-box } body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header { display: flex; gap: .5rem; align-items: center; justify-content: flex-end; flex-wrap: wrap; padding: .8rem 1.2rem; border-bottom: 1px solid var(--line); color: var(--soft); font-size: .9rem }
header a { padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 99px; color: inherit; text-decoration: none }
header a[aria-current] { border-color: var(--yes); color: var(--ink); font-weight: 600 }
main { max-width: 34rem; margin: 2.5rem auto; padding: 0 1.2rem } .pair { display: flex; gap: 1rem; align-items: center; justify-content: center; color: var(--soft) }
.pair b { width: 4rem; height: 4rem; display: grid; place-items: center; border-radius: 1rem; background: #d9542b; color: #fff; font-size: 1.8rem } .pair b + span + b { background: #4a154b }
h1 { font-size: 1.7rem; line-height: 1.25; text-align: center; margin: 1.5rem 0 } ul { margin: 0; padding: .8rem 1.2rem .8rem 2.2rem; border: 1px solid var(--line); border-radius: .8rem } li { margin: .25rem 0 }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem } .row { display: flex; gap: .8rem; justify-content: flex-end; margin-top: 1.5rem }
.row a { padding: .6rem 1.6rem; border: 1px solid var(--line); border-radius: .5rem; color: inherit; text-decoration: none; font-weight: 600 } .row .yes { background: var(--yes); border-color: transparent; color: var(--on) }
"""


def asking(
    asked: Mapping[str, str], teams: Sequence[SlackState], visited: SlackState, scopes: Collection[str]
) -> web.Response:
    """The page for the team that was chosen on it, at first the one that is visited."""
    chosen = next((team for team in teams if team.team_id == asked.get("team")), visited)
    others = "".join(
        f"<a href='{_link(asked, team)}'{' aria-current=true' if team is chosen else ''}>{html.escape(team.team)}</a>"
        for team in teams
    )
    may = "".join(f"<li>{html.escape(_WORDS.get(scope, scope))}</li>" for scope in sorted(scopes))
    name = html.escape(chosen.team)
    text = (
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<link rel=icon href='data:,'><title>Lucy asks to come into {name}</title><style>{_STYLE}</style></head><body>"
        f"<header>Workspace {others}</header><main><div class=pair aria-hidden=true><b>L</b><span>⇄</span><b>{name[:1]}</b></div>"
        f"<h1>Lucy asks for permission to come into the workspace {name}</h1><h2>Lucy will be able to</h2><ul>{may}</ul>"
        f"<div class=row><a href='{_link(asked, chosen, 'deny')}'>Cancel</a>"
        f"<a class=yes href='{_link(asked, chosen, 'allow')}'>Allow</a></div></main></body></html>"
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers={"Cache-Control": "no-store"})


def _link(asked: Mapping[str, str], team: SlackState, answer: str = "") -> str:
    query = {**asked, "team": team.team_id, **({"answer": answer} if answer else {})}
    return html.escape(f"/oauth/v2/authorize?{urlencode(query)}", quote=True)
