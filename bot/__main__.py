"""The command line's door. Each command loads what it needs when it is called, so that `--help` is quick."""

from __future__ import annotations

import sys

import typer

from bot.commands import (
    budget,
    check,
    costs,
    database,
    demo,
    digest,
    forget,
    inbox,
    learn,
    migrate,
    prices,
    reconcile,
    reprice,
    rotate_keys,
    route,
    run,
    whatif,
    workspaces,
)  # fmt: skip
from bot.errors import LucyError, SettingError

app = typer.Typer(
    name="lucy",
    help="Lucy answers in Slack with the cheapest model that can do the job, and shows the price of every call.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo.demo)
app.command()(run.run)
app.command()(check.check)
app.command()(forget.forget)
app.command()(migrate.migrate)
app.command("rotate-keys")(rotate_keys.rotate_keys)
app.command()(route.route)
app.command()(whatif.whatif)
app.command()(learn.learn)
app.command()(digest.digest)
app.command()(reconcile.reconcile)
app.command()(reprice.reprice)
app.add_typer(costs.costs, name="costs")
app.add_typer(prices.prices, name="prices")
app.add_typer(database.database, name="db")
app.command()(budget.budget)
app.add_typer(inbox.inbox, name="inbox")
app.add_typer(workspaces.workspaces, name="workspaces")


def main() -> None:
    """Run a command; what we foresaw is told in one line. Exit 2 for a bad setting, 1 for any other error of ours."""
    try:
        app()
    except SettingError as error:
        sys.stderr.write(f"lucy: {error}\n")
        raise SystemExit(2) from None
    except LucyError as error:
        sys.stderr.write(f"lucy: {error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
