"""Every fault of the list is shown by tests that are there."""

from __future__ import annotations

import subprocess
import sys

from tests.faults.fault_list import FAULTS
from tests.tracked import ROOT


def test_there_are_thirty_and_each_is_shown_by_some_test() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 31))
    assert [fault.name for fault in FAULTS if not fault.shown_by] == []


def test_every_test_that_is_named_is_collected() -> None:
    named = {node for fault in FAULTS for node in fault.shown_by}
    files = sorted({node.partition("::")[0] for node in named})

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *files],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    collected = {line.partition("[")[0] for line in told.splitlines() if "::" in line}
    assert named - collected == set()
