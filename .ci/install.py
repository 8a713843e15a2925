"""Installs a hash lock with pip and says how far it is: `python .ci/install.py requirements.lock`."""

import re
import subprocess
import sys
import time
from pathlib import Path

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")


def main(lock: str) -> int:
    total = len(set(re.findall(r"^([a-z][\w.-]*)", Path(lock).read_text(), re.MULTILINE)))
    print(
        f"Installing the {total} packages of {lock} (the first time this takes about a minute) ...",
        flush=True,
    )
    started = time.monotonic()
    with subprocess.Popen(
        [*PIP, "install", "--require-hashes", "--requirement", lock],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        said = follow(pip)
    if pip.returncode:
        print("".join(said[-20:]), file=sys.stderr)
    else:
        print(f"  done in {time.monotonic() - started:.0f} s", flush=True)
    return pip.returncode


def follow(pip: "subprocess.Popen[str]") -> list[str]:
    """Turns pip's hundreds of lines into a few; returns them all, for when it fails."""
    said: list[str] = []
    collected = 0
    for line in pip.stdout or ():
        said.append(line)
        if line.startswith(("Collecting ", "Processing ")):
            collected += 1
            if collected % 20 == 0:
                print(f"  {collected} fetched", flush=True)
        elif line.startswith("Installing collected packages"):
            print(f"  {collected} fetched, unpacking ...", flush=True)
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
