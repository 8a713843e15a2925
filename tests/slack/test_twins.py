"""What was stored lately is known to its twin; what was not is nobody's."""

from __future__ import annotations

import asyncio

from bot.slack.twins import Twins


async def test_a_message_that_is_not_stored_while_a_thousand_others_are_is_told_so() -> None:
    twins, waiting = Twins(), asyncio.Event()

    async def refused() -> bool:
        await waiting.wait()
        return False

    async def stored() -> bool:
        return True

    first = asyncio.create_task(twins.once(("T0ACME", "C1", "0"), refused))
    await asyncio.sleep(0)
    others = [await twins.once(("T0ACME", "C1", str(number)), stored) for number in range(1, 1002)]
    waiting.set()

    assert all(others)
    assert await first is False
