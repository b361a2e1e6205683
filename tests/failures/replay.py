"""
Replay the failure table against the running program, and print it.

    python tests/failures/replay.py            # every row, some two minutes
    python tests/failures/replay.py 6 9 38     # some

Every row starts a program of its own over stdio, with an upstream that fails as the row says. Exit 1 where one
behaves otherwise.
"""

import argparse
import sys
import textwrap
from pathlib import Path

import anyio


# Run as a script, from wherever: the tests are no installed package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.failures import process_rows, rest_rows, stream_rows  # noqa: F401
from tests.failures.bench import ROWS, Bench, Row, open_bench
from tests.failures.programs import start_program


async def replay(row: Row) -> bool:
    with anyio.fail_after(120):
        async with open_bench(start_program) as bench:
            return await _show(row, bench)


async def _show(row: Row, bench: Bench) -> bool:
    try:
        await row.body(bench)
        verdict = "ok"
    except Exception as failure:  # noqa: BLE001 - it is what is printed
        verdict = f"FAILED: {type(failure).__name__} {str(failure)[:200]}"
    print(f"{row.number:>4}  {verdict:8} {row.behaviour}")
    print(
        f"      requests {len(bench.upstream.asked)}, streams {bench.upstream.dialled}"
    )
    for heard in bench.heard[:2]:
        said = " ".join(heard.text.split())
        print(textwrap.indent(textwrap.shorten(said, 150), "      | "))
    return verdict == "ok"


async def main(numbers: list[str]) -> bool:
    chosen = [row for row in ROWS if not numbers or row.number in numbers]
    held = [await replay(row) for row in chosen]
    print(f"{sum(held)} of {len(held)} rows behave as the table says")
    return all(held)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("rows", nargs="*", help="numbers of rows")
    sys.exit(0 if anyio.run(main, parser.parse_args().rows) else 1)
