"""Run by a Python that has UncommonRoute: texts as lines of JSON in, score, tier and microseconds as lines of JSON out."""

from __future__ import annotations

import importlib
import json
import sys
import time

if __name__ == "__main__":
    classify = importlib.import_module("uncommon_route").classify
    classify("warm up")
    for line in sys.stdin:
        text = json.loads(line)
        started = time.perf_counter_ns()
        found = classify(text)
        micros = (time.perf_counter_ns() - started) / 1000
        sys.stdout.write(json.dumps([found.complexity, found.tier.value, micros]) + "\n")
