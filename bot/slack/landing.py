"""The pages someone lands on after an install: what happened, and what to do next. No script, no foreign file."""

from __future__ import annotations

import html
from collections.abc import Sequence

from aiohttp import web

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --line: #dddbdd; --ground: #f7f5f7; --card: #fff; --accent: #4a154b; --on: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e8; --soft: #a9a5a9; --line: #3a383a; --ground: #19171a; --card: #222023; --accent: #d9a7da; --on: #1d1c1d }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif }
main { width: 100%; max-width: 34rem; padding: 2.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem }
.mark { width: 3rem; height: 3rem; display: grid; place-items: center; border-radius: .8rem; background: var(--accent); color: var(--on); font-size: 1.5rem; font-weight: 700 }
h1 { margin: 1.25rem 0 .5rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere }
p { margin: .5rem 0 } .soft { color: var(--soft); font-size: .9rem }
ol { margin: 1.25rem 0; padding-left: 1.25rem } li { margin: .6rem 0; padding-left: .25rem }
code { white-space: nowrap; padding: .1rem .35rem; border: 1px solid var(--line); border-radius: .3rem; background: var(--ground); font-size: .9em }
details { margin-top: 1rem; color: var(--soft); font-size: .9rem } summary { cursor: pointer } ul { margin: .5rem 0 0; padding-left: 1.1rem }
.go { display: inline-block; margin: .5rem 0 1rem; padding: .65rem 1.2rem; border-radius: .5rem; background: var(--accent); color: var(--on); font-weight: 600; text-decoration: none }
.go:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
"""
_PAGE = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<meta name=robots content=noindex><link rel=icon href='data:,'><title>{title}</title><style>{style}</style></head>"
    "<body><main><div class=mark aria-hidden=true>L</div><h1>{title}</h1>{body}</main></body></html>"
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_AGAIN = "<p><a class=go href=/slack/install>Start again</a></p>"
_STEPS = (
    "<ol><li>Write to Lucy directly, or invite her: <code>/invite @Lucy</code> in a channel.</li>"
    "<li>Mention her: <code>@Lucy what can you do?</code></li>"
    "<li>See what it cost: <code>/lucy-costs</code>. Admins set budgets and a daily digest there too.</li></ol>"
)
_NEEDED_TO = {"files:read": "read the files that people attach", "files:write": "send exports as files"}


def installed(name: str, link: str, lacking: Sequence[str], kept: Sequence[str]) -> web.Response:
    """Lucy is there: the `link` into Slack, and the first three steps.

    `lacking`: optional scopes that were left out; `kept`: what is stored, in her own sentences.
    """
    without = "".join(
        f"<p class=soft>Without {html.escape(scope)} she can't {_NEEDED_TO.get(scope, 'do all she could')}.</p>"
        for scope in lacking
    )
    return _page(
        f"Lucy is in {name or 'your workspace'}",
        f"<p>She is ready.</p>{_STEPS}<a class=go href='{html.escape(link, quote=True)}'>Open Slack</a>{without}{_privacy(kept)}",
    )


def _privacy(kept: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in kept)
    return f"<details><summary>What Lucy keeps, in her words</summary><ul>{items}</ul></details>"


def declined() -> web.Response:
    """Whoever came said no."""
    return _page("Lucy was not installed", f"<p>You declined in Slack. Nothing was stored.</p>{_AGAIN}")


def failed(why: str, status: int) -> web.Response:
    """The install can't go on."""
    return _page("That didn't work", f"<p>{html.escape(why)} Nothing was changed.</p>{_AGAIN}", status)


def switched_off(name: str) -> web.Response:
    """Installed, but this Lucy's operator does not serve the workspace."""
    words = "<p>The installation is kept, but whoever runs this Lucy has switched her off for your workspace. Please ask them.</p>"
    return _page(f"Lucy is switched off for {name or 'your workspace'}", words, 403)


def _page(title: str, body: str, status: int = 200) -> web.Response:
    text = _PAGE.format(title=html.escape(title), style=_STYLE, body=body)
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=_HEADERS)
