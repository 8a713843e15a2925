"""The places on the way of an ask where Lucy can die: each step leads her there and kills her."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.sandbox.providers.vendor import Mode
from tests.faults.stage import Stage
from tests.lucy_process import Running
from tests.onlooker import until, until_it_blocks

_CUT_WHO_WAITS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

SHORT, LONG = "hello", "use your best model: write a long report"


@dataclass(frozen=True, slots=True)
class Left:
    """An ask that a dead Lucy left behind, and the states of its rows in the ledger once it is answered."""

    ts: str
    long: bool = False
    attempts: tuple[str, ...] = ("settled",)


Step = Callable[[Stage, Running], Awaitable[list[Left]]]


async def while_it_waits_for_its_turn(stage: Stage, lucy: Running) -> list[Left]:
    """Acknowledged and not begun: the one place is taken by an ask whose model hangs."""
    [begun] = await while_a_model_is_asked(stage, lucy, kill=False)
    waiting = await stage.say(SHORT)

    await lucy.kill()

    [ask] = await stage.inbox(waiting)
    assert (ask.state, ask.words_kept) == ("new", 1)
    return [begun, Left(waiting)]


async def while_a_model_is_asked(stage: Stage, lucy: Running, *, kill: bool = True) -> list[Left]:
    """The request left, and nobody will ever read its answer: its row stays open, with its reserve."""
    before = len(stage.gemini.requests)
    stage.gemini.fail_next(Mode.HANG)
    ts = await stage.say(SHORT)
    await until(lambda: len(stage.gemini.requests) > before)

    if kill:
        await lucy.kill()

    assert await stage.attempts(ts) == ["open"]
    return [Left(ts, attempts=("open", "settled"))]


async def before_the_post_reaches_slack(stage: Stage, lucy: Running) -> list[Left]:
    """The answer is kept, and nothing of it stands in Slack."""
    return [await _killed_at_a_post(stage, lucy, SHORT, posted=0)]


async def before_slack_answers_the_post(stage: Stage, lucy: Running) -> list[Left]:
    """The answer stands in Slack, and nobody wrote down where."""
    return [await _killed_at_a_post(stage, lucy, SHORT, posted=1, done=True)]


async def between_two_parts(stage: Stage, lucy: Running) -> list[Left]:
    """A part stands in Slack, the next one is missing."""
    return [await _killed_at_a_post(stage, lucy, LONG, posted=1)]


async def before_slack_answers_the_post_of_a_later_part(stage: Stage, lucy: Running) -> list[Left]:
    """Two parts stand in Slack, and only of the first it is written down."""
    return [await _killed_at_a_post(stage, lucy, LONG, posted=2, done=True)]


async def after_the_last_part(stage: Stage, lucy: Running) -> list[Left]:
    """All stands in Slack, but nothing of the end holds, nor where the last part stands: the first part is locked, and its
    connection breaks before it is not.
    """
    second = stage.slack.faults.hold("chat.postMessage", skip=1)
    ts = await stage.say(LONG)
    await second.arrived()

    async with stage.onlooker.transaction():
        await stage.onlooker.execute("SELECT 1 FROM reply_part WHERE part = 0 FOR UPDATE")
        second.let_go()
        await until_it_blocks(stage.onlooker, "%WITH ended AS")
        await lucy.kill()
        assert await stage.onlooker.fetch(_CUT_WHO_WAITS)

    [ask] = await stage.inbox(ts)
    assert ask.state == "leased"
    assert await stage.unknown_parts() == 1
    return [Left(ts, long=True)]


STEPS: tuple[Step, ...] = (
    while_it_waits_for_its_turn,
    while_a_model_is_asked,
    before_the_post_reaches_slack,
    before_slack_answers_the_post,
    between_two_parts,
    before_slack_answers_the_post_of_a_later_part,
    after_the_last_part,
)


async def before_slack_answers_the_begin_of_a_stream(stage: Stage, lucy: Running) -> list[Left]:
    """The first words stand in Slack, and nobody wrote down where; the answer is kept by then."""
    call = stage.slack.faults.hold("chat.startStream", done=True)
    ts = await stage.say(SHORT)
    await call.arrived()

    async def kept() -> bool:
        return await stage.attempts(ts) == ["settled"]

    await until(kept)
    await lucy.kill()
    call.lose()
    return [Left(ts)]


async def while_she_streams(stage: Stage, lucy: Running) -> list[Left]:
    """Half an answer stands in Slack, and its model will never be heard to the end."""
    stage.gemini.pace_s = 1.0
    ts = await stage.say(SHORT)
    await until(lambda: bool(stage.answers(ts)))

    await lucy.kill()
    stage.gemini.pace_s = 0.0

    assert await stage.attempts(ts) == ["open"]
    return [Left(ts, attempts=("open", "settled"))]


STREAM_STEPS: tuple[Step, ...] = (
    before_slack_answers_the_begin_of_a_stream,
    while_she_streams,
)


async def _killed_at_a_post(stage: Stage, lucy: Running, text: str, posted: int, *, done: bool = False) -> Left:
    """Killed when so many parts stand in Slack, with the last post `done` or the next one under way."""
    post = stage.slack.faults.hold("chat.postMessage", skip=posted - done, done=done)
    ts = await stage.say(text)
    await post.arrived()

    await lucy.kill()
    post.lose()

    assert len(stage.answers(ts)) == posted
    return Left(ts, long=text == LONG)
