"""The shipped weights: what they were trained on, how large they are, and training without the data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme import BENCHMARK, README
from tests.routing.messages import HERE, OWN
from tests.routing.train import OUT
from tests.routing.training_data import digests_of, missing

BESIDE = Path("shared", "data", "routing")
DATA = next((above / BESIDE for above in OUT.parents if (above / BESIDE).is_dir()), BESIDE)
"""Where the public data lies, if it lies anywhere above this checkout."""


def test_the_weights_are_small_and_name_what_they_learned_from() -> None:
    stored = json.loads(OUT.read_text("utf-8"))

    assert OUT.stat().st_size <= 60_000
    assert {"labels.jsonl.gz", "outcomes.jsonl.gz"} <= set(stored["trained_on"])
    assert stored["report"]["rows"] > 10_000


def test_the_weights_were_trained_on_our_messages_as_they_are_now() -> None:
    trained_on = json.loads(OUT.read_text("utf-8"))["trained_on"]

    now = digests_of([HERE / name for name in OWN])

    assert {name: trained_on[name] for name in OWN} == now


def test_training_without_the_data_says_so_and_leaves_the_weights(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.routing.train", "--data", str(tmp_path), "--out", str(tmp_path / "w.json")]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=OUT.parents[2])

    assert (done.returncode, "no training data" in done.stdout) == (0, True)
    assert not (tmp_path / "w.json").exists()


@pytest.mark.skipif(missing(DATA), reason="the public training data is not beside this checkout")
@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11),
    reason="the weights are made under the lock of Python 3.11: other Pythons have another numpy",
)
def test_the_shipped_weights_are_what_training_makes_bit_by_bit(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.routing.train", "--data", str(DATA), "--out", str(tmp_path / "w.json")]

    subprocess.run(command, check=True, cwd=OUT.parents[2], capture_output=True)

    assert (tmp_path / "w.json").read_bytes() == OUT.read_bytes()


def test_the_readme_shows_the_table_that_the_benchmark_wrote_with_its_date() -> None:
    table = BENCHMARK.read_text("utf-8")

    assert re.search(r"Measured on 20\d\d-\d\d-\d\d", table)
    assert all(row in table for row in ("| random |", "| prompt length |", "| best constant |", "*in-sample*"))
    assert table.strip() in README.read_text("utf-8")
