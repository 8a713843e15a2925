"""A wrong tiers file is one readable line, never a traceback and never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.routing.tiers_file import parse

TIER = '[[tier]]\nname = "fast"\ndeadline_s = 30\nmax_output_tokens = 1024\n'
MODEL = 'models = [{ id = "openai/gpt-4o" }]\n'


def with_model(entry: str) -> str:
    return TIER + f"models = [{{ {entry} }}]\n"


SEVERAL_LINES = """models = [
  { id = "gemini/gemini-3.1-flash-lite" },
  { id = "openai/local", api_base = "http://127.0.0.1:9000/v1", api_key_env = "LOCAL_KEY", timeout_s = 10,
    input_usd_per_mtok = "0.15", cached_input_usd_per_mtok = "0.015", output_usd_per_mtok = "0.60", context_tokens = 128000 },
]
"""

WRONG = {
    "not TOML at all": ("[[tier", "Expected ']]'"),
    "nothing in it": ("", "tier: Field required"),
    "an unknown setting": (TIER + MODEL + "price = 1\n", "tier 1 price: is no setting Lucy knows"),
    "an unknown tier": ((TIER + MODEL).replace("fast", "cheap"), "tier 1 name"),
    "a tier twice": ((TIER + MODEL) * 2, "a tier stands there twice"),
    "a tier without a model": (TIER + "models = []\n", "tier 1 models"),
    "a model twice": (TIER + 'models = [{ id = "a/b" }, { id = "a/b" }]\n', "a model stands twice in the tier fast"),
    "a negative deadline": ((TIER + MODEL).replace("30", "-1"), "tier 1 deadline_s"),
    "an endless deadline": ((TIER + MODEL).replace("30", "inf"), "tier 1 deadline_s"),
    "a deadline that is no number": ((TIER + MODEL).replace("30", "nan"), "tier 1 deadline_s"),
    "no room for an answer": ((TIER + MODEL).replace("1024", "0"), "tier 1 max_output_tokens"),
    "an id without a provider": (with_model('id = "llama3"'), "'llama3' needs its provider in front"),
    "an address that is none": (with_model('id = "a/b", api_base = "localhost"'), "tier 1 models 1 api_base"),
    "a negative price": (
        with_model('id = "a/b", input_usd_per_mtok = "-1", output_usd_per_mtok = "1"'),
        "tier 1 models 1 input_usd_per_mtok: a price is in USD",
    ),
    "a price that is no number": (
        with_model('id = "a/b", input_usd_per_mtok = "NaN", output_usd_per_mtok = "1"'),
        "tier 1 models 1 input_usd_per_mtok",
    ),
    "an endless price": (
        with_model('id = "a/b", input_usd_per_mtok = inf, output_usd_per_mtok = "1"'),
        "tier 1 models 1 input_usd_per_mtok",
    ),
    "a price finer than the ledger": (
        with_model('id = "a/b", input_usd_per_mtok = "0.0000001", output_usd_per_mtok = "1"'),
        "at most 6 decimals",
    ),
    "half a price": (with_model('id = "a/b", input_usd_per_mtok = "1"'), "needs both"),
    "a cached price alone": (with_model('id = "a/b", cached_input_usd_per_mtok = "1"'), "needs both"),
}


def test_a_model_may_be_written_over_several_lines(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(TIER + SEVERAL_LINES)

    [tier] = parse(str(file)).tier

    assert [model.id for model in tier.models] == ["gemini/gemini-3.1-flash-lite", "openai/local"]
    assert tier.models[1].context_tokens == 128000


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)

    with pytest.raises(SettingError) as caught:
        parse(str(file))

    assert says in str(caught.value)
    assert str(caught.value).startswith(f"LUCY_TIERS: {file}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_told_too(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "mine.toml"
    if content:
        file.write_bytes(content)

    with pytest.raises(SettingError, match=r"neither a file nor one of default|not a text file"):
        parse(str(file))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="Is a directory"):
        parse(str(tmp_path))


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("gpt-4o", "openai/gpt-4o"),
        ("claude-opus-5-5", "anthropic/claude-opus-5-5"),
        ("kimi-k2.6", "moonshot/kimi-k2.6"),
    ],
)
def test_a_well_known_id_may_leave_its_provider_out(tmp_path: Path, short: str, full: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(with_model(f'id = "{short}"'))

    assert parse(str(file)).tier[0].models[0].id == full
