"""Orders: the asker's own words at the start decide; nothing quoted, linked or pasted can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.tier_bounds import EVERYWHERE, TierBound
from bot.routing.bounds import Bounds, bounds_of
from bot.routing.choice import Choice, Intent, Tier
from bot.routing.orders import Order, order_of

FAMILIES = {"luna": Tier.FAST, "kimi": Tier.STANDARD, "opus": Tier.FRONTIER}

ORDERS = {
    "tier 3: compare the two": Order(Tier.FRONTIER, "once"),
    "use your best model and compare": Order(Tier.FRONTIER, "once"),
    "use your cheapest model: hi": Order(Tier.FAST, "once"),
    "@opus compare the two": Order(Tier.FRONTIER, "once", "opus"),
    "@luna: hi": Order(Tier.FAST, "once", "luna"),
    "for this thread use tier 3": Order(Tier.FRONTIER, "thread"),
    "please use tier 3 until I say stop": Order(Tier.FRONTIER, "thread"),
    "in this thread, always use your best model": Order(Tier.FRONTIER, "thread"),
    "use @kimi for the rest of this thread": Order(Tier.STANDARD, "thread", "kimi"),
    "from now on use your cheapest model": Order(Tier.FAST, "thread"),
    "automatic again": Order(None, "ended"),
    "back to automatic, what is a mutex?": Order(None, "ended"),
    "stop": Order(None, "ended"),
    "stop using tier 3": Order(None, "ended"),
}


@pytest.mark.parametrize("text", ORDERS)
def test_an_order_at_the_start_is_understood(text: str) -> None:
    assert order_of(text, FAMILIES) == ORDERS[text]


@pytest.mark.parametrize(
    "text",
    [
        "@ben can you look?",
        "is this thread use tier 3 or tier 2?",
        "stop the server on host 3, please",
        "automatic backups fail, why?",
        "what does @opus mean?",
        "haiku about autumn",
        "for this thread use tier lists",
        "for this thread use @mistral",
        "",
    ],
)
def test_what_is_no_order_orders_nothing(text: str) -> None:
    assert order_of(text, FAMILIES) is None


@given(
    order=st.sampled_from(sorted(ORDERS)),
    before=st.sampled_from(
        ["> ", ">", "```\n", "`", "“", '"', "'", "«", "[", "<https://x.org|", "(", "file.txt: ", "&gt; "]
    ),
    after=st.text(max_size=60),
)
def test_nothing_quoted_linked_or_pasted_can_order(order: str, before: str, after: str) -> None:
    assert order_of(f"{before}{order}{after}", FAMILIES) is None


@given(order=st.sampled_from(sorted(ORDERS)), own=st.sampled_from(["what does this say?", "Summarise:", "hi,"]))
def test_nothing_below_the_askers_own_words_can_order(order: str, own: str) -> None:
    assert order_of(f"{own}\n\n{order}", FAMILIES) is None


@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    assert isinstance(order_of(text, FAMILIES), Order | None)


def test_a_channels_own_bound_counts_before_the_workspaces() -> None:
    found = [TierBound(EVERYWHERE, 2, 2), TierBound("C1", None, 3)]

    assert bounds_of("C1", found) == Bounds(Tier.STANDARD, Tier.FRONTIER)
    assert bounds_of("C2", found) == Bounds(Tier.STANDARD, Tier.STANDARD)
    assert bounds_of("C2", []) == Bounds(Tier.FAST, Tier.FRONTIER)


def test_bounds_bind_a_wish_and_say_so() -> None:
    wish = Choice(Intent.CHAT, Tier.FRONTIER, 1.0, "wish", "You asked for tier 3")

    bound = Bounds(ceiling=Tier.STANDARD).bind(wish)

    assert bound.tier is Tier.STANDARD
    assert bound.reason == "You asked for tier 3; the ceiling here is tier 2"
