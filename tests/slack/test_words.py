"""Words on their way in and out: decoded markup, harmless mentions, parts below Slack's limits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blocks import fallback, plain_message, reply_message
from bot.slack.guard import guard
from bot.slack.mrkdwn import decode, without_own_mention
from bot.slack.split import split

LIVE = re.compile(r"<[!@#]|(?<!\w)@(?:here|channel|everyone)\b", re.IGNORECASE)
PIECES = st.sampled_from(
    ["<!channel>", "<@U1>", "<#C1|x>", "@here", "`", "``", "```", "\n", "\\", " ", "word", "<", ">", "a@b", "```py\n"]
)
MESSY = st.lists(PIECES, max_size=40).map("".join)


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("ask <@U1> and <@U2|zoe>", "ask @Ada and @zoe"),
        ("in <#C1|general>", "in #general"),
        ("<!subteam^S1|@devs> <!here>", "@devs @here"),
        ("<https://x.org/a?b=1&amp;c=2|the page>", "[the page](https://x.org/a?b=1&c=2)"),
        ("<https://x.org> &lt;b&gt; &amp;amp;", "https://x.org <b> &amp;"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
    ],
)
def test_markup_is_decoded_and_names_and_urls_stay(raw: str, plain: str) -> None:
    assert decode(raw, {"U1": "Ada"}) == plain


def test_only_her_own_leading_or_closing_mention_goes() -> None:
    assert (
        without_own_mention("<@U0LUCY>, ask <@U1>  about <@U0LUCY> now", "U0LUCY") == "ask <@U1>  about <@U0LUCY> now"
    )


@given(MESSY)
def test_no_mention_outside_code_survives(text: str) -> None:
    certain = r"^[ \t]*(`{3,})[^`\n]*\n(?:.*?\n)??[ \t]*\1`*[ \t]*$|(?<![`\\])`[^`\n]+`(?!`)"
    outside = re.sub(certain, " ", guard(text), flags=re.DOTALL | re.MULTILINE)

    assert not LIVE.search(outside)


@given(MESSY)
def test_a_message_without_markdown_pings_nobody_even_from_code(text: str) -> None:
    assert not LIVE.search(str(plain_message(text, "k")["text"]))
    assert not LIVE.search(fallback(text))


@pytest.mark.parametrize(
    "tricky", ["run ``` <!channel>", "\\`<!channel>\\`", "```\n<!channel>", "``<!channel>``", "`a\n<!channel>`"]
)
def test_what_only_looks_like_code_is_made_harmless(tricky: str) -> None:
    assert "<!channel>" not in guard(tricky)


def test_code_is_left_as_it_is() -> None:
    code = "```py\nx = '<@U1> @here'\n```\nand `<!here>`; mail bob@here.org"

    assert guard(code) == code


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000), st.integers(300, 900))
def test_no_word_is_lost_and_every_part_fits(text: str, limit: int) -> None:
    text = text.replace("`", "'")

    parts = split(text, limit)

    assert all(len(part.encode()) <= limit for part in parts)
    if text.strip():
        assert "".join("".join(parts).split()) == "".join(text.split())


@given(
    st.lists(st.sampled_from(["line of code", "text here.", "```python", "```", "", "````", "x" * 90]), max_size=120)
)
def test_every_part_closes_its_fences_and_no_line_is_lost(lines: list[str]) -> None:
    whole = "\n".join(lines)

    parts = split(whole, 400)

    assert all(len(part.encode()) <= 400 for part in parts)
    assert "".join(parts).count("line of code") == whole.count("line of code")
    assert "".join(parts).count("x" * 90) == whole.count("x" * 90)


def test_a_long_fence_is_reopened_with_its_language() -> None:
    first, *_, last = split("```python\n" + "x = 1\n" * 300 + "```", 600)

    assert first.endswith("\n```")
    assert last.startswith("```python\n")


def test_a_refused_message_is_posted_whole_without_decoration() -> None:
    words = "word " * 2000

    message = plain_message(words, "k")

    assert message["text"] == words
    assert "blocks" not in message
    assert len(reply_message(words, "k")["text"]) <= 4000
