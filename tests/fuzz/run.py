"""
Spoil replies and frames by the hundred thousand, and hold what the tools say against what may be said.

    python tests/fuzz/run.py                    # 100,000, some twenty minutes
    python tests/fuzz/run.py --trials 5000 --seed 3

Exit 1 at the first crash, number that is none, or spoiled reply that is presented as good; it is printed.
"""

import argparse
import sys
import time
from pathlib import Path

import anyio
from hypothesis import HealthCheck, Phase, given, seed, settings


# Run as a script, from wherever: the tests are no installed package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.judging import court
from tests.fuzz.spoiling import Spoiled, spoiled


async def main(trials: int, number: int, keep_on: bool) -> bool:
    replies: list[Spoiled] = []

    @seed(number)
    @settings(
        max_examples=trials,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(spoiled())
    def collect(reply: Spoiled) -> None:
        replies.append(reply)

    began, failures = time.monotonic(), 0
    async with court() as judge:
        done = 0
        while done < trials:
            replies.clear()
            collect()
            for reply in replies[: trials - done]:
                try:
                    await judge.try_out(reply.kind, reply.data)
                except AssertionError as failure:
                    failures += 1
                    print(f"{reply}\n{str(failure)[:900]}\n", flush=True)
                    if not keep_on:
                        return False
            done += len(replies)
            number += 1
    print(
        f"{trials} replies and frames in {time.monotonic() - began:.0f} s: {judge.refused} refused, "
        f"{judge.noted} answered with a note, {judge.clean} clean; {failures} presented as good or crashed"
    )
    return not failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep-on", action="store_true", help="print every failure")
    options = parser.parse_args()
    held = anyio.run(main, options.trials, options.seed, options.keep_on)
    sys.exit(0 if held else 1)
