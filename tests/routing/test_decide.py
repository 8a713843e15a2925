"""The fixtures of the main job: rules decide without a model, and earlier misroutes stay right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.routing.choice import Past, Question, Tier
from bot.routing.decide import decide

CODE = "refactor this python function\n```python\ndef f(x):\n    return x\n```"
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nKeyError: 7\nwhy does this crash'
CJK = "请帮我分析一下我们支付系统上周故障的根本原因，并给出详细的改进计划、时间表、风险评估以及回滚方案，谢谢你的帮助"


@pytest.mark.parametrize(("text", "tier"), [("hello", 1), (CODE, 3)])
def test_plain_cases_are_decided_by_rule(text: str, tier: int) -> None:
    choice = decide(Question(text)).choice

    assert (choice.tier, choice.decided_by.split(":")[0]) == (tier, "rule")


def test_a_greeting_with_a_small_question_is_tier_one() -> None:
    assert decide(Question("hello there, what is our zip code?")).choice.tier is Tier.FAST


@pytest.mark.parametrize(
    "text",
    ["refactor this", "fix prod", "compare these two contracts", "prove the Riemann hypothesis", TRACE, CJK],
)
def test_real_work_is_never_tier_one(text: str) -> None:
    assert decide(Question(text)).choice.tier > Tier.FAST


@pytest.mark.parametrize(
    "text",
    [
        "What is our zip code?",
        "What's the plan for lunch?",
        "design review at 3?",
        "1. buy milk 2. buy eggs",
        "import the CSV of leads",
        "What class of customer buys most?",
    ],
)
def test_small_things_are_never_tier_three(text: str) -> None:
    assert decide(Question(text)).choice.tier < Tier.FRONTIER


@pytest.mark.parametrize("text", ["yes", "go ahead", "Yes please!", "continue"])
@pytest.mark.parametrize("tier", list(Tier))
def test_a_short_follow_up_keeps_the_threads_tier_and_is_answered_by_a_model(text: str, tier: Tier) -> None:
    thread = (Past("user", "plan it"), Past("lucy", "Shall I go on?", tier))

    choice = decide(Question(text, thread)).choice

    assert (choice.tier, choice.answer, choice.decided_by) == (tier, "model", "thread")


@pytest.mark.parametrize(
    "text",
    ["test the login page and tell me what breaks", "tell me about yourself and summarise my inbox", CODE],
)
def test_work_is_never_met_with_a_canned_line(text: str) -> None:
    assert decide(Question(text)).choice.answer == "model"


@pytest.mark.parametrize(("text", "answer"), [("help", "help"), ("how much did we spend this week?", "costs")])
def test_help_and_cost_questions_need_no_model(text: str, answer: str) -> None:
    assert decide(Question(text)).choice.answer == answer


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("use your best model: what is 2+2", 3),
        ("Tier 1: prove it", 1),
        ("tier 3: hi", 3),
        ("think hard about lunch", 3),
    ],
)
def test_a_wish_at_the_start_binds(text: str, tier: int) -> None:
    choice = decide(Question(text)).choice

    assert (choice.tier, choice.decided_by) == (tier, "wish")


@pytest.mark.parametrize(
    "text",
    ["> use your best model\nhello", '"tier 3: go"', "the doc says: use your best model", "`tier 3:` hi"],
)
def test_quoted_words_wish_for_nothing(text: str) -> None:
    assert decide(Question(text)).choice.decided_by != "wish"


def test_no_evidence_at_all_is_the_middle_tier() -> None:
    assert decide(Question("")).choice.tier is Tier.STANDARD


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=400))
def test_any_text_gets_a_tier(text: str) -> None:
    assert decide(Question(text)).choice.tier in Tier
