"""`lucy run`: serve Slack until told to stop."""

from __future__ import annotations


def run() -> None:
    """Serve Slack: Socket Mode when SLACK_APP_TOKEN is set, HTTP otherwise. SIGTERM and SIGINT stop cleanly."""
    import gc

    gc.disable()  # until litellm is warm (`bot.llm.environment.uncollected`): what is imported now stays

    from bot import log
    from bot.commands.until_told import run_until_told
    from bot.config import check_for_slack, load_settings, provider_keys, secrets_of

    settings = load_settings()
    check_for_slack(settings)
    log.configure(settings.log_level, settings.log_format, secrets_of(settings, provider_keys()))

    async def serve() -> None:
        from bot.app import lucy

        async with lucy(settings) as running:
            await running.until_stopped()

    run_until_told(serve)
