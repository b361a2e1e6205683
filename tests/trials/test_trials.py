"""Short runs of what the trials do at length, so that none of them rots; each asserts what the long one does."""

import subprocess
import sys
from pathlib import Path

import pytest


TRIALS = Path(__file__).parent

SHORT = {
    "budget": ["budget.py", "--seconds", "15", "--programs", "3"],
    "cuts": ["cuts.py", "--cuts", "200"],
    "exits": ["exits.py", "--tools", "watch_levels", "ndf_history"],
    "secrecy": ["secrecy.py", "--levels", "DEBUG", "--rows", "1", "47"],
    "soak": ["soak.py", "--minutes", "0.4", "--growth", "1"],
    "replay": ["../failures/replay.py", "9", "46", "58"],
    "fuzz": ["../fuzz/run.py", "--trials", "300", "--seed", "11"],
}


@pytest.mark.parametrize("words", SHORT.values(), ids=SHORT)
def test_a_trial_holds(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=TRIALS,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
